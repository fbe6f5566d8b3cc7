"""Units that ran together in a narrow column of a page."""

from __future__ import annotations

import pytest
from printed_files import pdf_of
from renderings import Field, Grid, Layout

from plansearch.frameworks import bundled_frameworks
from plansearch.parsing import parse_document
from plansearch.parsing.blocks import RowNotes
from plansearch.parsing.glued_units import part_glued
from plansearch.readers.pdf import read_pdf
from plansearch.types import Plan, Span

WIDTHS = (0.2, 0.3, 0.415, 0.085)
"""The last has room for two characters."""


def rows(*units: tuple[tuple[str, ...], ...], page: int | None = 1) -> list[RowNotes]:
    return [RowNotes(number, Span(page=page), False, list(entries)) for number, entries in enumerate(units, 1)]


CASES = {
    "two known names": ((("人事室推廣課",),), [("人事室",), ("推廣課",)]),
    "a name without an ending and one with": ((("研考人事室",),), [("研考",), ("人事室",)]),
    "one that is named nowhere else, before one that is": (
        (("會計兼辦人員推廣課",),),
        [("會計兼辦人員",), ("推廣課",)],
    ),
    "names of one entry": ((("研考", "人事室推廣課"),), [("研考", "人事室", "推廣課")]),
    "what may be a unit in a unit": ((("行政室資訊組",),), [("行政室資訊組",)]),
}


@pytest.mark.parametrize(("units", "parted"), CASES.values(), ids=list(CASES))
def test_names_that_ran_together_are_parted_and_said_to_be(
    units: tuple[tuple[str, ...], ...], parted: list[tuple[str, ...]]
) -> None:
    notes = rows(units, (("人事室",), ("推廣課",), ("研考",)))
    assert [row.number for row in part_glued(notes)] == [1]
    assert [row.units for row in notes] == [parted, [("人事室",), ("推廣課",), ("研考",)]]


@pytest.mark.parametrize("name", ["殯葬管理課", "人事室", "鄉民政課", "社區服務中心"])
def test_a_name_that_only_ends_like_another_stays_whole(name: str) -> None:
    notes = rows(((name,),), (("管理課",), ("民政課",), ("服務中心",)))
    assert part_glued(notes) == []
    assert notes[0].units == [(name,)]


def test_files_that_say_where_a_line_ends_are_left_alone() -> None:
    notes = rows((("人事室推廣課",),), (("人事室",), ("推廣課",)), page=None)
    assert part_glued(notes) == []


def narrow(*cells: tuple[str, tuple[str, ...], tuple[str, ...]]) -> Plan:
    """A printed plan whose unit column has room for two characters."""
    header = tuple(Field((word,)) for word in ("執行要項", "項目", "執行重點", "單位"))
    pillar = "二、重視全程意見回饋及參與，力求服務切合民眾需求"
    body = tuple(
        (Field((pillar,) if number == 0 else ()), Field((title,)), Field(measures), Field(units))
        for number, (title, measures, units) in enumerate(cells)
    )
    blocks = ("示範市立天文館113年度提升服務計畫", "肆、計畫內容", Grid((header, *body), WIDTHS))
    return parse_document(read_pdf(pdf_of(blocks, Layout(widths=WIDTHS)), "計畫.pdf"), bundled_frameworks())


def test_a_list_of_names_in_a_narrow_column_is_one_entry() -> None:
    plan = narrow(
        (
            "(三)依據服務特性辦理滿意度調查，瞭解民眾對服務的看法，並據以檢討改善既有措施。",
            ("每年辦理一次。",),
            ("推廣組、研考",),
        ),
        ("(四)傾聽民眾意見，積極回應，有效協助民眾解決問題。", ("1.甲。", "2.乙。", "3.丙。"), ("研考、推廣組",)),
    )
    assert [item.units for item in plan.items] == [("推廣組", "研考"), *[("研考", "推廣組")] * 3]
