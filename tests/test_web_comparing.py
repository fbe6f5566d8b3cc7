from __future__ import annotations

import time
from collections.abc import Iterator
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from comparing import LAWYER, NURSING, RAMP, SHUTTLE, SURVEY, lost, plan
from conftest import TinyEncoder
from docx import Document as WordDocument
from lxml import html
from lxml.html import HtmlElement
from openpyxl import load_workbook
from starlette.testclient import TestClient

from plansearch.errors import PlansearchError, QueryError, UnknownAgencyError, UnknownFilterValueError
from plansearch.index import PlanIndex
from plansearch.types import SkippedFile
from plansearch.web import WebSettings, comparing, create_app
from plansearch.web.comparing import CompareForm
from plansearch.web.wording import refusal

EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">大門設置無障礙坡道'
RAMP_TWICE = RAMP.replace("服務鈴", "對講機")
ONCE = SURVEY.replace("五月及十月", "五月")
PLANS = (
    plan("east.txt", [(RAMP, "1.3"), (SURVEY, "2.3"), (LAWYER, "3.1")], agency="示範市東湖區公所"),
    plan(
        "east112.txt",
        [(RAMP, "1.3"), (SURVEY.replace("五月及十月", "五月"), "2.3")],
        agency="示範市東湖區公所",
        year=112,
    ),
    plan("west.txt", [(RAMP_TWICE, "1.3"), (NURSING, "1.3")], agency="示範市西嶺區公所"),
    plan("south.txt", [(SHUTTLE, "3.1")], agency="示範市南山區公所", damage=[lost("measures_lost", "1.3")]),
    plan("evil<b>.txt", [(EVIL, "1.3")], agency="示範市<u>北</u>區公所"),
    plan("health.txt", [(NURSING, "1.3")], agency="示範市東湖衛生所", agency_type="衛生所", city="樣本縣"),
)
BROKEN = SkippedFile("壞掉<i>.docx", "檔案打不開", "unreadable")


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    directory = tmp_path_factory.mktemp("compared") / "index"
    PlanIndex.build_from(PLANS, (BROKEN,), directory, encoder=TinyEncoder())
    app = create_app(WebSettings(directory), load=TinyEncoder)
    with TestClient(app, base_url="http://127.0.0.1", follow_redirects=False) as opened:
        yield opened


def tree_of(text: str) -> HtmlElement:
    return html.fromstring(text)


def cells_of(client: TestClient, address: str) -> dict[str, HtmlElement]:
    """The cells of the first row, by the agency in whose column they are."""
    tree = tree_of(client.get(address).text)
    names = [head.text.strip() for head in tree.xpath('//table[contains(@class, "compared")]/thead/tr/th')][1:]
    return dict(zip(names, tree.xpath('//table[contains(@class, "compared")]/tbody[1]/tr[1]/td'), strict=True))


def test_before_anything_is_asked_the_page_lets_choose(client: TestClient) -> None:
    text = client.get("/compare").text
    tree = tree_of(text)
    assert "compared" not in text
    assert [box.get("value") for box in tree.xpath('//input[@name="agency"]')] == [
        *(one.metadata.agency for one in PLANS if one.metadata.year == 113),
        BROKEN.name,
    ]
    codes = [option.get("value") for option in tree.xpath('//select[@id="what"]//option')]
    assert codes[0] == ""
    assert {"1", "1.3", "3.1"} <= set(codes)
    assert [option.get("value") for option in tree.xpath('//select[@id="whose"]/option')] == ["示範市東湖區公所"]


def test_every_state_of_a_cell_is_told_apart_in_words_and_in_looks(client: TestClient) -> None:
    names = "&".join(f"agency={name}" for name in ("東湖區公所", "南山區公所", "東湖衛生所", BROKEN.name))
    found = cells_of(client, f"/compare?what=3.1&{names}&year=113")
    assert found["示範市東湖區公所"].get("class") is None
    assert LAWYER in found["示範市東湖區公所"].text_content()
    assert found["示範市東湖衛生所"].get("class") == "tone-absent"
    assert "查無相近措施" in found["示範市東湖衛生所"].text_content()
    assert found[BROKEN.name].get("class") == "tone-unread"
    assert "檔案無法讀取" in found[BROKEN.name].text_content()
    lacking = cells_of(client, f"/compare?what=1.3&{names}&year=113")["示範市南山區公所"]
    assert lacking.get("class") == "tone-lost"
    assert "原文缺漏，無法判斷" in lacking.text_content()
    assert lacking.xpath('.//p[@class="damage"]/a/@href') == ["/plan/south.txt#damage"]


