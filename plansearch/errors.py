"""The errors that plansearch raises for its users.

::

    PlansearchError                   exit code 1
    ├── ReadError                     a file could not be read
    │   ├── UnsupportedFormatError
    │   ├── UnknownEncodingError
    │   └── LimitError                it asks for more than its limits allow
    ├── ParseError                    a file was read, but no plan was found in it
    ├── CorrectionError               a list of corrections is wrong
    ├── ConfigurationError            plans.toml or a catalog is wrong
    ├── JudgementError                a file of judged queries is wrong
    ├── EncoderError                  the model could not be loaded or failed
    ├── ChartError                    a picture cannot be drawn
    ├── StoreError
    │   ├── IndexMissingError
    │   ├── IndexBrokenError
    │   ├── IndexVersionError
    │   ├── ModelMismatchError
    │   └── IndexLockedError
    └── QueryError                    exit code 2: the request itself is wrong
        ├── EmptyQueryError
        └── UnknownFilterValueError

Every message says what happened, where, and what to do next, in Traditional Chinese.
A caller's bug is a ``ValueError``, not one of these.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Mapping, Sequence
from typing import ClassVar, Final

SOME_UNREADABLE: Final = 3
"""Exit code of a build that succeeded while some files of the folder could not be read."""


class PlansearchError(Exception):
    """Base of every error that is shown to a user."""

    exit_code: ClassVar[int] = 1


class ReadError(PlansearchError):
    """A file could not be opened or read."""


class UnsupportedFormatError(ReadError):
    """No reader knows this kind of file."""


class UnknownEncodingError(ReadError):
    """The text of a file could not be decoded without losing characters."""


class LimitError(ReadError):
    """A file is larger, deeper or slower than its limits allow."""


class ParseError(PlansearchError):
    """A file was read, but holds no plan item."""


class CorrectionError(PlansearchError):
    """A list of corrections cannot be read or does not fit its file."""


class ConfigurationError(PlansearchError):
    """A settings file (``plans.toml``, a catalog) is wrong."""


class JudgementError(PlansearchError):
    """A file of judged queries is wrong, or does not fit the index."""


class EncoderError(PlansearchError):
    """An embedding model could not be loaded, or failed."""


class ChartError(PlansearchError):
    """A picture cannot be drawn: no font has the characters, or there is too much for one picture."""


class StoreError(PlansearchError):
    """Something is wrong with an index on disk."""


class IndexMissingError(StoreError):
    """There is no index at this place."""


class IndexBrokenError(StoreError):
    """The parts of an index do not fit together, or one cannot be read."""


class IndexVersionError(StoreError):
    """The index was written by another format version."""


class ModelMismatchError(StoreError):
    """The index was made with another model than the one asked for."""


class IndexLockedError(StoreError):
    """Another process is building this index now."""


class QueryError(PlansearchError):
    """The request itself is wrong."""

    exit_code: ClassVar[int] = 2


class EmptyQueryError(QueryError):
    """The query holds nothing to search for."""


_REASONS: Mapping[int, str] = {
    errno.EACCES: "沒有權限",
    errno.EPERM: "沒有權限",
    errno.ENOENT: "找不到這個位置",
    errno.ENOTDIR: "路徑中有一段不是資料夾",
    errno.EISDIR: "它是資料夾",
    errno.EEXIST: "同名的檔案已經存在",
    errno.ENOSPC: "磁碟空間不足",
    errno.EDQUOT: "超過磁碟配額",
    errno.EFBIG: "檔案超過系統允許的大小",
    errno.EROFS: "這個位置是唯讀的",
    errno.ENAMETOOLONG: "名稱太長",
    errno.EIO: "磁碟讀寫發生錯誤",
    errno.EBUSY: "檔案正在使用中",
    errno.EMFILE: "同時開啟的檔案太多",
    errno.ENOMEM: "記憶體不足",
    errno.ELOOP: "捷徑互相指向",
    errno.ETIMEDOUT: "等候網路磁碟逾時",
}
"""What the system says in English or in its own language, in ours."""


_PLACE = re.compile(r"\bline (\d+)")


def reason_of(error: Exception) -> str:
    """Why the system refused something, or what is wrong in a settings file, in words."""
    if isinstance(error, OSError):
        return _REASONS.get(error.errno or 0, f"系統錯誤 {error.errno or type(error).__name__}")
    if isinstance(error, UnicodeDecodeError):
        return "它不是 UTF-8 的文字"
    place = _PLACE.search(str(error))
    return f"第 {place.group(1)} 行的寫法有誤" if place else "內容的寫法有誤"


_WHERE_TO_LOOK = {
    "requirement": "代碼可用 plansearch requirements 查看，例如 1.3 或 1。",
    "year": "年度請寫民國年，例如 113；可用 plansearch plans 查看所有計畫。",
    "unit": "單位名稱以各計畫所寫的為準。",
}
"""Where the values of a filter are listed, in words."""


class UnknownFilterValueError(QueryError):
    """A filter names a value that no item in the index has, or a part of several.

    ``option`` is the filter's name, ``value`` what was asked for, ``nearest`` the known values
    that are most like it, best first; ``ambiguous`` where each of them has the value in its name.
    """

    def __init__(self, option: str, value: str, nearest: Sequence[str], *, ambiguous: bool = False) -> None:
        self.option = option
        self.value = value
        self.nearest = tuple(nearest)
        self.ambiguous = ambiguous
        if ambiguous:
            super().__init__(f"--{option}「{value}」不只一個：{'、'.join(self.nearest)}。請寫出完整的名稱。")
            return
        hint = f"相近的有：{'、'.join(self.nearest)}。" if self.nearest else ""
        look = _WHERE_TO_LOOK.get(option, "可用 plansearch plans 查看所有計畫。")
        super().__init__(f"索引中沒有 --{option}「{value}」。{hint}{look}")


class UnknownAgencyError(UnknownFilterValueError):
    """No agency has this name, and no plan's file either; or several have it as a part of their name."""

    def __init__(self, value: str, nearest: Sequence[str], *, ambiguous: bool = False) -> None:
        super().__init__("agency", value, nearest, ambiguous=ambiguous)
        names = "、".join(self.nearest)
        if ambiguous:
            message = f"機關「{value}」不只一個：{names}。請寫出完整的名稱，或寫計畫檔名。"
        else:
            hint = f"相近的有：{names}。" if names else ""
            message = f"索引裡沒有機關「{value}」。{hint}可用 plansearch plans 查看所有計畫。"
        self.args = (message,)
