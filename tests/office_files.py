"""Writers of what ``renderings`` arranges: Word files as Word makes them, saved web pages, tables inside of tables.

Word's files number their lists by rules, cut runs in the middle of a word, and carry changes, remarks and fields.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html import escape
from pathlib import Path
from typing import Any

from docx import Document as WordDocument
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls
from docx.text.paragraph import Paragraph
from printed_files import places
from renderings import Blocks, Field, Grid

from plansearch.numbering import Style, leading_mark

_LEVELS: tuple[tuple[Style, str, str], ...] = (
    ("section", "ideographLegalTraditional", "%1、"),
    ("cjk", "taiwaneseCountingThousand", "%2、"),
    ("paren_cjk", "taiwaneseCountingThousand", "(%3)"),
    ("arabic", "decimal", "%4."),
    ("paren_arabic", "decimal", "(%5)"),
    ("circled", "decimalEnclosedCircle", "%6"),
    ("heavenly", "ideographTraditional", "%7、"),
)
_PLACES = {style: place for place, (style, _, _) in enumerate(_LEVELS)}


@dataclass(slots=True)
class ListNumbers:
    """The rules of Word's lists in one document: every mark gets the list and the level that show it.

    Args:
        document: a python-docx document.
        apart: each level is a list of its own; else all are levels of one, where a higher one restarts the lower.
    """

    document: Any
    apart: bool = False
    _counts: dict[int, int] = field(default_factory=dict)
    _numbers: dict[int, int] = field(default_factory=dict)
    _starts: dict[int, dict[int, int]] = field(default_factory=dict)
    _next: int = 900

    def __post_init__(self) -> None:
        root = self.document.part.numbering_part.element
        for abstract in range(len(_LEVELS) if self.apart else 1):
            levels = "".join(
                f'<w:lvl w:ilvl="{place}"><w:start w:val="1"/><w:numFmt w:val="{style}"/>'
                f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/></w:lvl>'
                for place, (_, style, text) in enumerate(_LEVELS)
            )
            root.insert(
                0,
                parse_xml(
                    f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{800 + abstract}">'
                    f'<w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
                ),
            )

    def number(self, paragraph: Paragraph, style: str, value: int) -> None:
        """Make Word show a number before a paragraph."""
        place = _PLACES[style]  # type: ignore[index]
        key = place if self.apart else 0
        begins = self._starts.get(key, {}).get(place, 1)  # also where a higher level makes it begin again
        expected = self._counts[place] + 1 if place in self._counts else begins
        if expected != value or key not in self._numbers:
            self._starts[key] = {place: value} if expected != value else {}
            self._numbers[key] = self._begin(place, value if expected != value else None)
        self._counts[place] = value
        if not self.apart:
            self._counts = {level: count for level, count in self._counts.items() if level <= place}
        element_of(paragraph).get_or_add_pPr().append(
            parse_xml(
                f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{place}"/><w:numId w:val="{self._numbers[key]}"/></w:numPr>'
            )
        )

    def _begin(self, place: int, start: int | None) -> int:
        self._next += 1
        override = (
            f'<w:lvlOverride w:ilvl="{place}"><w:startOverride w:val="{start}"/></w:lvlOverride>' if start else ""
        )
        self.document.part.numbering_part.element.append(
            parse_xml(
                f'<w:num {nsdecls("w")} w:numId="{self._next}">'
                f'<w:abstractNumId w:val="{800 + (place if self.apart else 0)}"/>{override}</w:num>'
            )
        )
        return self._next


def element_of(part: Any) -> Any:  # noqa: ANN401 - python-docx has no types for its XML
    """The XML of a paragraph or a row, which python-docx keeps to itself."""
    return part._element  # noqa: SLF001


def write_numbered_docx(blocks: Blocks, path: Path, *, apart: bool = False, messy: bool = False) -> None:
    """A Word file whose numbers are all automatic.

    Args:
        blocks: what ``renderings.arrange`` gave.
        path: where to write it.
        apart: see ``ListNumbers``.
        messy: with everything that Word leaves in a file that went through several hands.
    """
    document = WordDocument()
    numbers = ListNumbers(document, apart)
    for block in blocks:
        if isinstance(block, Grid):
            table = document.add_table(len(block.rows), len(block.shares), style="Table Grid")
            for row, column, cell in places(block):
                top = table.cell(row, column)
                if cell.rows > 1 or cell.columns > 1:
                    top = top.merge(table.cell(row + cell.rows - 1, column + cell.columns - 1))
                for place, line in enumerate(cell.lines):
                    paragraph = top.paragraphs[0] if place == 0 else top.add_paragraph()
                    _write_line(paragraph, line, numbers, messy=messy)
            element_of(table.rows[0]).get_or_add_trPr().append(parse_xml(f"<w:tblHeader {nsdecls('w')}/>"))
        else:
            _write_line(document.add_paragraph(), block, numbers, messy=messy)
    if messy:
        document.sections[0].header.paragraphs[0].text = "內部文件，請勿外流"
        document.sections[0].footer.paragraphs[0].text = "第 1 頁"
    document.save(str(path))


def _write_line(paragraph: Paragraph, line: str, numbers: ListNumbers, *, messy: bool) -> None:
    segment = leading_mark(line)
    text = line
    if segment.mark is not None and segment.mark.style in _PLACES:
        numbers.number(paragraph, segment.mark.style, segment.mark.value)
        text = segment.text
    if not messy or len(text) < 6:
        paragraph.add_run(text)
        return
    for element in _messy_runs(text):
        element_of(paragraph).append(parse_xml(element))


def _messy_runs(text: str) -> Iterator[str]:
    """A text as Word keeps it after some changes: in pieces, with wrappers, deletions and remarks between."""
    third = len(text) // 3
    pieces = (text[:third], text[third : 2 * third], text[2 * third :])
    space, who = nsdecls("w"), 'w:id="7" w:author="甲" w:date="2024-01-01T00:00:00Z"'

    def run(piece: str) -> str:
        return f'<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">{escape(piece)}</w:t></w:r>'

    yield f"<w:r {space}><w:lastRenderedPageBreak/><w:t>{escape(pieces[0])}</w:t></w:r>"
    yield f"<w:del {space} {who}><w:r><w:delText>刪去的字</w:delText></w:r></w:del>"
    yield f"<w:ins {space} {who}>{run(pieces[1])}</w:ins>"
    yield f'<w:bookmarkStart {space} w:id="1" w:name="_甲"/>'
    yield f'<w:proofErr {space} w:type="spellStart"/>'
    half = len(pieces[2]) // 2
    yield (
        f'<w:sdt {space}><w:sdtPr><w:alias w:val="欄位"/></w:sdtPr><w:sdtContent><w:smartTag w:uri="u" w:element="e">'
        f"{run(pieces[2][:half])}</w:smartTag></w:sdtContent></w:sdt>"
    )
    yield f'<w:fldSimple {space} w:instr=" DOCPROPERTY x ">{run(pieces[2][half:])}</w:fldSimple>'
    yield f"<w:r {space}><w:rPr><w:vanish/></w:rPr><w:t>看不見的字</w:t></w:r>"
    yield f"<w:r {space}><w:softHyphen/></w:r>"


def html_of(blocks: Blocks) -> str:
    """A web page of nothing but the plan."""
    parts = [_table(block) if isinstance(block, Grid) else f"<p>{escape(block)}</p>" for block in blocks]
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>{''.join(parts)}</body></html>"


def _table(grid: Grid) -> str:
    return f"<table>{''.join(f'<tr>{chr(10).join(map(_cell, row))}</tr>' for row in grid.rows)}</table>"


def nested(blocks: Blocks, *, own_header: bool = False) -> str:
    """A web page in which the measures and units of each requirement are a table inside of the table.

    Args:
        blocks: what ``renderings.arrange`` gave.
        own_header: the inner tables have the headers of their columns, and the outer one a word for all; else the
            outer table has them.
    """
    parts = [f"<p>{escape(b)}</p>" if isinstance(b, str) else _nested_table(b, own_header=own_header) for b in blocks]
    return f"<!DOCTYPE html><html><head><meta charset='utf-8'></head><body>{''.join(parts)}</body></html>"


def _nested_table(grid: Grid, *, own_header: bool) -> str:
    head = grid.rows[0]
    inner_width = len(head) - 1  # the first header stands over all columns of headings
    heads = len(grid.shares) - inner_width
    begun = [[(column, cell) for row, column, cell in places(grid) if row == place] for place in range(len(grid.rows))]
    starts = [place for place, cells in enumerate(begun) if place and any(column == heads - 1 for column, _ in cells)]
    outer_head = [head[0], Field(("工作內容",), columns=inner_width)] if own_header else head
    parts = [f"<tr>{''.join(map(_cell, outer_head))}</tr>"]
    for start, following in zip(starts, [*starts[1:], len(begun)], strict=True):
        outer = [
            replace(cell, rows=sum(start <= other < start + cell.rows for other in starts))
            for column, cell in begun[start]
            if column < heads
        ]
        if outer[-1].columns > heads:
            parts.append(f"<tr>{''.join(map(_cell, outer))}</tr>")
            continue
        rows = [[cell for column, cell in begun[place] if column >= heads] for place in range(start, following)]
        inner = "".join(
            f"<tr>{''.join(map(_cell, row))}</tr>" for row in ([list(head[1:])] if own_header else []) + rows
        )
        parts.append(
            f"<tr>{''.join(map(_cell, outer))}<td colspan='{inner_width}'><table border='1'>{inner}</table></td></tr>"
        )
    return f"<table border='1'>{''.join(parts)}</table>"


def _cell(cell: Field) -> str:
    spans = f" rowspan='{cell.rows}'" * (cell.rows > 1) + f" colspan='{cell.columns}'" * (cell.columns > 1)
    return f"<td{spans}>{''.join(f'<p>{escape(line)}</p>' for line in cell.lines)}</td>"


def saved_page(blocks: Blocks, title: str, *, main: bool = True, encoding: str = "utf-8") -> bytes:
    """A web page as an agency's site shows it: menus, a path, counters and a footer around the plan.

    Args:
        blocks: what ``renderings.arrange`` gave.
        title: the page's title.
        main: whether the site marks the parts of its pages with their tags; else all are ``div``.
        encoding: that it is written in, and says so.
    """
    parts = [_cell_table(block) if isinstance(block, Grid) else f"<p>{escape(block)}" for block in blocks]
    menu = "".join(
        f"<li><a href='/{n}.html'>{name}</a>" for n, name in enumerate(("首頁", "機關介紹", "便民服務", "政府公開資訊"))
    )
    nav, foot, body = ("nav", "footer", "main") if main else ("div", "div", "div")
    page = f"""<!DOCTYPE html PUBLIC "-//W3C//DTD HTML 4.01//EN"><html lang="zh-Hant"><head>
