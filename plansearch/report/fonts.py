"""The font that pictures are lettered in, and what fits on a line of it; the only module that imports fontTools.

A picture must show Chinese on any machine, so the font comes with a package; installed fonts are second.
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from typing import Final

from fontTools.ttLib import TTFont

from plansearch.errors import ChartError
from plansearch.report.screen import Screen, visible

PACKAGE: Final = "pylopdf-fonts-zh-tw"
"""What brings Noto Sans TC (SIL Open Font License), as its name is in the package index."""

STAND_IN: Final = "□"
"""Drawn in place of a character that the font lacks."""

NEEDED: Final = f"臺灣鄉鎮區衛戶籍碁龜裏嗎，。、；：「」（）％～…{STAND_IN}0123456789AZaz.%–"
"""A font that lacks one of these is not taken: words of plans, and the marks that pictures are drawn with."""

_INSTALLED: Final = (
    "msjh.ttc",  # Microsoft JhengHei
    "msjh.ttf",
    "PingFang.ttc",
    "NotoSansTC-Regular.otf",
    "NotoSansTC-Regular.ttf",
    "NotoSansCJKtc-Regular.otf",
    "NotoSansCJK-Regular.ttc",
    "SourceHanSansTC-Regular.otf",
    "STHeiti Light.ttc",
    "uming.ttc",  # AR PL UMing
    "ukai.ttc",  # AR PL UKai
    "wqy-zenhei.ttc",
    "mingliu.ttc",
    "Arial Unicode.ttf",
)
"""Files of fonts with Traditional Chinese on Windows, macOS and Linux, best first."""

_OUTLINES: Final = frozenset({"glyf", "CFF ", "CFF2"})
"""Where a font keeps its shapes; a font of pixels alone (emoji) has none of them."""

_PAUSES: Final = frozenset("，。、；：！？）」』】,;:!?)")
"""Where a line ends well."""
_FINE: Final = 100
"""Steps in which widths of lines are tried, in thousandths of the font size."""


@dataclass(frozen=True, slots=True)
class Font:
    """A font file that was found to have Traditional Chinese, and how wide its characters are."""

    path: Path
    advances: Mapping[int, int]
    """Width of each character by code point, in thousandths of the font size."""

    def drawable(self, text: str) -> str:
        """``text`` with ``□`` for each character that the font lacks; marks that only join or vary others go."""
        return "".join(self._drawn(character) for character in visible(text))

    def width(self, text: str, size: float) -> float:
        """Width of drawable ``text`` in points, at ``size`` points."""
        return sum(self.advances[ord(character)] for character in text) * size / 1000

    def lines(
        self, text: str, size: float, width: float, *, most: int | None = None, ending: int = 0, even: bool = False
    ) -> tuple[str, ...]:
        """Drawable ``text`` broken into lines of at most ``width`` points.

        Args:
            text: what to write; its own line breaks are kept.
            size: of the letters, in points.
            width: of a line, in points; a single character may be wider.
            most: lines to fill; what is longer is shortened with ``…``. ``None`` for as many as it takes.
            ending: characters at the end to keep when it is shortened, for names that differ in their endings.
            even: lines of about the same length, so that no character stands alone on the last one.
        """
        columns = int(width * 1000 / size)
        whole = "\n".join(self.drawable(part) for part in text.splitlines())
        lines = self._broken(whole, columns, even=even)
        if most is None or len(lines) <= most:
            return lines
        room = self._at_most(whole, most * columns)
        for tail in (whole[len(whole) - ending :], ""):
            for kept in range(room - len(tail), 0, -1):
                lines = self._broken(f"{whole[:kept].rstrip()}…{tail}", columns)
                if len(lines) <= most:
                    return lines
        return ("…",)

    def _at_most(self, text: str, room: int) -> int:
        """How many of its first characters might find room, in thousandths of the font size."""
        ends = accumulate(self.advances.get(ord(character), 0) for character in text)
        return next((count for count, end in enumerate(ends) if end > room), len(text) - 1)

    def _broken(self, text: str, columns: int, *, even: bool = False) -> tuple[str, ...]:
        paper = _Paper(font=self)
        lines: list[str] = []
        for part in text.splitlines():
            ranges = paper.wrap_evenly(part, columns) if even else paper.wrap(part, columns)
            lines += [part[first:last] for first, last in ranges]
        return tuple(lines)

    def _drawn(self, character: str) -> str:
        if ord(character) in self.advances:
            return character
        if unicodedata.category(character) in {"Cf", "Mn"}:
            return ""
        same = unicodedata.normalize("NFKC", character)
        return same if all(ord(part) in self.advances for part in same) else STAND_IN


@dataclass(frozen=True, slots=True)
class _Paper(Screen):
    """The line breaks of a screen, by the widths of a font: a column is a thousandth of its size."""

    font: Font | None = None

    def width(self, text: str) -> int:
        advances = self.font.advances if self.font else {}
        return sum(advances[ord(character)] for character in text)

    def wrap_evenly(self, text: str, columns: int) -> list[tuple[int, int]]:
        """As `wrap`, on no more lines, but with about as much on each; best where the text pauses."""
        ranges, at = [], 0
        for left in range(len(self.wrap(text, columns)), 1, -1):
            first, last = self._even_line(text[at:], columns, left)
            ranges.append((at + first, at + last))
            at += last
        return ranges + [(at + first, at + last) for first, last in self.wrap(text[at:], columns)]

    def _even_line(self, text: str, columns: int, lines: int) -> tuple[int, int]:
        """The shortest first line after which the rest still finds room, or a longer one that ends at a pause."""
        shortest = None
        for width in range(columns // lines, columns + _FINE, _FINE):
            wrapped = self.wrap(text, min(width, columns))
            if len(wrapped) > lines:
                continue
            shortest = shortest or wrapped[0]
            _, last = wrapped[0]
            if text[last - 1] in _PAUSES or text[last : last + 1].isspace():
                return wrapped[0]
        return shortest or self.wrap(text, columns)[0]


def find_font(candidates: Iterable[Path] | None = None) -> Font:
    """The first font that really has Traditional Chinese characters.

    Args:
        candidates: font files to try in this order; unless given, the one of the package, then installed ones.
            Of a collection (``.ttc``) its first font is tried, since that is the one that gets drawn.

    Raises:
        ChartError: none of them has; it says what to install.
    """
    if candidates is None:
        return _usual_font()
    for path in candidates:
        if font := _read(path):
            return font
    raise ChartError(
        "畫圖需要有繁體中文字的字型，但這台電腦上找不到。"
        f"請執行 python -m pip install {PACKAGE}，"
        "或在系統中安裝微軟正黑體、思源黑體（Noto Sans CJK TC）等繁體中文字型後再試一次。"
    )


@lru_cache(maxsize=1)
def _usual_font() -> Font:
    return find_font(_usual_candidates())


def _usual_candidates() -> Iterator[Path]:
    try:
        from pylopdf_fonts_zh_tw import sans_path  # noqa: PLC0415  a system may strip it, having fonts of its own
    except ImportError:
        pass
    else:
        yield sans_path()
    found: dict[str, Path] = {}
    for folder in _folders():
        for path in sorted(folder.rglob("*.[to]t[cf]")):
            found.setdefault(path.name.lower(), path)
    yield from (found[name.lower()] for name in _INSTALLED if name.lower() in found)


def _folders() -> tuple[Path, ...]:
    """Where this system keeps fonts: everyone's, then the user's own."""
    home = Path.home()
    if sys.platform == "win32":
        own = Path(os.environ.get("LOCALAPPDATA", home / "AppData" / "Local"))
        return Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts", own / "Microsoft" / "Windows" / "Fonts"
    if sys.platform == "darwin":
        return Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library" / "Fonts"
    return Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), home / ".local" / "share" / "fonts"


def _read(path: Path) -> Font | None:
    """The font in a file, or ``None`` where there is none that can write Traditional Chinese."""
    try:
        with path.open("rb") as stream, TTFont(stream, fontNumber=0, lazy=True) as file:
            names: Mapping[int, str] = file.getBestCmap() or {}
            if not all(ord(character) in names for character in NEEDED) or _OUTLINES.isdisjoint(file.keys()):
                return None
            per_em, widths = file["head"].unitsPerEm, file["hmtx"]
            return Font(path, {code: round(widths[name][0] * 1000 / per_em) for code, name in names.items()})
    except Exception:  # noqa: BLE001  a broken font fails in any of a dozen ways, and the next one may do
        return None
