from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import matplotlib as mpl
import pytest
from defusedxml.ElementTree import fromstring
from PIL import Image

from plansearch.errors import ChartError
from plansearch.report import bar_charts, heat_maps
from plansearch.report.canvas import Box, Letters, Picture, channels, ink_on, number_text
from plansearch.report.charts import BarChart, Form, HeatMap, bar_chart, heat_map
from plansearch.report.fonts import PACKAGE, find_font

FORMS: tuple[Form, ...] = get_args(Form)
NAMES = (
    "高雄市三民區公所",
    "碁鄉鎮臺衛戶區 <script>alert('1')</script> --> $x^2$ & ]]>",
    "高雄市政府警察局交通警察大隊岡山分隊暨路竹小隊聯合服務中心籌備處第二辦公室東區服務據點",
    "Kaohsiung City Government Bureau of Public Health, Section of Very Long English Names",
)
COLUMN_NAMES = (
    "0.1\n訂定提升服務計畫",
    "1.3\n注重服務人員的禮貌態度，提高民眾臨櫃洽公或網站使用的便利性，建置合宜的服務環境",
    "單一窗口",
    "W" * 60,
)
GROUPS = (("訂定計畫", 1), ("一 塑造機關形象,提升服務品質", 4), ("二 便捷服務程序", 4), ("三至五", 14))


def grid(rows: int, columns: int, highlight: int | None = 0) -> HeatMap:
    values = tuple(
        tuple(None if (row + column) % 7 == 5 else (row * 31 + column * 17) % 101 / 100 for column in range(columns))
        for row in range(rows)
    )
    return HeatMap(
        title="各機關 113 年度提升服務計畫：執行要項的涵蓋程度",
        rows=tuple(NAMES[row % len(NAMES)] for row in range(rows)),
        columns=tuple(COLUMN_NAMES[column % len(COLUMN_NAMES)] for column in range(columns)),
        values=values,
        marks=tuple(tuple("" if value is None else f"{value:.0%}" for value in row) for row in values),
        legend="顏色愈深，涵蓋愈完整",
        highlight=highlight,
        notes=("資料來源：各機關 113 年度提升服務計畫。" * 8,),
        groups=GROUPS if columns == 23 else (),
    )


def bars(labels: int) -> BarChart:
    numbers = [None if at % 5 == 2 else float(at * 7 % 12) for at in range(labels)]
    return BarChart(
        title="三民區公所 113 年度計畫：各構面的措施數",
        labels=tuple(COLUMN_NAMES[at % len(COLUMN_NAMES)] for at in range(labels)),
        values=tuple(numbers),
        medians=tuple(None if at % 5 == 3 else at + 0.5 for at in range(labels)),
        lower_quartiles=tuple(None if at % 5 == 4 else float(at) for at in range(labels)),
        upper_quartiles=tuple(None if at % 5 == 3 else at + 2.25 for at in range(labels)),
        unit="項",
        ours=NAMES[2],
        peers="同類機關 14 個",
        notes=("同類機關：113 年度有計畫的區公所。",),
    )


CHARTS: dict[str, HeatMap | BarChart] = {
    "1x1": grid(1, 1),
    "3x23": grid(3, 23, 1),
    "60x23": grid(60, 23, None),
    "nothing known": replace(grid(1, 2), values=((None, None),)),
    "empty names": replace(grid(2, 1), rows=("", ""), columns=("",), title="", legend="", notes=()),
    "1 bar": bars(1),
    "23 bars": bars(23),
    "no bar known": replace(bars(1), values=(None,), medians=(None,), lower_quartiles=(None,)),
    "negative bars": replace(bars(2), values=(-3.0, 1234.5)),
}
each_chart = pytest.mark.parametrize("chart", CHARTS.values(), ids=CHARTS.keys())
each_form = pytest.mark.parametrize("form", FORMS)


def drawn(chart: HeatMap | BarChart, form: Form) -> bytes:
    return heat_map(chart, form) if isinstance(chart, HeatMap) else bar_chart(chart, form)


def laid_out(chart: HeatMap | BarChart) -> Picture:
    if isinstance(chart, HeatMap):
        return heat_maps.lay_out(chart, find_font())
    return bar_charts.lay_out(chart, find_font())


def words(picture: Picture) -> str:
    return "\n".join(shape.text for shape in picture.shapes if isinstance(shape, Letters))


