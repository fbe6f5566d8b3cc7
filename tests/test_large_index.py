from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from conftest import CORPUS, TinyEncoder, plan_of

from plansearch import building
from plansearch.collection import read_collection
from plansearch.errors import IndexBrokenError
from plansearch.index import PlanIndex
from plansearch.report.search_view import headline
from plansearch.results import Filters, SearchMode, SearchResult
from plansearch.retrieval import candidates, search
from plansearch.retrieval.candidates import FINAL, Candidates
from plansearch.retrieval.pools import SomeItems, WholeIndex
from plansearch.retrieval.question import understand
from plansearch.retrieval.scoring import word_weights
from plansearch.store.dense import APPROXIMATE_FILES, DenseStore, similarities
from plansearch.store.lexical import SAMPLE_SIZE, LexicalStore, best_positions
from plansearch.store.rough import ROUGH_FILES
from plansearch.store.vectors import VectorCache
from plansearch.types import FloatMatrix, Progress

QUESTIONS = ("無障礙設施", "志工引導", "滿意度調查", "週六受理結婚登記", "網路預約掛號", "電話禮貌")


class SmallEncoder(TinyEncoder):
    """A `TinyEncoder` of as many numbers as a real model has: an inverted file needs so many points of each."""

    dimension = 64

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        return super().encode_passages(texts, progress)


FEW = 20


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """What filters leave of the sample plans is many, too."""
    monkeypatch.setattr(candidates, "FEW_ALLOWED", FEW)


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlanIndex]:
    """The sample plans, indexed as if they were many."""
    folder = tmp_path_factory.mktemp("large")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(building, "APPROXIMATE_FROM", 100)
        collection = read_collection(CORPUS)
        PlanIndex.build_from(collection.plans, collection.skipped, folder / "index", encoder=SmallEncoder())
    with PlanIndex.open(folder / "index", encoder=SmallEncoder()) as index:
        yield index


def unit_vectors(n_vectors: int) -> FloatMatrix:
    vectors = np.random.default_rng(3).normal(size=(n_vectors, 8)).astype(np.float32)
    normalised: FloatMatrix = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return normalised


def ids(result: SearchResult) -> list[str]:
    return [hit.found.id for hit in result.hits]


def scores(result: SearchResult) -> list[float]:
    return [hit.score for hit in result.hits]


def test_the_manifest_says_how_vectors_are_searched(large: PlanIndex, index: PlanIndex) -> None:
    assert (large.manifest.settings["dense"], large.dense.is_approximate) == ("ivf_sq8", True)
    assert (index.manifest.settings["dense"], index.dense.is_approximate) == ("exact", False)


@pytest.mark.parametrize("mode", ["hybrid", "meaning", "words"])
@pytest.mark.parametrize("filters", [Filters(), Filters(years=(113,)), Filters(types=("戶政",))], ids=str)
@pytest.mark.parametrize("question", QUESTIONS)
def test_candidates_hold_what_a_look_at_every_item_finds(
    question: str, filters: Filters, mode: SearchMode, large: PlanIndex
) -> None:
    quick = search(large, question, filters=filters, mode=mode, limit=5)
    whole = search(large, question, filters=filters, mode=mode, limit=5, exhaustive=True)
    assert ids(quick) == ids(whole)
    assert scores(quick) == pytest.approx(scores(whole), abs=2e-3)
    assert quick.total <= whole.total
    assert whole.complete


def test_a_count_of_candidates_is_called_at_least(large: PlanIndex) -> None:
    quick = search(large, "志工", limit=3)
    assert not quick.complete
    assert headline(quick).startswith(f"至少有 {quick.total} 項")
    assert "--all" in headline(quick)


