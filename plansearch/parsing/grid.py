"""Tables as they are drawn to tables as they are read: merged cells, tables inside of tables, tables as frames.

After this every row of a table with merged cells has a cell for every column, and no cell holds a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from plansearch.numbering import leading_mark
from plansearch.parsing.columns import header_of, is_units
from plansearch.parsing.lines import unbroken
from plansearch.types import Cell, Paragraph, Row, Table

_BETWEEN_CELLS = "　"
"""Between the cells of a small table that becomes a line of its cell's text."""
_UP, _LEFT = Cell((), merged="up"), Cell((), merged="left")


def lay_out(blocks: Sequence[Paragraph | Table]) -> Iterator[Paragraph | Table]:
    """Lay out every table, and take apart those that only frame what stands in them."""
    for block in blocks:
        if isinstance(block, Paragraph):
            yield from unbroken([block])
        elif _is_frame(block):
            for row in block.rows:
                for cell in row.cells:
                    yield from lay_out(cell.content or cell.paragraphs)
        else:
            yield from _titled(_with_one_header(_grid(_unnested(block))))


# frames


def _is_frame(table: Table) -> bool:
    """Whether a table is there for its looks: one cell a row, a page's columns, or a form around the whole plan."""
    if all(len(row.cells) == 1 and row.cells[0].column_span == 1 for row in table.rows):
        return any(cell.content for row in table.rows for cell in row.cells) or _is_boxed_text(table)
    if any(header_of(row) is not None for row in table.rows):
        return False
    cells = [cell for row in table.rows for cell in row.cells]
    if any(_holds_plan(part) for cell in cells for part in cell.content if isinstance(part, Table)):
        return True
    marks = [leading_mark(paragraph.text).mark for cell in cells for paragraph in cell.paragraphs]
    return sum(mark is not None and mark.style == "section" for mark in marks) > 1


def _is_boxed_text(table: Table) -> bool:
    """One column with a frame, of a file that says where its cells end; a text's lines are left alone."""
    return all(row.span.table is not None for row in table.rows)


def _holds_plan(table: Table) -> bool:
    """Whether a table, or one inside of it, has the header of a plan."""
    if any(header_of(row) is not None for row in table.rows):
        return True
    cells = [cell for row in table.rows for cell in row.cells]
    return any(_holds_plan(part) for cell in cells for part in cell.content if isinstance(part, Table))


# tables inside of tables


def _unnested(table: Table) -> Table:
    """Cells that hold tables, taken apart: into rows of the outer table, or into lines of text."""
    if not any(cell.content for row in table.rows for cell in row.cells):
        return table
    rows: list[Row] = []
    for row in table.rows:
        inner = [(place, nested) for place, cell in enumerate(row.cells) if (nested := _rows_inside(cell, row, place))]
        if len(inner) == 1:
            rows.extend(_split(row, *inner[0], before=rows))
        else:
            rows.append(replace(row, cells=tuple(_flat(cell) for cell in row.cells)))
    return Table(tuple(rows))


def _rows_inside(cell: Cell, row: Row, place: int) -> tuple[Row, ...]:
    """The rows of the one table that a cell holds, if they are rows of the plan: measures, and whose they are."""
    tables = [part for part in cell.content if isinstance(part, Table)]
    if len(tables) != 1 or cell.paragraphs:
        return ()
    nested = _grid(_unnested(tables[0]))
    width = max(len(inner.cells) for inner in nested.rows)
    if header_of(nested.rows[0]) is not None or width == cell.column_span > 1:
        return nested.rows
    beside = row.cells[place + 1 : place + 2]
    free = bool(beside) and not beside[0].paragraphs and beside[0].column_span == 1
    if width == 2 and free and all(is_units(inner.cells[-1].text) for inner in nested.rows):  # noqa: PLR2004
        return nested.rows
    return ()


def _split(row: Row, place: int, nested: Sequence[Row], before: Sequence[Row]) -> Iterator[Row]:
    """A row that holds rows: each becomes a row of its own, and the cells around them reach over all of them."""
    body = nested
    if header_of(nested[0]) is not None:
        body = nested[1:]
        header = next((above for above in reversed(before) if header_of(above) is not None), None)
        if header is not None and len(header.cells) > place:
            words = nested[0].cells
            taken = place + (1 if len(header.cells) == len(row.cells) else len(words))
            combined = Row((*header.cells[:place], *words, *header.cells[taken:]), row.span)
            if not before or combined.cells != before[-1].cells:
                yield combined
    width = max((len(inner.cells) for inner in body), default=0)
    swallowed = 1 if width > row.cells[place].column_span and _is_free(row, place) else 0
    for number, inner in enumerate(body):
        around = [replace(_flat(cell), row_span=len(body)) if number == 0 else None for cell in row.cells]
        cells = [*around[:place], *inner.cells, *around[place + 1 + swallowed :]]
        yield Row(tuple(cell for cell in cells if cell is not None), row.span)


