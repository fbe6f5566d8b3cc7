"""PDF files with a text layer, by pdfplumber; a page that is only a picture is named, or read by ``--ocr``."""

from __future__ import annotations

import hashlib
import io
import logging
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.page import Page as PdfPage
from pdfplumber.pdf import PDF

from plansearch.errors import LimitError, ReadError
from plansearch.limits import DEFAULT_LIMITS, Limits
from plansearch.readers.continuation import blocks_of
from plansearch.readers.glyphs import Glyph, clean_character
from plansearch.readers.grids import Rule
from plansearch.readers.ocr import RESOLUTION, recognise, require_ocr
from plansearch.readers.pages import Page, page_of, without_furniture
from plansearch.readers.pdfium import pdfium_glyphs
from plansearch.types import Damage, Document, Span

_THIN = 3.0
"""Points: a filled rectangle that is no thicker is a rule."""
_FEW_CHARACTERS = 30
"""A page with a picture over most of it and fewer characters is a scan with a stamp or a page number."""
_PICTURE_SHARE = 0.5
_MANY_CURVES = 200
"""Drawn shapes on a page without a single character: its text was turned into outlines."""

_CODE = re.compile(r"\(cid:\d+\)")
"""What pdfplumber writes for a character that its font does not name."""
_ADVICE = "請改用原始的文書檔，或加上 --ocr 辨識影像中的文字。"

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # it warns of every oddity of a file on the user's screen


def read_pdf(data: bytes, name: str, *, limits: Limits = DEFAULT_LIMITS, ocr: bool = False) -> Document:
    """Read a PDF's bytes.

    Args:
        data: the file's bytes.
        name: what to call it.
        limits: how many pages it may have.
        ocr: read the pages that are pictures, too.

    Raises:
        LimitError: it has too many pages.
        ReadError: it has a password, is broken, or has no page with text.
    """
    if ocr:
        require_ocr()
    pages: list[Page] = []
    damage: list[Damage] = []
    with _opened(data, name) as document:
        if len(document.pages) > limits.max_pages:
            raise LimitError(
                f"「{name}」有 {len(document.pages)} 頁，超過上限 {limits.max_pages} 頁。"
                "請拆成幾個檔案，只留計畫的部分；確定要讀請用 --max-pages 放寬。"
            )
        for number, page in enumerate(document.pages, 1):
            read, found = _read_page(data, page, number, ocr=ocr)
            pages += [read] if read is not None else []
            damage += [found] if found is not None else []
            page.close()
    if damage and not any(page.content for page in pages):
        raise ReadError(f"「{name}」的 {len(damage)} 頁都讀不到文字，應是掃描的影像。{_ADVICE}")
    blocks = tuple(blocks_of(without_furniture(pages)))
    return Document(name, blocks, hashlib.sha256(data).hexdigest(), damage=tuple(damage))


def _opened(data: bytes, name: str) -> PDF:
    try:
        document = pdfplumber.open(io.BytesIO(data))
        if not document.pages:  # a broken file is noticed only when its pages are counted
            raise ValueError(name)
    except Exception as error:
        if isinstance(error, PDFPasswordIncorrect) or isinstance(
            error.__cause__ or error.__context__, PDFPasswordIncorrect
        ):
            raise ReadError(f"「{name}」有密碼保護，無法讀取。請先解除密碼，或向提供者索取沒有密碼的檔案。") from error
        raise ReadError(
            f"「{name}」無法開啟：PDF 不完整或已損毀。請重新取得原檔，或用閱讀程式開啟後另存新檔。"
        ) from error
    return document


