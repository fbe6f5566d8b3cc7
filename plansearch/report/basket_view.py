"""Items that a person picked, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from plansearch.report import records
from plansearch.report.finding_words import place_of
from plansearch.report.rendering import Report, Section
from plansearch.report.reports import FURTHER_FIELDS, ITEM_FIELDS, item_columns
from plansearch.report.screen import Screen
from plansearch.report.search_view import requirement_title, units_and_deadline, who
from plansearch.report.serialise import Column
from plansearch.results import IndexedItem

NOT_PICKED: Final = "（沒有挑選）"
"""In a cell of the grid; an empty one would look as if the agency had nothing."""

_FIELDS: Final = (*ITEM_FIELDS, "id", *FURTHER_FIELDS, "location", "remarks")


def basket_report(items: Sequence[IndexedItem], missing: Sequence[str] = ()) -> Report:
    """Picked items: a grid of agencies by requirements, then all of them one by one.

    Args:
        items: what was picked, in that order.
        missing: ids that were picked and that the index does not have.
    """
    rows = tuple(records.found_record(found) | {"remarks": records.remarks_of(found.item)} for found in items)
    lost = (
        (f"籃子裡有 {len(missing)} 項在現在的索引裡找不到，或內容已經改過，沒有列出：{'、'.join(missing)}。",)
        if missing
        else ()
    )
    columns = item_columns(rows)
    return Report(
        heading=f"挑選的 {len(items)} 項措施",
        about={"items": list[records.Value](rows), "missing": list[records.Value](missing)},
        rows=rows,
        fields=_FIELDS,
        columns=columns,
        view=partial(_lines, items),
        sections=(_grid(items), Section("逐項", columns, rows, name="逐項")),
        notes=lost,
    )


def _grid(items: Sequence[IndexedItem]) -> Section:
    """Requirements down, agencies across, as far as items were picked."""
    agencies = list(dict.fromkeys(who(found.metadata) for found in items))
    titles = sorted({(found.item.code or "", requirement_title(found.item)) for found in items})
    columns = (
        Column("執行要項", "title", width=26),
        *(Column(agency, f"agency{place}", width=44) for place, agency in enumerate(agencies)),
    )
    rows: list[records.Record] = []
    for code, title in titles:
        row: records.Record = {"title": title}
        for place, agency in enumerate(agencies):
            texts = [
                f"{found.item.text}\n（{place_of(found)}）"
                for found in items
                if (found.item.code or "", requirement_title(found.item)) == (code, title)
                and who(found.metadata) == agency
            ]
            row[f"agency{place}"] = "\n".join(texts) or NOT_PICKED
        rows.append(row)
    return Section("並列", columns, tuple(rows), name="並列")


def _lines(items: Sequence[IndexedItem], screen: Screen) -> list[str]:
    lines = screen.heading(f"挑選的 {len(items)} 項措施")
    for found in items:
        lines += ["", *screen.heading(who(found.metadata)), *screen.paragraph(found.item.text, "  ")]
        for detail in (*units_and_deadline(found.item), f"出處　{found.location}"):
            lines += screen.paragraph(detail, "  ")
    return lines
