from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest
from answers import (
    ANSWER,
    DAY,
    FIGURE,
    ILLEGAL,
    INJECTED,
    PLAIN,
    TEXT_COLUMNS,
    TONE_COLUMNS,
    TONE_ROWS,
    answer_with,
    cells_of,
    draw,
    large,
)
from lxml import html

from plansearch.report.page import page_of
from plansearch.report.rendering import Figure, PictureFormat, Section
from plansearch.report.tones import LOOKS
from plansearch.report.vector import inline_svg

INK = "1f2933"
"""The colour of text on a page."""


def parsed(text: str) -> html.HtmlElement:
    return html.document_fromstring(text)


def tables_of(page: html.HtmlElement) -> list[list[list[str]]]:
    return [
        [[cell.text_content() for cell in row.iter("th", "td")] for row in table.iter("tr")]
        for table in page.iter("table")
    ]


def texts(page: html.HtmlElement, path: str) -> list[str]:
    return [element.text_content().strip() for element in page.xpath(path)]


def test_everything_of_a_report_is_on_the_page() -> None:
    page = parsed(page_of(ANSWER))
    assert texts(page, "//head/title") == texts(page, "//h1") == [ANSWER.heading]
    assert texts(page, "//body/header/p[@class='note']") == list(ANSWER.notes)
    assert texts(page, "//main//h2/text()[1]/..") == [
        f"{title} ↑" for title in (ANSWER.figures[0].title, *(section.title for section in ANSWER.sections))
    ]
    assert texts(page, "//section/p[@class='note']") == [note for one in ANSWER.sections for note in one.notes]
    assert texts(page, "//section/p[@class='empty']") == ["沒有資料。"]
    assert tables_of(page) == [cells_of(section) for section in ANSWER.sections if section.rows]
    assert list(zip(texts(page, "//dt"), texts(page, "//dd"), strict=True)) == list(ANSWER.made)


def test_a_report_without_sections_is_one_table_under_its_title() -> None:
    page = parsed(page_of(PLAIN))
    assert tables_of(page) == [cells_of(PLAIN.parts[0])]
    assert (texts(page, "//h1"), texts(page, "//h2"), texts(page, "//nav")) == (["共 21 項"], [], [])


def test_what_looks_like_markup_is_text() -> None:
    hostile = answer_with(*INJECTED)
    section = replace(hostile.parts[0], title="<b>題</b>", notes=("<i>註</i>",))
    report = replace(
        hostile,
        heading="</title><script>1</script>",
        sections=(section,),
        notes=("<p onclick=x>",),
        made=(("<u>", "<s>"),),
        figures=(Figure("<title>", "]]><desc>", draw),),
    )
    page = parsed(page_of(report))
    assert [row[1] for row in tables_of(page)[0][1:]] == list(INJECTED)
    assert (texts(page, "//h1"), texts(page, "//dt"), texts(page, "//dd")) == ([report.heading], ["<u>"], ["<s>"])
    assert texts(page, "//p[@class='note']") == ["<p onclick=x>", "<i>註</i>"]
    assert {element.tag for element in page.iter("script", "img", "b", "i", "u", "s", "iframe", "link")} == set()


def test_characters_that_xml_lacks_are_replaced_and_line_ends_are_one_kind() -> None:
    assert [row[1] for row in tables_of(parsed(page_of(answer_with(*ILLEGAL))))[0][1:]] == list(ILLEGAL.values())


def test_the_page_needs_nothing_else_and_runs_nothing() -> None:
    text = page_of(ANSWER)
    page = parsed(text)
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
    )
    assert page.get("lang") == "zh-Hant-TW"
    names = {name.lower() for element in page.iter() for name in element.attrib}
    assert [name for name in names if name.startswith("on") or name in {"src", "action"}] == []
    targets = {element.get("href") or "" for element in page.xpath("//*[@href]")}
    assert {target for target in targets if not target.startswith("#")} == set()
    assert set(re.findall(r"https?://[^\"' <]+", text)) == {
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1999/xlink",
    }
    assert "@import" not in text


def test_ids_are_different_and_links_lead_somewhere() -> None:
    page = parsed(page_of(replace(ANSWER, figures=(FIGURE, FIGURE))))
    ids = page.xpath("//@id")
    assert len(set(ids)) == len(ids)
    assert {link.removeprefix("#") for link in page.xpath("//a/@href")} <= set(ids)