def edges(letters: Letters, picture: Picture) -> tuple[tuple[float, float], tuple[float, float]]:
    width = picture.font.width(letters.text, letters.size)
    left = letters.at[0] - {"left": 0.0, "center": 0.5, "right": 1.0}[letters.align] * width
    return (left, left + width), (letters.at[1] - 0.88 * letters.size, letters.at[1] + 0.12 * letters.size)


# --- pictures ---


@each_chart
def test_a_png_is_whole_and_as_large_as_was_planned(chart: HeatMap | BarChart) -> None:
    picture = laid_out(chart)
    with Image.open(io.BytesIO(drawn(chart, "png"))) as image:
        image.load()
        assert image.format == "PNG"
        assert image.size == pytest.approx((picture.width / 72 * 150, picture.height / 72 * 150), abs=1)
        assert round(image.info["dpi"][0]) == 150


@each_chart
def test_an_svg_needs_no_font_and_nothing_from_elsewhere(chart: HeatMap | BarChart) -> None:
    svg = drawn(chart, "svg").decode("utf-8")
    root: ET.Element = fromstring(svg, forbid_dtd=True)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    tags = {element.tag.rpartition("}")[2] for element in root.iter()}
    assert tags <= {"svg", "title", "defs", "style", "g", "path", "use", "clipPath", "rect", "pattern"}
    links = [value for element in root.iter() for name, value in element.items() if name.endswith("href")]
    assert links
    assert all(link.startswith("#") for link in links)
    assert set(re.findall(r"https?://[^\s\"]+", svg)) == {"http://www.w3.org/1999/xlink", "http://www.w3.org/2000/svg"}
    assert all(target.startswith("#") for target in re.findall(r"url\(([^)]*)\)", svg))


def test_markup_in_a_name_stays_text() -> None:
    svg = heat_map(replace(grid(2, 1), title=NAMES[1]), "svg").decode("utf-8")
    assert "<script" not in svg
    assert fromstring(svg).findtext("{http://www.w3.org/2000/svg}title") == NAMES[1]


@each_form
@pytest.mark.parametrize("chart", [CHARTS["3x23"], CHARTS["23 bars"]], ids=["heat map", "bar chart"])
def test_the_same_input_gives_the_same_bytes_in_any_process(chart: HeatMap | BarChart, form: Form) -> None:
    script = (
        "import hashlib, sys; sys.path.insert(0, 'tests'); from test_charts import bars, drawn, grid\n"
        f"chart = {'grid(3, 23, 1)' if isinstance(chart, HeatMap) else 'bars(23)'}\n"
        f"print(hashlib.sha256(drawn(chart, {form!r})).hexdigest())"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "SOURCE_DATE_EPOCH": "1"}
    other = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=Path(__file__).parents[1], capture_output=True, check=True
    )
    assert other.stdout.decode().strip() == hashlib.sha256(drawn(chart, form)).hexdigest()


@each_form
def test_a_users_settings_change_nothing_and_stay_as_they_were(form: Form) -> None:
    plain = drawn(CHARTS["3x23"], form)
    with mpl.rc_context(
        {"savefig.bbox": "tight", "text.usetex": True, "figure.facecolor": "red", "svg.fonttype": "none"}
    ):
        before = dict(mpl.rcParams)
        assert drawn(CHARTS["3x23"], form) == plain
        assert dict(mpl.rcParams) == before


def test_pictures_drawn_at_once_do_not_disturb_each_other() -> None:
    before = dict(mpl.rcParams)
    alone = drawn(CHARTS["1x1"], "svg")
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda _: drawn(CHARTS["1x1"], "svg"), range(8)))
    assert together == [alone] * 8
    assert dict(mpl.rcParams) == before


