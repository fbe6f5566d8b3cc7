from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from comparing import LAWYER, MAILBOX, NURSING, OPEN_DATA, RAMP, SHUTTLE, SURVEY, lost, plan
from conftest import TinyEncoder, item_of
from docx import Document as WordDocument
from lxml import html
from lxml.html import HtmlElement
from openpyxl import load_workbook
from starlette.testclient import TestClient

from plansearch.benchmark import benchmark_agency, benchmark_all
from plansearch.duplicates import find_duplicates
from plansearch.gaps import find_gaps
from plansearch.index import PlanIndex
from plansearch.web import WebSettings, create_app, standing, standing_views
from plansearch.web.heat import HeatCell
from plansearch.web.pairs import differing
from plansearch.web.standing_form import StandingForm

EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">週二派專車到里別就地受理各項申請'
WEEKLY, MONTHLY = LAWYER, LAWYER.replace("每週三", "每月")
LOST = lost("measures_lost", "3.1")
PLANS = (
    plan("east.txt", [(RAMP, "1.3"), (NURSING, "1.3"), (SURVEY, "2.3"), (WEEKLY, "3.1")], agency="示範市東湖區公所"),
    plan("east112.txt", [(RAMP, "1.3"), (SURVEY, "2.3")], agency="示範市東湖區公所", year=112),
    plan("west.txt", [(RAMP, "1.3"), (MONTHLY, "3.1"), (OPEN_DATA, "1.3"), (RAMP, "2.3")], agency="示範市西嶺區公所"),
    plan(
        "south.txt", [(RAMP, "1.3"), (MAILBOX, "2.3")], agency="示範市南山區公所", damage=[lost("measures_lost", "3.1")]
    ),
    plan("north.txt", [(SHUTTLE, "3.1"), (SURVEY, "2.3"), (MAILBOX, "2.3")], agency="示範市北谷區公所"),
    plan("evil<b>.txt", [(EVIL, "3.1"), (EVIL, "1.3")], agency="示範市<u>中</u>區公所"),
    plan("health.txt", [(NURSING, "1.3")], agency="示範市東湖衛生所", agency_type="衛生所"),
    plan("free.txt", [item_of(SHUTTLE, code=None)], agency="示範市自由局", agency_type="局", framework=None),
)
EAST = "示範市東湖區公所"


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("standing") / "index"
    PlanIndex.build_from(PLANS, (), made, encoder=TinyEncoder())
    return made


@pytest.fixture(scope="module")
def index(directory: Path) -> Iterator[PlanIndex]:
    with PlanIndex.open(directory, encoder=TinyEncoder()) as opened:
        yield opened


@pytest.fixture(scope="module")
def client(directory: Path) -> Iterator[TestClient]:
    app = create_app(WebSettings(directory), load=TinyEncoder)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as opened:
        yield opened


def tree_of(text: str) -> HtmlElement:
    return html.fromstring(text)


def page_of(client: TestClient, address: str) -> HtmlElement:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return tree_of(answer.text)


def heat_of(tree: HtmlElement) -> dict[str, dict[str, HtmlElement]]:
    """The cells of a heat map by agency and requirement."""
    codes = [head.text for head in tree.xpath('//table[@class="heat"]/thead/tr[2]/th')]
    rows = tree.xpath('//table[@class="heat"]/tbody/tr')
    return {row.xpath("string(th/a)"): dict(zip(codes, row.xpath("td"), strict=True)) for row in rows}


def test_all_agencies_stand_in_a_heat_map_of_their_numbers(client: TestClient, index: PlanIndex) -> None:
    heat = heat_of(page_of(client, "/standing"))
    whole = benchmark_all(index)
    codes = [line.code for line in whole.benchmarks[0].requirements]
    for one in whole.benchmarks:
        numbers = {code: heat[one.agency.name][code].text_content() for code in codes if code}
        assert numbers == {
            code: "缺漏" if count is None else str(count)
            for code, count in zip(codes, one.grid[0].measures, strict=True)
        }
    assert heat[EAST]["1.3"].get("class") == "heat-2"
    assert heat[EAST]["1.1"].get("class") == "heat-0"
    assert heat["示範市南山區公所"]["3.1"].get("class") == "heat-lost"


