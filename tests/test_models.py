"""Models that users bring: loaded from folders that the tests make, as the library saves them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import pytest
import tiny_models
from conftest import PLANS

from plansearch.encoders import load_encoder
from plansearch.encoders.reranker import Reranker
from plansearch.encoders.transformer import TransformerEncoder
from plansearch.errors import EncoderError, ModelMismatchError
from plansearch.index import PlanIndex
from plansearch.types import FloatMatrix

library = pytest.importorskip("sentence_transformers")

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")

TEXTS = ["設置無障礙坡道。", "電話鈴響三聲內接聽。", "滿意度調查"]
PROMPTS = {"query": "查詢：", "document": "段落："}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def prompted(models: Path) -> Path:
    return tiny_models.sentence_model(models / "句向量 模型", prompts=PROMPTS)


@pytest.fixture(scope="module")
def pairs(models: Path) -> Path:
    return tiny_models.pair_model(models / "重排模型")


@pytest.fixture
def copied(prompted: Path, tmp_path: Path) -> Path:
    """A model that a test may spoil."""
    return Path(shutil.copytree(prompted, tmp_path / "複製"))


def plainly(folder: Path, texts: Sequence[str], prompt: str = "") -> FloatMatrix:
    """Vectors as the library gives them for texts with the prompt written out."""
    model = library.SentenceTransformer(str(folder), device="cpu")
    return np.asarray(model.encode([prompt + text for text in texts], prompt="", normalize_embeddings=True))


@pytest.mark.parametrize("vocabulary", ["wordpiece", "unigram"])
def test_a_model_folder_gives_the_library_s_vectors(tmp_path: Path, vocabulary: tiny_models.Vocabulary) -> None:
    folder = tiny_models.sentence_model(tmp_path / "模型", vocabulary=vocabulary)
    encoder = load_encoder(str(folder))
    vectors = encoder.encode_passages(TEXTS)
    assert vectors.shape == (3, encoder.dimension) == (3, 16)
    assert vectors == pytest.approx(plainly(folder, TEXTS), abs=1e-6)
    assert encoder.encode_queries(TEXTS) == pytest.approx(vectors, abs=1e-6)
    assert np.linalg.norm(vectors[0] - vectors[1]) > 0.1
    assert encoder.encode_queries([]).shape == encoder.encode_passages([]).shape == (0, 16)


@pytest.mark.parametrize(
    ("prompts", "default", "expected"),
    [
        pytest.param(PROMPTS, None, ("查詢：", "段落："), id="query and document"),
        pytest.param({"query": "查詢：", "passage": "段落："}, None, ("查詢：", "段落："), id="query and passage"),
        pytest.param({"query": "查詢：", "corpus": "段落："}, "corpus", ("查詢：", "段落："), id="query and corpus"),
        pytest.param({"query": "查詢："}, None, ("查詢：", ""), id="query alone"),
        pytest.param({"query": "查詢："}, "query", ("查詢：", ""), id="a default never reaches the passages"),
        pytest.param(
            {"retrieval.query": "查詢：", "retrieval.passage": "段落："}, None, ("查詢：", "段落："), id="with a task"
        ),
        pytest.param({"設置": "設置："}, "設置", ("設置：", "設置："), id="only a default"),
        pytest.param({"設置": "設置："}, None, ("", ""), id="no known name"),
        pytest.param({}, None, ("", ""), id="none"),
    ],
)
def test_a_model_s_own_prompts_are_used(
    tmp_path: Path, prompts: dict[str, str], default: str | None, expected: tuple[str, str]
) -> None:
    folder = tiny_models.sentence_model(tmp_path / "模型", prompts=prompts, default_prompt=default)
    encoder = load_encoder(str(folder))
    assert encoder.encode_queries(TEXTS) == pytest.approx(plainly(folder, TEXTS, expected[0]), abs=1e-6)
    assert encoder.encode_passages(TEXTS) == pytest.approx(plainly(folder, TEXTS, expected[1]), abs=1e-6)


def test_an_e5_model_without_prompts_gets_those_of_its_card(tmp_path: Path) -> None:
    folder = tiny_models.sentence_model(tmp_path / "multilingual-e5-tiny")
    encoder = load_encoder(str(folder))
    assert encoder.encode_queries(TEXTS) == pytest.approx(plainly(folder, TEXTS, "query: "), abs=1e-6)
    assert encoder.encode_passages(TEXTS) == pytest.approx(plainly(folder, TEXTS, "passage: "), abs=1e-6)


def test_a_model_of_two_towers_uses_both(tmp_path: Path) -> None:
    folder = tiny_models.two_towered_model(tmp_path / "雙塔")
    encoder, model = load_encoder(str(folder)), library.SentenceTransformer(str(folder), device="cpu")
    queries, passages = encoder.encode_queries(TEXTS), encoder.encode_passages(TEXTS)
    assert queries == pytest.approx(model.encode_query(TEXTS, normalize_embeddings=True), abs=1e-6)
    assert passages == pytest.approx(model.encode_document(TEXTS, normalize_embeddings=True), abs=1e-6)
    assert np.abs(queries - passages).max() > 0.01


@pytest.mark.parametrize("name", ["資料 夾@家", "C:\\模型\\句向量", "模型@0123456789ab", "e5.2-模型"])
def test_a_folder_may_have_any_name(prompted: Path, tmp_path: Path, name: str) -> None:
    if os.name == "nt" and "\\" in name:
        pytest.skip("Windows takes this for a path")
    folder = Path(shutil.copytree(prompted, tmp_path / name))
    encoder = load_encoder(str(folder))
    assert encoder.name.rpartition("@")[0] == str(folder)
    assert load_encoder(encoder.name).name == encoder.name
    assert encoder.encode_queries(TEXTS) == pytest.approx(plainly(folder, TEXTS, "查詢："), abs=1e-6)


def test_a_folder_is_remembered_from_the_root_on(prompted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(prompted.parent)
    assert load_encoder(prompted.name).name == load_encoder(str(prompted)).name


def test_it_is_told_how_long_loading_took(prompted: Path, pairs: Path) -> None:
    started = monotonic()
    loaded = TransformerEncoder(str(prompted)).load_seconds + Reranker(str(pairs)).load_seconds
    assert 0 < loaded <= monotonic() - started


def test_a_long_text_is_cut_not_refused(prompted: Path) -> None:
    vectors = load_encoder(str(prompted)).encode_passages(["設置無障礙坡道" * 100])
    assert np.linalg.norm(vectors) == pytest.approx(1, abs=1e-5)


def cut(folder: Path, name: str, kept: int = 40) -> None:
    path = folder / name
    path.write_bytes(path.read_bytes()[:kept])


SPOILS: list[Any] = [
    pytest.param(lambda folder: cut(folder, "model.safetensors"), "壞了", id="weights cut off"),
    pytest.param(lambda folder: cut(folder, "config.json"), "壞了", id="settings cut off"),
    pytest.param(lambda folder: cut(folder, "tokenizer.json"), "壞了", id="vocabulary cut off"),
    pytest.param(lambda folder: cut(folder, "modules.json", 2), "壞了", id="list of modules cut off"),
    pytest.param(lambda folder: (folder / "model.safetensors").unlink(), "model.safetensors", id="no weights"),
    pytest.param(lambda folder: (folder / "modules.json").write_text("[]"), "壞了", id="no modules"),
    pytest.param(lambda folder: shutil.rmtree(folder / "1_Pooling"), "壞了", id="no pooling"),
    pytest.param(lambda folder: [path.unlink() for path in folder.glob("*.*")], "壞了", id="empty folder"),
    pytest.param(lambda folder: tiny_models.without_weights(folder, "attention"), "亂數", id="weights missing"),
    pytest.param(tiny_models.spoilt_weights, "不是數字", id="weights that are no numbers"),
    pytest.param(
        lambda folder: (folder / "modules.json").write_text(
            '[{"idx": 0, "name": "0", "path": "", "type": "own.Code"}]'
        ),
        "自己帶來的程式",
        id="code of its own",
    ),
]


@pytest.mark.parametrize(("spoil", "said"), SPOILS)
def test_a_broken_model_is_our_error(copied: Path, spoil: Callable[[Path], object], said: str) -> None:
    spoil(copied)
    with pytest.raises(EncoderError, match=said) as caught:
        load_encoder(str(copied))
    assert str(copied) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_that_no_vector_needs_may_be_missing(copied: Path) -> None:
    before = load_encoder(str(copied)).encode_queries(TEXTS)
    tiny_models.without_weights(copied, "pooler")
    assert load_encoder(str(copied)).encode_queries(TEXTS) == pytest.approx(before, abs=1e-6)


def test_a_reranker_is_no_embedding_model_and_the_reverse(prompted: Path, pairs: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"重排或分類用的模型.*--rerank"):
        load_encoder(str(pairs))
    for folder in (prompted, tiny_models.bare_model(tmp_path / "模型")):
        with pytest.raises(EncoderError, match=r"不是重排模型.*--model"):
            Reranker(str(folder))


def test_a_model_that_tells_classes_cannot_rerank(tmp_path: Path) -> None:
    folder = tiny_models.pair_model(tmp_path / "分類", labels=3)
    with pytest.raises(EncoderError, match="3 個分數"):
        Reranker(str(folder))


def test_a_reranker_gives_the_library_s_scores_before_squashing(pairs: Path) -> None:
    scores = Reranker(str(pairs)).scores("無障礙坡道", TEXTS)
    model = library.CrossEncoder(str(pairs), device="cpu")
    squashed = model.predict([("無障礙坡道", text) for text in TEXTS])
    assert 1 / (1 + np.exp(-scores)) == pytest.approx(squashed, abs=1e-6)
    assert len(set(scores.tolist())) == 3
    assert scores.shape == (3,)


def test_a_score_does_not_depend_on_the_texts_beside_it(pairs: Path) -> None:
    reranker = Reranker(str(pairs))
    texts = [text * repeated for repeated in (1, 3) for text in TEXTS] * 6
    alone = [float(reranker.scores("窗口", [text])[0]) for text in texts]
    assert reranker.scores("窗口", texts) == pytest.approx(np.array(alone), abs=1e-5)


def test_equal_texts_score_alike_and_no_text_has_no_score(pairs: Path) -> None:
    reranker = Reranker(str(pairs))
    scores = reranker.scores("無障礙坡道", [*TEXTS, TEXTS[0]])
    assert scores[0] == pytest.approx(scores[3], abs=1e-6)
    assert len(set(scores[:3].round(6).tolist())) > 1
    assert reranker.scores("窗口", []).shape == (0,)


def test_a_broken_reranker_is_our_error(pairs: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(pairs, tmp_path / "重排"))
    tiny_models.spoilt_weights(folder)
    with pytest.raises(EncoderError, match="不是數字"):
        Reranker(str(folder))
    cut(folder, "model.safetensors")
    with pytest.raises(EncoderError, match=r"壞了.*--rerank"):
        Reranker(str(folder))
    with pytest.raises(EncoderError, match=r"沒有這個資料夾.*--rerank 指向它現在的位置。$"):
        Reranker(str(tmp_path / "沒有"))


@pytest.fixture
def asked(copied: Path, tmp_path: Path) -> Path:
    """An index that was built with a model of the user's."""
    PlanIndex.build_from(PLANS, (), tmp_path / "index", encoder=load_encoder(str(copied)))
    return tmp_path / "index"


