from __future__ import annotations

import errno
import json
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plansearch.errors import IndexBrokenError, IndexLockedError, IndexMissingError, IndexVersionError, StoreError
from plansearch.store.dense import DenseStore
from plansearch.store.dictionary import Dictionary
from plansearch.store.layout import (
    FORMAT_VERSION,
    Manifest,
    build_lock,
    current_generation,
    new_generation,
    read_current,
)
from plansearch.store.lexical import LexicalStore
from plansearch.store.vectors import VectorCache

MANIFEST = Manifest(
    format_version=FORMAT_VERSION,
    model="tiny@1",
    dimension=2,
    plans=1,
    items=2,
    texts=2,
    tokens=3,
    chance_mean=0.8,
    chance_deviation=0.05,
    between_mean=0.7,
    between_deviation=0.05,
    fingerprint="f",
    created="2024-01-01T00:00:00+00:00",
    folder="計畫",
    sources={"甲.txt": "0"},
    settings={"fold": 1},
)


def write_generation(directory: Path, manifest: Manifest = MANIFEST) -> None:
    with build_lock(directory), new_generation(directory) as generation:
        manifest.write(generation)


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_generation_counts_only_when_it_is_whole(tmp_path: Path) -> None:
    with new_generation(tmp_path) as generation:
        MANIFEST.write(generation)
        with pytest.raises(IndexMissingError, match="plansearch index"):
            current_generation(tmp_path)
    assert read_current(tmp_path) == (tmp_path / "gen-000001", MANIFEST)


def test_a_failed_build_leaves_the_index_as_it_was(tmp_path: Path) -> None:
    write_generation(tmp_path)
    with pytest.raises(RuntimeError), build_lock(tmp_path), new_generation(tmp_path):
        raise RuntimeError
    assert names(tmp_path) == ["CURRENT", "build.lock", "gen-000001"]


def test_the_last_two_generations_are_kept(tmp_path: Path) -> None:
    for _ in range(4):
        write_generation(tmp_path)
    assert names(tmp_path) == ["CURRENT", "build.lock", "gen-000003", "gen-000004"]
    assert current_generation(tmp_path).name == "gen-000004"


def test_what_a_dead_build_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    write_generation(tmp_path)
    (tmp_path / "gen-000002").mkdir()
    (tmp_path / "gen-notes").mkdir()
    (tmp_path / "README.md").write_text("", encoding="utf-8")
    write_generation(tmp_path)
    assert names(tmp_path) == ["CURRENT", "README.md", "build.lock", "gen-000001", "gen-000002", "gen-notes"]
    assert read_current(tmp_path)[1] == MANIFEST


def test_a_second_builder_is_told_at_once(tmp_path: Path) -> None:
    code = f"""
import sys
from pathlib import Path
from plansearch.errors import IndexLockedError
from plansearch.store.layout import build_lock
try:
    with build_lock(Path({str(tmp_path)!r})):
        sys.exit(1)
except IndexLockedError:
    sys.exit(7)
"""
    with build_lock(tmp_path):
        assert subprocess.run([sys.executable, "-c", code], check=False, timeout=20).returncode == 7
        with pytest.raises(IndexLockedError, match="另一個程式正在建立"), build_lock(tmp_path):
            pass
    with build_lock(tmp_path):
        pass


@pytest.mark.parametrize(
    ("damage", "error", "said"),
    [
        pytest.param(lambda d: (d / "CURRENT").unlink(), IndexMissingError, "還沒有索引", id="no pointer"),
        pytest.param(lambda d: (d / "CURRENT").write_text("../etc"), IndexBrokenError, "CURRENT", id="wild pointer"),
        pytest.param(lambda d: (d / "gen-000001/manifest.json").unlink(), IndexBrokenError, "找不到", id="no manifest"),
        pytest.param(
            lambda d: (d / "gen-000001/manifest.json").write_text("{"), IndexBrokenError, "無法讀取", id="cut manifest"
        ),
        pytest.param(
            lambda d: (d / "gen-000001/manifest.json").write_text('{"format_version": 99}'),
            IndexVersionError,
            "第 99 版",
            id="newer format",
        ),
        pytest.param(
            lambda d: (d / "gen-000001/manifest.json").write_text(json.dumps({"format_version": FORMAT_VERSION})),
            IndexBrokenError,
            "無法讀取",
            id="manifest without its fields",
        ),
    ],
)
def test_a_broken_directory_says_what_and_how_to_rebuild(
    damage: object, error: type[Exception], said: str, tmp_path: Path
) -> None:
    write_generation(tmp_path)
    assert callable(damage)
    damage(tmp_path)
    with pytest.raises(error, match=rf"(?s){said}.*plansearch index"):
        read_current(tmp_path)