def test_a_cell_of_the_heat_map_leads_to_the_items_behind_its_number(client: TestClient) -> None:
    address = heat_of(page_of(client, "/standing"))[EAST]["1.3"].xpath("a/@href")[0]
    assert parse_qs(urlsplit(address).query) == {"agency": [EAST], "what": ["1.3"]}
    tree = page_of(client, address)
    first = tree.xpath('//table[contains(@class, "compared")]/tbody/tr[1]/td[1]')[0]
    assert first.xpath('.//a[@class="source"]/@href') == ["/plan/east.txt#item-1", "/plan/east.txt#item-2"]


def test_shades_grow_with_the_number_and_each_is_explained(client: TestClient) -> None:
    shades = [HeatCell(count, "1.3", "").shade for count in (0, 1, 2, 3, 4, 5, 7, 8, 11, 12, 99)]
    assert shades == [0, 1, 2, 3, 3, 4, 4, 5, 5, 6, 6]
    legend = page_of(client, "/standing").xpath('//ul[contains(@class, "heat-legend")]/li')
    assert [(one.get("class"), one.text) for one in legend[1:]] == [
        ("heat-0", "0"),
        ("heat-1", "1"),
        ("heat-2", "2"),
        ("heat-3", "3–4"),
        ("heat-4", "5–7"),
        ("heat-5", "8–11"),
        ("heat-6", "12 以上"),
        ("heat-lost", "缺漏：原文缺漏，不知道有沒有"),
    ]


def test_the_table_of_agencies_leads_to_each_of_them(client: TestClient) -> None:
    links = page_of(client, "/standing").xpath('//table[@class="plain"]//a')
    assert {link.text: parse_qs(urlsplit(link.get("href")).query)["agency"] for link in links}[EAST] == [EAST]
    only = page_of(client, "/standing?type=衛生所")
    assert list(heat_of(only)) == ["示範市東湖衛生所"]
    assert [one.text for one in only.xpath('//table[@class="plain"]//td[1]/a')] == ["示範市東湖衛生所"]


def test_more_agencies_than_a_table_holds_are_on_the_next_page(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing_views, "ROWS", 3)
    seen: list[str] = []
    address: str | None = "/standing"
    while address is not None:
        tree = page_of(client, address)
        seen += heat_of(tree)
        further = tree.xpath('//nav[@class="pages"]/a[starts-with(., "後")]/@href')
        address = further[0] if further else None
    assert len(seen) == len(set(seen)) == 7


def test_very_many_agencies_are_not_set_against_each_other_unasked(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "MOST_AT_ONCE", 3)
    tree = page_of(client, "/standing")
    assert not tree.xpath('//table[@class="heat"]')
    assert "索引裡有 7 個機關" in tree.xpath("string(//main)")
    assert heat_of(page_of(client, tree.xpath('//a[contains(., "算全部")]/@href')[0]))


def test_an_agency_has_bars_beside_its_peers_with_all_numbers_in_words(client: TestClient, index: PlanIndex) -> None:
    tree = page_of(client, f"/standing?agency={EAST}")
    result = benchmark_agency(index, EAST)
    tables = {one.xpath("string(thead/tr/th[1])"): one for one in tree.xpath('//table[@class="bars"]')}
    assert list(tables) == [
        "各構面的措施數",
        "各構面的涵蓋",
        "各構面的具體程度",
        "各構面的獨特程度",
        "各執行要項的措施數",
    ]
    counts = [row.xpath("string(td[1])") for row in tables["各執行要項的措施數"].xpath("tbody/tr")]
    assert counts == [f"{line.measures.value or 0:g}" for line in result.requirements]
    for row, line in zip(tables["各構面的措施數"].xpath("tbody/tr"), result.pillars, strict=True):
        assert str(line.title) in row.xpath("string(th)")
        assert len(row.xpath('.//*[local-name()="rect" and @class="own"]')) == 1
        assert f"{line.measures.median:g}" in row.xpath("string(td[3])")
    assert tree.xpath("//@style") == []
    assert tree.xpath('//table[@class="heat"]/tbody/tr[@class="own"]/th/a/text()') == [EAST]
    assert "比較對象：同類型（公所），4 個" in tree.xpath("string(//main)")