def test_drawing_is_silent_and_leaves_pyplot_alone(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    script = (
        "import sys; import plansearch.report.heat_maps, plansearch.report.bar_charts\n"
        "assert 'matplotlib' not in sys.modules\n"
        "from plansearch.report.charts import HeatMap, heat_map\n"
        "heat_map(HeatMap('題', ('列',), ('欄',), ((1.0,),), (('',),), '', None, (), ()), 'png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    # A settings folder that cannot be made is what matplotlib grumbles about most.
    environment = os.environ | {"MPLCONFIGDIR": str(tmp_path / "file" / "folder")}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


# --- what goes where ---


@each_chart
def test_no_text_is_clipped_or_lies_on_another(chart: HeatMap | BarChart) -> None:
    picture = laid_out(chart)
    places = [(shape, *edges(shape, picture)) for shape in picture.shapes if isinstance(shape, Letters)]
    for _, across, down in places:
        assert 0 <= across[0] < across[1] <= picture.width
        assert 0 <= down[0] < down[1] <= picture.height
    for (one, x1, y1), (other, x2, y2) in combinations(places, 2):
        apart = x1[1] <= x2[0] or x2[1] <= x1[0] or y1[1] <= y2[0] or y2[1] <= y1[0]
        assert apart, (one.text, other.text)


@each_chart
def test_no_text_is_too_small_to_read(chart: HeatMap | BarChart) -> None:
    assert min((shape.size for shape in laid_out(chart).shapes if isinstance(shape, Letters)), default=8) >= 8


def test_twenty_three_columns_fit_a_page_on_its_side() -> None:
    assert laid_out(grid(20, 23)).width <= 297 / 25.4 * 72 * 1.1


def test_a_heat_map_grows_with_its_rows() -> None:
    few, many = (
        laid_out(replace(grid(41, 3), rows=("區公所",) * 41)),
        laid_out(replace(grid(61, 3), rows=("區公所",) * 61)),
    )
    assert (many.height - few.height) / 20 == pytest.approx(18.0)


def test_too_many_rows_for_a_picture_are_refused_in_words() -> None:
    with pytest.raises(ChartError, match="501 列；請縮小範圍，或改用表格輸出"):
        heat_map(grid(heat_maps.MOST_ROWS + 1, 1), "png")


def test_columns_of_a_long_grid_are_named_under_it_too() -> None:
    assert words(laid_out(grid(40, 1))).count("0.1") == 1
    assert words(laid_out(grid(41, 1))).count("0.1") == 2


def test_a_cell_without_data_is_hatched_and_the_legend_says_so() -> None:
    without, whole = laid_out(grid(6, 1)), laid_out(grid(3, 1))
    assert sum(isinstance(shape, Box) and shape.hatched for shape in without.shapes) == 2
    assert "無資料" in words(without)
    assert not any(isinstance(shape, Box) and shape.hatched for shape in whole.shapes)
    assert "無資料" not in words(whole)


def test_marks_stand_as_given_and_without_any_the_values_do() -> None:
    marked = replace(grid(1, 3), values=((0.5, 7.0, None),), marks=(("疑似", "", ""),), legend="")
    assert words(laid_out(marked)).split("\n").count("7") == 1  # the end of the scale
    bare = words(laid_out(replace(marked, marks=(("", "", ""),)))).split("\n")
    assert "0.5" in bare
    assert bare.count("7") == 2


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ((0.2, 0.6), (0.0, 1.0)),
        ((0.0, 12.0), (0.0, 12.0)),
        ((-2.0, 4.0), (-2.0, 4.0)),
        ((None, None), (0.0, 1.0)),
    ],
    ids=["shares", "counts", "negative", "none"],
)
def test_shades_run_from_nought_to_one_or_to_the_highest(
    values: tuple[float | None, float | None], scale: tuple[float, float]
) -> None:
    assert replace(grid(1, 2), values=(values,)).scale == scale


def test_the_highlighted_row_is_framed_and_the_legend_names_it() -> None:
    apart = [shape for shape in laid_out(grid(3, 2, 0)).shapes if isinstance(shape, Box) and shape.line == 2.0]
    assert len(apart) == 2
    assert words(laid_out(grid(3, 2, 0))).count(NAMES[0]) == 2
    assert words(laid_out(grid(3, 2, None))).count(NAMES[0]) == 1


def test_bars_are_written_as_numbers_and_explained() -> None:
    chart = replace(bars(3), ours="三民區公所", labels=("甲", "乙", "丙"))
    text = words(laid_out(chart)).split("\n")
    assert text[1:9] == [
        "三民區公所（本機關）",
        "同類機關 14 個的中間一半：第 1 至第 3 四分位數",
        "同類機關 14 個的中位數",
        "單位：項",
        "本機關",
        "中位數",
        "中間一半",
        "甲",
    ]
    assert text[9:20] == ["0", "0.5", "0～2.25", "乙", "7", "1.5", "1～3.25", "丙", "無資料", "2.5", "2～4.25"]


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "—"), (0.0, "0"), (2.25, "2.25"), (2.5, "2.5"), (10.0, "10"), (12.34, "12.3"), (1234.5, "1,234")],
)
def test_numbers_have_about_three_digits(value: float | None, text: str) -> None:
    assert number_text(value) == text