def test_cached_vectors_come_back_by_model_and_text(tmp_path: Path) -> None:
    vectors = np.array([[1, 2], [3, 4]], dtype=np.float32)
    with VectorCache(tmp_path / "v.sqlite") as cache:
        cache.add("tiny@1", ["甲", "乙"], vectors)
    with VectorCache(tmp_path / "v.sqlite") as cache:
        assert cache.missing("tiny@1", ["乙", "丙", "丙", "甲"]) == ["丙"]
        assert cache.missing("tiny@2", ["乙"]) == ["乙"]
        assert cache.read("tiny@1", ["乙", "甲", "乙"], 2).tolist() == [[3, 4], [1, 2], [3, 4]]


def test_many_texts_are_looked_up(tmp_path: Path) -> None:
    texts = [str(number) for number in range(1200)]
    with VectorCache(tmp_path / "v.sqlite") as cache:
        cache.add("m", texts[:1100], np.zeros((1100, 1), dtype=np.float32))
        assert cache.missing("m", texts) == texts[1100:]


def test_a_broken_cache_says_to_delete_it(tmp_path: Path) -> None:
    (tmp_path / "v.sqlite").write_bytes(b"not a database" * 100)
    with pytest.raises(IndexBrokenError, match=r"請刪除"):
        VectorCache(tmp_path / "v.sqlite")


def test_a_cached_vector_of_another_length_is_not_used(tmp_path: Path) -> None:
    with VectorCache(tmp_path / "v.sqlite") as cache:
        cache.add("m", ["甲"], np.zeros((1, 3), dtype=np.float32))
        with pytest.raises(IndexBrokenError, match="請刪除"):
            cache.read("m", ["甲"], 2)


def write_words(directory: Path, token_lists: Sequence[Sequence[str]], *, sampled: bool = False) -> None:
    vocabulary = sorted({token for tokens in token_lists for token in tokens})
    numbers = [[vocabulary.index(token) for token in tokens] for tokens in token_lists]
    LexicalStore.write(directory, vocabulary, numbers, sampled=sampled)


def test_items_of_one_text_share_a_vector_and_stay_two(tmp_path: Path) -> None:
    DenseStore.write(tmp_path, np.array([[1, 0], [0, 1]], dtype=np.float32), [0, 1, 0])
    store = DenseStore.open(tmp_path)
    assert (store.n_items, store.n_texts, store.dimension) == (3, 2, 2)
    assert store.vectors().tolist() == [[1, 0], [0, 1], [1, 0]]
    assert store.scores(np.array([[1, 0]], dtype=np.float32)).tolist() == [[1, 0, 1]]


@pytest.mark.parametrize("name", ["vectors.npy", "vector_rows.npy"])
@pytest.mark.parametrize("content", [None, b"", b"\x93NUMPY"], ids=["missing", "empty", "cut"])
def test_a_broken_vector_file_is_told(name: str, content: bytes | None, tmp_path: Path) -> None:
    DenseStore.write(tmp_path, np.eye(2, dtype=np.float32), [0, 1])
    (tmp_path / name).unlink()
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(IndexBrokenError, match="請重新建立索引"):
        DenseStore.open(tmp_path)


def test_rows_beyond_the_vectors_are_told(tmp_path: Path) -> None:
    DenseStore.write(tmp_path, np.eye(2, dtype=np.float32), [0, 1])
    np.save(tmp_path / "vector_rows.npy", np.array([0, 2], dtype=np.int32))
    with pytest.raises(IndexBrokenError, match="彼此不合"):
        DenseStore.open(tmp_path)


