"""Pictures for reports, as PNG or SVG; the only module that imports matplotlib.

Import it only where a picture is drawn: matplotlib takes most of a second, and on its first run ever it makes a
list of the machine's fonts in its own cache folder. What goes where is settled in `heat_maps` and `bar_charts`;
here shapes become files.
"""

# ruff: noqa: E402  the log is hushed before matplotlib is first imported, since importing is when it speaks

from __future__ import annotations

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from threading import Lock
from typing import Final, Literal, TypeAlias

# Its log has no handler, so Python would print it: that it lists the fonts, or where its cache may not be written.
logging.getLogger("matplotlib").addHandler(logging.NullHandler())

import matplotlib as mpl
from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Transform

from plansearch.report import bar_charts, heat_maps
from plansearch.report.bar_charts import BarChart
from plansearch.report.canvas import Box, Letters, Picture, Shape
from plansearch.report.fonts import find_font
from plansearch.report.heat_maps import HeatMap

__all__ = ["BarChart", "Form", "HeatMap", "bar_chart", "heat_map"]

Form: TypeAlias = Literal["png", "svg"]

DOTS_PER_INCH: Final = 150
_POINTS_PER_INCH = 72

_DRAWING = Lock()
"""matplotlib's settings belong to the whole process, so one picture is drawn at a time."""


def heat_map(grid: HeatMap, form: Form) -> bytes:
    """A picture of how much of each requirement each agency has.

    It grows with its rows, a quarter of an inch each. What fits a page of A4 on its side is 23 columns and about 20
    rows; 60 rows make a picture of 20 inches and 200 one of 55, which is to be looked at on a screen. From 41 rows on,
    the columns are named under the last row too.

    Args:
        grid: what to show.
        form: ``"png"`` at 150 dots an inch, or ``"svg"`` with its letters as outlines.

    Raises:
        ChartError: no font with Chinese was found, or there are more than `heat_maps.MOST_ROWS` rows.
    """
    return _draw(heat_maps.lay_out(grid, find_font()), form)


def bar_chart(bars: BarChart, form: Form) -> bytes:
    """A picture of what one agency has, as bars, over the middle half and the median of its peers.

    Args:
        bars: what to show.
        form: ``"png"`` at 150 dots an inch, or ``"svg"`` with its letters as outlines.

    Raises:
        ChartError: no font with Chinese was found.
    """
    return _draw(bar_charts.lay_out(bars, find_font()), form)


def _draw(picture: Picture, form: Form) -> bytes:
    with _our_settings():
        size = (picture.width / _POINTS_PER_INCH, picture.height / _POINTS_PER_INCH)
        figure = Figure(figsize=size, dpi=DOTS_PER_INCH, facecolor="white")
        # Our points count from the top left corner, matplotlib's inches from the bottom left one.
        scale = Affine2D().scale(1 / _POINTS_PER_INCH, -1 / _POINTS_PER_INCH).translate(0, size[1])
        place = scale + figure.dpi_scale_trans
        font = FontProperties(fname=picture.font.path)
        for order, shape in enumerate(picture.shapes):
            artist = _artist(shape, place, font)
            artist.set_zorder(order)
            figure.add_artist(artist)
        file = io.BytesIO()
        if form == "png":
            figure.savefig(file, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
            return file.getvalue()
        nothing = {"Creator": None, "Date": None, "Format": None, "Type": None}
        figure.savefig(file, format="svg", metadata=nothing)
        return _bare(file.getvalue().decode("utf-8"), picture)


@contextmanager
def _our_settings() -> Iterator[None]:
    """The defaults of matplotlib and our changes, whatever a user's ``matplotlibrc`` says; put back afterwards."""
    with _DRAWING, mpl.rc_context():
        mpl.rcdefaults()
        # Letters as outlines, and names within the file that don't change from run to run.
        mpl.rc("svg", fonttype="path", hashsalt="plansearch")
        # Hints round letters to whole dots, and lines grow longer than they were measured; "$" is nothing but a sign.
        mpl.rc("text", hinting="none", parse_math=False)
        mpl.rc("hatch", color="#b0b5bb", linewidth=0.7)
        yield


def _artist(shape: Shape, place: Transform, font: FontProperties) -> Artist:
    if isinstance(shape, Box):
        area = shape.area
        return Rectangle(
            (area.left, area.top),
            area.width,
            area.height,
            facecolor=shape.fill or "none",
            edgecolor=shape.edge,
            linewidth=shape.line,
            hatch="////" if shape.hatched else None,
            transform=place,
        )
    if isinstance(shape, Letters):
        sized = font.copy()
        sized.set_size(shape.size)
        x, y = shape.at
        return Text(
            x, y, shape.text, color=shape.colour, fontproperties=sized, ha=shape.align, va="baseline", transform=place
        )
    xs, ys = zip(shape.start, shape.end, strict=True)
    return Line2D(xs, ys, color=shape.colour, linewidth=shape.width, solid_capstyle="butt", transform=place)


def _bare(svg: str, picture: Picture) -> bytes:
    """The drawing without the address of its document type, and with a title that screen readers can say."""
    start = svg.index("<svg")
    inside = svg.index(">", start) + 1
    title = f"<title>{escape(picture.font.drawable(picture.title))}</title>"
    return f'<?xml version="1.0" encoding="utf-8"?>\n{svg[start:inside]}\n{title}{svg[inside:]}'.encode()
