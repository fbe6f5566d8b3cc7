"""A report as a Word file: a memo with headings, bordered tables, figures, and how it was made."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Final

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.style import WD_STYLE_TYPE
from docx.enum.text import WD_ALIGN_PARAGRAPH
from docx.image.image import Image
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Cm, Length, Pt, RGBColor
from docx.styles.style import ParagraphStyle

from plansearch.report.records import Record
from plansearch.report.rendering import MADE, Figure, Report, Section
from plansearch.report.serialise import Column
from plansearch.report.tones import LOOKS, Border, Look, Tone
from plansearch.xmltext import xml_text

if TYPE_CHECKING:
    from docx.document import Document
    from docx.oxml.xmlchemy import BaseOxmlElement
    from docx.section import Section as DocumentSection
    from docx.text.paragraph import Paragraph

_LATIN: Final = "Calibri"
_CHINESE: Final = "Microsoft JhengHei"
_PAGE: Final = (Cm(29.7), Cm(21.0))
"""A4, landscape."""
_MARGIN: Final = Cm(1.6)
_ACROSS: Final = Length(_PAGE[0] - 2 * _MARGIN)
_ROOM: Final = (_ACROSS, Cm(14.5))
_UPRIGHT_ROOM: Final = (Length(_PAGE[1] - 2 * _MARGIN), Cm(22.0))
"""For a figure on either kind of page, so that its title and what it shows in words have room there, too."""
_CELL: Final = "表格文字"
"""The style of what stands in tables."""
_CELL_ID: Final = "TableText"
_CELL_SIZE: Final = 9.0
"""Points."""
_KEPT_WHOLE: Final = 24
"""Rows with up to so many lines stay on one page; longer ones would leave much of a page empty."""
_SIZES: Final = {"Title": 18.0, "Heading 1": 13.0, "Normal": 10.5, "Footer": 9.0}
"""Points."""
_FONT_LANGUAGE: Final = qn("w:themeFontLang")
_BORDERS: Final[Mapping[Border, tuple[str, str]]] = {
    "solid": ("single", "24"),
    "dashed": ("dashed", "24"),
    "dotted": ("dotted", "24"),
    "double": ("double", "8"),
}
"""How Word calls the borders of `plansearch.report.tones`, and how wide their lines are in eighths of a point."""
_PIECE: Final = re.compile(r"[\n\t]|[^\n\t]+")
_LINE: Final = {"val": "single", "sz": "4", "space": "0", "color": "A6ADB4"}
_HEADER_FILL: Final = "DCE3EA"


def memo_of(report: Report) -> bytes:
    """A report as the content of a ``.docx`` file."""
    document = docx.Document()
    _prepare(document, report.heading)
    document.add_paragraph(xml_text(report.heading), style="Title")
    for note in report.notes:
        document.add_paragraph(xml_text(note))
    if report.tones:
        _append(document, _legend(report.tones))
    for figure in report.figures:
        _add_figure(document, figure)
    for part in report.parts:
        _add_part(document, part)
    if report.made:
        document.add_heading(MADE, 1)
        labels = (Column("項目", "label", width=20), Column("內容", "value", width=100))
        _add_table(document, labels, [{"label": label, "value": value} for label, value in report.made])
    made = io.BytesIO()
    document.save(made)
    return made.getvalue()


def _prepare(document: Document, heading: str) -> None:
    """Page, fonts, page numbers and properties."""
    section = document.sections[0]
    _turn(section, WD_ORIENT.LANDSCAPE)
    section.left_margin = section.right_margin = section.top_margin = section.bottom_margin = _MARGIN
    section.header_distance = section.footer_distance = Cm(0.8)
    for name, size in _SIZES.items():
        _set_font(_style(document, name), size)
    _style(document, "Normal").paragraph_format.space_after = Pt(4)
    _style(document, "Heading 1").paragraph_format.space_before = Pt(14)
    cell = document.styles.add_style(_CELL, WD_STYLE_TYPE.PARAGRAPH)
    cell.element.set(qn("w:styleId"), _CELL_ID)
    cell.base_style = _style(document, "Normal")
    cell.font.size = Pt(_CELL_SIZE)
    cell.paragraph_format.space_after = Pt(0)
    _number_pages(section.footer.paragraphs[0])
    # The template is written for English and Japanese, by which Word picks fonts and checks the spelling.
    for language in (*document.styles.element.iter(qn("w:lang")), *document.settings.element.iter(_FONT_LANGUAGE)):
        language.set(qn("w:eastAsia"), "zh-TW")
    now = datetime.now(timezone.utc)
    properties = document.core_properties
    properties.title, properties.author, properties.comments = xml_text(heading)[:255], "plansearch", ""
    properties.created = properties.modified = now


def _style(document: Document, name: str) -> ParagraphStyle:
    style = document.styles[name]
    if not isinstance(style, ParagraphStyle):
        msg = f"{name} is no style of a paragraph"
        raise TypeError(msg)
    return style


def _number_pages(footer: Paragraph) -> None:
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    for part in ("第 ", "PAGE", " 頁，共 ", "NUMPAGES", " 頁"):
        run = footer.add_run()
        run.element.extend(_field(part) if part.isupper() else [_text(part)])


def _set_font(style: ParagraphStyle, size: float) -> None:
    """Latin and Chinese fonts; the template's theme fonts would win over them, so they go."""
    style.font.name, style.font.size, style.font.color.rgb = _LATIN, Pt(size), RGBColor(0x1F, 0x29, 0x33)
    fonts = style.element.get_or_add_rPr().find(qn("w:rFonts"))
    for name in [name for name in fonts.attrib if name.endswith("Theme")]:
        del fonts.attrib[name]
    fonts.set(qn("w:eastAsia"), _CHINESE)
    fonts.set(qn("w:cs"), _LATIN)


