"""Text of pages that are pictures, by tesseract with its Traditional Chinese data, where both are installed."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from plansearch.errors import ReadError
from plansearch.readers.glyphs import Glyph, is_wide
from plansearch.readers.grids import Rule, lattices_of

if TYPE_CHECKING:
    from PIL.Image import Image

RESOLUTION = 300
"""Dots an inch; tesseract is made for it."""
_POINTS = 72 / RESOLUTION
_LANGUAGE = "chi_tra"
_LAYOUT = "--psm 6"
"""One block of text: a cell, or the lines around the tables."""
_DARK = 140
"""Of 255: darker is ink."""
_MIN_RULE = 90
"""Dots (21 points): no stroke of a character is as long."""
_RULE_EDGE = 4
"""Dots around a rule that are its blurred edge."""
_MIN_CONFIDENCE = 0
"""Of 100; below are the boxes that hold no word. A doubtful word is kept: its page is marked as recognised."""
_MARGIN = 20
"""White dots around a piece: tesseract misses what touches the edge."""
_MIN_INK = 30
"""Dots; a piece with fewer is empty."""
_WHITE = 255
_WORD_GAP = 1.5
"""Of a line's height: words further apart are two texts."""
_FULL_WIDTH = {",": "，", ":": "：", ";": "；", "?": "？", "!": "！"}
"""After a Chinese character; tesseract writes the narrow forms."""
_INSTALL = (
    "要辨識掃描的頁面，請先安裝 tesseract 與它的繁體中文資料（chi_tra），"
    "再安裝 pytesseract（pip install pytesseract）。"
    "Debian、Ubuntu 是 apt install tesseract-ocr tesseract-ocr-chi-tra；Windows 請下載 Tesseract 安裝程式，"
    "安裝時勾選 Traditional Chinese；macOS 是 brew install tesseract tesseract-lang。"
)

BitMap = npt.NDArray[np.bool_]


def require_ocr() -> None:
    """Make sure that everything which recognises text is installed.

    Raises:
        ReadError: something is not; the message says what to install.
    """
    if shutil.which("tesseract") is None:
        raise ReadError(f"找不到 tesseract。{_INSTALL}")
    try:
        import pytesseract  # noqa: PLC0415 - an optional package
    except ImportError as error:
        raise ReadError(f"沒有安裝 pytesseract。{_INSTALL}") from error
    if _LANGUAGE not in pytesseract.get_languages():
        raise ReadError(f"tesseract 沒有繁體中文資料（chi_tra）。{_INSTALL}")