def test_gaps_show_who_has_it_with_sources_and_what_is_nearest(client: TestClient, index: PlanIndex) -> None:
    tree = page_of(client, f"/standing?agency={EAST}&view=gaps")
    result = find_gaps(index, EAST)
    parts = {one.get("id"): one for one in tree.xpath('//section[contains(@class, "part")]')}
    assert {name: len(part.xpath("ol/li")) for name, part in parts.items()} == {
        name: count
        for name, count in {
            "requirement": len(result.of("requirement")),
            "boilerplate": len(result.of("boilerplate")),
            "measure": sum(not gap.maybe_covered for gap in result.of("measure")),
            "maybe": sum(gap.maybe_covered for gap in result.of("measure")),
            "damage": len(result.of("damage")),
        }.items()
        if count
    }
    missing = next(one for one in tree.xpath('//li[@class="gap"]') if MAILBOX in one.text_content())
    assert "4 個中 2 個有" in missing.text_content()
    sources = missing.xpath('.//div[@class="examples"]//a[@class="source"]/@href')
    assert sources == ["/plan/south.txt#item-2", "/plan/north.txt#item-3"]
    assert missing.xpath('.//div[@class="nearest"]//a[@class="source"]/@href')[0].startswith("/plan/east.txt#item-")
    assert missing.xpath('.//input[@form="pick"]/@value')


def test_what_the_source_lost_is_listed_apart_and_called_no_gap(client: TestClient) -> None:
    tree = page_of(client, "/standing?agency=南山區公所&view=gaps")
    part = tree.xpath('//section[@id="damage"]')[0]
    assert "不算缺少" in part.text_content()
    assert part.xpath('.//p[@class="damage"]/a/@href') == ["/plan/south.txt#damage"]
    assert part.xpath('.//span[contains(@class, "state")]/@class') == ["state lost"]
    lacking = tree.xpath('//section[@id="requirement"]//h3/a/text()')
    assert "3.1" not in lacking
    assert "1.1" in lacking


def test_only_what_some_peers_have_is_listed_where_that_is_asked(client: TestClient) -> None:
    address = f"/standing?agency={EAST}&view=gaps"
    assert OPEN_DATA in client.get(address).text
    few = client.get(f"{address}&min_peers=2").text
    assert OPEN_DATA not in few
    assert "沒有列出" in few


def test_long_lists_are_cut_and_say_so(client: TestClient) -> None:
    address = f"/standing?agency={EAST}&view=gaps&k=1"
    tree = page_of(client, address)
    heading = tree.xpath('string(//section[@id="measure"]/h2)')
    assert "列出前 1" in heading
    further = tree.xpath('//section[@id="measure"]//p[@class="further"]/a/@href')[0]
    assert parse_qs(urlsplit(further).query)["k"] == ["101"]
    assert "列出前" not in client.get(further).text


def test_duplicates_are_told_by_class_with_what_differs(client: TestClient, index: PlanIndex) -> None:
    tree = page_of(client, f"/standing?agency={EAST}&view=duplicates&peers=西嶺區公所")
    found = find_duplicates(index, agencies=[EAST], plans=["east.txt", "west.txt"])
    rows = tree.xpath('//table[contains(@class, "pairs")]/tbody/tr')
    assert len(rows) == len(found.pairs) > 0
    assert "和比較對象的這些計畫相比" in tree.xpath('string(//h2[@id="says"])')
    lawyers = next(row for row in rows if "律師" in row.text_content())
    assert "頻率不同：每週三晚上／每月" in lawyers.xpath("string(td[3])")
    assert "tone-possible" in lawyers.xpath("td[3]/@class")[0]
    assert lawyers.xpath("td[1]//mark/text()") == ["週三"]
    assert lawyers.xpath("td[2]//mark/text()") == ["月"]
    assert lawyers.xpath('td[1]//a[@class="source"]/@href') == ["/plan/east.txt#item-4"]
    equal = next(row for row in rows if row.text_content().count(RAMP) == 2)
    assert "文字完全相同" in equal.text_content()