def _add_part(document: Document, part: Section) -> None:
    if part.title:
        document.add_heading(xml_text(part.title), 1)
    for note in part.notes:
        document.add_paragraph(xml_text(note)).paragraph_format.keep_with_next = bool(part.rows)
    if part.columns and part.rows:
        _add_table(document, part.columns, part.rows)
    elif part.columns:
        document.add_paragraph("沒有資料。")


def _add_figure(document: Document, figure: Figure) -> None:
    """Put a figure under its title, and one that is higher than wide on an upright page of its own."""
    drawn = figure.draw("png")
    image = Image.from_blob(drawn)
    is_upright = image.height > image.width
    if is_upright:
        _turn(document.add_section(), WD_ORIENT.PORTRAIT)
    document.add_heading(xml_text(figure.title), 1)
    paragraph = document.add_paragraph()
    paragraph.paragraph_format.keep_with_next = True
    room = _UPRIGHT_ROOM if is_upright else _ROOM
    scale = min(1.0, room[0] / image.width, room[1] / image.height)
    run = paragraph.add_run()
    run.add_picture(io.BytesIO(drawn), Length(int(image.width * scale)), Length(int(image.height * scale)))
    for shape in run.element.iter(qn("wp:docPr")):
        shape.set("title", xml_text(figure.title))
        shape.set("descr", xml_text(figure.description))
    document.add_paragraph(xml_text(figure.description))
    if is_upright:
        _turn(document.add_section(), WD_ORIENT.LANDSCAPE)


def _turn(section: DocumentSection, orientation: WD_ORIENT) -> None:
    section.orientation = orientation
    sides = _PAGE if orientation == WD_ORIENT.LANDSCAPE else _PAGE[::-1]
    section.page_width, section.page_height = sides


def _append(document: Document, element: BaseOxmlElement) -> None:
    """Put an element at the end of the text, before the last section's settings."""
    body = document.element.body
    body.insert(len(body) - 1, element)


def _add_table(document: Document, columns: Sequence[Column], rows: Sequence[Record]) -> None:
    _append(document, _table(columns, rows))
    # Two tables with nothing between them would be one, and Word wants a paragraph at the end.
    document.add_paragraph(style=_CELL)


def _legend(tones: Sequence[Tone]) -> BaseOxmlElement:
    """A line that shows what each look means."""
    runs = [_element("r", _text("標示："))]
    for tone in tones:
        look = LOOKS[tone]
        border = _element("bdr", val=_BORDERS[look.border][0], sz="6", space="0", color=look.ink)
        properties = _element("rPr", border, _shading(look.fill))
        runs += [_element("r", properties, _text(f" {look.label} ")), _element("r", _text("　"))]
    return _element("p", *runs)


