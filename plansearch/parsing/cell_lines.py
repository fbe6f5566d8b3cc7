"""Tables of which only the texts of the cells are left, one on each line, made tables again.

That is what pasting a table as text gives, or a web page that draws its tables with ``div``. The headers of the columns
follow one another; a line of nothing but units ends a row, and what the framework knows as a title begins one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from plansearch.frameworks import (
    Framework,
    Requirement,
    is_prefix_of_title,
    match_pillar,
    match_requirement,
    match_shortened,
)
from plansearch.numbering import leading_mark
from plansearch.parsing.columns import Header, ends_sentence, header_of, is_deadline, is_units, unit_entries
from plansearch.types import Cell, Paragraph, Row, Table

_FEWEST, _MOST = 3, 8
"""Headers of a table."""
_MAX_REMARK = 20
"""Characters of a remark; a longer text is a measure."""

_MAX_UNKNOWN_UNIT = 6
"""Characters of a unit that is named nowhere else, where a remark may stand, too."""


@dataclass(slots=True)
class _Pending:
    """The lines of one row, as they come."""

    headings: dict[int, Paragraph] = field(default_factory=dict)
    """By column: 0 for a pillar, 1 for a requirement."""
    measures: list[Paragraph] = field(default_factory=list)
    deadlines: list[Paragraph] = field(default_factory=list)
    units: list[Paragraph] = field(default_factory=list)

    @property
    def is_whole(self) -> bool:
        return bool((self.measures or self.headings) and (self.units or self.deadlines))


def gather_cells(blocks: Sequence[Paragraph | Table], framework: Framework | None) -> list[Paragraph | Table]:
    """Make rows of the lines below the headers of a table, up to the next section; all else stays as it is."""
    gathered: list[Paragraph | Table] = []
    place = 0
    while place < len(blocks):
        found = _header_at(blocks, place)
        if found is None:
            gathered.append(blocks[place])
            place += 1
            continue
        end = _end_of_table(blocks, place)
        lines = [block for block in blocks[place:end] if isinstance(block, Paragraph)]
        table = _Gatherer(framework, found).table(lines)
        gathered += [table] if table is not None else lines
        place = end
    return gathered


def _header_at(blocks: Sequence[Paragraph | Table], place: int) -> Header | None:
    """The header that the lines from a place on are, one word on each."""
    for count in range(_MOST, _FEWEST - 1, -1):
        lines = [block for block in blocks[place : place + count] if isinstance(block, Paragraph)]
        if len(lines) < count:
            continue
        header = header_of(Row(tuple(Cell((line,)) for line in lines), lines[0].span))
        if header is not None and {"measure", "unit"} <= set(header.roles):
            return header
    return None


def _end_of_table(blocks: Sequence[Paragraph | Table], place: int) -> int:
    for position, block in enumerate(blocks[place:], place):
        if isinstance(block, Table):
            return position
        mark = leading_mark(block.text).mark
        if mark is not None and mark.style == "section":
            return position
    return len(blocks)


class _Gatherer:
    """Sorts the lines of one table into the cells of its rows."""

    def __init__(self, framework: Framework | None, header: Header) -> None:
        self.framework = framework
        self.header = header
        self.known: set[str] = set()
        self.pillar: str | None = None
        self.rows: list[_Pending] = [_Pending()]

    def table(self, lines: Sequence[Paragraph]) -> Table | None:
        """The table of the lines; ``None`` where they show no rows."""
        count = len(self.header.words)
        skip = 0
        self._learn_units([line.text.strip() for line in lines])
        for place, line in enumerate(lines):
            if skip or (_header_at(lines, place) is not None and line.text == lines[0].text):
                skip = skip - 1 if skip else count - 1  # the header, also where a page has it again
                continue
            following = lines[place + 1] if place + 1 < len(lines) else None
            self._add(line, following)
        rows = [row for row in self.rows if row.headings or row.measures]
        if sum(row.is_whole for row in rows) < 2:  # noqa: PLR2004 - one may be chance
            return None
        head = Row(
            tuple(Cell((Paragraph(word, lines[0].span),) if word else ()) for word in self._words()), lines[0].span
        )
        return Table((head, *(self._row(row) for row in rows)))

    def _learn_units(self, texts: Sequence[str]) -> None:
        """Know the units that are named again, or that stand where only a unit can."""
        roles = [*self.header.roles, None]
        before, after = roles[roles.index("unit") - 1], roles[roles.index("unit") + 1]
        for place, text in enumerate(texts):
            if self._title(text) is not None or ends_sentence(text) or is_deadline(text) or len(text) > _MAX_REMARK:
                continue
            after_deadline = before == "deadline" and place > 0 and is_deadline(texts[place - 1])
            ends_row = after is None and place + 1 < len(texts) and self._title(texts[place + 1]) is not None
            alone = after_deadline or ends_row
            if is_units(text, expected=alone) and (alone or (before != "deadline" and texts.count(text) > 1)):
                self.known.update(name for entry in unit_entries(text) for name in entry)

    def _add(self, line: Paragraph, following: Paragraph | None) -> None:
        row = self.rows[-1]
        text = line.text.strip()
        column = self._heading_column(text, row, following)
        remark = column is None and row.is_whole and self._is_remark(text, following)
        if column is None and not remark and self._is_unit(text, row):
            row.units.append(line)
            self.known.update(name for entry in unit_entries(text) for name in entry)
        elif column is None and row.measures and is_deadline(text):
            row.deadlines.append(line)
        elif remark or ("other" in self.header.roles and text.isdecimal()):
            return
        else:
            if row.is_whole or (column is not None and row.measures):
                row = _Pending()
                self.rows.append(row)
            if column is None:
                row.measures.append(line)
            else:
                row.headings[column] = line

    def _is_unit(self, text: str, row: _Pending) -> bool:
        """Whether a line names units; where the measures of a requirement were lost, only known ones are seen."""
        if row.measures:
            return is_units(text, self.known)
        return 1 in row.headings and all(name in self.known for entry in unit_entries(text) for name in entry)

    def _is_remark(self, text: str, following: Paragraph | None) -> bool:
        """Whether a short line after the units is the remark that ends a row: what follows begins the next one."""
        if self.header.roles[-1] != "other" or len(text) > _MAX_REMARK:
            return False
        names = [name for entry in unit_entries(text) for name in entry]
        if all(name in self.known or (is_units(name) and len(name) <= _MAX_UNKNOWN_UNIT) for name in names):
            return False
        if leading_mark(text).mark is not None or ends_sentence(text):
            return False
        return following is None or not (is_units(following.text, self.known) or is_deadline(following.text.strip()))

    def _heading_column(self, text: str, row: _Pending, following: Paragraph | None) -> int | None:
        """0 for a pillar, 1 for a requirement; ``None`` for a measure, also for one that only says its title again."""
        column = self._title(text)
        within = 1 in row.headings and not row.is_whole
        if column is None or (within and self._is_shortened(text)):
            return None  # in a row, what is made of its title's words is a sub-heading
        ends = following is None or is_units(following.text, self.known) or is_deadline(following.text.strip())
        if row.headings and not row.measures and leading_mark(text).mark is None:
            if ends:
                return None
            column = 1
        if column == 0 and self.framework is not None:
            match = match_pillar(text, self.framework)
            self.pillar = match[0].code if match else None
        return column

    def _title(self, text: str) -> int | None:
        if self.framework is None:
            mark = leading_mark(text).mark
            return {"cjk": 0, "paren_cjk": 1}.get(mark.style) if mark is not None and not ends_sentence(text) else None
        if match_pillar(text, self.framework):
            return 0
        if match_requirement(text, self.framework):
            return 1
        place = is_prefix_of_title(text, self.framework)
        if place is not None:
            return 1 if isinstance(place, Requirement) else 0
        return 1 if self._is_shortened(text) else None

    def _is_shortened(self, text: str) -> bool:
        """Whether a line with a requirement's number is no title, but made of a title's words."""
        mark = leading_mark(text).mark
        if self.framework is None or mark is None or mark.style != "paren_cjk" or ends_sentence(text):
            return False
        if match_requirement(text, self.framework) or is_prefix_of_title(text, self.framework):
            return False
        return match_shortened(text, self.framework, pillar=self.pillar) is not None

    def _words(self) -> list[str]:
        words = dict(zip(self.header.roles, self.header.words, strict=True))
        heading = next((word for word in self.header.words if word), "")
        dated = [words["deadline"]] if "deadline" in words else []
        return [heading if "heading" in words else "", "", words["measure"], *dated, words["unit"]]

    def _row(self, row: _Pending) -> Row:
        headings = [Cell((row.headings[column],) if column in row.headings else ()) for column in (0, 1)]
        dated = [Cell(tuple(row.deadlines))] if "deadline" in self.header.roles else []
        cells = (*headings, Cell(tuple(row.measures)), *dated, Cell(tuple(row.units)))
        spans = [paragraph.span for cell in cells for paragraph in cell.paragraphs]
        return Row(cells, spans[0].to(spans[-1]))