def test_that_peers_have_other_duties_is_said_in_every_view_and_file(client: TestClient) -> None:
    warned = "同類型（衛生所）的只有 0 個，所以改和索引裡所有機關比"
    for view, kind in (("position", "benchmark"), ("gaps", "gaps"), ("duplicates", "duplicates")):
        tree = page_of(client, f"/standing?agency=東湖衛生所&view={view}")
        assert warned in tree.xpath('string(//p[contains(@class, "notice")])')
        assert warned in client.get(f"/export/{kind}.html?agency=東湖衛生所").text


def test_measures_of_too_few_peers_are_one_click_away(client: TestClient) -> None:
    tree = page_of(client, "/standing?agency=東湖衛生所&view=gaps")
    assert OPEN_DATA not in tree.xpath("string(//main)")
    further = tree.xpath('//a[contains(., "只有一個機關有")]/@href')[0]
    assert OPEN_DATA in client.get(further).text


def test_plans_of_another_year_are_not_taken_for_copies(client: TestClient) -> None:
    text = client.get(f"/standing?agency={EAST}&view=duplicates&peers=北谷區公所").text
    assert "east112.txt" not in text
    assert SURVEY in text


def test_peers_are_chosen_by_group_or_by_name(client: TestClient) -> None:
    def peers(query: str) -> str:
        return str(page_of(client, f"/standing?agency={EAST}&{query}").xpath("string(//main/section/p[1])"))

    assert "同類型（公所），4 個" in peers("peers=")
    assert "所有機關，6 個" in peers("peers=all")
    assert "計畫最相近的 2 個機關，2 個" in peers("peers=nearest:2")
    assert "類型（衛生所），1 個" in peers("peers=type:衛生所")
    assert "指定的機關，2 個" in peers("peers=all&peers=西嶺區公所、南山區公所")
    tree = page_of(client, f"/standing?agency={EAST}&peers=nearest:2")
    assert tree.xpath('//select[@id="peers"]/option[@selected]/@value') == ["nearest:2"]
    named = page_of(client, f"/standing?agency={EAST}&peers=&peers=西嶺區公所、南山區公所")
    assert named.xpath('//input[@id="names"]/@value') == ["西嶺區公所、南山區公所"]


def test_an_agency_with_two_years_leads_to_what_changed(client: TestClient) -> None:
    links = page_of(client, f"/standing?agency={EAST}").xpath('//nav[@class="tabs"]//a')
    changed = [link.get("href") for link in links if "112 年 → 113 年" in link.text_content()]
    assert parse_qs(urlsplit(changed[0]).query) == {"agency": [EAST], "years": ["112", "113"]}
    assert client.get(changed[0]).status_code == 200
    assert [link.get("href") for link in links if link.get("aria-current")] == [f"/standing?agency={quote(EAST)}"]


@pytest.mark.parametrize("view", ["position", "gaps", "duplicates"])
@pytest.mark.parametrize(
    ("query", "says"),
    [
        pytest.param("agency=火星區公所", "索引裡沒有機關「火星區公所」", id="unknown"),
        pytest.param("agency=示範市東湖", "不只一個", id="several"),
        pytest.param("agency=東湖區公所&peers=火星局", "比較對象「火星局」", id="unknown peer"),
        pytest.param("agency=東湖區公所&peers=東湖區公所", "機關本身", id="its own peer"),
        pytest.param("agency=東湖區公所&year=99", "沒有 99 年的計畫", id="no such year"),
    ],
)
def test_what_can_not_be_answered_is_told_beside_the_choice(
    view: str, query: str, says: str, client: TestClient
) -> None:
    answer = client.get(f"/standing?{query}&view={view}")
    tree = tree_of(answer.text)
    assert answer.status_code == 400
    told = tree.xpath('string(//div[@role="alert"])')
    assert says in told
    assert "--" not in told
    assert "plansearch " not in told
    assert tree.xpath('//form[@action="/standing"]')


def test_a_plan_without_a_framework_still_has_its_other_views(client: TestClient) -> None:
    answer = client.get("/standing?agency=示範市自由局")
    assert answer.status_code == 400
    assert "不是依已知架構寫成的" in answer.text
    leads = tree_of(answer.text).xpath('//nav[@class="tabs"]//a[contains(., "重複的")]/@href')
    assert client.get(leads[0]).status_code == 200