def _read_page(data: bytes, page: PdfPage, number: int, *, ocr: bool) -> tuple[Page | None, Damage | None]:
    """A page, if it can be read, and what has to be said of it."""
    width, height, span = float(page.width), float(page.height), Span(page=number)
    try:
        glyphs = list(_glyphs(page))
        if not page.rotation and 2 * sum(_CODE.fullmatch(glyph.text) is not None for glyph in glyphs) >= len(glyphs):
            glyphs = list(pdfium_glyphs(data, number)) or glyphs
        if not _is_picture(page, glyphs):
            if sum(not _is_upright(char) for char in page.chars) > len(page.chars) / 2:
                turn = _Turn(width, height, clockwise=_reads_down(page))
                glyphs = [turn.glyph(glyph) for glyph in _glyphs(page, upright=False)]
                return page_of(number, height, width, glyphs, map(turn.rule, _rules(page))), None
            return page_of(number, width, height, glyphs, _rules(page)), None
        if not ocr:
            detail = f"第 {number} 頁沒有文字，應是掃描的影像，未能讀取。{_ADVICE}"
            return None, Damage("page_unread", detail, None, span)
        recognised = page_of(number, width, height, *recognise(page.to_image(RESOLUTION).original))
        detail = f"第 {number} 頁由影像辨識，可能有錯字或漏字，請核對原檔。"
        return recognised, Damage("text_recognised", detail, None, span)
    except Exception:  # noqa: BLE001 (a broken page raises whatever it leads the library to; it costs that page alone)
        detail = f"第 {number} 頁的內容已損毀，未能讀取。請重新取得原檔，或用閱讀程式另存新檔。"
        return None, Damage("page_unread", detail, None, span)


@dataclass(frozen=True, slots=True)
class _Turn:
    """A page of that size whose text stands on its side, turned until it can be read."""

    width: float
    height: float
    clockwise: bool
    """Its text was turned so, and reads from top to bottom."""

    def glyph(self, glyph: Glyph) -> Glyph:
        """A character in its new place."""
        if self.clockwise:
            return Glyph(glyph.text, glyph.top, glyph.bottom, self.width - glyph.x1, self.width - glyph.x0)
        return Glyph(glyph.text, self.height - glyph.bottom, self.height - glyph.top, glyph.x0, glyph.x1)

    def rule(self, rule: Rule) -> Rule:
        """A rule in its new place."""
        if rule.upright and self.clockwise:
            return Rule(False, self.width - rule.at, rule.begin, rule.end)
        if rule.upright:
            return Rule(False, rule.at, self.height - rule.end, self.height - rule.begin)
        if self.clockwise:
            return Rule(True, rule.at, self.width - rule.end, self.width - rule.begin)
        return Rule(True, self.height - rule.at, rule.begin, rule.end)


def _is_upright(char: Mapping[str, Any]) -> bool:
    """By its matrix (pdfplumber takes a character that was turned by 90.0000001 degrees for upright)."""
    across, down = char["matrix"][:2]
    return abs(float(across)) >= abs(float(down))


def _reads_down(page: PdfPage) -> bool:
    """Whether most characters that stand on their side run down the page."""
    turned = [float(char["matrix"][1]) < 0 for char in page.chars if not _is_upright(char)]
    return 2 * sum(turned) > len(turned)


def _glyphs(page: PdfPage, *, upright: bool = True) -> Iterator[Glyph]:
    """The characters that stand upright, or on their side; the few others of a page are watermarks."""
    for char in page.chars:
        text = clean_character(char["text"])
        if text and _is_upright(char) == upright:
            yield Glyph(text, *(float(char[key]) for key in ("x0", "x1", "top", "bottom")))


def _rules(page: PdfPage) -> Iterator[Rule]:
    """Lines, thin areas, and the outlines of others; a thicker area without an outline is a background."""
    for line in (*page.lines, *page.curve_edges):
        yield from _straight(line["x0"], line["x1"], line["top"], line["bottom"])
    for rect in page.rects:
        x0, x1, top, bottom = (float(rect[key]) for key in ("x0", "x1", "top", "bottom"))
        if min(x1 - x0, bottom - top) <= _THIN:
            yield from _straight(x0, x1, top, bottom)
        elif rect.get("stroke"):
            yield from (Rule(True, at, top, bottom) for at in (x0, x1))
            yield from (Rule(False, at, x0, x1) for at in (top, bottom))


def _straight(x0: float, x1: float, top: float, bottom: float) -> Iterator[Rule]:
    if x1 - x0 <= _THIN and x1 - x0 <= bottom - top:
        yield Rule(True, (x0 + x1) / 2, top, bottom)
    elif bottom - top <= _THIN:
        yield Rule(False, (top + bottom) / 2, x0, x1)


def _is_picture(page: PdfPage, glyphs: list[Glyph]) -> bool:
    if len(glyphs) >= _FEW_CHARACTERS:
        return False
    area = sum(float(image["width"]) * float(image["height"]) for image in page.images)
    if area >= _PICTURE_SHARE * float(page.width) * float(page.height):
        return True
    return not glyphs and (bool(page.images) or len(page.curves) > _MANY_CURVES)