@pytest.mark.parametrize(("count", "has_contents"), [(2, False), (3, True)])
def test_three_parts_have_a_table_of_contents(count: int, has_contents: bool) -> None:
    sections = tuple(Section(f"第 {number} 節", TEXT_COLUMNS, ()) for number in range(count))
    page = parsed(page_of(replace(PLAIN, sections=sections)))
    assert texts(page, "//nav//a") == ([section.title for section in sections] if has_contents else [])


def test_each_tone_has_a_look_of_its_own_and_a_legend() -> None:
    text = page_of(ANSWER)
    page = parsed(text)
    column = [column.title for column in TONE_COLUMNS].index("本機關") + 1
    classes = page.xpath(f"//section[@id='s1']//td[{column}]/@class")
    assert classes == [f"tone-{row['tone']}" for row in TONE_ROWS]
    assert texts(page, "//p[@class='legend']/span")[1:] == [look.label for look in LOOKS.values()]
    for tone, look in LOOKS.items():
        assert f".tone-{tone} {{ background: #{look.fill}; border-left: 5px {look.border} #{look.ink}; }}" in text
        assert f'.tone-{tone}::before {{ content: "\\{ord(look.sign):x}\\2002"' in text
    assert "legend" not in page_of(PLAIN).partition("<body>")[2]


def luminance(colour: str) -> float:
    """Relative luminance of six hexadecimal digits (WCAG 2)."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    brighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("tone", LOOKS)
def test_text_and_sign_can_be_read_on_every_tone(tone: str) -> None:
    look = {str(name): look for name, look in LOOKS.items()}[tone]
    assert contrast(INK, look.fill) >= 4.5
    assert contrast(look.ink, look.fill) >= 4.5
    assert f"--ink: #{INK}" in page_of(PLAIN)


def test_tones_differ_in_more_than_colour() -> None:
    assert len({look.sign for look in LOOKS.values()}) == len(LOOKS)
    assert len({look.fill for look in LOOKS.values()}) == len(LOOKS)


def test_headers_stay_in_sight_and_repeat_on_paper() -> None:
    style = page_of(PLAIN).partition("<style>")[2].partition("</style>")[0]
    assert "position: sticky; top: 0" in style
    assert "size: A4 landscape" in style
    assert "thead { display: table-header-group; }" in style


def test_columns_share_the_page_in_proportion() -> None:
    page = parsed(page_of(replace(ANSWER, sections=ANSWER.sections[:1])))
    whole = sum(column.least_width for column in TONE_COLUMNS)
    assert page.xpath("//col/@style") == [
        f"width:{round(100 * column.least_width / whole, 2)}%" for column in TONE_COLUMNS
    ]


def test_a_figure_is_drawing_only_and_says_what_it_shows() -> None:
    assert inline_svg(FIGURE, 2) == (
        '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 300 120" '
        'id="figure2" class="wide" role="img" aria-labelledby="figure2-said-0 figure2-said-1">'
        '<title id="figure2-said-0">涵蓋率 &lt;圖&gt;</title>'
        '<desc id="figure2-said-1">長條圖：第 1 項最低，第 6 項最高。</desc>'
        "<defs><style>#figure2 *{stroke: red}#figure2 rect,#figure2 .a{fill: url(#figure2-g)}</style>"
        '<linearGradient id="figure2-g" /></defs>'
        '<rect id="figure2-r" width="9" height="9" style="fill: url(#figure2-g)" /><use xlink:href="#figure2-r" />'
        "<image /></svg>"
    )


def test_a_style_sheet_that_could_load_something_is_left_out() -> None:
    def draw_styled(_: PictureFormat) -> bytes:
        return b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 2"><style>@import "http://x";</style></svg>'

    drawn = inline_svg(Figure("圖", "說明", draw_styled), 1)
    assert "import" not in drawn
    assert 'class="upright"' in drawn


def test_a_day_without_anything_else_is_shown_too() -> None:
    assert texts(parsed(page_of(replace(PLAIN, made=(DAY,)))), "//footer//dd") == ["2026-11-25"]


def test_five_thousand_rows_take_seconds() -> None:
    before = time.monotonic()
    page = page_of(large(5000))
    assert time.monotonic() - before < 30
    assert page.count("<tr>") == 5001