@pytest.mark.parametrize("query", ["agency=東湖區公所&k=0", "agency=東湖區公所&view=x", "year=去年", "min_peers=0"])
def test_an_address_that_makes_no_sense_is_refused_kindly(query: str, client: TestClient) -> None:
    answer = client.get(f"/standing?{query}")
    assert answer.status_code == 422
    assert "<h1>" in answer.text


@pytest.mark.parametrize("view", ["position", "gaps", "duplicates"])
@pytest.mark.parametrize("whose", ["示範市<u>中</u>區公所", EAST])
def test_what_plans_say_is_text_on_every_page(view: str, whose: str, client: TestClient) -> None:
    text = client.get("/standing", params={"agency": whose, "view": view}).text
    for raw in ("<script>alert", "<img", "<u>中", "<b>.txt"):
        assert raw not in text
    if view == "gaps" and whose == EAST:
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


@pytest.mark.parametrize("kind", ["benchmark", "gaps", "duplicates", "report"])
def test_files_open_and_hold_what_plans_say_as_text(kind: str, client: TestClient) -> None:
    address = f"agency={EAST}&peers=all&min_peers=1"
    book = load_workbook(BytesIO(client.get(f"/export/{kind}.xlsx?{address}").content))
    values = "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value)
    document = WordDocument(BytesIO(client.get(f"/export/{kind}.docx?{address}").content))
    words = "\n".join(
        [one.text for one in document.paragraphs]
        + [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    )
    page = client.get(f"/export/{kind}.html?{address}").text
    for text in (values, words, page):
        assert EAST in text
    assert "--" not in values + words
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    if kind == "gaps":
        assert EVIL in values
        assert EVIL in words
        assert "&lt;script&gt;alert(1)" in page
    listed = client.get(f"/export/{kind}.csv?{address}")
    assert listed.content.startswith(b"\xef\xbb\xbf")
    assert listed.headers["content-disposition"].startswith("attachment")


def test_a_file_of_duplicates_says_with_whom_the_agency_was_compared(client: TestClient) -> None:
    page = client.get(f"/export/duplicates.html?agency={EAST}&peers=西嶺區公所").text
    assert "指定的機關，1 個：示範市西嶺區公所（113 年）" in page
    assert "north.txt" not in page


def test_all_agencies_are_a_file_and_one_agency_is_needed_for_the_others(client: TestClient) -> None:
    book = load_workbook(BytesIO(client.get("/export/benchmark.xlsx").content))
    assert any(EAST in str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row)
    for kind in ("gaps", "duplicates", "report"):
        answer = client.get(f"/export/{kind}.xlsx")
        assert answer.status_code == 400
        assert "請先選一個機關" in answer.text


def test_no_page_advises_what_only_the_command_line_can_do(client: TestClient) -> None:
    for query in ("", f"agency={EAST}", f"agency={EAST}&view=gaps&k=1", f"agency={EAST}&view=duplicates&k=1"):
        for year in ("", "&year=113"):
            text = page_of(client, f"/standing?{query}{year}").xpath("string(//main)")
            assert "--" not in text
            assert "plansearch " not in text
            assert " -o " not in text


def test_long_work_says_how_far_it_is_and_then_shows_its_answer(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(standing, "PATIENCE", 0.0)
    address = f"/standing?agency={EAST}&view=gaps&peers=北谷區公所"
    first = client.get(address)
    assert first.status_code == 202
    assert 'http-equiv="refresh"' in first.text
    deadline = time.monotonic() + 20
    while (answer := client.get(address)).status_code == 202:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert SHUTTLE in answer.text


def test_names_win_over_a_group_of_peers() -> None:
    assert StandingForm(peers=["all", "甲、乙"]).wishes == ("甲", "乙")
    assert StandingForm(peers=["nearest:5", ""]).wishes == ("nearest:5",)
    assert StandingForm(peers=["", " "]).wishes == ()


def test_differing_letters_of_two_texts_are_found_on_both_sides() -> None:
    assert differing("每週三駐點", "每月駐點服務") == (((1, 3),), ((1, 2), (4, 6)))
    assert differing("一樣", "一樣") == ((), ())