def test_an_index_is_asked_with_the_model_it_was_built_with(asked: Path, copied: Path) -> None:
    with PlanIndex.open(asked) as index:
        assert index.model.rpartition("@")[0] == str(copied)
        texts = [item.item.text for item in index.items()]
        assert index.vectors() == pytest.approx(plainly(copied, texts, "段落："), abs=1e-2)
        assert index.encoder.encode_queries(TEXTS) == pytest.approx(plainly(copied, TEXTS, "查詢："), abs=1e-6)


def test_a_model_folder_that_was_moved_is_told(asked: Path, copied: Path) -> None:
    copied.rename(copied.with_name("搬走"))
    with (
        PlanIndex.open(asked) as index,
        pytest.raises(EncoderError, match=r"沒有這個資料夾，可能搬走.*--model.*plansearch index") as caught,
    ):
        _ = index.encoder
    assert str(copied) in str(caught.value)


def test_a_model_folder_that_was_changed_is_told(asked: Path, copied: Path) -> None:
    shutil.rmtree(copied)
    tiny_models.sentence_model(copied, prompts=PROMPTS, seed=5)
    with PlanIndex.open(asked) as index, pytest.raises(ModelMismatchError, match="重新執行 plansearch index"):
        _ = index.encoder


def in_a_process(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    setting = {name: value for name, value in os.environ.items() if name != "PYTHONWARNINGS"} | environment
    return subprocess.run(
        [sys.executable, "-c", code], env=setting, capture_output=True, encoding="utf-8", timeout=300, check=False
    )


def test_loading_writes_nothing_on_the_screen(prompted: Path, pairs: Path, copied: Path) -> None:
    tiny_models.without_weights(copied, "pooler")
    code = f"""
import logging
from plansearch.encoders import load_encoder
from plansearch.encoders.reranker import Reranker
load_encoder({str(prompted)!r}).encode_passages(["設置坡道"])
load_encoder({str(copied)!r}).encode_queries(["設置坡道"])
Reranker({str(pairs)!r}).scores("窗口", ["設置坡道"] * 40)
logging.getLogger("transformers").warning("heard again")
"""
    ended = in_a_process(code, PYTHONIOENCODING="utf-8")
    assert (ended.returncode, ended.stdout) == (0, "")
    assert re.fullmatch(r".*heard again\n", ended.stderr)


def test_a_model_that_cannot_be_downloaded_is_told_soon(tmp_path: Path) -> None:
    code = """
from plansearch.encoders import load_encoder
from plansearch.errors import EncoderError
from time import monotonic
import sentence_transformers
started = monotonic()
try:
    load_encoder("example/no-such-model")
except EncoderError as error:
    print(monotonic() - started < 15, error)
"""
    # a port that nobody listens on stands for an office without a network
    ended = in_a_process(code, HF_ENDPOINT="http://127.0.0.1:9", HF_HOME=str(tmp_path), PYTHONIOENCODING="utf-8")
    assert ended.stderr == ""
    assert re.fullmatch(
        r"True 無法載入模型「example/no-such-model」：.*無法從 Hugging Face 下載.*--model.*\n", ended.stdout
    )
