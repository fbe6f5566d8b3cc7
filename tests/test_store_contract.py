"""What a store promises, whichever it is: an index on this machine, or Milvus over a socket.

A file of Milvus Lite is the same over a socket of its own; ``test_milvus`` and ``test_milvus_builds`` use one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from conftest import CORPUS, EAST, OTHER, PLANS, SHARED, TinyEncoder, index_of, item_of, needs_shared, plan_of

pytest.importorskip("pymilvus")
pytest.importorskip("milvus_lite")

from milvus_servers import served

from plansearch.errors import EmptyQueryError, PlansearchError, UnknownFilterValueError
from plansearch.evaluation import read_judged_queries
from plansearch.index import PlanIndex
from plansearch.remote import RemoteIndex, StoreAddress, build_remote, build_remote_from
from plansearch.report.search_view import headline
from plansearch.results import BuildReport, Filters, IndexedItem, SearchMode, SearchResult
from plansearch.retrieval import remote, search
from plansearch.retrieval.remote import search_remote
from plansearch.store.milvus import Milvus
from plansearch.types import Damage, Plan, SkippedFile, Span

pytestmark = pytest.mark.xdist_group("milvus")


class SmallEncoder(TinyEncoder):
    dimension = 256


class Store:
    """Plans that are built and asked, wherever they are."""

    def __init__(self, place: Path | StoreAddress, directory: Path) -> None:
        self._place = place
        self._directory = directory
        self._opened: PlanIndex | RemoteIndex | None = None
        self.encoder = SmallEncoder()

    def build(self, plans: Sequence[Plan], skipped: Sequence[SkippedFile] = ()) -> BuildReport:
        self.close()
        if isinstance(self._place, Path):
            return PlanIndex.build_from(plans, skipped, self._place, encoder=self.encoder)
        milvus = Milvus.connect(self._place)
        try:
            return build_remote_from(plans, skipped, milvus, self._directory, encoder=self.encoder)
        finally:
            milvus.close()

    def search(self, query: str, **settings: Any) -> SearchResult:  # noqa: ANN401  as `search` has them
        if self._opened is None:
            if isinstance(self._place, Path):
                self._opened = PlanIndex.open(self._place, encoder=self.encoder)
            else:
                self._opened = RemoteIndex.open(self._place, encoder=self.encoder)
        if isinstance(self._opened, PlanIndex):
            return search(self._opened, query, **settings)
        return search_remote(self._opened, query, **settings)

    def found(self, query: str, **settings: Any) -> list[str]:  # noqa: ANN401
        return [hit.found.id for hit in self.search(query, **settings).hits]

    def close(self) -> None:
        if self._opened is not None:
            self._opened.close()
        self._opened = None


LONG = plan_of(
    "long.txt",
    item_of("辦理'單引號'與\"雙引號\"的%說明_會\\。", code="2.1", topic="宣導 > 說明", units=("秘書室", "\"怪'課\\")),
    item_of("服務環境", code="1.3"),
    replace(item_of("依據行政院規定辦理。", code=None, units=()), is_measure=False),
    item_of("設置單一窗口,一次辦好", code="3.1"),
    agency="樣本縣\"南'埔鄉公所",
)
TORN = replace(
    plan_of("torn.txt", "電話禮貌測試每月一次。", agency="樣本縣北原鎮戶政事務所", year=None),
    damage=(
        Damage("measures_lost", "2.3 沒有內容。", "2.3", Span(3, 3)),
        Damage("page_unread", "第 2 頁沒有文字。", None, Span(page=2)),
        Damage("units_mismatch", "單位對不上。", "1.3", Span(5, 6)),
    ),
)
ALL = tuple(sorted((*PLANS, LONG, TORN), key=lambda plan: plan.name))


SKIPPED = (SkippedFile("壞檔.pdf", "檔案損壞"),)


@contextmanager
def opened_store(kind: str, folder: Path) -> Iterator[Store]:
    """An empty store of one kind."""
    with ExitStack() as stack:
        place: Path | StoreAddress = folder / "index"
        if kind == "milvus":
            place = StoreAddress(f"http://127.0.0.1:{stack.enter_context(served(folder / 'server'))}")
        store = Store(place, folder / "cache")
        stack.callback(store.close)
        yield store


KINDS = ("local", "milvus")


@pytest.fixture(params=KINDS)
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    with opened_store(request.param, tmp_path) as store:
        yield store


@pytest.fixture(scope="module", params=KINDS)
def store(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A store that has all plans; it is only asked."""
    with opened_store(request.param, tmp_path_factory.mktemp(request.param)) as built:
        built.build(ALL, SKIPPED)
        yield built


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """The same plans on this machine."""
    folder = tmp_path_factory.mktemp("here")
    built = Store(folder / "index", folder / "cache")
    built.build(ALL, SKIPPED)
    return built


