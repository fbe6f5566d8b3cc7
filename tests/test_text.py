from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import SHARED, needs_shared
from hypothesis import given
from hypothesis import strategies as st

from plansearch.text import Tokenizer, fold, match_ranges, telling_tokens


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        pytest.param("臺北市", "台北市", id="variant"),
        pytest.param("洽公櫃檯", "洽公柜台", id="simplified"),
        pytest.param("ＦＡＱ（１９９９）", "faq(1999)", id="full width"),
        pytest.param("QR Code", "qr code", id="lower case"),
        pytest.param("㈠①", "㈠1", id="only what stays one character"),
        pytest.param("乾淨 乾坤", "干净 乾坤", id="by the word"),
        pytest.param("", "", id="empty"),
    ],
)
def test_fold_makes_spellings_equal(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text(st.characters()))
def test_fold_keeps_the_length(text: str) -> None:
    assert len(fold(text)) == len(text)


def test_fold_replaces_what_a_broken_console_sends() -> None:
    assert fold("\udce7無") == "\ufffd无"


@needs_shared
def test_fold_keeps_the_length_of_real_plans() -> None:
    for path in sorted((SHARED / "plans").glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        assert len(fold(text)) == len(text)


def test_words_are_cut_as_in_simplified_text(full_tokenizer: Tokenizer) -> None:
    assert full_tokenizer.words("設置洽公櫃檯，提供ＱＲ Code。") == ["设置", "洽公", "柜台", "提供", "qr", "code"]


def test_tokens_are_words_bigrams_characters_and_joined_names(full_tokenizer: Tokenizer) -> None:
    assert full_tokenizer.tokens("無障礙QR-Code") == [
        *("无障碍", "qr", "code"),
        *("无障", "障碍", "无", "障", "碍"),
        "qrcode",
    ]


def test_numbers_with_a_thousands_mark_are_found_without(full_tokenizer: Tokenizer) -> None:
    assert "1600" in full_tokenizer.tokens("發放 1,600 元")


def test_a_small_dictionary_cuts_the_words_it_was_made_of_alike(full_tokenizer: Tokenizer) -> None:
    texts = ["便民服務隊到宅收件", "婦嬰優先親善停車位", "二代公文整合系統線上簽核", "里幹事下里服務"]
    small = full_tokenizer.small({word for text in texts for word in full_tokenizer.words(text)})
    assert [small.words(text) for text in texts] == [full_tokenizer.words(text) for text in texts]
    assert len(small.frequencies) < len(full_tokenizer.frequencies) / 10
    assert small.total == full_tokenizer.total


def test_telling_tokens_leave_out_single_characters() -> None:
    assert telling_tokens(["无障碍", "无障", "障碍", "无", "障", "碍", "q", "无障"]) == ("无障碍", "无障", "障碍", "q")


def test_a_query_of_one_character_is_telling() -> None:
    assert telling_tokens(["水"]) == ("水",)


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        pytest.param("設置無障礙坡道及設施", "無障礙設施", ["無障礙", "設施"], id="words in Traditional text"),
        pytest.param("成立LINE群組，Online 申辦", "line", ["LINE"], id="no part of a Latin word"),
        pytest.param("提供 QR Code 與 QRCode", "qrcode", ["QR Code", "QRCode"], id="name written apart"),
        pytest.param("提供 QRCode", "QR code", ["QRCode"], id="name written together"),
        pytest.param("臺北市政府", "台北", ["臺北"], id="variant"),
        pytest.param("服務與設備", "設施", [], id="a shared character is no match"),
        pytest.param("", "設施", [], id="empty"),
    ],
)
def test_match_ranges_mark_the_words_of_the_query(
    text: str, query: str, marked: list[str], full_tokenizer: Tokenizer
) -> None:
    ranges = match_ranges(text, full_tokenizer.tokens(query))
    assert [text[start:end] for start, end in ranges] == marked


@given(st.text(alphabet="無障礙設施 QRcode-1,。", max_size=30))
def test_match_ranges_are_in_order_and_apart(full_tokenizer: Tokenizer, text: str) -> None:
    ranges = match_ranges(text, full_tokenizer.tokens("無障礙 QR code"))
    edges = [edge for pair in ranges for edge in pair]
    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(text) for edge in edges)


def test_cutting_writes_no_cache_and_says_nothing(tmp_path: Path) -> None:
    code = "from plansearch.text import Tokenizer; Tokenizer.full().words('無障礙設施')"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code],
        env={"TMPDIR": str(tmp_path), "TEMP": str(tmp_path), "PATH": ""},
        capture_output=True,
        check=True,
    )
    assert (done.stdout, done.stderr, list(tmp_path.iterdir())) == (b"", b"", [])


def test_an_installed_pkg_resources_is_not_imported_for_jieba(tmp_path: Path) -> None:
    (tmp_path / "pkg_resources.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    code = "import sys; from plansearch.text import Tokenizer; Tokenizer({}, 1); print('pkg_resources' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": str(tmp_path)}, capture_output=True, check=True
    )
    assert done.stdout.split() == [b"False"]


@pytest.mark.parametrize(
    ("query", "text", "marked"),
    [
        ("民眾不用跑兩趟", "運用跑馬燈宣導，讓民眾不用再跑。", ["民眾不用"]),
        ("其他機關", "建立其他機制。", ["其他"]),
        ("無障礙設施", "無障礙坡道等設施", ["無障礙", "設施"]),
        ("礙", "無障礙", ["礙"]),
    ],
)
def test_marks_do_not_straddle_two_words_of_the_query(
    full_tokenizer: Tokenizer, query: str, text: str, marked: list[str]
) -> None:
    ranges = match_ranges(text, full_tokenizer.marks(query))
    assert [text[start:end] for start, end in ranges] == marked