def _table(columns: Sequence[Column], rows: Sequence[Record]) -> BaseOxmlElement:
    """A table with borders, whose first row is repeated on every page.

    It is put together from elements, since python-docx takes minutes for some thousand rows.
    """
    counted = [column.least_width for column in columns]
    widths = [int(_ACROSS.twips * width / sum(counted)) for width in counted]
    titles = [
        _cell(xml_text(column.title), width, is_header=True) for column, width in zip(columns, widths, strict=True)
    ]
    table = _element("tbl", _table_properties(sum(widths)))
    table.append(_element("tblGrid", *(_element("gridCol", w=str(width)) for width in widths)))
    table.append(_row(titles, "cantSplit", "tblHeader"))
    for row in rows:
        texts = [xml_text(column.cell(row)) for column in columns]
        tones = [column.tone_of(row) for column in columns]
        beside = [*tones[1:], None]
        cells = [_cell(*cell) for cell in zip(texts, widths, tones, beside, strict=True)]
        tallest = max(_lines(text, width) for text, width in zip(texts, widths, strict=True))
        table.append(_row(cells, *(["cantSplit"] if tallest <= _KEPT_WHOLE else [])))
    return table


def _table_properties(width: int) -> BaseOxmlElement:
    sides = ("top", "left", "bottom", "right", "insideH", "insideV")
    margins = {"top": "40", "left": "70", "bottom": "40", "right": "70"}
    return _element(
        "tblPr",
        _element("tblW", w=str(width), type="dxa"),
        _element("tblBorders", *(_element(side, **_LINE) for side in sides)),
        _element("tblLayout", type="fixed"),
        _element("tblCellMar", *(_element(side, w=margin, type="dxa") for side, margin in margins.items())),
    )


def _row(cells: Sequence[BaseOxmlElement], *settings: str) -> BaseOxmlElement:
    properties = [_element("trPr", *(_element(setting) for setting in settings))] if settings else []
    return _element("tr", *properties, *cells)


def _cell(
    text: str, width: int, tone: Tone | None = None, beside: Tone | None = None, *, is_header: bool = False
) -> BaseOxmlElement:
    """One cell; a line break in its text stays one.

    Args:
        text: what stands in it.
        width: twentieths of a point.
        tone: its own tone.
        beside: the tone of the cell to its right: two cells share a border, and not every program lets the left one
            win, so both say it.
        is_header: whether it is a column's title.
    """
    cell = _element("tcPr", _element("tcW", w=str(width), type="dxa"))
    sides = [_side(name, LOOKS[one]) for name, one in (("left", tone), ("right", beside)) if one is not None]
    if sides:
        cell.append(_element("tcBorders", *sides))
    run = _element("rPr")
    if is_header:
        cell.append(_shading(_HEADER_FILL))
        cell.append(_element("vAlign", val="center"))
        run.append(_element("b"))
    elif tone is not None:
        cell.append(_shading(LOOKS[tone].fill))
    paragraph = _element("pPr", _element("pStyle", val=_CELL_ID))
    return _element("tc", cell, _element("p", paragraph, _element("r", run, *_texts(text))))


def _side(name: str, look: Look) -> BaseOxmlElement:
    style, width = _BORDERS[look.border]
    return _element(name, val=style, sz=width, space="0", color=look.ink)


def _texts(text: str) -> list[BaseOxmlElement]:
    """A text as a run holds it: line breaks and tabs are elements of their own."""
    return [
        _element("br") if piece == "\n" else _element("tab") if piece == "\t" else _text(piece)
        for piece in _PIECE.findall(text)
    ]


def _text(text: str) -> BaseOxmlElement:
    element = _element("t")
    element.text = text
    element.set(qn("xml:space"), "preserve")
    return element


def _field(instruction: str) -> list[BaseOxmlElement]:
    """What Word computes, such as the number of the page."""
    asked = _element("instrText")
    asked.text = instruction
    return [_element("fldChar", fldCharType="begin"), asked, _element("fldChar", fldCharType="end")]


def _shading(fill: str) -> BaseOxmlElement:
    return _element("shd", val="clear", color="auto", fill=fill)


def _lines(text: str, width: int) -> int:
    """About how many lines a text takes in a column so many twentieths of a point wide."""
    return text.count("\n") + 1 + int(len(text) * _CELL_SIZE * 20 / width)


def _element(tag: str, *children: BaseOxmlElement, **attributes: str) -> BaseOxmlElement:
    """An element of WordprocessingML."""
    element = OxmlElement(f"w:{tag}")
    for name, value in attributes.items():
        element.set(qn(f"w:{name}"), value)
    element.extend(children)
    return element
