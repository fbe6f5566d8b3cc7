"""A report with all that a report can have, and the texts that its documents have to show."""

from __future__ import annotations

import io

from PIL import Image

from plansearch.report.records import Record
from plansearch.report.rendering import Figure, PictureFormat, Report, Section
from plansearch.report.serialise import Column
from plansearch.report.tones import LOOKS

LONG = "於入口設置無障礙坡道、服務鈴及輪椅、老花眼鏡等便民設備，並張貼 QR-code 說明使用方式；每日上、下午各巡檢一次。"
MANY_LINES = "第一行\n第二行\n\n第四行"
INJECTED = (
    *("=SUM(A1:A9)", "+886-2-1234", "-1", "@A1", "＝1+1", "＋1", "－1", "＠A1", "\t前面有定位字元", "(1)"),
    *("<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "</td></tr></table>", "&amp; &lt;", "{{ 7 * 7 }}"),
    *("]]>", "'單引號", '"雙引號"', "甲|乙", "%s %d", MANY_LINES),
)
ILLEGAL = {
    "甲\x00乙\x1f丙\x0b": "甲�乙�丙�",
    "換\r\n行\r換": "換\n行\n換",
    "半個\ud800字\ufffe\uffff": "半個�字��",
}
"""Texts that XML can't hold, and what stands for them."""

DAY = ("日期", "2026-11-25")
TONE_COLUMNS = (
    Column("執行要項", "code", width=10),
    Column("本機關", "text", width=50, tone="tone"),
    Column("家數", "count", width=8),
    Column("比率", "share", width=8),
    Column("單位", "units", width=16),
    Column("狀態", "state", {"a": "甲狀態"}, width=12),
)
TONE_ROWS: tuple[Record, ...] = tuple(
    {
        "code": f"1.{number}",
        "text": f"{look.label}：{LONG}",
        "count": number,
        "share": number / 16,
        "units": ["秘書室", "民政課"],
        "state": "a" if number % 2 else None,
        "tone": tone,
    }
    for number, (tone, look) in enumerate(LOOKS.items(), 1)
)
TEXT_COLUMNS = (Column("序", "number", width=6), Column("文字", "text", width=50))
TEXT_ROWS: tuple[Record, ...] = tuple({"number": number, "text": text} for number, text in enumerate(INJECTED, 1))


def draw(form: PictureFormat) -> bytes:
    """A small picture, as the charts of the program give it."""
    if form == "png":
        file = io.BytesIO()
        Image.new("RGB", (300, 120), "navy").save(file, "PNG")
        return file.getvalue()
    return (
        b'<?xml version="1.0" encoding="utf-8"?>\n'
        b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd">\n'
        b'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 300 120">'
        b"<title>old</title><metadata>m</metadata><defs><style>*{stroke: red} rect, .a{fill: url(#g)}</style>"
        b'<linearGradient id="g"/></defs><script>alert(1)</script><foreignObject><p/></foreignObject>'
        b'<rect id="r" width="9" height="9" style="fill: url(#g)" onclick="alert(1)"/><use xlink:href="#r"/>'
        b'<image xlink:href="http://example.org/a.png"/></svg>'
    )


FIGURE = Figure("涵蓋率 <圖>", "長條圖：第 1 項最低，第 6 項最高。", draw)
ANSWER = Report(
    heading="與 14 個同類機關的比較：<31> 個執行要項中，6 項查無相近措施",
    about={"found": 31},
    rows=TONE_ROWS,
    fields=("code", "text", "count", "share", "units", "state"),
    columns=TONE_COLUMNS,
    view=lambda _: ["畫面"],
    sections=(
        Section(
            "一、各機關並列",
            TONE_COLUMNS,
            TONE_ROWS,
            notes=("每一格是該機關自己的文字。", "=疑似要由人看過。"),
            name="並列",
        ),
        Section("二、容易出錯的文字 [測試]: a/b?", TEXT_COLUMNS, TEXT_ROWS),
        Section("三、沒有列", TEXT_COLUMNS, ()),
        Section("四、只有說明", (), (), notes=("這一節沒有表。",)),
    ),
    figures=(FIGURE,),
    made=(DAY, ("模型", "multilingual-e5-small"), ("比較對象", "示範市所有區公所")),
    notes=("有 2 份計畫的原文有缺漏，沒有找到不代表沒有辦理。", "- 引用前請對照原文。"),
)
PLAIN = Report(
    heading="共 21 項",
    about={"rows": list(TEXT_ROWS)},
    rows=TEXT_ROWS,
    fields=("number", "text"),
    columns=TEXT_COLUMNS,
    view=lambda _: ["畫面"],
)
"""One that has rows and columns only, as the first commands give it."""


def cells_of(section: Section) -> list[list[str]]:
    """What the section's table shows, row by row under its titles."""
    titles = [column.title for column in section.columns]
    return [titles, *([column.cell(row) for column in section.columns] for row in section.rows)]


def answer_with(*texts: str) -> Report:
    """A report with one row for each text."""
    rows: tuple[Record, ...] = tuple({"number": number, "text": text} for number, text in enumerate(texts, 1))
    return Report("標題", {}, rows, ("number", "text"), TEXT_COLUMNS, lambda _: [])


def large(count: int) -> Report:
    """A report with so many rows of ten columns."""
    columns = tuple(Column(f"欄 {place}", f"f{place}", width=50 if place == 0 else 16) for place in range(10))
    row: Record = {column.field: LONG if column.width == 50 else "秘書室、民政課" for column in columns}
    return Report("很多列", {}, (row,) * count, tuple(row), columns, lambda _: [])
