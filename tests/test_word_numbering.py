"""Word's automatic numbers, against what LibreOffice shows for the same file, and by the rules of the format."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from docx import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from office_files import element_of
from printed_files import convert

from plansearch.readers import read_document
from plansearch.readers.list_numbers import complete_mark, style_of_sequence, written_bullet, written_number

Lines = list[tuple[str, str]]
"""List and level (``3/0``), or empty; text."""


def level(place: int, style: str, text: str, more: str = "") -> str:
    rule = f'<w:start w:val="1"/><w:numFmt w:val="{style}"/>{more}<w:lvlText w:val="{text}"/>'
    return f'<w:lvl w:ilvl="{place}">{rule}</w:lvl>'


CHINESE = (
    level(0, "ideographLegalTraditional", "%1、")
    + level(1, "taiwaneseCountingThousand", "%2、")
    + level(2, "taiwaneseCountingThousand", "(%3)")
    + level(3, "decimal", "%4.")
    + level(4, "decimalFullWidth", "(%5)")
)
OTHER = (
    level(0, "ideographTraditional", "%1、")
    + level(1, "decimalEnclosedCircle", "%2")
    + level(2, "bullet", "\uf06c")
    + level(3, "lowerLetter", "%4.")
)
NEVER = level(0, "taiwaneseCountingThousand", "%1、") + level(1, "decimal", "%2.", '<w:lvlRestart w:val="0"/>')
LISTS = {1: CHINESE, 2: OTHER, 3: NEVER}


def write(path: Path, lines: Lines, *, begins_anew: int = 0) -> None:
    """Lists 1 to 3; list 9 is list 1 beginning anew at ``begins_anew`` on its second level."""
    document = WordDocument()
    root = document.part.numbering_part.element
    for number, levels in LISTS.items():
        root.insert(
            0, parse_xml(f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{70 + number}">{levels}</w:abstractNum>')
        )
        root.append(
            parse_xml(f'<w:num {nsdecls("w")} w:numId="{70 + number}"><w:abstractNumId w:val="{70 + number}"/></w:num>')
        )
    override = f'<w:lvlOverride w:ilvl="1"><w:startOverride w:val="{begins_anew}"/></w:lvlOverride>'
    root.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="79"><w:abstractNumId w:val="71"/>{override}</w:num>'))
    for place, text in lines:
        paragraph = document.add_paragraph(text)
        if place:
            listed, depth = place.split("/")
            element_of(paragraph).get_or_add_pPr().append(
                parse_xml(f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{depth}"/><w:numId w:val="7{listed}"/></w:numPr>')
            )
    document.save(str(path))


def shown(path: Path) -> list[str]:
    return [getattr(block, "text", "") for block in read_document(path).blocks]


MULTILEVEL: Lines = [
    ("1/0", "依據"), ("1/0", "目標"), ("1/1", "甲"), ("1/1", "乙"), ("1/2", "丙"), ("1/2", "丁"), ("1/3", "戊"),
    ("1/4", "己"), ("", "中間的段落"), ("1/4", "庚"), ("1/3", "辛"), ("1/2", "壬"), ("1/0", "內容"), ("1/1", "癸"),
    ("1/2", "子"),
]  # fmt: skip
MULTILEVEL_SHOWN = [
    "壹、依據", "貳、目標", "一、甲", "二、乙", "(一)丙", "(二)丁", "1.戊", "(１)己", "中間的段落", "(２)庚", "2.辛",
    "(三)壬", "參、內容", "一、癸", "(一)子",
]  # fmt: skip


def test_levels_count_go_on_after_a_paragraph_and_begin_anew_under_a_higher_one(tmp_path: Path) -> None:
    write(tmp_path / "計畫.docx", MULTILEVEL)
    assert shown(tmp_path / "計畫.docx") == MULTILEVEL_SHOWN


def test_heavenly_stems_circles_bullets_and_letters_are_written(tmp_path: Path) -> None:
    lines: Lines = [("2/0", "子"), ("2/1", "丑"), ("2/2", "寅"), ("2/0", "卯"), ("2/3", "辰")]
    write(tmp_path / "計畫.docx", lines)
    assert shown(tmp_path / "計畫.docx") == ["甲、子", "①丑", "●寅", "乙、卯", "a.辰"]


def test_a_level_may_never_begin_anew(tmp_path: Path) -> None:
    write(tmp_path / "計畫.docx", [("3/0", "甲"), ("3/1", "乙"), ("3/0", "丙"), ("3/1", "丁")])
    assert shown(tmp_path / "計畫.docx") == ["一、甲", "1.乙", "二、丙", "2.丁"]


def test_a_list_begins_anew_at_the_number_that_it_is_given(tmp_path: Path) -> None:
    write(tmp_path / "計畫.docx", [("1/0", "甲"), ("1/1", "乙"), ("9/1", "丙"), ("9/1", "丁")], begins_anew=5)
    assert shown(tmp_path / "計畫.docx") == ["壹、甲", "一、乙", "五、丙", "六、丁"]


def test_an_empty_paragraph_counts_but_is_not_shown(tmp_path: Path) -> None:
    write(tmp_path / "計畫.docx", [("1/1", "甲"), ("1/1", ""), ("1/1", "乙")])
    assert shown(tmp_path / "計畫.docx") == ["一、甲", "三、乙"]


@pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
@pytest.mark.xdist_group("libreoffice")
def test_libreoffice_shows_the_same_numbers_in_word_and_opendocument(tmp_path: Path) -> None:
    write(tmp_path / "計畫.docx", MULTILEVEL)
    text, opened = (
        convert([tmp_path / "計畫.docx"], target, tmp_path)[0] for target in ("txt:Text (encoded):UTF8", "odt")
    )
    lines = ["".join(line.split()) for line in text.read_text(encoding="utf-8-sig").splitlines()]
    half_width = [line.replace("１", "1").replace("２", "2") for line in MULTILEVEL_SHOWN]  # as LibreOffice has them
    assert [line for line in lines if line] == half_width
    assert shown(opened) == half_width


@pytest.mark.parametrize(
    ("style", "value", "text"),
    [
        ("taiwaneseCountingThousand", 10, "十"),
        ("taiwaneseCountingThousand", 11, "十一"),
        ("chineseCounting", 20, "二十"),
        ("ideographLegalTraditional", 12, "拾貳"),
        ("taiwaneseDigital", 10, "一○"),
        ("ideographZodiac", 3, "寅"),
        ("decimalZero", 7, "07"),
        ("decimalEnclosedParen", 3, "⑶"),
        ("decimalEnclosedCircle", 21, "21"),
        ("upperLetter", 27, "AA"),
        ("lowerRoman", 14, "xiv"),
        ("none", 4, ""),
        ("somethingNew", 4, "4"),
    ],
)
def test_numbers_are_written_in_the_formats_of_word(style: str, value: int, text: str) -> None:
    assert written_number(value, style) == text


def test_bare_numbers_get_a_stop_and_symbols_become_a_bullet_that_is_known() -> None:
    assert [complete_mark(mark) for mark in ("3", "三", "(三)", "第三條", "")] == ["3.", "三、", "(三)", "第三條 ", ""]
    assert [written_bullet(sign) for sign in ("\uf0d8", "l", "※", "-", "")] == ["●", "●", "※", "- ", ""]
    assert [style_of_sequence(sample) for sample in ("一, 二, 三, ...", "壹, 貳, 參, ...", "1", "")] == [
        "taiwaneseCounting", "ideographLegalTraditional", "decimal", "none",
    ]  # fmt: skip