def test_every_item_comes_back_as_it_was(store: Store) -> None:
    asked = [(plan, number, item) for plan in ALL for number, item in enumerate(plan.items, 1) if item.is_measure]
    for plan, number, item in asked:
        hits = store.search(item.text, limit=None, fold_equal=False, mode="words").hits
        wanted = IndexedItem(f"{plan.name}#{number}", plan.name, plan.metadata, plan.framework, item)
        assert wanted in [hit.found for hit in hits]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        pytest.param(Filters(), {"east.txt#2", "west.txt#2", "long.txt#4"}, id="none"),
        pytest.param(Filters(agencies=("東湖",)), {"east.txt#2"}, id="part of an agency's name"),
        pytest.param(Filters(agencies=("南'埔",)), {"long.txt#4"}, id="quotation marks"),
        pytest.param(Filters(types=("衛生所",)), {"west.txt#2"}, id="type"),
        pytest.param(Filters(years=(112,)), {"west.txt#2"}, id="year"),
        pytest.param(Filters(years=(112, 113)), {"east.txt#2", "west.txt#2", "long.txt#4"}, id="any of two"),
        pytest.param(Filters(years=(112,), agencies=("東湖",)), set[str](), id="all of two filters"),
        pytest.param(Filters(units=("民政課",)), {"east.txt#2"}, id="unit"),
        pytest.param(Filters(requirements=("3",)), {"east.txt#2", "west.txt#2", "long.txt#4"}, id="pillar"),
        pytest.param(Filters(requirements=("1",)), set[str](), id="another pillar"),
        pytest.param(
            Filters(cities=("示範市",), requirements=("3.1",)), {"east.txt#2", "west.txt#2", "long.txt#4"}, id="city"
        ),
    ],
)
def test_filters_leave_what_passes_all(filters: Filters, found: set[str], store: Store) -> None:
    assert set(store.found("單一窗口", filters=filters, fold_equal=False, mode="words", exact=True)) == found


@pytest.mark.parametrize("mode", ["hybrid", "meaning", "words"])
def test_an_answer_is_the_same_wherever_the_index_is(mode: str, store: Store, here: Store) -> None:
    questions = ("單一窗口", "無障礙坡道和輪椅", "請問滿意度調查怎麼做", "量子力學", "QR Code", "服務環境", "電話")
    for filters in (Filters(), Filters(types=("區公所", "衛生所")), Filters(requirements=("2.3",))):
        for question in questions:
            settings: dict[str, Any] = {"mode": mode, "filters": filters}
            assert told(store.search(question, **settings)) == told(here.search(question, **settings)), question


def told(result: SearchResult) -> SearchResult:
    """A result whose numbers are as near as two orders of adding up come to each other."""

    def rounded(hits: Sequence[Any]) -> tuple[Any, ...]:
        return tuple(replace(hit, score=round(hit.score, 3), relevance=round(hit.relevance, 4)) for hit in hits)

    return replace(result, hits=rounded(result.hits), by_words=rounded(result.by_words))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param('"單一窗口"', {"east.txt#2", "west.txt#2", "long.txt#4"}, id="Chinese"),
        pytest.param('"qr code"', {"west.txt#1"}, id="Latin"),
        pytest.param('"%說明_會"', {"long.txt#1"}, id="wild cards are letters"),
        pytest.param('"說明會"', set[str](), id="not quite"),
        pytest.param('"單引號\'與" "說明"', {"long.txt#1"}, id="two"),
    ],
)
def test_a_phrase_is_found_letter_for_letter(query: str, found: set[str], store: Store) -> None:
    assert set(store.found(query, fold_equal=False)) == found


def test_items_of_the_same_text_fold(store: Store) -> None:
    (first, *_) = store.search("單一窗口，一次辦好").hits
    assert {first.found.id, *(twin.id for twin in first.twins)} == {"east.txt#2", "west.txt#2", "long.txt#4"}


def test_a_build_replaces_what_was_there(empty: Store) -> None:
    empty.build(ALL)
    changed = replace(EAST, items=(item_of("設置單一窗口，三次辦好。", code="3.1"), *EAST.items[2:]))
    built = empty.build([changed, OTHER])
    assert built.removed == ("long.txt", "torn.txt", "west.txt")
    assert built.embedded == 1
    assert empty.found("單一窗口", fold_equal=False, mode="words", exact=True) == ["east.txt#1"]
    assert empty.search("電話").searched == 3
    assert empty.search("坡道", exact=True).unknown == ("坡道",)


def test_an_unchanged_folder_is_left_alone(empty: Store) -> None:
    assert not empty.build(ALL).unchanged
    assert empty.build(ALL).unchanged
    assert not empty.build(ALL, [SkippedFile("a.pdf", "壞")]).unchanged


