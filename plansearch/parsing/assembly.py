"""Document to blocks: which requirement each piece of text stands under, also where a page cut it.

The source's order is kept. A piece without a number goes on with what was left open before a page break;
a heading takes effect where its numbering restarts, since extraction moves headings up and down a row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from plansearch.frameworks import Framework, match_pillar
from plansearch.numbering import Segment, leading_mark, split_marks
from plansearch.parsing.blocks import Assembly, Block, Entry, Heading, RowNotes
from plansearch.parsing.columns import (
    Header,
    combined_units,
    ends_sentence,
    header_of,
    is_deadline,
    is_units,
    role_of_cell,
    unit_entries,
)
from plansearch.parsing.headings import HeadingReader
from plansearch.parsing.lines import join_text, unbroken
from plansearch.types import Cell, Document, Paragraph, Row, Span, Table

_UNIT_LABEL = r"(?:承辦|主辦|業務|執行|權責|辦理|負責|協辦|主\(協\)辦)(?:單位|課室|科室)"
_UNIT_LINE = re.compile(rf"^[（(【]?\s*{_UNIT_LABEL}\s*[：:】]\s*(.*?)[）)]?$")
_UNIT_AT_END = re.compile(rf"[（(【]\s*{_UNIT_LABEL}\s*[：:]\s*([^（(【）)】]+)[）)】]\s*$")
_DEADLINE_LINE = re.compile(r"^[（(【]?\s*(?:完成期限|辦理期限|完成日期|期限|辦理期程)\s*[：:】]\s*(.+?)[）)]?$")
_PAGE_NUMBER = re.compile(
    r"[-–—]?\s*(?:第\s*)?\d{1,3}\s*頁?(?:\s*[,，、/／]?\s*共?\s*\d{1,3}\s*頁)?(?:\s*/\s*\d{1,3})?\s*[-–—]?"
)
_SECTION_NAME = re.compile(
    r"(?:計畫|工作|實施|推動|預期|執行|辦理|考核|服務|經費)?(?:依據|緣起|前言|目標|目的|宗旨|對象|範圍|內容|期程|期間|時間|步驟|方式|方法|要領|管考"
    r"|考核|獎懲|獎勵|效益|成效|來源|其他|附則|修正|及管考|與考核|及獎懲)\S{0,6}?(?:[：:]|\s*$)"
)
_CAPTION = re.compile(
    r"[（(【]?(?:附?表\s*[\d一二三四五六七八九十]*\s*[:：、.]?\s*)?[^\s。，；]{0,16}"
    r"(?:一覽表|總表|彙整表|明細表|計畫表|分工表|對照表|執行表|如下表?)[）)】]?[:：]?"
)
"""The name of a table, on the line above it."""
_MAX_SECTION_TITLE = 20
"""Characters; a longer text after 陸、 is the section's content, not its name."""


def assemble(document: Document, framework: Framework | None) -> Assembly:
    """Take a document apart into blocks."""
    sections = _sections(document, framework)
    assembler = _Assembler(framework, sections)
    resumes = _tables_resume(document.blocks, sections)
    for position, block in enumerate(document.blocks):
        if isinstance(block, Table):
            for number, row in enumerate(block.rows):
                assembler.add_row(row, begins_table=number == 0)
        else:
            before_table = isinstance(next(iter(document.blocks[position + 1 :]), None), Table)
            assembler.add_paragraph(block, inside_table=resumes[position], before_table=before_table)
    return Assembly(tuple(assembler.blocks), tuple(assembler.rows))


def _sections(document: Document, framework: Framework | None) -> frozenset[Paragraph]:
    """The paragraphs that begin a section: 壹、; where a plan has none, 一、 with the name of a section."""
    paragraphs = [block for block in document.blocks if isinstance(block, Paragraph)]
    marked = [(paragraph, leading_mark(paragraph.text)) for paragraph in paragraphs]
    first = frozenset(paragraph for paragraph, segment in marked if segment.mark and segment.mark.style == "section")
    if first:
        return first
    named = [
        paragraph
        for paragraph, segment in marked
        if segment.mark is not None and segment.mark.style == "cjk" and _SECTION_NAME.match(segment.text)
    ]
    return frozenset(
        paragraph for paragraph in named if framework is None or match_pillar(paragraph.text, framework) is None
    )