def test_of_few_items_that_filters_leave_all_are_rated(large: PlanIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    filters = Filters(types=("戶政",), requirements=("1.3",))
    assert 0 < np.count_nonzero(large.facets.allowed(filters)) <= FEW
    whole = search(large, "無障礙設施", filters=filters, exhaustive=True)
    monkeypatch.setattr(DenseStore, "scores", lambda *_: pytest.fail("all items were looked at"))
    few = search(large, "無障礙設施", filters=filters)
    assert few.complete
    assert (ids(few), few.total) == (ids(whole), whole.total)
    assert scores(few) == pytest.approx(scores(whole), abs=2e-3)


def test_of_few_items_none_answers_without_a_look_at_the_others(
    large: PlanIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DenseStore, "scores", lambda *_: pytest.fail("all items were looked at"))
    found = search(large, "結婚登記", filters=Filters(types=("戶政",), requirements=("0.1",)))
    assert (found.complete, found.hits) == (True, ())


def test_all_that_is_close_means_that_every_item_is_looked_at(large: PlanIndex) -> None:
    everything = search(large, "志工", limit=None)
    assert everything.complete
    assert len(everything.hits) > 3


def test_nothing_is_called_not_found_before_every_item_was_looked_at(
    large: PlanIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing = np.empty(0, dtype=np.int64)
    monkeypatch.setattr(DenseStore, "candidates", lambda *_: nothing)
    monkeypatch.setattr(candidates, "best_positions", lambda *_: nothing)
    found = search(large, "無障礙設施")
    assert found.complete
    assert ids(found) == ids(search(large, "無障礙設施", exhaustive=True))


def test_a_phrase_is_looked_for_in_every_item(large: PlanIndex) -> None:
    found = search(large, '"志工"', limit=1)
    assert found.complete
    assert found.total == sum(
        "志工" in f"{one.item.topic}{one.item.text}" for one in large.items() if one.item.is_measure
    )


def test_some_items_have_the_evidence_that_they_have_among_all(large: PlanIndex) -> None:
    positions = np.arange(0, len(large), 7)
    some, whole = SomeItems(large, positions), WholeIndex(large)
    weights = word_weights(large, understand(large, "無障礙坡道與輪椅借用"))
    asked = large.encoder.encode_queries(["無障礙坡道"])
    cosines = whole.cosines(asked)
    assert some.cosines(asked) == pytest.approx(cosines[positions], abs=1e-6)
    meaning = some.standing_out_in_meaning(asked, some.cosines(asked))
    assert meaning == pytest.approx(whole.standing_out_in_meaning(asked, cosines)[positions], abs=1e-3)
    words = whole.standing_out_in_words(weights)[positions]
    assert some.standing_out_in_words(weights) == pytest.approx(words, abs=1e-3)
    assert some.coverage(weights) == pytest.approx(whole.coverage(weights)[positions], abs=1e-6)


def test_candidates_keep_to_what_is_allowed(large: PlanIndex) -> None:
    allowed = np.arange(len(large)) % 3 == 0
    weights = word_weights(large, understand(large, "志工"))
    vectors = [large.encoder.encode_queries(["志工"])]
    named = Candidates(large, "hybrid", weights, weights).name(FINAL, vectors, allowed)
    assert len(named.positions)
    assert allowed[named.positions].all()
    assert not len(large.dense.candidates(vectors[0], 10, np.zeros(len(large), dtype=np.bool_)))


@pytest.mark.parametrize("name", [*APPROXIMATE_FILES, *ROUGH_FILES])
def test_a_broken_part_of_the_inverted_file_is_told(name: str, tmp_path: Path) -> None:
    vectors = unit_vectors(500)
    DenseStore.write(tmp_path, vectors, range(500), approximate=True)
    query, allowed = vectors[:1], np.ones(500, dtype=np.bool_)
    assert 0 in DenseStore.open(tmp_path).candidates(query, 10, allowed)
    (tmp_path / name).write_bytes(b"scrambled")
    with pytest.raises(IndexBrokenError, match="請重新建立索引"):
        DenseStore.open(tmp_path).candidates(query, 10, allowed)


@pytest.mark.parametrize(
    ("name", "array"),
    [
        (ROUGH_FILES[0], np.zeros((499, 8), dtype=np.int8)),
        (ROUGH_FILES[0], np.zeros((500, 8), dtype=np.uint8)),
        (ROUGH_FILES[1], np.ones(7, dtype=np.float32)),
        (ROUGH_FILES[1], np.full(8, np.nan, dtype=np.float32)),
    ],
    ids=["a row is missing", "other numbers", "a step is missing", "no numbers"],
)
def test_rough_vectors_that_do_not_fit_are_told(name: str, array: npt.NDArray[Any], tmp_path: Path) -> None:
    DenseStore.write(tmp_path, unit_vectors(500), range(500), approximate=True)
    np.save(tmp_path / name, array)
    with pytest.raises(IndexBrokenError, match="請重新建立索引"):
        DenseStore.open(tmp_path)


def test_rough_vectors_are_about_as_near_as_the_vectors(tmp_path: Path) -> None:
    vectors = unit_vectors(500)
    DenseStore.write(tmp_path, vectors, [*range(500), 7], approximate=True)
    store, positions = DenseStore.open(tmp_path), np.array([3, 7, 499, 500])
    rough = store.cells.rough.similarities(vectors[:2], store.rough_vectors(positions))
    assert rough == pytest.approx(similarities(vectors[:2], store.vectors(positions)), abs=0.005)


def test_an_inverted_file_that_faiss_can_not_open_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import faiss  # noqa: PLC0415

    vectors = unit_vectors(500)
    DenseStore.write(tmp_path, vectors, range(500), approximate=True)
    expected = DenseStore.open(tmp_path).candidates(vectors[:3], 5)

    read: Any = faiss.read_index

    def refuse_paths(source: object, *flags: int) -> object:
        if isinstance(source, str):
            raise RuntimeError
        return read(source, *flags)

    monkeypatch.setattr(faiss, "read_index", refuse_paths)
    assert DenseStore.open(tmp_path).candidates(vectors[:3], 5).tolist() == expected.tolist()


def test_items_of_one_text_are_candidates_together(tmp_path: Path) -> None:
    vectors = unit_vectors(400)
    rows = [*range(400), 5, 5, 7]
    DenseStore.write(tmp_path, vectors, rows, approximate=True)
    found = DenseStore.open(tmp_path).candidates(vectors[5:6], 1)
    assert found.tolist() == [5, 400, 401]


@pytest.fixture(scope="module")
def zipf(tmp_path_factory: pytest.TempPathFactory) -> tuple[LexicalStore, Mapping[str, float]]:
    """More items than a sample has, of words whose frequencies differ a hundredfold."""
    folder = tmp_path_factory.mktemp("zipf")
    random = np.random.default_rng(5)
    words = ["common", "usual", "rare"]
    shares = (0.6, 0.2, 0.006)
    n_items = 3 * SAMPLE_SIZE
    held = [random.random(n_items) < share for share in shares]
    LexicalStore.write(folder, words, [np.flatnonzero(row).tolist() for row in np.array(held).T], sampled=True)
    return LexicalStore.open(folder, n_items), {"common": 1.0, "usual": 0.5, "rare": 2.0}


def test_a_sample_tells_how_scores_are_spread(zipf: tuple[LexicalStore, Mapping[str, float]]) -> None:
    store, weights = zipf
    whole = store.scores(weights)
    mean, deviation = store.distribution(weights)
    assert mean == pytest.approx(float(whole.mean()), abs=0.03 * float(whole.std()))
    assert deviation == pytest.approx(float(whole.std()), rel=0.05)


def test_the_leading_items_are_those_of_the_highest_scores(zipf: tuple[LexicalStore, Mapping[str, float]]) -> None:
    store, weights = zipf
    allowed = np.arange(store.n_items) % 10 > 0
    scored = store.scores(weights) * allowed
    leading = best_positions(scored, 100)
    assert len(leading) >= 100
    assert scored[leading].min() >= np.sort(scored)[-100]
    assert allowed[leading].all()


def test_rare_words_are_read_first_and_common_ones_only_within_the_budget(
    zipf: tuple[LexicalStore, Mapping[str, float]],
) -> None:
    store, weights = zipf
    assert np.flatnonzero(store.partial_scores(weights, budget=1)).tolist() == store.holders(["rare"]).tolist()
    assert store.partial_scores(weights, budget=10**9).tolist() == store.scores(weights).tolist()


@pytest.mark.parametrize("positions", [[0, 5, 9], list(range(0, 60_000, 3)), []], ids=["few", "many", "none"])
def test_single_tokens_are_scored_at_some_positions(
    positions: list[int], zipf: tuple[LexicalStore, Mapping[str, float]]
) -> None:
    store, _ = zipf
    at = store.at(["common", "rare", "unknown"], np.asarray(positions, dtype=np.int64))
    assert list(at) == ["common", "rare"]
    for token, values in at.items():
        assert values.tolist() == store.scores({token: 1})[positions].tolist()


def test_a_rebuild_of_many_texts_from_known_vectors_asks_no_model(tmp_path: Path) -> None:
    plan = plan_of("大.txt", *(f"第{number}項措施" for number in range(40)))
    PlanIndex.build_from([plan], (), tmp_path / "index", encoder=SmallEncoder())
    with VectorCache(tmp_path / "index" / "vectors.sqlite") as cache:
        assert cache.missing("tiny@1", [item.text for item in plan.items]) == []
    again = SmallEncoder()
    report = PlanIndex.build_from([plan, plan_of("小.txt", "一項")], (), tmp_path / "index", encoder=again)
    assert report.embedded == 1
    assert "一項" in again.encoded
    assert not set(again.encoded) & {item.text for item in plan.items}


def test_an_inverted_file_that_names_texts_which_are_not_there_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = unit_vectors(500)
    DenseStore.write(tmp_path, vectors, range(500), approximate=True)
    store = DenseStore.open(tmp_path)
    found = np.array([[3, 700]])
    monkeypatch.setattr(store.cells, "_inverted", SimpleNamespace(nlist=4, search=lambda *_, **__: (None, found)))
    with pytest.raises(IndexBrokenError, match="請重新建立索引"):
        store.candidates(vectors[:1], 2)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="open files are counted where Linux lists them")
def test_an_index_that_does_not_open_leaves_no_file_open(large: PlanIndex, tmp_path: Path) -> None:
    copied = shutil.copytree(large.directory, tmp_path / "index")
    [manifest] = copied.glob("gen-*/manifest.json")
    values = json.loads(manifest.read_text(encoding="utf-8"))
    manifest.write_text(json.dumps(values | {"tokens": values["tokens"] + 1}), encoding="utf-8")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(IndexBrokenError, match="數量不合"):
            PlanIndex.open(copied)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
