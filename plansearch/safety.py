"""What is looked at before any reader sees a file: that it is a file, its size, and what it would unpack to.

A packed file (docx, odt, xlsx, ods) is unpacked here once, in pieces that are thrown away: what its directory says
of the sizes may be a lie, so the bytes themselves are counted.
"""

from __future__ import annotations

import io
import re
import stat
import struct
import zipfile
import zlib
from pathlib import Path

from plansearch.errors import LimitError, ReadError, reason_of
from plansearch.limits import DEFAULT_LIMITS, MEGABYTE, Limits

_ZIP_MAGIC = b"PK\x03\x04"
_LOCAL_HEADER = struct.Struct("<4s5H3L2H")
_PIECE = MEGABYTE
_RATIO_COUNTS_FROM = 10 * MEGABYTE
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 0x1
_ENTITY = re.compile(rb"<\s*!\s*E\s*N\s*T\s*I\s*T\s*Y|<\0!\0E\0N\0T\0I\0T\0Y|\0<\0!\0E\0N\0T\0I\0T\0Y")
"""An entity that a document defines for itself; no word processor writes one. UTF-16 has nulls between."""
_TABLE = re.compile(rb"<(/?)(?:w:tbl|table:table)(?=[\s>/])[^>]{0,400}?(/?)>")
_OVERLAP = 512
"""Bytes of a piece that are looked at again with the next, since a tag may lie across both."""
_REPAIR = "請重新取得原檔，或用原本的程式開啟後另存新檔。"


def check_file(path: Path, name: str, limits: Limits = DEFAULT_LIMITS) -> None:
    """Refuse what no reader should open.

    Args:
        path: the file.
        name: what to call it.
        limits: how much it may be.

    Raises:
        ReadError: it is missing, no ordinary file, not readable, or broken.
        LimitError: it is beyond a limit.
    """
    try:
        status = path.stat()
    except FileNotFoundError as error:
        raise ReadError(f"無法開啟「{name}」：找不到這個檔案。請確認路徑與檔名。") from error
    except OSError as error:
        raise ReadError(f"無法開啟「{name}」：{reason_of(error)}。請確認路徑與檔名，以及讀取權限。") from error
    except ValueError as error:
        raise ReadError(f"無法開啟「{name}」：檔名含有不能用的字元。請改名後再試。") from error
    if stat.S_ISDIR(status.st_mode):
        raise ReadError(f"「{name}」是資料夾。要讀整個資料夾請用 plansearch index。")
    if not stat.S_ISREG(status.st_mode):
        raise ReadError(f"「{name}」不是一般檔案（可能是裝置或管線），沒有開啟。請確認資料夾裡只放計畫檔。")
    if status.st_size > limits.max_size:
        raise LimitError(
            f"「{name}」有 {_megabytes(status.st_size)}，超過上限 {_megabytes(limits.max_size)}。"
            "請先移除大圖或拆成幾個檔案；確定要讀請用 --max-size 放寬。"
        )
    try:
        with path.open("rb") as file:
            packed = file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC
            data = _ZIP_MAGIC + file.read(status.st_size) if packed else b""
    except OSError as error:
        raise ReadError(f"無法開啟「{name}」：{reason_of(error)}。請確認它是檔案，而且有讀取權限。") from error
    if packed:
        check_packed(data, name, limits)