def recognise(picture: Image) -> tuple[list[Glyph], list[Rule]]:
    """Read a page's picture, which has ``RESOLUTION`` dots an inch.

    Every cell is read by itself, and what stands around the tables as one: tesseract would read lines across cells.

    Returns:
        Its characters and the rules of its tables, in points from the upper left.
    """
    grey = np.array(picture.convert("L"))
    ink: BitMap = grey < _DARK
    rules = [*_rules(ink, upright=False), *_rules(ink.T, upright=True)]
    for rule in rules:
        _erase(grey, rule)
    placed = [_in_points(rule) for rule in rules]
    pieces: list[_Piece] = []
    around = grey.copy()
    for lattice in lattices_of(placed):
        for box in lattice.boxes:
            top, bottom, left, right = (int(value / _POINTS) for value in (box.top, box.bottom, box.x0, box.x1))
            pieces.append(_Piece(grey[top:bottom, left:right], left, top))
        around[
            int(lattice.top / _POINTS) : int(lattice.bottom / _POINTS),
            int(lattice.edges[0] / _POINTS) : int(lattice.edges[-1] / _POINTS),
        ] = _WHITE
    pieces.append(_Piece(around, 0, 0))
    return list(_read([piece for piece in pieces if (piece.grey < _DARK).sum() >= _MIN_INK])), placed


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a picture, and where its upper left corner is."""

    grey: npt.NDArray[np.uint8]
    left: int
    top: int


def _read(pieces: Sequence[_Piece]) -> Iterator[Glyph]:
    """Read all pieces in one run of tesseract, since it takes long to start."""
    import pytesseract  # noqa: PLC0415 - an optional package
    from PIL import Image as images  # noqa: N813, PLC0415

    if not pieces:
        return
    os.environ.setdefault("OMP_THREAD_LIMIT", "1")  # tesseract's threads wait for each other more than they work
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / f"{number}.png" for number in range(len(pieces))]
        for piece, path in zip(pieces, paths, strict=True):
            margin = np.pad(piece.grey, _MARGIN, constant_values=_WHITE)
            images.fromarray(margin).save(path, dpi=(RESOLUTION, RESOLUTION))
        listed = Path(folder) / "pieces.txt"
        listed.write_text("\n".join(map(str, paths)), encoding="utf-8")
        found: dict[str, list[Any]] = pytesseract.image_to_data(
            str(listed), lang=_LANGUAGE, config=_LAYOUT, output_type=pytesseract.Output.DICT
        )
    yield from _glyphs(found, pieces)


def _rules(ink: BitMap, *, upright: bool) -> Iterator[Rule]:
    """Runs of ink along the rows of a picture that are too long for a character; in dots."""
    for at in np.flatnonzero(ink.sum(axis=1) >= _MIN_RULE):
        edges = np.flatnonzero(np.diff(np.concatenate(([0], ink[at].astype(np.int8), [0]))))
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            if end - begin >= _MIN_RULE:
                yield Rule(upright, float(at), float(begin), float(end))


def _erase(grey: npt.NDArray[np.uint8], rule: Rule) -> None:
    """Make a rule white: beside characters, tesseract takes it for a character."""
    across = slice(max(int(rule.at) - _RULE_EDGE, 0), int(rule.at) + _RULE_EDGE + 1)
    along = slice(int(rule.begin), int(rule.end))
    grey[(along, across) if rule.upright else (across, along)] = _WHITE


def _in_points(rule: Rule) -> Rule:
    return Rule(rule.upright, rule.at * _POINTS, rule.begin * _POINTS, rule.end * _POINTS)


@dataclass(slots=True)
class _Run:
    """Words of one line that stand together, as tesseract orders them; places are dots in the page's picture."""

    key: tuple[int, ...]
    text: str
    left: float
    right: float
    top: float
    bottom: float


def _glyphs(found: dict[str, list[Any]], pieces: Sequence[_Piece]) -> Iterator[Glyph]:
    """The characters of each run, in equal parts of its width; a Latin one has half of a Chinese one's."""
    for run in _runs(found, pieces):
        parts = [2 if is_wide(character) else 1 for character in run.text]
        share, place, before = (run.right - run.left) / sum(parts), run.left, ""
        for character, part in zip(run.text, parts, strict=True):
            shown = _FULL_WIDTH.get(character, character) if is_wide(before) else character
            x0, x1 = place * _POINTS, (place + part * share) * _POINTS
            yield Glyph(shown, x0, x1, run.top * _POINTS, run.bottom * _POINTS)
            place, before = place + part * share, character


def _runs(found: dict[str, list[Any]], pieces: Sequence[_Piece]) -> list[_Run]:
    """The boxes of Chinese words overlap, and only their order is right: words with no gap between are one run."""
    keys = ("page_num", "block_num", "par_num", "line_num", "text", "conf", "left", "top", "width", "height")
    runs: list[_Run] = []
    for page, block, paragraph, number, text, confidence, left, top, width, height in zip(
        *(found[key] for key in keys), strict=True
    ):
        word = str(text).strip()
        if not word or float(confidence) < _MIN_CONFIDENCE:
            continue
        x, y = pieces[page - 1].left - _MARGIN + left, pieces[page - 1].top - _MARGIN + top
        key = (page, block, paragraph, number)
        if runs and runs[-1].key == key and x - runs[-1].right <= _WORD_GAP * height:
            run = runs[-1]
            latin = not is_wide(run.text[-1]) and not is_wide(word[0])
            run.text += (" " if latin else "") + word
            run.right, run.top = max(run.right, x + width), min(run.top, y)
            run.bottom = max(run.bottom, y + height)
        else:
            runs.append(_Run(key, word, x, x + width, y, y + height))
    return runs
