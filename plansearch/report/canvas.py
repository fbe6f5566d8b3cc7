"""A picture as shapes in points, before any library draws it: boxes, strokes and lines of letters.

Every place and size is worked out here and by the charts, from the widths of the font, so that nothing is
clipped or laid over something else; drawing decides nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from plansearch.report.fonts import STAND_IN, Font

MARGIN: Final = 12.0
GAP: Final = 8.0
"""Between the parts of a picture, in points."""
LEADING: Final = 1.3
"""From one line of letters to the next, in font sizes."""

INK: Final = "#1a1a1a"
FAINT: Final = "#55595e"
"""For notes; 7 to 1 on white."""
HAIRLINE: Final = "#b8bcc2"
BAND: Final = "#d9dce1"
ACCENT: Final = "#b34a00"
"""The one colour that says "ours": a burnt orange, 5.6 to 1 on white, that also keeps apart from blues for those
who cannot tell red from green."""

_EVEN = (1.05 * 0.05) ** 0.5 - 0.05
"""The luminance on which black and white read equally well."""

_MIDDLE = 0.37
"""Height above the line on which the middle of a character lies, Chinese or digit, in font sizes."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle in points; ``top`` counts from the top of the picture downwards."""

    left: float
    top: float
    width: float
    height: float = 0.0

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.top + self.height


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle; ``line`` is the width of its edge, 0 for none."""

    area: Area
    fill: str | None = None
    edge: str = HAIRLINE
    line: float = 0.0
    hatched: bool = False


@dataclass(frozen=True, slots=True)
class Stroke:
    """A straight line from one point to another."""

    start: tuple[float, float]
    end: tuple[float, float]
    colour: str = HAIRLINE
    width: float = 0.6


@dataclass(frozen=True, slots=True)
class Letters:
    """One line of text; ``at`` is where it begins, ends or has its middle, on the line it stands on."""

    text: str
    at: tuple[float, float]
    size: float
    colour: str
    align: Literal["left", "center", "right"]


Shape: TypeAlias = Box | Stroke | Letters


@dataclass(frozen=True, slots=True)
class Picture:
    """Shapes in the order they are drawn in, on white; sizes in points."""

    title: str
    width: float
    height: float
    font: Font
    shapes: tuple[Shape, ...]


@dataclass(frozen=True, slots=True)
class Lettering:
    """How a text is set in its area; for ``most``, ``ending`` and ``even`` see `Font.lines`."""

    size: float = 9.0
    colour: str = INK
    align: Literal["left", "center", "right"] = "left"
    most: int | None = None
    ending: int = 0
    even: bool = False
    upright: Literal["top", "middle", "bottom"] = "top"


TITLE: Final = Lettering(size=14.0, even=True)
LEGEND: Final = Lettering(size=8.5, upright="middle")
NO_DATA: Final = "無資料"


class Sheet:
    """Collects the shapes of a picture, and remembers if a character could not be drawn."""

    def __init__(self, font: Font) -> None:
        self.font = font
        self._shapes: list[Shape] = []
        self._broken: dict[tuple[str, float, Lettering], tuple[str, ...]] = {}
        self._lacks_characters = False

    def box(
        self, area: Area, fill: str | None = None, *, edge: str = HAIRLINE, line: float = 0.0, hatched: bool = False
    ) -> None:
        """Add a rectangle."""
        self._shapes.append(Box(area, fill, edge, line, hatched))

    def stroke(
        self, start: tuple[float, float], end: tuple[float, float], colour: str = HAIRLINE, width: float = 0.6
    ) -> None:
        """Add a straight line."""
        self._shapes.append(Stroke(start, end, colour, width))

    def height(self, text: str, width: float, style: Lettering) -> float:
        """Points that ``text`` takes on lines of ``width`` points."""
        return len(self._lines(text, width, style)) * style.size * LEADING

    def write(self, text: str, area: Area, style: Lettering) -> float:
        """Add ``text`` in an area, on as many lines as it takes; returns the height in points that it took."""
        lines = self._lines(text, area.width, style)
        step = style.size * LEADING
        height = len(lines) * step
        spare = {"top": 0.0, "middle": 0.5, "bottom": 1.0}[style.upright] * (area.height - height)
        x = area.left + {"left": 0.0, "center": 0.5, "right": 1.0}[style.align] * area.width
        for number, line in enumerate(lines):
            y = area.top + spare + (number + 0.5) * step + _MIDDLE * style.size
            self._shapes.append(Letters(line, (x, y), style.size, style.colour, style.align))
        self._lacks_characters |= STAND_IN in "".join(lines) and STAND_IN not in text
        return height

    def write_notes(self, notes: tuple[str, ...], area: Area) -> float:
        """Add notes under a chart, one for a missing character included; returns the height in points they took."""
        style, top = Lettering(size=8.0, colour=FAINT), area.top
        for note in notes:
            top += self.write(note, Area(area.left, top, area.width), style)
        if self._lacks_characters:
            top += self.write(f"{STAND_IN}：字型中沒有的字。", Area(area.left, top, area.width), style)
        return top - area.top

    def picture(self, title: str, width: float, height: float) -> Picture:
        """The finished picture."""
        return Picture(title, width, height, self.font, tuple(self._shapes))

    def _lines(self, text: str, width: float, style: Lettering) -> tuple[str, ...]:
        # What is written was measured first, and names and marks come again and again.
        key = (text, width, style)
        if key not in self._broken:
            self._broken[key] = self.font.lines(
                text, style.size, width, most=style.most, ending=style.ending, even=style.even
            )
        return self._broken[key]


def number_text(value: float | None) -> str:
    """A number as it is written in a picture, in about three digits; ``—`` where there is none."""
    if value is None:
        return "—"
    places = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2  # noqa: PLR2004
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def channels(colour: str) -> tuple[int, ...]:
    """Red, green and blue of ``#rrggbb``, 0 to 255."""
    return tuple(bytes.fromhex(colour[1:]))


def ink_on(fill: str) -> str:
    """Black or white, whichever reads better on a colour: at least 4.5 to 1, as WCAG 2.2 asks of small text."""
    return "#ffffff" if _luminance(fill) < _EVEN else "#000000"


def _luminance(colour: str) -> float:
    """Relative luminance by WCAG 2.2, 0 to 1."""
    parts = (channel / 255 for channel in channels(colour))
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)  # noqa: PLR2004
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