def _is_free(row: Row, place: int) -> bool:
    """Whether the cell after a place is empty, so that what stands inside may take it."""
    return place + 1 < len(row.cells) and not row.cells[place + 1].paragraphs


def _flat(cell: Cell) -> Cell:
    """A cell without tables: each of their rows is a line."""
    if not cell.content:
        return cell
    return replace(cell, paragraphs=tuple(_lines(cell.content)), content=())


def _lines(content: Sequence[Paragraph | Table]) -> Iterator[Paragraph]:
    """Paragraphs, and small tables as text: a line for each row that is an entry of its own, else one for all."""
    for part in content:
        if isinstance(part, Paragraph):
            yield part
            continue
        rows = [[*_texts_of(row)] for row in part.rows]
        if all(len(row) == 1 for row in rows):
            yield from (
                line for row in part.rows for cell in row.cells for line in _lines(cell.content or cell.paragraphs)
            )
        elif any(leading_mark(row[0]).mark is not None for row in rows if row):
            yield from (
                Paragraph(_BETWEEN_CELLS.join(texts), row.span)
                for texts, row in zip(rows, part.rows, strict=True)
                if texts
            )
        elif any(rows):
            yield Paragraph(_BETWEEN_CELLS.join(text for row in rows for text in row), part.rows[0].span)


def _texts_of(row: Row) -> Iterator[str]:
    """The texts of the cells of a row that have some."""
    for cell in row.cells:
        text = "".join(line.text for line in _lines(cell.content or cell.paragraphs))
        if text:
            yield text


# merged cells


def _grid(table: Table) -> Table:
    """Put a cell in every place of a table with merged cells; what another cell covers is empty."""
    spanned = any(cell.row_span > 1 or cell.column_span > 1 for row in table.rows for cell in row.cells)
    if not spanned or any(cell.merged for row in table.rows for cell in row.cells):
        return table
    reaching: dict[int, int] = {}  # column to the number of rows that the cell above still reaches over
    rows: list[Row] = []
    for row in table.rows:
        cells: list[Cell] = []
        for cell in row.cells:
            _fill(cells, reaching)
            for offset in range(max(cell.column_span, 1)):
                if cell.row_span > 1:
                    reaching[len(cells)] = cell.row_span - 1
                cells.append(cell if offset == 0 else _LEFT)
        _fill(cells, reaching)
        rows.append(replace(row, cells=tuple(cells)))
    return Table(tuple(rows))


def _fill(cells: list[Cell], reaching: dict[int, int]) -> None:
    """Add the places that cells above reach over, from where the row stands."""
    while reaching.get(len(cells), 0) > 0:
        reaching[len(cells)] -= 1
        cells.append(_UP)


def _with_one_header(table: Table) -> Table:
    """Make one header of two rows where cells of the first reach down over the second."""
    rows = list(table.rows)
    for place in range(len(rows) - 1):
        upper, lower = rows[place], rows[place + 1]
        reaches = any(cell.merged == "up" for cell in lower.cells) and len(upper.cells) == len(lower.cells)
        if not reaches or header_of(upper) is None:
            continue
        cells: list[Cell] = []
        above = Cell(())
        for over, under in zip(upper.cells, lower.cells, strict=True):
            above = above if over.merged == "left" else over
            cells.append(Cell((*above.paragraphs, *under.paragraphs)) if under.merged is None else over)
        combined = replace(upper, cells=tuple(cells))
        if header_of(combined) is not None and header_of(lower) is None and _is_short(lower):
            rows[place : place + 2] = [combined]
            break
    return Table(tuple(rows))


_MAX_HEADER_LENGTH = 14


def _is_short(row: Row) -> bool:
    """Whether a row has nothing but words as short as headers are, and no numbers."""
    return all(
        len(cell.text) <= _MAX_HEADER_LENGTH and leading_mark(cell.text).mark is None
        for cell in row.cells
        if cell.paragraphs
    )


def _titled(table: Table) -> Iterator[Paragraph | Table]:
    """A table, less the rows above its header that are one cell over all of its columns: they are its title."""
    header = next((place for place, row in enumerate(table.rows) if header_of(row) is not None), 0)
    begins = 0
    while begins < header and _is_title(table.rows[begins]):
        begins += 1
    for row in table.rows[:begins]:
        yield from row.cells[0].paragraphs
    if begins < len(table.rows):
        yield Table(table.rows[begins:])


def _is_title(row: Row) -> bool:
    return len(row.cells) > 1 and all(cell.merged == "left" for cell in row.cells[1:])