<meta http-equiv="Content-Type" content="text/html; charset={encoding}"><title>{title}｜示範網站</title>
<script>var plan = "一、這不是計畫";</script><style>p {{ content: "(一)也不是" }}</style></head><body>
<a href="#c" accesskey="c" class="skip">跳到主要內容</a>
<{nav} class="menu"><ul>{menu}</ul></{nav}>
<div class="breadcrumb">目前位置：<a href="/">首頁</a> &gt; <a href="/p">計畫</a></div>
<{body} id="content"><div class="inner">{"".join(parts)}</div></{body}>
<div class="side"><h3>熱門連結</h3>
<ul><li><a href="/a">一、線上申辦服務說明與常見問題</a><li><a href="/b">二、交通位置</a></ul></div>
<{foot} id="footer"><p>版權所有 示範機關<p>地址：示範市示範路1號　電話：(00)0000-0000
<p>更新日期：113-01-01　瀏覽人次：1,234</{foot}>
</body></html>"""
    return page.encode("cp950" if encoding == "big5" else encoding, errors="xmlcharrefreplace")


def _cell_table(grid: Grid) -> str:
    rows = "".join(f"<tr>{''.join(_cell(cell).removesuffix('</td>') for cell in row)}" for row in grid.rows)
    return f"<table class='table' border=1>{rows}</table>"