TOKEN_LISTS = [["无障碍", "坡道", "无"], ["窗口", "窗口", "单一"], ["无障碍", "网站"], []]


@pytest.mark.parametrize(
    "query", [["无障碍"], ["窗口", "无障碍"], ["窗口", "窗口"], ["没有", "无"], ["网站", "坡道", "单一", "窗口"]]
)
def test_scores_are_those_of_bm25s(query: list[str], tmp_path: Path) -> None:
    import bm25s  # noqa: PLC0415

    write_words(tmp_path, TOKEN_LISTS)
    theirs = bm25s.BM25.load(tmp_path).get_scores(query)
    assert LexicalStore.open(tmp_path, 4).scores(Counter(query)) == pytest.approx(theirs)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.lists(st.sampled_from("甲乙丙丁戊"), max_size=6), min_size=1, max_size=8).filter(any),
    st.lists(st.sampled_from("甲乙丙丁戊"), min_size=1, max_size=4),
)
def test_scores_are_those_of_bm25s_for_any_items(
    tmp_path_factory: pytest.TempPathFactory, token_lists: list[list[str]], query: list[str]
) -> None:
    import bm25s  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("lexical")
    write_words(folder, token_lists)
    theirs = bm25s.BM25.load(folder)
    if not theirs.get_tokens_ids(query):
        return
    scores = LexicalStore.open(folder, len(token_lists)).scores(Counter(query))
    assert scores == pytest.approx(theirs.get_scores(query))


def test_coverage_is_the_part_of_the_query_by_weight(tmp_path: Path) -> None:
    write_words(tmp_path, TOKEN_LISTS)
    store = LexicalStore.open(tmp_path, 4)
    assert store.coverage({"窗口": 2.0}).tolist() == [0, 1, 0, 0]
    assert store.coverage({"坡道": 3.0, "无障碍": 1.0}).tolist() == [1, 0, 0.25, 0]
    assert store.coverage({"没有": 1.0, "网站": 1.0}).tolist() == [0, 0, 0.5, 0]
    assert store.coverage({"没有": 1.0}).tolist() == [0, 0, 0, 0]
    assert store.coverage({}).tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("tokens", "positions"),
    [
        pytest.param(["无障碍"], [0, 2], id="one"),
        pytest.param(["无障碍", "网站"], [2], id="all of several"),
        pytest.param(["窗口", "窗口"], [1], id="twice the same"),
        pytest.param(["无障碍", "窗口"], [], id="nobody has both"),
        pytest.param(["无障碍", "没有"], [], id="one that the index lacks"),
        pytest.param([], [], id="none asked for"),
    ],
)
def test_holders_have_all_of_the_tokens(tokens: list[str], positions: list[int], tmp_path: Path) -> None:
    write_words(tmp_path, TOKEN_LISTS)
    assert LexicalStore.open(tmp_path, 4).holders(tokens).tolist() == positions


def test_tokens_are_found_by_a_part_of_them(tmp_path: Path) -> None:
    write_words(tmp_path, [["qrcode", "code", "窗口"], ["codes"]])
    store = LexicalStore.open(tmp_path, 2)
    assert store.tokens_with("code") == ["code", "codes", "qrcode"]
    assert store.tokens_with("%") == store.tokens_with("x") == []