def test_a_weak_candidate_is_no_measure_and_no_gap(client: TestClient) -> None:
    address = "/compare?q=無障礙坡道的輪椅&agency=東湖區公所&agency=西嶺區公所&agency=東湖衛生所&agency=南山區公所"
    classes = {name: cell.get("class") for name, cell in cells_of(client, address).items()}
    assert set(classes.values()) <= {None, "tone-possible", "tone-absent", "tone-lost"}
    for name, cell in cells_of(client, address).items():
        if classes[name] == "tone-possible":
            assert "疑似，請人工確認" in cell.text_content()


def test_the_legend_names_all_five_states(client: TestClient) -> None:
    tree = tree_of(client.get("/compare?what=1.3&type=公所").text)
    words = [one.text_content() for one in tree.xpath('//ul[@class="legend"]/li')]
    assert words == ["有措施", "疑似，請人工確認", "原文缺漏，無法判斷", "查無相近措施", "檔案無法讀取"]


def test_items_lead_to_their_place_and_can_be_picked(client: TestClient) -> None:
    cell = cells_of(client, "/compare?what=1.3&agency=東湖區公所&agency=西嶺區公所&year=113")["示範市東湖區公所"]
    assert cell.xpath('.//a[@class="source"]/@href') == ["/plan/east.txt#item-1"]
    assert cell.xpath('.//input[@form="pick"]/@value')[0].startswith("east.txt#1~")


def test_of_two_agencies_what_matches_stands_on_one_row_with_how_alike_it_is(client: TestClient) -> None:
    tree = tree_of(client.get("/compare?what=1.3&agency=東湖區公所&agency=西嶺區公所&year=113").text)
    first = tree.xpath('//table[contains(@class, "compared")]/tbody/tr[1]/td')
    assert [RAMP in first[0].text_content(), RAMP_TWICE in first[1].text_content()] == [True, True]
    assert "相同的可能" in first[2].text_content()
    assert "字詞重疊" in first[2].text_content()
    assert [cell.xpath(".//mark/text()") for cell in first[:2]] == [["服務鈴"], ["對講機"]]
    heads = tree.xpath('//table[contains(@class, "compared")]/tbody/tr/th')
    assert [head.get("rowspan") for head in heads] == ["2"]


def test_two_years_of_an_agency_tell_what_became_of_each_measure(client: TestClient) -> None:
    address = "/compare?agency=示範市東湖區公所&years=113&years=112"
    text = client.get(address).text
    assert "示範市東湖區公所 112 年與 113 年" in text
    tree = tree_of(text)
    changes = {row[-1].get("class"): row.text_content() for row in tree.xpath("//table//tbody/tr[td]") if len(row) > 2}
    assert RAMP in changes["beside tone-kept"]
    assert LAWYER in changes["beside tone-new"]
    assert SURVEY in changes["beside tone-reworded"]
    only = client.get(f"{address}&differ=1").text
    assert "沿用的 1 列沒有顯示" in only
    assert tree_of(only).xpath('//td[contains(@class, "tone-kept")]') == []
    assert LAWYER in only


def test_one_agency_alone_stands_beside_its_peers(client: TestClient) -> None:
    found = cells_of(client, "/compare?what=1.3&agency=西嶺區公所")
    assert next(iter(found)) == "示範市西嶺區公所"
    assert set(found) == {"示範市西嶺區公所", "示範市東湖區公所", "示範市南山區公所", "示範市<u>北</u>區公所"}
    assert "和它的同儕並列：同類型（公所），3 個" in client.get("/compare?what=1.3&agency=西嶺區公所").text


