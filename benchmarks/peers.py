"""Beside other libraries that search by words and meaning: the same items, tokens, vectors and questions, in one run.

    python benchmarks/peers.py FOLDER --python OTHER/bin/python [--items 10000 100000] [--systems txtai lancedb]

OTHER is an environment that has the peers (``pip install torch txtai lancedb``; of plansearch it needs nothing). Each
system builds, starts and answers in processes of its own, on one core. The peers are given vectors and tokens for items
and questions; plansearch gets the vectors from its cache and cuts the words itself, at the cost that a row tells.

A ratio above 1 says how many times as much the peer takes. The exit code says whether plansearch is ahead in every row.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

import numpy as np
from measuring import run_step
from million_steps import QUESTIONS, WARMING, Preparation, encoder_of
from peer_steps import Asked, Built
from synthetic import synthetic_plans

from plansearch.building import passage
from plansearch.text import Tokenizer

N_QUESTIONS: Final = 220
BUDGET: Final = 30.0
"""Seconds of asking for each system."""
STEPS: Final = str(Path(__file__).with_name("peer_steps.py"))
MILLION_STEPS: Final = str(Path(__file__).with_name("million_steps.py"))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one system came to."""

    built: Built
    asked: Asked

    @property
    def figures(self) -> dict[str, float]:
        """By what they say; -1 is none. Less is better in each."""
        return {
            "start-up (import, open), s": self.asked.start_seconds,
            "start-up and first answer, s": self.asked.start_seconds + self.asked.first / 1000,
            "build from given vectors, s": self.built.seconds,
            "most memory of the build, MB": self.built.peak,
            "on disk, MB": self.built.size,
            "on disk with the vector cache, MB": self.built.whole,
            "warm query p50, ms": self.asked.median,
            "warm query p99, ms": self.asked.p99,
            "warm query in one city of twenty p50, ms": self.asked.filtered_median,
            "the same p99, ms": self.asked.filtered_p99,
            "memory after the questions, MB": self.asked.resident,
        }


def give(folder: Path, n_items: int) -> float:
    """Write what all systems are given; the seconds that cutting the items into tokens took."""
    run_step(Preparation, MILLION_STEPS, "vectors", folder, "--items", n_items)
    encoder, tokenizer = encoder_of(folder), Tokenizer.full()
    plans = list(synthetic_plans(n_items))
    passages = [passage(item) for plan in plans for item in plan.items]
    started = perf_counter()
    tokens = [" ".join(tokenizer.passage_tokens(text)) for text in passages]
    took = perf_counter() - started
    questions = (folder / QUESTIONS).read_text(encoding="utf-8").split("\n")[WARMING : WARMING + N_QUESTIONS]
    _write(folder, "tokens", tokens)
    _write(folder, "cities", [plan.metadata.city or "" for plan in plans for _ in plan.items])
    _write(folder, "questions", questions)
    _write(folder, "question_tokens", [" ".join(tokenizer.tokens(question)) for question in questions])
    np.save(folder / "vectors.npy", encoder.encode_passages(passages))
    np.save(folder / "question_vectors.npy", encoder.encode_queries(questions))
    return took


def _write(folder: Path, name: str, lines: Sequence[str]) -> None:
    (folder / f"{name}.txt").write_text("\n".join(lines), encoding="utf-8")


def compare(folder: Path, n_items: int, python: str, peers: Sequence[str]) -> bool:
    """Measure all systems with so many items, print a table; whether plansearch is ahead in every row."""
    cutting = give(folder, n_items)
    outcomes = {}
    for system in ("plansearch", *peers):
        runner = sys.executable if system == "plansearch" else python
        [built] = run_step(Built, STEPS, "build", folder, "--system", system, python=runner)
        [asked] = run_step(Asked, STEPS, "ask", folder, "--system", system, "--budget", BUDGET, python=runner)
        outcomes[system] = Outcome(built, asked)
    print(f"\n| {n_items:,} items | plansearch | {' | '.join(f'{peer} | times' for peer in peers)} | behind |")
    print("| --- | ---: |" + " ---: | ---: |" * len(peers) + " --- |")
    ahead = True
    for row, own in outcomes["plansearch"].figures.items():
        others = {peer: outcomes[peer].figures[row] for peer in peers}
        cells = [f"{value:,.3g} | {value / own:.2f}" if value >= 0 else "none | " for value in others.values()]
        behind = [peer for peer, value in others.items() if 0 <= value < own]
        ahead = ahead and not behind
        print(f"| {row} | {own:,.3g} | {' | '.join(cells)} | {', '.join(behind)} |")
    print(f"\nCutting {n_items:,} items into tokens, which the peers are given: {cutting:.1f} s of plansearch's build.")
    return ahead


def main() -> int:
    """Compare at each size."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default=sys.executable, help="interpreter that has the peers")
    parser.add_argument("--items", type=int, nargs="+", default=(10_000, 100_000))
    parser.add_argument("--systems", nargs="+", default=("txtai", "lancedb"))
    asked = parser.parse_args()
    ahead = [compare(asked.folder / str(n), n, asked.python, asked.systems) for n in asked.items]
    return int(not all(ahead))


if __name__ == "__main__":
    sys.exit(main())
