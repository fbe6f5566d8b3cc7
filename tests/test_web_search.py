from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import PLANS, TinyEncoder, item_of, plan_of
from docx import Document as WordDocument
from openpyxl import load_workbook
from starlette.testclient import TestClient

from plansearch.index import PlanIndex
from plansearch.results import Filters
from plansearch.retrieval import filter_counts, search
from plansearch.web import WebSettings, create_app
from plansearch.web.asking import SearchForm
from plansearch.web.picking import picked_id
from plansearch.web.website import Piece, pieces

EVIL = '<script>alert(1)</script><img src=x onerror="alert(2)">單一窗口，一次辦好'


def client_of(index: Path, folder: Path | None = None) -> TestClient:
    app = create_app(WebSettings(index, folder), load=TinyEncoder)
    return TestClient(app, base_url="http://127.0.0.1", follow_redirects=False)


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    evil = plan_of("evil<b>.txt", item_of(EVIL, code="3.1", units=("<i>組",)), agency="示範市<u>區公所")
    PlanIndex.build_from((*PLANS, evil), (), tmp_path / "index", encoder=TinyEncoder())
    with client_of(tmp_path / "index") as opened:
        yield opened


def test_the_first_page_says_what_the_index_holds(client: TestClient) -> None:
    answer = client.get("/")
    assert answer.status_code == 200
    assert "<strong>4</strong> 份計畫、<strong>7</strong> 個項目" in answer.text


def test_hits_show_agency_text_and_a_link_to_their_place(client: TestClient) -> None:
    text = client.get("/search", params={"q": "無障礙坡道"}).text
    assert "示範市東湖區公所" in text
    assert "<mark>無障礙" in text
    assert 'href="/plan/east.txt#item-1"' in text


def test_every_setting_is_in_the_address_and_comes_back_as_it_was() -> None:
    form = SearchForm(q="志工 & 引導", agency=["甲#乙"], year=[113, 112], exact=True, like=["a.txt#3"], k=30)
    address = form.address()
    assert address.startswith("/search?q=%E5%BF%97")
    assert "exact=1" in address
    assert "year=113&year=112" in address
    assert "%23" in address
    assert form.without("year", 112).count("year=") == 1


def test_counts_say_how_many_a_filter_would_leave(client: TestClient, index: PlanIndex) -> None:
    answer = search(index, "單一窗口", count=True)
    counts = {one.option: dict(one.values) for one in answer.counts}
    for value, count in counts["agency"].items():
        assert search(index, "單一窗口", filters=Filters(agencies=(value,)), limit=None).total == count
    narrowed = search(index, "單一窗口", filters=Filters(years=(112,)), count=True)
    by_year = {one.option: dict(one.values) for one in narrowed.counts}["year"]
    assert by_year == counts["year"]
    text = client.get("/search", params={"q": "單一窗口"}).text
    assert '<span>示範市東湖區公所</span> <span class="count">1</span>' in text


def test_counts_without_a_question_are_those_of_all_measures(index: PlanIndex) -> None:
    counts = {one.option: dict(one.values) for one in filter_counts(index, Filters())}
    assert counts["city"] == {"示範市": 6}
    assert counts["requirement"]["3.1"] == 2
    assert counts["requirement"]["1.3"] == 2


def test_what_a_plan_says_is_shown_as_text_everywhere(client: TestClient) -> None:
    item = quote("evil<b>.txt#1")
    for address in (
        "/search?q=單一窗口",
        "/search?q=單一窗口&by=agency&why=1",
        f"/basket?item={item}",
        f"/search?like={item}",
    ):
        text = client.get(address).text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text or "單一窗口" in text
        assert "<u>區公所" not in text
        assert "<i>組" not in text
    assert "&lt;script&gt;" in client.get(f"/basket?item={item}").text


def test_a_question_that_is_a_program_is_shown_as_text(client: TestClient) -> None:
    text = client.get("/search", params={"q": '"><script>alert(1)</script>單一窗口'}).text
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_what_was_not_found_is_said_and_so_is_what_shares_words(client: TestClient) -> None:
    text = client.get("/search", params={"q": "量子"}).text
    assert "沒有夠接近的內容" in text
    assert "沒有找到只表示索引裡的計畫沒有相近的文字" in text


def test_agencies_are_told_apart_by_what_they_have(client: TestClient) -> None:
    text = client.get("/search", params={"q": "無障礙坡道", "by": "agency"}).text
    assert "有相近措施" in text
    assert "查無相近措施" in text
    assert "示範市西嶺衛生所" in text