def _tables_resume(blocks: Sequence[Paragraph | Table], sections: frozenset[Paragraph]) -> list[bool]:
    """For each block, whether a table stands before it and goes on after it within its section."""
    resumes = [False] * len(blocks)
    after = False
    for position in range(len(blocks) - 1, -1, -1):
        block = blocks[position]
        resumes[position] = after
        if isinstance(block, Table):
            after = True
        elif block in sections:
            after = False
    before = False
    for position, block in enumerate(blocks):
        resumes[position] = resumes[position] and before
        before = isinstance(block, Table) or (before and block not in sections)
    return resumes


@dataclass(frozen=True, slots=True)
class _Tall:
    """A cell that reaches over rows below its own."""

    role: str
    cell: Cell
    notes: RowNotes


class _Assembler:
    """Reads the pieces one after another; its state is what the next piece may belong to."""

    def __init__(self, framework: Framework | None, sections: frozenset[Paragraph]) -> None:
        self.framework = framework
        self.sections = sections
        self.head: set[str] = set()
        self.blocks: list[Block] = []
        self.rows: list[RowNotes] = []
        self.headings = HeadingReader(framework, self._begin_block)
        self.section: str | None = None
        self.header: Header | None = None
        self.open: Entry | None = None
        self.open_block: Block | None = None
        self.after_break = False
        self.cell = 0
        self.known_units: set[str] = set()
        self.last: dict[str, int] = {}
        self.tall: dict[int, _Tall] = {}

    # sections and paragraphs

    def add_paragraph(self, paragraph: Paragraph, *, inside_table: bool, before_table: bool) -> None:
        if self._is_furniture(paragraph.text) or (before_table and _CAPTION.fullmatch(paragraph.text.strip())):
            return
        if paragraph in self.sections:
            self._begin_section(paragraph)
        elif self.section is None and not self.rows and (self.sections or not leading_mark(paragraph.text).mark):
            self.head.add(paragraph.text)  # the title, and what stands around it
        elif before_table and self.headings.is_own_heading(paragraph.text):
            self._begin_row(paragraph.span)
            self._read_heading(paragraph)
        elif self._is_stray_unit(paragraph.text):
            self.rows[-1].units.extend(unit_entries(paragraph.text))
            self.rows[-1].stray = True
        elif inside_table and not self._is_heading_line(paragraph.text):
            self._add_stray(paragraph)
        else:
            self._add_outline(paragraph)

    def _add_stray(self, paragraph: Paragraph) -> None:
        """Text between two rows, torn off a cell: the end of what was left open, else a measure to be checked."""
        self.after_break = True
        count = sum(len(block.entries) for block in self.blocks[-1:])
        self._add_measure(paragraph, self.cell, first=True)
        for entry in self.blocks[-1].entries[count:]:
            entry.stray = True

    def _is_furniture(self, text: str) -> bool:
        """Page numbers, and the title said again at the head of a page."""
        return _PAGE_NUMBER.fullmatch(text.strip()) is not None or text in self.head

    def _is_heading_line(self, text: str) -> bool:
        return self.headings.is_outline_heading(text)

    def _is_stray_unit(self, text: str) -> bool:
        return bool(self.rows) and self.header is not None and is_units(text, self.known_units)

    def _begin_section(self, paragraph: Paragraph) -> None:
        segment = leading_mark(paragraph.text)
        number = segment.mark.text if segment.mark else ""
        title, _, rest = segment.text.replace(":", "：", 1).partition("：")
        if len(title) > _MAX_SECTION_TITLE or ends_sentence(title):
            title, rest = "", segment.text
        self.section = number + title.strip()
        self.headings.reset()
        self.header = self.open = None
        self.cell += 1
        self._begin_block(None, None)
        self._begin_row(paragraph.span)
        if rest.strip():
            self._add_outline(Paragraph(rest.strip(), paragraph.span))

    def _add_outline(self, paragraph: Paragraph) -> None:
        """A paragraph outside of tables: a heading, a line that names the units, or entries."""
        if self.rows and self._note_line(paragraph.text):
            return
        if self.rows and (self.rows[-1].units or self.rows[-1].deadlines):
            self._begin_row(paragraph.span)
        if self.headings.is_latest and self.headings.continues(paragraph.text, None, after_break=True):
            self._read_heading(paragraph)
            return
        title, colon, rest = paragraph.text.replace(":", "：", 1).partition("：")
        if self._is_heading_line(paragraph.text):
            self._begin_row(paragraph.span)
            self._read_heading(paragraph)
        elif colon and rest.strip() and self._is_heading_line(title):
            self._begin_row(paragraph.span)
            self._read_heading(Paragraph(title, paragraph.span))
            self._add_outline(Paragraph(rest.strip(), paragraph.span))
        else:
            self._add_outline_entries(paragraph)

    def _add_outline_entries(self, paragraph: Paragraph) -> None:
        self.after_break = False
        unit = _UNIT_AT_END.search(paragraph.text)
        text = paragraph.text[: unit.start()].rstrip() if unit else paragraph.text
        self._add_entries(split_marks(text, self.last), paragraph.span, self.cell)
        if unit and self.rows:
            self._note_units(unit_entries(unit.group(1)), self.rows[-1])

    def _note_line(self, text: str) -> bool:
        """Take a line that says nothing but the units or the deadline of what stands above it."""
        units, deadline = _UNIT_LINE.match(text), _DEADLINE_LINE.match(text)
        if units:
            self._note_units(unit_entries(units.group(1)), self.rows[-1])
        if deadline:
            self.rows[-1].deadlines.append(deadline.group(1))
        return bool(units or deadline)

    def _read_heading(self, paragraph: Paragraph) -> None:
        self.headings.read(paragraph, None, row=len(self.rows), after_break=True, same_cell=False)

    # tables

    def add_row(self, row: Row, *, begins_table: bool) -> None:
        header = header_of(row)
        if header is not None:
            self.tall.clear()
            if self.header is None:
                self.open = None  # what stands above the first header of a section ends there
            elif header.words[:1] != self.header.words[:1]:
                self.headings.reset()
            self.header = header
            self.after_break = True
            return
        self.after_break = self.after_break or begins_table
        roles = self._roles(row)
        above = {
            column: self.tall[column]
            for column, cell in enumerate(row.cells)
            if cell.merged == "up" and column in self.tall
        }
        notes = self._notes_for(row, roles, above)
        self._read_heading_cells(row, roles, notes, above)
        measures = [column for column, role in enumerate(roles) if role == "measure" and row.cells[column].paragraphs]
        for column in measures:
            self._add_measures(row.cells[column], column, last=column == measures[-1])
        units = [unit_entries(cell.text) for cell, role in zip(row.cells, roles, strict=True) if role == "unit"]
        notes.together = notes.together or len(units) > 1
        self._note_units(combined_units(units), notes)
        for column, (cell, role) in enumerate(zip(row.cells, roles, strict=True)):
            if role == "deadline":
                notes.deadlines.extend(_deadline_entries(cell))
            if cell.row_span > 1:
                self.tall[column] = _Tall(role, cell, notes)
        self.after_break = False

    def _read_heading_cells(self, row: Row, roles: Sequence[str], notes: RowNotes, above: Mapping[int, _Tall]) -> None:
        """Read a row's headings; a measure that reaches over the rows of two requirements answers both."""
        block = self.headings.block
        for column, (cell, role) in enumerate(zip(row.cells, roles, strict=True)):
            if role == "heading":
                self._add_headings(cell, column, notes)
        if self.headings.block is not block:
            for column, tall in above.items():
                if tall.role == "measure":
                    self._add_measures(tall.cell, column, last=True)

    def _notes_for(self, row: Row, roles: Sequence[str], above: Mapping[int, _Tall]) -> RowNotes:
        """What a row says is noted with it, but where a measure, unit or deadline of a row above reaches over it."""
        if not {"heading", "measure"} & set(roles):
            tall = next((tall for tall in above.values() if tall.role == "measure"), None)
            if tall is not None:
                return tall.notes
            if self.rows and not self.rows[-1].units and not above:
                return self.rows[-1]  # units that were torn off the row before
        notes = self._begin_row(row.span)
        for tall in above.values():
            if tall.role == "unit":
                notes.units_row = tall.notes.number
            elif tall.role == "deadline":
                notes.deadlines_row = tall.notes.number
        return notes

    def _roles(self, row: Row) -> list[str]:
        """What each cell holds. A remark (備註, 編號) is none of it, unless it is all the row has."""
        known = self.known_units
        expected = self.header.roles_of(row, known) if self.header else [None] * len(row.cells)
        roles: list[str] = [
            role_of_cell(cell, role, known) if cell.paragraphs else "empty"
            for cell, role in zip(row.cells, expected, strict=True)
        ]
        if "other" in roles and not {"heading", "measure"} & set(roles):
            return [
                role_of_cell(cell, None, known) if role == "other" else role
                for cell, role in zip(row.cells, roles, strict=True)
            ]
        return roles

    def _add_headings(self, cell: Cell, column: int, notes: RowNotes) -> None:
        for number, paragraph in enumerate(unbroken(cell.paragraphs)):
            self.headings.read(paragraph, column, row=notes.number, after_break=self.after_break, same_cell=number > 0)

    def _add_measures(self, cell: Cell, column: int, *, last: bool) -> None:
        self.cell += 1
        first = True
        for paragraph in unbroken(cell.paragraphs):
            if self.headings.is_heading(paragraph.text, alone=last):
                self.headings.read(
                    paragraph, column, row=self.rows[-1].number, after_break=self.after_break, same_cell=False
                )
            elif self.headings.continues(paragraph.text, column, after_break=self.after_break and first):
                self.headings.read(paragraph, column, row=self.rows[-1].number, after_break=True, same_cell=False)
            else:
                self._add_measure(paragraph, self.cell, first=first)
                first = False

    def _add_measure(self, paragraph: Paragraph, cell: int, *, first: bool) -> None:
        segments = split_marks(paragraph.text, self.last)
        if first and segments and segments[0].mark is None and self._goes_on(segments[0].text):
            self._join(segments[0].text, paragraph.span)
            segments = segments[1:]
        self._add_entries(segments, paragraph.span, cell)

    def _goes_on(self, text: str) -> bool:
        """Whether an unnumbered piece on a new page is the end of the entry left open before it."""
        return self.after_break and self.open is not None and not ends_sentence(self.open.text) and bool(text)

    def _join(self, text: str, span: Span) -> None:
        if self.open is None or self.open_block is None:
            return
        self.open.text = join_text(self.open.text, text)
        self.open.span = self.open.span.to(span)
        self.rows[-1].blocks.insert(0, self.open_block)

    # entries, rows, blocks

    def _add_entries(self, segments: Sequence[Segment], span: Span, cell: int) -> None:
        if not segments:
            return
        block = self.headings.block_for_measures(row=self.rows[-1].number if self.rows else 0)
        block = block or (self.blocks[-1] if self.blocks else self._begin_block(None, None))
        for segment in segments:
            if segment.mark is not None:
                self.last[segment.mark.style] = segment.mark.value
            entry = Entry(segment.mark, segment.text, span, cell, self.rows[-1].number if self.rows else 0)
            block.entries.append(entry)
            self.open, self.open_block = entry, block
        if self.rows:
            self.rows[-1].touch(block)

    def _note_units(self, entries: Sequence[tuple[str, ...]], notes: RowNotes) -> None:
        notes.units.extend(entries)
        self.known_units.update(name for entry in entries for name in entry)

    def _begin_row(self, span: Span) -> RowNotes:
        self.rows.append(RowNotes(len(self.rows) + 1, span, self.after_break))
        return self.rows[-1]

    def _begin_block(self, pillar: Heading | None, requirement: Heading | None, *, displaced: bool = False) -> Block:
        block = Block(self.section, pillar, requirement, displaced=displaced)
        self.blocks.append(block)
        self.last.clear()
        if self.rows and requirement is not None:
            self.rows[-1].touch(block)
        return block


def _deadline_entries(cell: Cell) -> list[str]:
    """The deadlines of a cell, one for each line; in one line, apart by spaces where each is a whole deadline."""
    lines = [paragraph.text.strip() for paragraph in cell.paragraphs]
    if len(lines) == 1:
        tokens = lines[0].split()
        if all(is_deadline(token) for token in tokens):
            return tokens
    return lines