def test_searching_words_does_not_import_bm25s_or_faiss(tmp_path: Path) -> None:
    write_words(tmp_path, TOKEN_LISTS)
    DenseStore.write(tmp_path, np.eye(2, dtype=np.float32), [0, 1])
    code = f"""
import sys
from pathlib import Path
from plansearch.store.dense import DenseStore
from plansearch.store.lexical import LexicalStore
LexicalStore.open(Path({str(tmp_path)!r}), 4).scores({{"窗口": 1}})
store = DenseStore.open(Path({str(tmp_path)!r}))
store.scores(store.vectors())
print(sorted({{"bm25s", "faiss", "filelock", "scipy", "pandas", "torch"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"[]"]


@pytest.mark.parametrize("name", ["data.csc.index.npy", "indptr.csc.index.npy", "vocabulary.sqlite"])
def test_a_missing_word_file_is_told(name: str, tmp_path: Path) -> None:
    write_words(tmp_path, TOKEN_LISTS)
    (tmp_path / name).unlink()
    with pytest.raises(IndexBrokenError, match="請重新建立索引"):
        LexicalStore.open(tmp_path, 4)


def test_a_broken_vocabulary_is_told(tmp_path: Path) -> None:
    write_words(tmp_path, TOKEN_LISTS)
    (tmp_path / "vocabulary.sqlite").write_bytes(b"no database" * 200)
    with pytest.raises(IndexBrokenError, match="plansearch index"):
        LexicalStore.open(tmp_path, 4).scores({"窗口": 1})


def test_the_dictionary_comes_back(tmp_path: Path) -> None:
    synonyms = {"groups": [{"terms": ["無障礙"], "wording": ["輪椅"], "source": ""}]}
    dictionary = Dictionary({"无障碍": 12, "无": 0}, 60101967, 3, {"窗口": 2, "坡道": 1}, synonyms)
    dictionary.write(tmp_path)
    assert Dictionary.read(tmp_path) == dictionary


@pytest.mark.parametrize("content", ["", "[]", '{"total": "x"}', '{"frequencies": {}, "total": 1}'])
def test_a_broken_dictionary_is_told(content: str, tmp_path: Path) -> None:
    (tmp_path / "dictionary.json").write_text(content, encoding="utf-8")
    with pytest.raises(IndexBrokenError, match="plansearch index"):
        Dictionary.read(tmp_path)


@pytest.mark.parametrize(
    ("failure", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "磁碟空間不足"),
        (sqlite3.OperationalError("database or disk is full"), "磁碟空間不足"),
        (sqlite3.OperationalError("disk I/O error"), "磁碟讀寫發生錯誤"),
    ],
)
def test_a_disk_that_fails_while_an_index_is_written_is_told(tmp_path: Path, failure: Exception, reason: str) -> None:
    with pytest.raises(StoreError, match=reason), build_lock(tmp_path):
        raise failure
    with build_lock(tmp_path):
        pass


@pytest.mark.parametrize("header", [b"{'descr')", b"\n\n", b"("], ids=["bracket", "lines", "open"])
def test_a_scrambled_header_is_told_in_one_line(header: bytes, tmp_path: Path) -> None:
    DenseStore.write(tmp_path, np.eye(2, dtype=np.float32), [0, 1])
    path = tmp_path / "vectors.npy"
    content = path.read_bytes()
    start = content.index(b"{")
    path.write_bytes(content[:start] + header + content[start + len(header) :])
    with pytest.raises(IndexBrokenError, match="請重新建立索引") as told:
        DenseStore.open(tmp_path)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("rows", [[2, 0], [0, 0], [-1, 2], [0, 9]], ids=["order", "twice", "below", "beyond"])
def test_a_column_that_can_be_none_is_told(rows: list[int], tmp_path: Path) -> None:
    write_words(tmp_path, [["甲"], ["乙"], ["甲"]])
    np.save(tmp_path / "indices.csc.index.npy", np.array([1, *rows], dtype=np.int32))
    store = LexicalStore.open(tmp_path, 3)
    with pytest.raises(IndexBrokenError, match="plansearch index"):
        store.scores({"甲": 1})


def test_a_small_part_that_was_changed_at_the_same_length_is_told(tmp_path: Path) -> None:
    with build_lock(tmp_path), new_generation(tmp_path) as generation:
        (generation / "part").write_bytes(b"0123456789")
        MANIFEST.write(generation)
    generation, manifest = read_current(tmp_path)
    manifest.check(generation)
    (generation / "part").write_bytes(b"0123456780")
    with pytest.raises(IndexBrokenError, match=r"part 遺失或不完整.*plansearch index"):
        manifest.check(generation)