def check_packed(data: bytes, name: str, limits: Limits = DEFAULT_LIMITS) -> None:
    """Refuse a packed file that would unpack to too much, is locked, or defines entities.

    Raises:
        ReadError: it is broken, locked, or unsafe.
        LimitError: it is beyond a limit.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError, EOFError, struct.error) as error:
        raise ReadError(f"「{name}」無法開啟：檔案不完整或已損毀。{_REPAIR}") from error
    if len(members) > limits.max_members:
        raise LimitError(
            f"「{name}」裡面有 {len(members)} 個檔案，超過上限 {limits.max_members}，不像文書檔。{_REPAIR}"
        )
    if sum(member.file_size for member in members) > limits.max_expanded:
        raise _too_much(name, limits)
    total = 0
    for member in members:
        if member.flag_bits & _ENCRYPTED:
            raise ReadError(f"「{name}」有密碼保護，無法讀取。請解除密碼後另存新檔。")
        total += _unpack(data, member, name, limits, limits.max_expanded - total)


def _unpack(data: bytes, member: zipfile.ZipInfo, name: str, limits: Limits, room: int) -> int:
    """Unpack one member and throw it away; tell how many bytes it really has."""
    if member.compress_type not in {_STORED, _DEFLATED}:
        raise ReadError(f"「{name}」用了少見的壓縮方式，無法安全讀取。{_REPAIR}")
    packed = _packed_bytes(data, member, name)
    if member.compress_type == _STORED:
        _Inspection(name, member.filename, limits).look(packed)
        return _within(len(packed), room, name, limits)
    inspection = _Inspection(name, member.filename, limits)
    stream, left, total = zlib.decompressobj(-zlib.MAX_WBITS), bytes(packed), 0
    while left and not stream.eof:
        try:
            piece = stream.decompress(left, _PIECE)
        except zlib.error as error:
            raise ReadError(f"「{name}」無法開啟：檔案不完整或已損毀。{_REPAIR}") from error
        left = stream.unconsumed_tail
        total = _within(total + len(piece), room, name, limits)
        if not limits.expands_freely and total > max(_RATIO_COUNTS_FROM, limits.max_ratio * len(packed)):
            raise _too_much(name, limits)
        inspection.look(piece)
    return total


def _packed_bytes(data: bytes, member: zipfile.ZipInfo, name: str) -> memoryview:
    """The packed bytes of a member, by its own header; where members overlap, each counts them."""
    start = member.header_offset
    try:
        header = _LOCAL_HEADER.unpack_from(data, start)
    except struct.error as error:
        raise ReadError(f"「{name}」無法開啟：檔案不完整或已損毀。{_REPAIR}") from error
    begin = start + _LOCAL_HEADER.size + header[-2] + header[-1]
    if header[0] != _ZIP_MAGIC or begin + member.compress_size > len(data):
        raise ReadError(f"「{name}」無法開啟：檔案不完整或已損毀。{_REPAIR}")
    return memoryview(data)[begin : begin + member.compress_size]


def _within(total: int, room: int, name: str, limits: Limits) -> int:
    if total > room:
        raise _too_much(name, limits)
    return total


def _too_much(name: str, limits: Limits) -> LimitError:
    return LimitError(
        f"「{name}」解開後會超過上限（{_megabytes(limits.max_expanded)}，或壓縮率過高），可能是惡意檔案，沒有讀取。"
        f"請向提供者確認；確定沒有問題可用 --max-expanded 放寬（要超過 {_megabytes(DEFAULT_LIMITS.max_expanded)}）。"
    )


class _Inspection:
    """Looks at the XML of one member, piece by piece."""

    def __init__(self, name: str, member: str, limits: Limits) -> None:
        self._name = name
        self._limits = limits
        self._is_xml = member.lower().endswith((".xml", ".rels"))
        self._before = b""
        self._depth = 0

    def look(self, piece: bytes | memoryview) -> None:
        if not self._is_xml:
            return
        text = self._before + bytes(piece)
        if _ENTITY.search(text):
            raise ReadError(f"「{self._name}」的內容自行定義了 XML 實體，可能是惡意檔案，沒有讀取。{_REPAIR}")
        end = 0
        for tag in _TABLE.finditer(text):
            end = tag.end()
            if not tag.group(2):
                self._depth += -1 if tag.group(1) else 1
            if self._depth > self._limits.max_nesting:
                raise LimitError(
                    f"「{self._name}」的表格套了超過 {self._limits.max_nesting} 層，無法讀取。"
                    "請把內層的表格改成文字再試；或用 --max-nesting 放寬。"
                )
        self._before = text[max(end, len(text) - _OVERLAP) :]


def _megabytes(size: int) -> str:
    return f"{size / MEGABYTE:.1f} MB" if size >= MEGABYTE else f"{size / 1024:.0f} KB"
