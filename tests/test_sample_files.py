"""The sample plans that are no plain texts, read back and compared with the truth that they are made from."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from layouts import CORPUS_FOLDER
from sample_files import FILE_TRUTH, WRITERS, load_truth, sample_of

from plansearch.collection import inspect_file

TRUTH = sorted(FILE_TRUTH.glob("*.jsonl"))
by_file = pytest.mark.parametrize("path", TRUTH, ids=lambda path: path.stem)


def test_every_format_has_a_sample() -> None:
    assert sorted(Path(path.stem).suffix for path in TRUTH) == sorted(WRITERS)


@by_file
def test_a_sample_file_is_understood_whole(path: Path) -> None:
    head, items = load_truth(path)
    inspected = inspect_file(CORPUS_FOLDER / path.stem)
    (plan,) = (corrected.plan for corrected in inspected.plans)
    got = [
        (item.section, item.code, item.topic, item.number, item.text, list(item.units), item.deadline)
        for item in plan.items
    ]
    assert got == [tuple(item.values()) for item in items]
    metadata = plan.metadata
    said = (metadata.agency, metadata.agency_type, metadata.city, metadata.year, metadata.title, plan.framework)
    assert said == tuple(head[name] for name in ("agency", "agency_type", "city", "year", "title", "framework"))
    gaps = [(damage.kind, damage.code) for damage in plan.damage]
    assert gaps == [("numbering_gap", code) for code in left_out(items)]
    assert (plan.doubt, inspected.asides) == (None, ())


def left_out(items: list[dict[str, Any]]) -> list[str]:
    """The requirements between two of one pillar that the plan does not have: it jumps from (一) to (三) there."""
    codes = list(dict.fromkeys(str(item["code"]) for item in items if item["code"]))
    missing: list[str] = []
    for before, after in pairwise(codes):
        (pillar, first), (other, last) = (map(int, code.split(".")) for code in (before, after))
        missing += [f"{pillar}.{number}" for number in range(first + 1, last) if pillar == other]
    return missing


@by_file
def test_a_sample_file_made_again_says_the_same(path: Path, tmp_path: Path) -> None:
    again = tmp_path / path.stem
    again.write_bytes(WRITERS[again.suffix](sample_of(path)))
    first, second = (inspect_file(file).plans[0].plan for file in (CORPUS_FOLDER / path.stem, again))
    assert second.items == first.items