def test_type_and_city_narrow_where_no_agency_is_named(client: TestClient) -> None:
    assert "示範市東湖衛生所" not in cells_of(client, "/compare?what=1.3&type=公所")
    assert set(cells_of(client, "/compare?what=1.3&city=示範市")) == set(
        cells_of(client, "/compare?what=1.3&type=公所")
    )
    assert "沒有用到類型與縣市" in client.get("/compare?agency=東湖區公所&agency=西嶺區公所&type=衛生所").text


def test_what_is_left_out_is_said_with_a_link_and_no_option(client: TestClient) -> None:
    for address in ("/compare?q=無障礙", "/compare?what=1.3", "/compare?what=", "/compare?q=服務"):
        text = client.get(address).text
        assert "--" not in tree_of(text).text_content()
        assert "plansearch " not in tree_of(text).xpath("string(//main)")
    cut = tree_of(client.get("/compare?q=大門設置無障礙坡道").text).xpath('//a[contains(., "都列出")]/@href')
    if cut:
        assert parse_qs(urlsplit(cut[0]).query)["whole"] == ["1"]


def test_more_agencies_than_a_page_holds_are_on_the_next_one(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "COLUMNS", 2)
    seen: list[str] = []
    address: str | None = "/compare?what=1.3"
    while address is not None:
        seen += cells_of(client, address)
        tree = tree_of(client.get(address).text)
        assert "共 5 個" in tree.xpath('string(//nav[@class="pages"])')
        further = tree.xpath('//nav[@class="pages"]/a[starts-with(., "後")]/@href')
        address = further[0] if further else None
    assert seen == [one.metadata.agency for one in PLANS if one.metadata.year == 113]


