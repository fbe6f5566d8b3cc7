"""Builds of an index in Milvus that fail: nothing is lost, nothing is double, and the next build goes on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import TinyEncoder, item_of, plan_of

pytest.importorskip("pymilvus")
pytest.importorskip("milvus_lite")

from milvus_servers import Flaky, Killed, served

from plansearch.errors import IndexLockedError, IndexVersionError, ModelMismatchError, StoreError
from plansearch.remote import RemoteIndex, StoreAddress, build_remote_from
from plansearch.results import BuildReport
from plansearch.retrieval.remote import search_remote
from plansearch.store import milvus_writing
from plansearch.store.milvus import ATTEMPTS, Milvus
from plansearch.store.milvus_catalog import Lease, RemoteManifest, StoreCatalog
from plansearch.store.milvus_schema import seen_by
from plansearch.store.moments import Moments
from plansearch.types import Plan

pytestmark = pytest.mark.xdist_group("milvus")

WORDS = ("設置單一窗口", "辦理滿意度調查", "提供輪椅", "電話禮貌測試", "網站無障礙", "到府服務", "延長服務時間")


class SmallEncoder(TinyEncoder):
    dimension = 64


def plan_with(name: str, *numbers: int) -> Plan:
    texts = [f"{WORDS[number % len(WORDS)]}，每年{number}次，由第{number % 5}組負責。" for number in numbers]
    return plan_of(name, *(item_of(text, code="1.3") for text in texts), agency=f"示範市第{name[0]}區公所")


OLD = (plan_with("1.txt", *range(20)), plan_with("2.txt", *range(20, 40)), plan_with("3.txt", 1, 2))
NEW = (
    OLD[0],
    plan_with("2.txt", *range(20, 30), *range(50, 60), 61),
    plan_with("4.txt", *range(30, 50)),
)
"""One plan stays, one is changed, one is gone, one is new."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[StoreAddress]:
    with served(tmp_path / "server") as port:
        yield StoreAddress(f"http://127.0.0.1:{port}")


@pytest.fixture
def milvus(address: StoreAddress) -> Iterator[Milvus]:
    connected = Milvus.connect(address)
    yield connected
    connected.close()


def build(milvus: Milvus, plans: tuple[Plan, ...], folder: Path, **settings: Any) -> BuildReport:  # noqa: ANN401
    return build_remote_from(plans, (), milvus, folder / "cache", encoder=SmallEncoder(), lease_seconds=0.4, **settings)


