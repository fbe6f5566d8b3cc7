from __future__ import annotations

import codecs

import pytest

from plansearch.errors import UnknownEncodingError, UnsupportedFormatError
from plansearch.readers.decoding import DecodedText, decode

TEXT = "壹、計畫依據：本所各課室辦理為民服務工作，提供民眾合宜的服務設施。\n①臨櫃 ②電話\n"


@pytest.mark.parametrize(
    ("data", "encoding"),
    [
        pytest.param(TEXT.encode(), "UTF-8", id="utf-8"),
        pytest.param(codecs.BOM_UTF8 + TEXT.encode(), "UTF-8 (BOM)", id="utf-8 with a mark"),
        pytest.param(codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"), "UTF-16 LE", id="utf-16 little"),
        pytest.param(codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16 BE", id="utf-16 big"),
        pytest.param(TEXT.encode("utf-16-le"), "UTF-16 LE", id="utf-16 little without a mark"),
        pytest.param(TEXT.encode("utf-16-be"), "UTF-16 BE", id="utf-16 big without a mark"),
        pytest.param(TEXT.encode("cp950"), "cp950", id="cp950"),
        pytest.param(TEXT.encode("big5hkscs"), "cp950", id="big5 with the eten extension"),
    ],
)
def test_every_known_encoding_gives_the_same_text(data: bytes, encoding: str) -> None:
    assert decode(data, "a.txt") == DecodedText(TEXT, encoding)


def test_extension_characters_of_cp950_are_read() -> None:
    words = "本所各課室提供民眾服務：碁銹裏墻恒粧嫺"
    assert decode(words.encode("cp950"), "a.txt").text == words


def test_a_user_defined_character_is_marked_and_the_rest_is_kept() -> None:
    data = ("本所各課室提供民眾服務" * 20).encode("cp950") + b"\xfa\x40" + "辦理".encode("cp950")
    assert decode(data, "a.txt").text.endswith("服務\ufffd辦理")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(TEXT.encode("gb18030"), id="gb18030"),
        pytest.param("サービスのこうじょうにかんするけいかく".encode("shift_jis"), id="shift-jis"),
    ],
)
def test_text_that_does_not_come_out_as_chinese_is_an_error_with_a_way_out(data: bytes) -> None:
    with pytest.raises(UnknownEncodingError, match=r"「a\.txt」的文字編碼無法辨識.*另存新檔時選 UTF-8"):
        decode(data, "a.txt")


def test_valid_utf_8_is_never_called_an_unknown_encoding() -> None:
    assert decode(b"hello", "a.txt").text == "hello"


def test_binary_data_is_no_text() -> None:
    with pytest.raises(UnsupportedFormatError, match="不是文字檔"):
        decode(b"PK\x03\x04\x00\x00\x00\x08" * 9, "a.txt")