def test_very_many_agencies_do_not_stand_side_by_side_unasked(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(comparing, "MOST_AT_ONCE", 4)
    tree = tree_of(client.get("/compare?what=1.3").text)
    assert not tree.xpath('//table[contains(@class, "compared")]')
    assert "符合的有 5 個機關" in tree.xpath("string(//main)")
    assert len(cells_of(client, tree.xpath('//a[text()="全部並列"]/@href')[0])) == 5
    assert len(cells_of(client, "/compare?what=1.3&type=公所")) == 4


@pytest.mark.parametrize(
    ("query", "says"),
    [
        pytest.param("agency=火星區公所", "索引裡沒有機關「火星區公所」", id="unknown agency"),
        pytest.param("agency=火星區公所&agency=東湖區公所", "索引裡沒有機關「火星區公所」", id="one of two"),
        pytest.param("agency=示範市東湖&agency=西嶺區公所", "不只一個", id="several"),
        pytest.param("what=9.9", "沒有代碼是「9.9」", id="unknown code"),
        pytest.param("what=1.3&type=火星", "火星", id="unknown type"),
        pytest.param("type=衛生所&what=1.3", "至少要有兩個機關", id="only one left"),
        pytest.param("agency=東湖區公所&years=112", "兩個不同的年度", id="one year"),
        pytest.param("years=112&years=113", "一個機關", id="years of nobody"),
        pytest.param("agency=東湖區公所&years=113&years=113", "都是 113 年", id="one year twice"),
        pytest.param("agency=東湖區公所&years=111&years=113", "沒有 111 年的計畫", id="a year without a plan"),
        pytest.param("q=東湖區公所 西嶺區公所", "是機關的名稱", id="names for a question"),
        pytest.param("what=1.3&year=99", "沒有 99 年的計畫", id="a year of nobody"),
    ],
)
def test_what_can_not_be_compared_is_told_beside_the_choice(query: str, says: str, client: TestClient) -> None:
    answer = client.get(f"/compare?{query}")
    tree = tree_of(answer.text)
    assert answer.status_code == 400
    assert says in tree.xpath('string(//div[@role="alert"])')
    assert "--" not in tree.xpath('string(//div[@role="alert"])')
    assert tree.xpath('//form[@action="/compare"]')


def test_empty_fields_of_a_form_ask_for_nothing(client: TestClient) -> None:
    answer = client.get("/compare?what=1.3&q=&year=&agency=&type=公所")
    assert answer.status_code == 200
    assert len(cells_of(client, "/compare?what=1.3&q=&year=&agency=&type=公所")) == 4


def test_an_address_that_is_no_number_is_refused_kindly(client: TestClient) -> None:
    answer = client.get("/compare?what=1.3&year=去年")
    assert answer.status_code == 422
    assert "<h1>" in answer.text


def test_words_in_place_of_a_code_come_back_as_words(client: TestClient) -> None:
    tree = tree_of(client.get("/compare?what=無障礙坡道").text)
    assert tree.xpath('//input[@id="q"]/@value') == ["無障礙坡道"]
    assert tree_of(client.get("/compare?what=1.3").text).xpath('//select[@id="what"]//option[@selected]/@value') == [
        "1.3"
    ]


def test_what_plans_say_is_text_on_the_page_and_in_every_file(client: TestClient) -> None:
    address = "what=1.3&type=公所"
    text = client.get(f"/compare?{address}").text
    for page in (text, client.get(f"/export/compare.html?{address}").text):
        assert "<script>alert" not in page
        assert "<img" not in page
        assert "<u>北" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<b>" not in text
    assert "<i>" not in client.get(f"/compare?what=1.3&agency=東湖區公所&agency={BROKEN.name}").text
    book = load_workbook(BytesIO(client.get(f"/export/compare.xlsx?{address}").content))
    values = [str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert any(EVIL in value for value in values)
    document = WordDocument(BytesIO(client.get(f"/export/compare.docx?{address}").content))
    assert any(EVIL in cell.text for table in document.tables for row in table.rows for cell in row.cells)
    listed = client.get(f"/export/compare.csv?{address}")
    assert listed.content.startswith(b"\xef\xbb\xbf")
    assert listed.headers["content-disposition"].startswith("attachment")


def test_a_question_that_is_a_program_is_shown_as_text(client: TestClient) -> None:
    text = client.get("/compare", params={"q": '"><script>alert(1)</script>無障礙坡道'}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_a_file_has_all_agencies_and_no_options(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "COLUMNS", 1)
    book = load_workbook(BytesIO(client.get("/export/compare.xlsx?q=無障礙坡道").content))
    text = "\n".join(str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value)
    assert all(str(one.metadata.agency) in text for one in PLANS)
    assert "--all" not in text


def test_long_work_says_so_and_then_shows_its_answer(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparing, "PATIENCE", 0.0)
    address = "/compare?q=手語翻譯與無障礙坡道&year=113"
    first = client.get(address)
    assert first.status_code == 202
    assert 'http-equiv="refresh"' in first.text
    assert tree_of(first.text).xpath('//a[contains(., "重新整理")]/@href')[0].startswith("/compare?q=")
    deadline = time.monotonic() + 20
    while (answer := client.get(address)).status_code == 202:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert answer.status_code == 200
    assert "手語翻譯與無障礙坡道" in answer.text


def test_the_page_needs_no_script_and_brings_no_style_of_its_own(client: TestClient) -> None:
    tree = tree_of(client.get("/compare?what=1.3").text)
    assert tree.xpath("//@style") == []
    assert tree.xpath("//script[not(@src)]") == []
    assert {form.get("method") for form in tree.xpath("//form")} == {"get"}
    assert tree.xpath('//div[@class="grid-scroll"]/@tabindex')[0] == "0"
    assert client.get("/static/comparing.css").status_code == 200


def test_the_address_of_everything_is_one_that_asks() -> None:
    assert CompareForm().address() == "/compare?what="
    assert CompareForm(agency=["甲&乙"], what="1.3", whole=True).address().startswith("/compare?agency=%E7%94%B2%26")


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (
            QueryError("比較至少要有兩個機關。請用 --agency 指定；可用 plansearch plans 看。"),
            "比較至少要有兩個機關。請用機關指定；可到「計畫檔」看。",
        ),
        (QueryError("--peers「火星」：索引裡沒有。"), "比較對象「火星」：索引裡沒有。"),
        (QueryError("--peers nearest 後面要是 1 以上的數。"), "比較對象 nearest 後面要是 1 以上的數。"),
        (UnknownFilterValueError("type", "火星", ["公所"]), "索引裡沒有類型「火星」。相近的有：公所。"),
        (UnknownAgencyError("火星", []), "索引裡沒有機關「火星」。"),
        (PlansearchError("壞了。"), "壞了。"),
    ],
)
def test_a_refusal_names_what_a_page_has(error: PlansearchError, says: str) -> None:
    assert refusal(error) == says