def content(milvus: Milvus) -> dict[str, Any]:
    """All that an index answers with, as its readers see it now."""
    manifest = StoreCatalog(milvus).current()
    index = RemoteIndex(milvus, manifest, encoder=SmallEncoder())
    seen = seen_by(manifest.generation)
    rows = milvus.all_rows(index.names.items, seen, ["plan", "place", "body", "words", "tokens", "agency"])
    items = [{name: row[name] for name in ("key", "plan", "place", "body", "words", "tokens")} for row in rows]
    words = milvus.all_rows(index.names.words, 'key > ""', ["since", "items", "items_before"])
    counts = {row["key"]: row["items" if row["since"] <= manifest.generation else "items_before"] for row in words}
    moments = index.moments
    about = asdict(manifest)
    for varying in ("created", "generation", "documents"):
        del about[varying]
    hits = [(hit.found.id, round(hit.score, 3)) for hit in search_remote(index, "單一窗口", limit=None).hits]
    return {
        "items": sorted(items, key=lambda item: str(item["key"])),
        "plans": sorted(row["plan"] for row in milvus.all_rows(index.names.plans, seen, ["plan"])),
        "words": {key: count for key, count in sorted(counts.items()) if count},
        "moments": (moments.count, moments.total.round(6).tolist(), moments.products.round(6).tolist()),
        "manifest": about,
        "hits": hits,
    }


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What an index of the new plans is that was built at once, after one of the old plans."""
    folder = tmp_path_factory.mktemp("whole")
    with served(folder / "server") as port:
        milvus = Milvus.connect(StoreAddress(f"http://127.0.0.1:{port}"))
        build(milvus, OLD, folder)
        build(milvus, NEW, folder)
        expected = content(milvus)
        milvus.close()
    return expected


def test_what_changes_is_written_and_nothing_else(
    milvus: Milvus, whole: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(milvus, NEW, tmp_path)
    fresh = content(milvus)
    assert fresh["items"] != []
    # lengths are related to the mean of the plans that were there first
    same = ("plans", "words", "moments")
    assert {name: fresh[name] for name in same} == {name: whole[name] for name in same}
    counting = Flaky(milvus._client)  # noqa: SLF001
    monkeypatch.setattr(milvus, "_client", counting)
    build(milvus, (*NEW, plan_with("5.txt", 70, 71, 72)), tmp_path)
    assert counting.written == 3


@pytest.mark.parametrize("failing", [1, 2])
def test_a_node_that_fails_now_and_then_changes_nothing(
    failing: int, milvus: Milvus, whole: dict[str, Any], tmp_path: Path
) -> None:
    pauses: list[float] = []
    flaky = Milvus(milvus.address, Flaky(milvus._client, failing=failing), pause=pauses.append)  # noqa: SLF001
    build(flaky, OLD, tmp_path)
    build(flaky, NEW, tmp_path)
    assert set(pauses) == {1.0, 2.0}.intersection([1.0] if failing == 1 else [1.0, 2.0])
    assert content(milvus) == whole


def test_a_node_that_stays_away_is_told(milvus: Milvus, tmp_path: Path) -> None:
    build(milvus, OLD, tmp_path)
    before = content(milvus)
    gone = Milvus(milvus.address, Flaky(milvus._client, failing=ATTEMPTS), pause=lambda _: None)  # noqa: SLF001
    with pytest.raises(StoreError, match=r"(?s)127\.0\.0\.1.*請"):
        build(gone, NEW, tmp_path)
    assert content(milvus) == before


def test_a_build_that_is_killed_at_any_moment_is_gone_on_with(
    milvus: Milvus, whole: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus_writing, "BATCH", 8)
    build(milvus, OLD, tmp_path)
    old = content(milvus)
    killed = 0
    for moment in range(4, 400, 9):
        dying = Milvus(milvus.address, Flaky(milvus._client, killed_at=moment))  # noqa: SLF001
        try:
            build(dying, NEW, tmp_path)
        except Killed:
            killed += 1
        else:
            break
        # who reads meanwhile sees the old plans, whole, or the new ones
        assert content(milvus) in (old, whole)
    assert killed > 5
    assert build(milvus, NEW, tmp_path).embedded == 0
    assert content(milvus) == whole


def test_a_build_of_other_plans_takes_back_what_a_killed_one_wrote(
    milvus: Milvus, whole: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(milvus_writing, "BATCH", 8)
    build(milvus, OLD, tmp_path)
    others = (plan_with("1.txt", 90), plan_with("9.txt", *range(80, 95)))
    for moment in (30, 40, 50):
        dying = Milvus(milvus.address, Flaky(milvus._client, killed_at=moment))  # noqa: SLF001
        with pytest.raises(Killed):
            build(dying, others, tmp_path)
    with pytest.raises(Killed):
        build(Milvus(milvus.address, Flaky(milvus._client, killed_at=30)), NEW, tmp_path)  # noqa: SLF001
    build(milvus, NEW, tmp_path)
    assert content(milvus) == whole


def test_a_killed_process_leaves_a_file_that_is_gone_on_with(whole: dict[str, Any], tmp_path: Path) -> None:
    script = f"""
