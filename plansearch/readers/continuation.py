"""What a page break cut, put together: tables that go on, rows and cells cut in the middle, paragraphs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from plansearch.numbering import leading_mark
from plansearch.readers.glyphs import Line
from plansearch.readers.pages import Page, PrintedCell, PrintedRow, PrintedTable
from plansearch.readers.wrapping import Frame, frame_of, is_cut, join_lines, paragraphs_of, with_habits_of
from plansearch.types import Cell, Paragraph, Row, Span, Table

_SAME_EDGE = 5.0
"""Points by which a column's edge differs from page to page."""
_MAX_PADDING = 12.0
"""Points between a cell's edge and its text."""
_HEADING_STYLES = frozenset({"section", "cjk", "paren_cjk"})
_MAX_HEADER_ROWS = 3


@dataclass(frozen=True, slots=True)
class _OpenRow:
    """A row with the place where it begins, as it is put together from its parts."""

    page: int
    table: int
    row: PrintedRow


def blocks_of(pages: Sequence[Page]) -> list[Paragraph | Table]:
    """The blocks of a document, in reading order; each table is cut where its pages end."""
    blocks: list[Paragraph | Table] = []
    for is_table, items in groupby(
        (item for page in pages for item in page.content), key=lambda item: isinstance(item, PrintedTable)
    ):
        if is_table:
            for run in _runs([item for item in items if isinstance(item, PrintedTable)]):
                blocks.extend(_tables(run))
        else:
            blocks.extend(_paragraphs([item for item in items if isinstance(item, Line)], pages))
    return blocks


def _paragraphs(lines: Sequence[Line], pages: Sequence[Page]) -> Iterator[Paragraph]:
    """Text outside of tables, over pages of one size."""
    widths = {page.number: page.width for page in pages}
    everything = [item for page in pages for item in page.content if isinstance(item, Line)]
    for width, group in groupby(lines, key=lambda line: widths[line.page]):
        own = list(group)
        frame = _body_frame([line for line in everything if widths[line.page] == width], width)
        for paragraph in paragraphs_of(own, frame):
            yield Paragraph(join_lines(paragraph, frame), Span(page=paragraph[0].page))


def _body_frame(lines: Sequence[Line], width: float) -> Frame:
    """The room between the margins: as wide on the right as on the left, unless full lines show otherwise."""
    left = min(line.x0 for line in lines)
    return frame_of([lines], left, max([width - left, *(line.x1 for line in lines)]), 0.0)


def _runs(tables: Sequence[PrintedTable]) -> Iterator[list[PrintedTable]]:
    """Tables with nothing between them and columns at the same places: one table over several pages."""
    run: list[PrintedTable] = []
    for table in tables:
        if run and not (table.page == run[-1].page + 1 and _fits(run[-1].edges, table.edges)):
            yield run
            run = []
        run.append(table)
    if run:
        yield run


def _fits(one: Sequence[float], other: Sequence[float]) -> bool:
    if abs(one[-1] - other[-1]) > _SAME_EDGE:
        return False
    fewer, more = sorted((one, other), key=len)
    return all(any(abs(edge - known) <= _SAME_EDGE for known in more) for edge in fewer)


def _tables(run: Sequence[PrintedTable]) -> Iterator[Table]:
    """One printed table as tables, a page each, with their rows whole."""
    edges: list[float] = []
    for edge in sorted(edge for table in run for edge in table.edges):
        if not edges or edge - edges[-1] > _SAME_EDGE:
            edges.append(edge)
    parts = [[_OpenRow(table.page, table.number, row) for row in _aligned(table, edges)] for table in run]
    frames = _frames(parts, edges)
    main = _main_column(parts)
    whole: list[list[_OpenRow]] = []
    for part in parts:
        rows = _without_header(parts[0], part) if whole else part
        before = next((part for part in reversed(whole) if part), None)
        if before and rows and _goes_on(before[-1].row, rows[0].row, frames, main):
            before[-1] = replace(before[-1], row=_joined(before[-1].row, rows[0].row))
            rows = rows[1:]
        whole.append(rows)
    for rows in whole:
        table = tuple(_row(row, frames) for row in rows if row.row.cells)
        if table:
            yield Table(table)


def _aligned(table: PrintedTable, edges: Sequence[float]) -> list[PrintedRow]:
    """The rows of a part, their columns counted in those of the whole table."""
    place = [min(range(len(edges)), key=lambda n: abs(edges[n] - edge)) for edge in table.edges]
    return [replace(row, cells=tuple(_placed(row.cells, place))) for row in table.rows]


def _placed(cells: Sequence[PrintedCell], place: Sequence[int]) -> Iterator[PrintedCell]:
    """Cells with their columns counted anew; where a column is two in the whole table, the second is reached over."""
    for cell in cells:
        column = place[cell.column]
        end = place[cell.column + 1] if cell.merged else place[cell.column + cell.column_span]
        own_end = place[cell.column + 1]
        yield replace(cell, column=column, column_span=1 if cell.merged else end - column)
        for added in range(column + 1, own_end):
            yield PrintedCell(added, 1, 1, (), 0.0, "up" if cell.merged == "up" else "left")