def test_what_was_lost_is_told(store: Store) -> None:
    filters = Filters(agencies=("北原",))
    kinds = [one.damage.kind for one in store.search("電話", filters=filters).caveats]
    assert kinds == ["measures_lost", "page_unread"]


@pytest.mark.parametrize(
    ("query", "settings", "error"),
    [
        pytest.param("？！", {}, EmptyQueryError, id="empty"),
        pytest.param("電話", {"filters": Filters(agencies=("西嶺",))}, UnknownFilterValueError, id="ambiguous"),
        pytest.param("電話", {"filters": Filters(years=(99,))}, UnknownFilterValueError, id="unknown"),
        pytest.param("電話", {"limit": 0}, ValueError, id="no hit"),
    ],
)
def test_a_wrong_request_is_refused(query: str, settings: dict[str, Any], error: type[Exception], store: Store) -> None:
    with pytest.raises(error):
        store.search(query, **settings)


def test_asking_before_building_says_how_to_build(empty: Store) -> None:
    with pytest.raises(PlansearchError, match="請先執行 plansearch index"):
        empty.search("電話")


def test_no_item_writes_nothing(empty: Store) -> None:
    assert empty.build([]).items == 0
    with pytest.raises(PlansearchError, match="請先執行 plansearch index"):
        empty.search("電話")


def shared_ids(local: SearchResult, distant: SearchResult) -> float:
    """Part of the first ten that two answers share."""
    first, second = ({hit.found.id for hit in result.hits} for result in (local, distant))
    return len(first & second) / max(len(first), len(second)) if first or second else 1.0


@pytest.fixture(
    scope="module", params=[pytest.param("samples", id="samples"), pytest.param("real", id="real", marks=needs_shared)]
)
def judged(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[PlanIndex, RemoteIndex, list[str]]]:
    """An index here, the same in Milvus over a socket, and questions that people judged; a few of the real plans."""
    folder, judgements = (
        (CORPUS, CORPUS.parent / "benchmarks" / "queries.jsonl")
        if request.param == "samples"
        else (SHARED / "plans", SHARED / "eval" / "queries.jsonl")
    )
    here = index_of(folder, tmp_path_factory)
    work = tmp_path_factory.mktemp("judged")
    for known in ("vectors.sqlite", "readings.sqlite"):
        (work / known).write_bytes((here / known).read_bytes())
    with served(work / "server") as port, PlanIndex.open(here) as local:
        address = StoreAddress(f"http://127.0.0.1:{port}")
        assert build_remote(folder, address, work).embedded == 0
        queries = [one.query for one in read_judged_queries(judgements)]
        with RemoteIndex.open(address) as opened:
            yield local, opened, queries if request.param == "samples" else queries[::4]


@pytest.mark.parametrize(
    ("sample", "candidates"),
    [
        pytest.param(remote.SAMPLE, remote.CANDIDATES, id="as it is"),
        pytest.param(100, 60, id="as where most items are never looked at"),
    ],
)
def test_the_first_ten_agree_with_the_local_store(
    sample: int,
    candidates: int,
    judged: tuple[PlanIndex, RemoteIndex, list[str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(remote, "SAMPLE", sample)
    local, opened, queries = judged
    agreement = [
        shared_ids(search(local, query), search_remote(opened, query, candidates=candidates)) for query in queries
    ]
    assert sum(agreement) / len(agreement) >= 0.95


def test_where_only_candidates_were_rated_the_answer_says_so(judged: tuple[PlanIndex, RemoteIndex, list[str]]) -> None:
    local, opened, _ = judged
    few = search_remote(opened, "志工", limit=3, candidates=20)
    assert (few.complete, few.candidates) == (False, 20)
    assert headline(few).startswith(f"至少有 {few.total} 項")
    assert "前 20 項" in headline(few)
    assert few.total <= search(local, "志工").total
    nothing = search_remote(opened, "量子力學", candidates=20)
    assert (nothing.complete, nothing.total) == (False, 0)
    assert "只細看了最可能的項目" in headline(nothing)


@pytest.mark.parametrize("mode", ["hybrid", "meaning", "words"])
def test_where_filters_leave_few_items_all_are_rated(
    mode: SearchMode, judged: tuple[PlanIndex, RemoteIndex, list[str]]
) -> None:
    local, opened, _ = judged
    agency = local.catalog.values("agency")[0]
    settings: dict[str, Any] = {"filters": Filters(agencies=(agency,)), "mode": mode, "limit": None}
    found = search_remote(opened, "無障礙設施", **settings)
    assert found.complete
    assert told(found) == told(search(local, "無障礙設施", **settings))


def test_a_phrase_that_few_items_have_is_found_in_all(judged: tuple[PlanIndex, RemoteIndex, list[str]]) -> None:
    local, opened, _ = judged
    found = search_remote(opened, '"志工"', candidates=20, limit=None)
    assert found.complete
    assert found.total == search(local, '"志工"', limit=None).total