import os, signal
from pathlib import Path
import test_milvus_builds as tests
from plansearch.remote import StoreAddress
from plansearch.store.milvus import Milvus
from plansearch.store import milvus_writing
milvus_writing.BATCH = 8
milvus = Milvus.connect(StoreAddress({str(tmp_path / "milvus.db")!r}))
folder = Path({str(tmp_path)!r})
tests.build(milvus, tests.OLD, folder)
upsert, left = milvus.upsert, 4
def killing(name, rows):
    global left
    upsert(name, rows)
    left -= name.endswith("_items")
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
milvus.upsert = killing
tests.build(milvus, tests.NEW, folder)
"""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    ended = subprocess.run([sys.executable, "-c", script], env=environment, check=False, timeout=100)
    assert ended.returncode == -signal.SIGKILL
    milvus = Milvus.connect(StoreAddress(str(tmp_path / "milvus.db")))
    try:
        assert content(milvus)["plans"] == ["1.txt", "2.txt", "3.txt"]
        build(milvus, NEW, tmp_path)
        assert content(milvus) == whole
    finally:
        milvus.close()


def test_who_reads_keeps_the_generation_that_was_opened(milvus: Milvus, tmp_path: Path) -> None:
    build(milvus, OLD, tmp_path)
    opened = RemoteIndex.of(milvus, encoder=SmallEncoder())
    before = [hit.found.id for hit in search_remote(opened, "滿意度調查", limit=None, fold_equal=False).hits]
    build(milvus, NEW, tmp_path)
    assert [hit.found.id for hit in search_remote(opened, "滿意度調查", limit=None, fold_equal=False).hits] == before


def test_two_builds_at_once_are_refused(milvus: Milvus, tmp_path: Path) -> None:
    build(milvus, OLD, tmp_path)
    catalog = StoreCatalog(milvus)
    first = Lease(catalog, seconds=0.0)
    first.take(key="k", generation=2, fingerprint="f")
    second = Lease(catalog, seconds=30.0, pause=lambda _: first.keep())
    with pytest.raises(IndexLockedError, match="另一個程式正在建立這個索引"):
        second.take(key="k", generation=2, fingerprint="f")
    Lease(catalog, seconds=0.0).take(key="k", generation=2, fingerprint="f")
    with pytest.raises(IndexLockedError, match="接手"):
        first.check()


def test_another_model_goes_to_collections_of_its_own(milvus: Milvus, tmp_path: Path) -> None:
    build(milvus, OLD, tmp_path)
    before = milvus.collections()
    other = SmallEncoder("other@1")
    build_remote_from(NEW, (), milvus, tmp_path / "cache", encoder=other)
    assert len(milvus.collections()) == 7
    with pytest.raises(ModelMismatchError, match=r"tiny@1.*請"):
        RemoteIndex.of(milvus, encoder=SmallEncoder())
    assert search_remote(RemoteIndex.of(milvus, encoder=other), "單一窗口").searched == 61
    build_remote_from(OLD, (), milvus, tmp_path / "cache", encoder=other)
    assert len(milvus.collections()) == 4
    assert before != milvus.collections()


def test_two_indexes_in_one_database_leave_each_other_alone(address: StoreAddress, tmp_path: Path) -> None:
    for name in ("plans", "plans_old"):
        milvus = Milvus.connect(replace(address, name=name))
        build(milvus, OLD if name == "plans_old" else NEW, tmp_path)
        milvus.close()
    for name, plans in (("plans", 3), ("plans_old", 3)):
        with RemoteIndex.open(replace(address, name=name), encoder=SmallEncoder()) as opened:
            assert opened.manifest.plans == plans
            assert opened.manifest.items == (61 if name == "plans" else 42)


def test_another_version_is_told(milvus: Milvus, tmp_path: Path) -> None:
    build(milvus, OLD, tmp_path)
    catalog = StoreCatalog(milvus)
    manifest = catalog.current()
    values = {**asdict(manifest), "version": 99}
    catalog.point_to(RemoteManifest(**values))
    with pytest.raises(IndexVersionError, match=r"第 99 版.*請"):
        catalog.current()


def test_moments_are_those_of_all_vectors() -> None:
    vectors = np.random.default_rng(1).normal(size=(50, 6)).astype(np.float32)
    asked = np.random.default_rng(2).normal(size=(1, 6)).astype(np.float32)
    moments = Moments.none(6).with_vectors(vectors).without(vectors[:10])
    again = Moments.from_bytes(moments.to_bytes(), 6)
    scores = vectors[10:].astype(np.float64) @ asked[0]
    assert again.count == 40
    assert again.distribution(asked) == pytest.approx((scores.mean(), scores.std()))
    twice = Moments.none(6).with_vectors(vectors[10:], np.full(40, 2))
    assert Moments.of_averages(twice.averages).distribution(asked) == pytest.approx(again.distribution(asked))