def _frames(parts: Sequence[Sequence[_OpenRow]], edges: Sequence[float]) -> dict[tuple[int, int], Frame]:
    """The room of each column, and of each that goes over several."""
    cells: dict[tuple[int, int], list[Sequence[Line]]] = {}
    padding = _MAX_PADDING
    for row in (row for part in parts for row in part):
        for cell in (cell for cell in row.row.cells if not cell.merged):
            cells.setdefault((cell.column, cell.column_span), []).append(cell.lines)
            padding = min([padding, *(line.x0 for line in cell.lines)])
    frames = {
        (column, span): frame_of(lines, 0.0, edges[column + span] - edges[column], max(padding, 0.0))
        for (column, span), lines in cells.items()
    }
    longest = max(cells, key=lambda key: sum(map(len, cells[key])), default=(0, 1))
    return {key: with_habits_of(frames[longest], frame) for key, frame in frames.items()}


def _main_column(parts: Sequence[Sequence[_OpenRow]]) -> int:
    """The column with the most text: the measures."""
    lengths: dict[int, int] = {}
    for row in (row for part in parts for row in part):
        for cell in row.row.cells:
            lengths[cell.column] = lengths.get(cell.column, 0) + sum(len(line.text) for line in cell.lines)
    return max(lengths, key=lambda column: lengths[column], default=0)


def _without_header(first: Sequence[_OpenRow], part: Sequence[_OpenRow]) -> list[_OpenRow]:
    """The rows of a page less those at its head that only say the table's first rows again.

    Where no rule parts the header from the row below, it is the first line of each of that row's cells.
    """
    count = 0
    for one, other in zip(first[:_MAX_HEADER_ROWS], part[:-1], strict=False):
        texts = _texts(one.row)
        if not any(texts) or texts != _texts(other.row):
            break
        count += 1
    rows = list(part[count:])
    header = {cell.column: cell for cell in first[0].row.cells if cell.lines}
    if rows and count == 0 and header:
        cells = [_below(cell, header.get(cell.column)) for cell in rows[0].row.cells]
        found = sum(cell is not None and cell.column in header for cell in cells)
        if found == len(header) and all(cell is not None for cell in cells):
            row = replace(rows[0].row, cells=tuple(cell for cell in cells if cell is not None))
            rows[0] = replace(rows[0], row=row)
    return rows


def _below(cell: PrintedCell, header: PrintedCell | None) -> PrintedCell | None:
    """What stands in a cell below the header's words; ``None`` where it does not begin with them."""
    if header is None:
        return cell if not cell.lines else None
    length = len(header.lines)
    words = ["".join(line.text.split()) for line in header.lines]
    return (
        replace(cell, lines=cell.lines[length:])
        if words == ["".join(line.text.split()) for line in cell.lines[:length]]
        else None
    )


def _texts(row: PrintedRow) -> list[str]:
    return ["".join("".join(line.text.split()) for line in cell.lines) for cell in row.cells]


def _goes_on(row: PrintedRow, following: PrintedRow, frames: dict[tuple[int, int], Frame], main: int) -> bool:
    """Whether the first row of a page is the rest of the last row of the page before.

    It is where a sentence goes on, and no column left of the measures begins something new; or where it has
    nothing but measures, and so no heading and no unit of its own.
    """
    before = {cell.column: cell for cell in row.cells}
    cut = False
    for cell in following.cells:
        if not cell.lines:
            continue
        above = before.get(cell.column)
        if above is None or not above.lines:
            if cell.column < main:
                return False
            continue
        goes_on = is_cut(above.lines[-1], cell.lines[0], frames[cell.column, cell.column_span])
        if cell.column < main and not goes_on and _plain(above) != _plain(cell):
            return False
        cut = cut or goes_on
    filled = [cell.column for cell in following.cells if cell.lines]
    begins = any(_begins_heading(cell) for cell in following.cells if cell.column == main)
    return cut or (filled == [main] and not begins and bool(before.get(main, _NOTHING).lines))


_NOTHING = PrintedCell(0, 1, 1, (), 0.0)


def _plain(cell: PrintedCell) -> str:
    return "".join("".join(line.text.split()) for line in cell.lines)


def _begins_heading(cell: PrintedCell) -> bool:
    mark = leading_mark(cell.lines[0].text).mark if cell.lines else None
    return mark is not None and mark.style in _HEADING_STYLES


def _joined(row: PrintedRow, rest: PrintedRow) -> PrintedRow:
    """A row with the rest of its cells; what the new page only repeats is left out."""
    more = {cell.column: cell for cell in rest.cells}
    cells = []
    for cell in row.cells:
        added = more.get(cell.column, _NOTHING)
        if not added.lines or _plain(added) == _plain(cell):
            cells.append(cell)
        elif cell.lines:
            cells.append(replace(cell, lines=(*cell.lines, *added.lines)))
        else:
            cells.append(added)
    return replace(row, cells=tuple(cells))


def _row(row: _OpenRow, frames: dict[tuple[int, int], Frame]) -> Row:
    span = Span(page=row.page, table=row.table, row=row.row.number)
    return Row(tuple(_cell(cell, frames.get((cell.column, cell.column_span)), span) for cell in row.row.cells), span)


def _cell(cell: PrintedCell, frame: Frame | None, span: Span) -> Cell:
    if cell.merged or frame is None:
        return Cell((), merged=cell.merged)
    texts = [join_lines(paragraph, frame).strip() for paragraph in paragraphs_of(cell.lines, frame)]
    paragraphs = tuple(Paragraph(text, span) for text in texts if text)
    return Cell(paragraphs, cell.row_span, cell.column_span)
