from __future__ import annotations

import io
import os
import struct
import threading
import zipfile
from pathlib import Path

import pytest

from plansearch.errors import LimitError, QueryError, ReadError
from plansearch.limits import MEGABYTE, Limits, parse_memory, parse_size
from plansearch.safety import check_file, check_packed

DOCUMENT = "<w:document><w:body><w:p><w:t>提供奉茶。</w:t></w:p></w:body></w:document>"


def packed(members: dict[str, bytes | str], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED], ids=["stored", "deflated"])
def test_an_ordinary_packed_file_passes(compression: int) -> None:
    check_packed(packed({"word/document.xml": DOCUMENT, "word/media/image1.png": os.urandom(3000)}, compression), "甲")


def test_a_bomb_is_refused_by_what_its_directory_says() -> None:
    bomb = packed({"word/document.xml": b"0" * (3 * MEGABYTE)})
    with pytest.raises(LimitError, match=r"解開後會超過上限（2\.0 MB"):
        check_packed(bomb, "甲", Limits(max_expanded=2 * MEGABYTE))


def test_a_bomb_whose_directory_lies_is_refused_by_its_real_bytes() -> None:
    honest = packed({"word/document.xml": b"0" * (3 * MEGABYTE)})
    lying = honest.replace(struct.pack("<L", 3 * MEGABYTE), struct.pack("<L", 100))
    assert lying != honest
    with pytest.raises(LimitError, match="解開後會超過上限"):
        check_packed(lying, "甲", Limits(max_expanded=2 * MEGABYTE))


def test_many_small_members_count_together() -> None:
    bomb = packed({f"{number}.xml": b"0" * MEGABYTE for number in range(4)})
    with pytest.raises(LimitError):
        check_packed(bomb, "甲", Limits(max_expanded=3 * MEGABYTE))


def test_a_member_that_grows_a_thousandfold_is_refused_within_the_limit() -> None:
    bomb = packed({"word/document.xml": b"0" * (20 * MEGABYTE)})
    with pytest.raises(LimitError, match="壓縮率過高"):
        check_packed(bomb, "甲")


def test_too_many_members_are_refused() -> None:
    with pytest.raises(LimitError, match="有 12 個檔案，超過上限 10"):
        check_packed(packed({f"{number}": b"" for number in range(12)}), "甲", Limits(max_members=10))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16-le", "utf-16-be"])
def test_entities_of_its_own_are_refused(encoding: str) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>'
    with pytest.raises(ReadError, match="自行定義了 XML 實體"):
        check_packed(packed({"content.xml": text.encode(encoding)}), "甲")


def test_a_tag_across_two_pieces_is_seen() -> None:
    text = b" " * (MEGABYTE - 4) + b"<!ENTITY b 'c'>"
    with pytest.raises(ReadError, match="自行定義了 XML 實體"):
        check_packed(packed({"content.xml": text}), "甲")


def nested(depth: int) -> str:
    return "<w:tbl><w:tblPr/>" * depth + "</w:tbl>" * depth


def test_tables_beside_each_other_are_not_nested() -> None:
    check_packed(packed({"word/document.xml": nested(3) * 2000}), "甲", Limits(max_nesting=3))


def test_tables_nested_too_deep_are_refused() -> None:
    with pytest.raises(LimitError, match="表格套了超過 20 層"):
        check_packed(packed({"word/document.xml": nested(21)}), "甲")


def test_a_locked_file_says_so() -> None:
    data = bytearray(packed({"a.xml": "x"}))
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(magic) + offset] |= 1
    with pytest.raises(ReadError, match="有密碼保護"):
        check_packed(bytes(data), "甲")


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5, 0.7, 0.9, 0.99])
def test_a_cut_packed_file_is_named_as_broken(share: float) -> None:
    whole = packed({"word/document.xml": DOCUMENT * 50})
    with pytest.raises(ReadError, match="不完整或已損毀"):
        check_packed(whole[: int(len(whole) * share)], "甲")


def test_a_file_beyond_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "大.txt"
    path.write_bytes(b"0" * 2000)
    check_file(path, "大.txt")
    with pytest.raises(LimitError, match=r"「大\.txt」有 2 KB，超過上限"):
        check_file(path, "大.txt", Limits(max_size=1999))


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names here")
def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "管線.txt")
    caught: list[str] = []

    def check() -> None:
        with pytest.raises(ReadError) as error:
            check_file(tmp_path / "管線.txt", "管線.txt")
        caught.append(str(error.value))

    thread = threading.Thread(target=check, daemon=True)
    thread.start()
    thread.join(5)
    assert caught == ["「管線.txt」不是一般檔案（可能是裝置或管線），沒有開啟。請確認資料夾裡只放計畫檔。"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    path = tmp_path / "密.txt"
    path.write_text("x")
    path.chmod(0)
    with pytest.raises(ReadError, match=r"沒有權限。.*讀取權限"):
        check_file(path, "密.txt")


@pytest.mark.parametrize(
    ("text", "size"),
    [("50MB", 50 * MEGABYTE), ("50", 50 * MEGABYTE), ("1.5 GB", 1536 * MEGABYTE), ("800k", 800 * 1024)],
)
def test_sizes_are_read_as_people_write_them(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "大", "-3MB", "0", "5TB"])
def test_what_is_no_size_says_so(text: str) -> None:
    with pytest.raises(QueryError, match="不是檔案大小"):
        parse_size(text)


def test_a_size_beyond_all_files_is_no_limit(tmp_path: Path) -> None:
    path = tmp_path / "甲.docx"
    path.write_bytes(packed({"word/document.xml": DOCUMENT}))
    check_file(path, "甲.docx", Limits(max_size=parse_size("9" * 30 + "GB"), max_expanded=parse_size("9" * 30 + "GB")))


def test_so_little_memory_that_nothing_could_be_read_is_refused() -> None:
    assert parse_memory("1GB") == 1024 * MEGABYTE
    with pytest.raises(QueryError, match="至少要 256MB"):
        parse_memory("10MB")


def test_what_was_allowed_to_unpack_to_more_may_be_packed_tightly() -> None:
    data = packed({"word/document.xml": b" " * (20 * MEGABYTE)})
    with pytest.raises(LimitError, match="壓縮率過高"):
        check_packed(data, "甲")
    check_packed(data, "甲", Limits(max_expanded=501 * MEGABYTE))