def test_more_like_an_item_leaves_the_item_itself_out(client: TestClient) -> None:
    text = client.get("/search", params={"like": "east.txt#2"}).text
    assert 'href="/plan/west.txt#item-2"' in text
    assert 'value="east.txt#2~' not in text


@pytest.mark.parametrize(
    ("params", "status", "says"),
    [
        ({"q": "。。"}, 400, "沒有可以搜尋的文字"),
        ({"q": "窗口", "agency": "沒有這個"}, 400, "沒有這個"),
        ({"q": "窗口", "year": "去年"}, 422, "year"),
        ({"q": "窗口", "k": "0"}, 422, "k"),
        ({"q": "字" * 1200}, 400, "查詢太長"),
        ({"like": "no.txt#1"}, 400, "no.txt#1"),
    ],
)
def test_what_can_not_be_asked_is_told_on_a_page(
    params: dict[str, str], status: int, says: str, client: TestClient
) -> None:
    answer = client.get("/search", params=params)
    assert answer.status_code == status
    assert says in answer.text
    assert "<h1>" in answer.text


def test_the_basket_shows_what_was_picked_and_what_is_gone(client: TestClient) -> None:
    text = client.get("/basket", params={"item": ["east.txt#1", "west.txt#1", "gone.txt#9"]}).text
    assert "挑了 2 項，2 個機關並列" in text
    assert "gone.txt#9" in text


def test_a_basket_keeps_to_the_words_when_items_move_and_tells_when_they_changed(tmp_path: Path) -> None:
    first, second = item_of("設置無障礙坡道，方便輪椅使用者洽公。"), item_of("每日安排志工引導。")
    PlanIndex.build_from([plan_of("a.txt", first, second)], (), tmp_path / "index", encoder=TinyEncoder())
    with PlanIndex.open(tmp_path / "index") as index:
        address = f"/basket?item={quote(picked_id(index.item(1)))}"
    with client_of(tmp_path / "index") as client:
        assert "每日安排志工引導" in client.get(address).text
        moved = plan_of("a.txt", second, first)
        PlanIndex.build_from([moved], (), tmp_path / "index", encoder=TinyEncoder())
        text = client.get(address).text
        assert "每日安排志工引導" in text
        assert "無障礙坡道" not in text
        changed = plan_of("a.txt", first, item_of("每週安排志工引導。"))
        PlanIndex.build_from([changed], (), tmp_path / "index", encoder=TinyEncoder())
        text = client.get(address).text
        assert "有 1 項在現在的索引裡找不到，或內容已經改過" in text
        assert "每週安排志工引導" not in text


def test_a_basket_is_saved_as_workbook_document_and_list(client: TestClient) -> None:
    params = {"item": ["east.txt#1", "west.txt#2", "evil<b>.txt#1"]}
    book = load_workbook(BytesIO(client.get("/export/basket.xlsx", params=params).content))
    cells = [cell.value for sheet in book for row in sheet.iter_rows() for cell in row if cell.value]
    assert any("設置無障礙坡道" in str(value) for value in cells)
    assert any(EVIL in str(value) for value in cells)
    document = WordDocument(BytesIO(client.get("/export/basket.docx", params=params).content))
    texts = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    assert any("設置單一窗口" in text for text in texts)
    answer = client.get("/export/basket.csv", params=params)
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["content-disposition"].startswith("attachment")


def test_an_export_of_an_answer_has_all_of_it(client: TestClient, index: PlanIndex) -> None:
    shown = client.get("/search", params={"q": "單一窗口", "k": 1}).text
    lines = client.get("/export/search.csv", params={"q": "單一窗口", "k": 1}).text.splitlines()
    assert shown.count('class="hit"') == 1
    assert len(lines) == 1 + len(search(index, "單一窗口", limit=None).hits)


def test_without_an_index_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    with client_of(tmp_path / "nothing") as client:
        answer = client.get("/search")
    assert answer.status_code == 503
    assert "還沒有索引" in answer.text


def test_a_new_index_is_used_from_the_next_question_on(tmp_path: Path) -> None:
    PlanIndex.build_from(PLANS[:1], (), tmp_path / "index", encoder=TinyEncoder())
    with client_of(tmp_path / "index") as client:
        assert "示範市西嶺衛生所" not in client.get("/search", params={"q": "單一窗口"}).text
        PlanIndex.build_from(PLANS, (), tmp_path / "index", encoder=TinyEncoder())
        assert "示範市西嶺衛生所" in client.get("/search", params={"q": "單一窗口"}).text


def test_marked_pieces_put_together_are_the_text() -> None:
    assert pieces("一二三四", [(1, 2), (3, 4)]) == [
        Piece("一", False),
        Piece("二", True),
        Piece("三", False),
        Piece("四", True),
    ]