def test_shades_only_darken_and_every_mark_on_them_can_be_read() -> None:
    def luminance(colour: str) -> float:
        parts = [part / 255 for part in channels(colour)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))

    shades = [heat_maps.shade(step / 100) for step in range(101)]
    assert sorted(shades, key=luminance, reverse=True) == shades
    for shade in shades:
        light, dark = sorted((luminance(shade), luminance(ink_on(shade))), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5


@pytest.mark.parametrize(
    "change",
    [
        {"rows": ()},
        {"columns": ("甲",)},
        {"values": ((1.0, 2.0),)},
        {"marks": (("", ""), ("",))},
        {"highlight": 2},
        {"groups": (("甲", 1),)},
        {"groups": (("甲", 2), ("乙", 0))},
        {"values": ((1.0, 2.0), (float("nan"), 2.0))},
    ],
    ids=["no rows", "columns", "values", "marks", "highlight", "groups", "empty group", "nan"],
)
def test_a_grid_that_does_not_fit_together_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"do not fit together|not finite"):
        replace(grid(2, 2), **change)  # type: ignore[arg-type]


@pytest.mark.parametrize("change", [{"labels": ()}, {"medians": (1.0,)}, {"values": (1.0, float("inf"))}])
def test_bars_that_do_not_fit_together_are_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"not equally long|not finite"):
        replace(bars(2), **change)  # type: ignore[arg-type]


# --- fonts ---

LATIN_ONLY = Path(mpl.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf"


def test_the_font_of_the_package_comes_first() -> None:
    font = find_font()
    assert font.path.name == "NotoSansTC-Regular.otf"
    assert font.drawable("衛戶區鄉鎮臺碁（①～％）") == "衛戶區鄉鎮臺碁（①～％）"


def test_a_font_without_chinese_is_passed_over() -> None:
    chinese = find_font().path
    assert find_font([LATIN_ONLY, chinese]).path == chinese


@pytest.mark.parametrize("length", [None, 0, 4, 3000], ids=["missing", "empty", "four bytes", "cut off"])
def test_a_broken_font_is_passed_over(tmp_path: Path, length: int | None) -> None:
    chinese, broken = find_font().path, tmp_path / "broken.otf"
    if length is not None:
        broken.write_bytes(chinese.read_bytes()[:length])
    assert find_font([broken, tmp_path, chinese]).path == chinese


@pytest.mark.parametrize("candidates", [[], [LATIN_ONLY]], ids=["none", "latin"])
def test_without_a_font_the_message_says_what_to_install(candidates: list[Path]) -> None:
    with pytest.raises(ChartError) as caught:
        find_font(candidates)
    assert f"pip install {PACKAGE}" in str(caught.value)
    assert "繁體中文" in str(caught.value)


def test_what_the_font_lacks_becomes_a_box_that_a_note_explains() -> None:
    font = find_font()
    assert font.drawable("葛\U000e0100\u200b🙂\ud800\x00") == "葛□□□"
    assert "□：字型中沒有的字。" in words(laid_out(replace(grid(1, 1), title="🙂")))
    assert "字型中沒有的字" not in words(laid_out(replace(grid(1, 1), title="□")))


@pytest.mark.parametrize("even", [False, True])
@pytest.mark.parametrize("text", [*NAMES, *COLUMN_NAMES])
def test_lines_are_never_wider_than_asked(text: str, *, even: bool) -> None:
    font = find_font()
    for width in (12, 30, 77, 150):
        lines = font.lines(text, 9, width, even=even)
        assert all(font.width(line, 9) <= width for line in lines)
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert len(font.lines(text, 9, width, most=2, ending=6, even=even)) <= 2


def test_a_name_that_is_shortened_keeps_its_ending() -> None:
    lines = find_font().lines("高雄市政府警察局交通警察大隊岡山分隊第二辦公室", 10, 100, most=2, ending=5)
    assert lines == ("高雄市政府警察局交通", "警察大隊…第二辦公室")


def test_even_lines_leave_no_character_alone_and_end_at_pauses() -> None:
    font = find_font()
    assert font.lines("跨機關整合服務", 8, 29, even=False) == ("跨機關", "整合服", "務")
    assert font.lines("跨機關整合服務", 8, 29, even=True) == ("跨機關", "整合", "服務")
    assert font.lines("塑造機關形象,提升服務品質", 10, 100, even=True) == ("塑造機關形象,", "提升服務品質")
