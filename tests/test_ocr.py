"""Pages that are pictures: named, and read where tesseract is installed."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import pypdfium2
import pytest
from printed_files import pdf_of
from renderings import Layout

from plansearch.errors import ReadError
from plansearch.readers import ocr
from plansearch.readers.pdf import read_pdf

FONT = "Noto Serif CJK TC"
LINES = (
    "示範市松林區公所113年度提升服務計畫",
    "壹、計畫依據：示範市政府提升服務實施計畫。",
    "貳、計畫目標：提供便捷服務。",
)


def has_chinese_ocr() -> bool:
    program = shutil.which("tesseract")
    if program is None:
        return False
    return "chi_tra" in subprocess.run([program, "--list-langs"], capture_output=True, text=True, check=False).stdout


def font_path() -> str | None:
    """A font with Chinese characters, where the system has one."""
    program = shutil.which("fc-match")
    if program is None:
        return None
    found = subprocess.run([program, "-f", "%{file}|%{lang}", FONT], capture_output=True, text=True, check=False).stdout
    path, _, languages = found.partition("|")
    return path if "zh-tw" in languages else None


def scan_of(*lines: str) -> bytes:
    """A PDF with one page that is a picture of these lines."""
    from PIL import Image, ImageDraw, ImageFont  # noqa: PLC0415

    path = font_path()
    if path is None:
        pytest.skip("no font with Chinese characters is installed")
    page = Image.new("L", (1654, 1169), 255)
    draw = ImageDraw.Draw(page)
    for number, line in enumerate(lines):
        draw.text((150, 150 + 90 * number), line, font=ImageFont.truetype(path, 46), fill=0)
    target = io.BytesIO()
    page.save(target, "PDF", resolution=200)
    return target.getvalue()


def with_text_page(scan: bytes) -> bytes:
    """The scan behind a page with text."""
    joined = pypdfium2.PdfDocument(pdf_of(LINES, Layout(page_numbers=False)))
    joined.import_pages(pypdfium2.PdfDocument(scan))
    target = io.BytesIO()
    joined.save(target)
    return target.getvalue()


def test_scan_alone_says_what_can_be_done() -> None:
    with pytest.raises(ReadError, match=r"「掃描.pdf」的 1 頁都讀不到文字，應是掃描的影像。.*--ocr"):
        read_pdf(scan_of(*LINES), "掃描.pdf")


def test_scanned_page_is_damage_with_its_number() -> None:
    document = read_pdf(with_text_page(scan_of("附件")), "計畫.pdf")
    assert [(damage.kind, damage.span.page) for damage in document.damage] == [("page_unread", 2)]
    assert "".join(str(block) for block in document.blocks).count("計畫依據") == 1


@pytest.mark.skipif(not has_chinese_ocr(), reason="tesseract with chi_tra is not installed")
def test_scan_is_recognised_and_marked() -> None:
    pytest.importorskip("pytesseract")
    document = read_pdf(scan_of(*LINES), "掃描.pdf", ocr=True)
    read = "".join("".join(getattr(block, "text", "").split()) for block in document.blocks)
    wanted = "".join(LINES)
    assert sum(character in read for character in wanted) >= 0.9 * len(wanted)
    assert [(damage.kind, damage.span.page) for damage in document.damage] == [("text_recognised", 1)]


def test_missing_tesseract_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ReadError, match=r"找不到 tesseract。.*pip install pytesseract.*tesseract-ocr-chi-tra"):
        ocr.require_ocr()
