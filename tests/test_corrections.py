"""From a plan to a list, from an edited list to corrections, and from those to the plan again."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import item_of, plan_of
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from plan_text import P1, P2, R12, R13, table

from plansearch.cli import main
from plansearch.collection import inspect_file, read_collection
from plansearch.corrections import (
    CorrectedPlan,
    Correction,
    CorrectionsFile,
    Wording,
    apply_corrections,
    corrections_path,
    read_corrections,
    write_corrections,
)
from plansearch.errors import CorrectionError
from plansearch.types import Alignment, Plan
from plansearch.worksheet import item_key, read_corrected, write_workbook

R23 = "(三)依據服務特性辦理滿意度調查，瞭解民眾對服務的看法，並據以檢討改善既有措施。"
PLAN = table(
    f"{P1}\t{R12}\t1. 申辦須知公布於網站。 2. 服務台備有流程圖。\t秘書室",
    f"\t{R13}\t1. 大廳設置服務鈴。\t總務",
    last=f"{P2}\t{R23}\t1. 每季辦理滿意度調查。\t研考",
)
COLUMN = {"key": 1, "code": 5, "topic": 6, "number": 7, "text": 8, "units": 9, "deadline": 10}


@pytest.fixture
def plan(tmp_path: Path) -> Path:
    path = tmp_path / "計畫.txt"
    path.write_text(PLAN, encoding="utf-8")
    return path


@pytest.fixture
def sheet(plan: Path, tmp_path: Path) -> Path:
    path = tmp_path / "項目.xlsx"
    assert main(["inspect", str(plan), "-o", str(path)]) == 0
    return path


def edit(path: Path, change: Callable[[Worksheet], None]) -> None:
    workbook = load_workbook(path)
    change(workbook["項目"])
    workbook.save(path)


def texts(path: Path) -> list[str]:
    return [item.text for item in inspect_file(path).plans[0].plan.items]


def test_an_untouched_list_corrects_nothing(plan: Path, sheet: Path) -> None:
    assert main(["correct", str(plan), str(sheet)]) == 0
    assert not corrections_path(plan).exists()


def test_what_was_edited_added_and_deleted_is_so_from_then_on(plan: Path, sheet: Path, tmp_path: Path) -> None:
    def change(rows: Worksheet) -> None:
        rows.cell(2, COLUMN["text"]).value = "申辦須知公布於網站及公布欄。"
        rows.cell(2, COLUMN["units"]).value = "秘書室、民政課"
        rows.cell(2, COLUMN["deadline"]).value = "六月底前"
        rows.cell(4, COLUMN["code"]).value = "1.4"
        rows.delete_rows(5)
        rows.insert_rows(4)
        rows.cell(4, COLUMN["text"]).value = "增列的措施。"
        rows.cell(4, COLUMN["code"]).value = "1.2"

    edit(sheet, change)
    assert main(["correct", str(plan), str(sheet)]) == 0
    corrected = inspect_file(plan).plans[0].plan
    assert [(item.code, item.text, item.units, item.deadline, item.corrected) for item in corrected.items] == [
        ("1.2", "申辦須知公布於網站及公布欄。", ("秘書室", "民政課"), "六月底前", True),
        ("1.2", "服務台備有流程圖。", ("秘書室",), None, False),
        ("1.2", "增列的措施。", (), None, True),
        ("1.4", "大廳設置服務鈴。", ("總務",), None, True),
    ]
    assert corrected.items[3].alignment == Alignment("person", 1.0)
    assert corrected.remarks == ("已套用人工更正 4 項。",)
    assert read_collection(tmp_path).plans == (corrected,)


def test_correcting_again_begins_where_the_last_time_ended(plan: Path, sheet: Path, tmp_path: Path) -> None:
    edit(sheet, lambda rows: rows.delete_rows(2))
    assert main(["correct", str(plan), str(sheet)]) == 0
    again = tmp_path / "again.xlsx"
    main(["inspect", str(plan), "-o", str(again)])
    before = read_corrections(plan)
    assert main(["correct", str(plan), str(again)]) == 0
    assert read_corrections(plan) == before
    edit(again, lambda rows: rows.cell(2, COLUMN["text"]).__setattr__("value", "改過的措施。"))
    main(["correct", str(plan), str(again)])
    assert texts(plan) == ["改過的措施。", "大廳設置服務鈴。", "每季辦理滿意度調查。"]


def test_csv_is_taken_too(plan: Path, tmp_path: Path) -> None:
    path = tmp_path / "項目.csv"
    main(["inspect", str(plan), "-o", str(path)])
    path.write_text(
        path.read_text(encoding="utf-8-sig").replace("服務台備有流程圖。", "服務台備有表單範例。"), encoding="cp950"
    )
    assert main(["correct", str(plan), str(path)]) == 0
    assert texts(plan)[1] == "服務台備有表單範例。"


def saved_by_excel(path: Path, kind: str) -> None:
    """Save a CSV again, as Excel would in Taiwan."""
    text = path.read_text(encoding="utf-8-sig")
    if kind == "big5":
        path.write_bytes(text.encode("cp950", errors="replace"))
        return
    rows = list(csv.reader(io.StringIO(text, newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter="\t" if kind == "unicode text" else ";").writerows(rows)
    path.write_bytes(out.getvalue().encode("utf-16" if kind == "unicode text" else "utf-8-sig"))


@pytest.mark.parametrize("kind", ["big5", "unicode text", "semicolons"])
def test_a_csv_that_excel_saved_again_changes_nothing(kind: str, tmp_path: Path) -> None:
    item = replace(item_of("櫃檯備有㐱與🙂標示。", units=("㐱課",)), number="1.10", deadline="5/31")
    original = plan_of("甲.txt", item)
    corrected = CorrectedPlan(original, original, (1,))
    path = tmp_path / "項目.csv"
    path.write_text(as_csv(corrected), encoding="utf-8-sig", newline="")
    saved_by_excel(path, kind)
    content = path.read_bytes()
    codec = "utf-16" if kind == "unicode text" else "utf-8" if kind == "semicolons" else "cp950"
    retyped = content.decode(codec).replace("1.10", "1.1").replace("5/31", "5月31日")
    path.write_bytes(retyped.encode(codec))
    assert read_corrected(path, [corrected], None) == ()
    path.write_bytes(retyped.replace("標示", "圖示").encode(codec))
    if kind == "big5":
        with pytest.raises(CorrectionError, match="「措施」欄有 Big5 沒有的字"):
            read_corrected(path, [corrected], None)
    else:
        assert [one.now and one.now.text for one in read_corrected(path, [corrected], None)] == ["櫃檯備有㐱與🙂圖示。"]


def test_a_row_that_lost_its_key_is_still_its_item(plan: Path, sheet: Path) -> None:
    before = texts(plan)
    edit(sheet, set_cell("key", None))
    assert main(["correct", str(plan), str(sheet)]) == 0
    assert (texts(plan), corrections_path(plan).exists()) == (before, False)


def test_corrections_of_a_plan_or_code_that_is_gone_are_told_and_kept(plan: Path, sheet: Path) -> None:
    edit(sheet, set_cell("text", "改過的措施。"))
    main(["correct", str(plan), str(sheet)])
    written = read_corrections(plan)
    assert written is not None
    [changed] = written.corrections
    assert changed.now is not None
    now = replace(changed.now, text=changed.was.text if changed.was else "", code="9.9")
    strays = (replace(changed, plan=2), replace(changed, plan=0), replace(changed, now=now))
    write_corrections(plan, replace(written, corrections=strays))
    [corrected] = inspect_file(plan).plans
    assert (corrected.unfit, corrected.plan.items) == (strays, corrected.original.items)
    assert corrected.plan.remarks[0].startswith("有 3 項更正與現在的內容對不上，沒有套用，仍保留在更正檔：")


def test_a_changed_source_keeps_what_still_fits_and_loses_nothing(plan: Path, sheet: Path) -> None:
    def change(rows: Worksheet) -> None:
        rows.cell(2, COLUMN["units"]).value = "民政課"
        rows.cell(4, COLUMN["text"]).value = "大廳設置二具服務鈴。"

    edit(sheet, change)
    main(["correct", str(plan), str(sheet)])
    written = corrections_path(plan).read_bytes()
    changed = PLAN.replace("1. 大廳設置服務鈴。", "1. 全新的措施。 2. 大廳設置叫號機。")
    plan.write_text(changed, encoding="utf-8")
    read = inspect_file(plan).plans[0].plan
    assert [(item.text, item.units, item.corrected) for item in read.items] == [
        ("申辦須知公布於網站。", ("民政課",), True),
        ("服務台備有流程圖。", ("秘書室",), False),
        ("全新的措施。", ("總務",), False),
        ("大廳設置叫號機。", ("總務",), False),
        ("每季辦理滿意度調查。", ("研考",), False),
    ]
    assert read.remarks == (
        "原檔在更正之後有變動；已套用人工更正 1 項。",
        (
            "有 1 項更正與現在的內容對不上，沒有套用，仍保留在更正檔：更正「大廳設置二具服務鈴。」。"
            "請用 inspect -o 重新匯出核對。"
        ),
    )
    assert corrections_path(plan).read_bytes() == written
    plan.write_text(PLAN, encoding="utf-8")
    assert texts(plan)[2] == "大廳設置二具服務鈴。"


def test_what_no_longer_fits_stays_when_more_is_corrected(plan: Path, sheet: Path, tmp_path: Path) -> None:
    edit(sheet, lambda rows: rows.cell(4, COLUMN["text"]).__setattr__("value", "大廳設置二具服務鈴。"))
    main(["correct", str(plan), str(sheet)])
    plan.write_text(PLAN.replace("大廳設置服務鈴", "大廳設置叫號機"), encoding="utf-8")
    again = tmp_path / "again.xlsx"
    main(["inspect", str(plan), "-o", str(again)])
    edit(again, lambda rows: rows.delete_rows(2))
    main(["correct", str(plan), str(again)])
    file = read_corrections(plan)
    assert file is not None
    assert [(one.kind, one.now.text if one.now else None) for one in file.corrections] == [
        ("deleted", None),
        ("changed", "大廳設置二具服務鈴。"),
    ]


def test_a_list_of_an_older_source_is_refused(plan: Path, sheet: Path, capsys: pytest.CaptureFixture[str]) -> None:
    plan.write_text(PLAN + "\n", encoding="utf-8")
    assert main(["correct", str(plan), str(sheet)]) == 1
    assert "「項目.xlsx」第 2 列對不到計畫裡的項目：原檔在匯出之後有變動" in capsys.readouterr().err


def set_cell(field: str, value: object, row: int = 3) -> Callable[[Worksheet], None]:
    return lambda rows: rows.cell(row, COLUMN[field]).__setattr__("value", value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (set_cell("code", "9.9"), "第 3 列「執行要項代碼」欄：沒有「9.9」這個代碼"),
        (set_cell("text", "  "), "第 3 列「措施」欄是空白的"),
        (set_cell("text", "=1+1"), "第 3 列「措施」欄是公式"),
        (set_cell("key", "1.1.00000000.00000000"), "第 3 列對不到計畫裡的項目"),
        (lambda rows: rows.cell(3, 1).__setattr__("value", rows.cell(2, 1).value), "第 3 列與第 2 列是同一項"),
        (lambda rows: rows.delete_cols(8), "少了這些欄位：措施"),
        (lambda rows: rows.delete_rows(2, 9), "沒有「計畫.txt」的任何一項"),
        (lambda rows: rows.merge_cells("I2:I3"), "第 2 列有合併的儲存格（I2:I3）"),
        (set_cell("text", "多出的一列。", row=20_001), "超過 20000 列"),
    ],
    ids=["code", "no text", "formula", "unknown key", "copied key", "column gone", "all deleted", "merged", "too long"],
)
def test_errors_name_row_and_column(
    plan: Path, sheet: Path, change: Callable[[Worksheet], None], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    edit(sheet, change)
    assert main(["correct", str(plan), str(sheet)]) == 1
    assert message in capsys.readouterr().err
    assert not corrections_path(plan).exists()


HOSTILE = (
    '=HYPERLINK("http://example.invalid")',
    "+886 之電話。",
    "-1 樓服務台",
    "@服務台",
    "＝全形等號",
    "'=已有單引號",
    "(1)括號",
    "第一行\n第二行",
    "前後有空白 ",
    "控制字元\x0b在此",
    "1.10",
    "2024/1/2",
    "_x0041_",
    "\ufffd無法讀出",
)


@pytest.mark.parametrize("suffix", [".xlsx", ".csv"])
def test_whatever_a_text_begins_with_it_comes_back_and_runs_as_nothing(suffix: str, tmp_path: Path) -> None:
    plan = plan_of("計畫.txt", *(item_of(text, code=None, topic=text, units=()) for text in HOSTILE))
    corrected = CorrectedPlan(plan, plan, tuple(range(1, len(HOSTILE) + 1)))
    path = tmp_path / f"項目{suffix}"
    if suffix == ".xlsx":
        write_workbook([corrected], path)
        cells = [cell for row in load_workbook(path)["項目"].iter_rows(min_row=2) for cell in row if cell.value]
        assert {cell.data_type for cell in cells} == {"s"}
    else:
        path.write_text(as_csv(corrected), encoding="utf-8", newline="")
    assert read_corrected(path, [corrected], None) == ()


def as_csv(corrected: CorrectedPlan) -> str:
    from plansearch.report.reports import inspection_report  # noqa: PLC0415
    from plansearch.report.serialise import to_csv  # noqa: PLC0415

    keys = [item_key(corrected, 1, position) for position in range(len(corrected.plan.items))]
    report = inspection_report(corrected.plan, keys)
    return to_csv(report.rows, report.fields)


def test_a_guard_that_a_person_kept_is_not_part_of_the_text(tmp_path: Path) -> None:
    plan = plan_of("計畫.txt", item_of("甲。", code=None))
    corrected = CorrectedPlan(plan, plan, (1,))
    rows = list(csv.reader(io.StringIO(as_csv(corrected))))
    rows[1][rows[0].index("text")] = "'=乙"
    path = tmp_path / "項目.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    assert [one.now.text for one in read_corrected(path, [corrected], None) if one.now] == ["=乙"]


def test_the_workbook_is_made_for_editing(sheet: Path) -> None:
    workbook = load_workbook(sheet)
    rows = workbook["項目"]
    assert rows.freeze_panes == "B2"
    assert rows.column_dimensions["A"].hidden
    assert rows.cell(2, COLUMN["text"]).alignment.wrap_text
    assert rows.cell(2, COLUMN["code"]).number_format == "@"
    assert "plansearch correct" in "".join(str(cell.value) for row in workbook["說明"].iter_rows() for cell in row)


def test_any_workbook_is_no_list_of_items(plan: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = tmp_path / "其他.xlsx"
    Workbook().save(other)
    assert main(["correct", str(plan), str(other)]) == 1
    (tmp_path / "假.xlsx").write_text("x")
    assert main(["correct", str(plan), str(tmp_path / "假.xlsx")]) == 1
    assert "無法讀取「假.xlsx」" in capsys.readouterr().err


def test_the_file_of_corrections_is_read_as_it_was_written(plan: Path) -> None:
    was = Wording("1.2", None, "1.", "甲。", ("秘書室",), None)
    corrections = (
        Correction("changed", 1, 1, was, Wording("1.3", "主題", None, "乙。", (), "年底")),
        Correction("deleted", 1, 2, was, None),
        Correction("added", 1, 0, None, was),
    )
    file = CorrectionsFile(plan.name, "0" * 64, corrections)
    write_corrections(plan, file)
    assert read_corrections(plan) == file


BARE = '{"format": 1, "file": "x", "sha256": "", "corrections": [%s]}'
NOTHING = '{"kind": "changed", "plan": 1, "place": 1, "was": null, "now": null}'
WORDING = '{"code": null, "topic": null, "number": null, "text": "甲。", "units": "秘書室", "deadline": null}'
NO_LIST = f'{{"kind": "deleted", "plan": 1, "place": 1, "was": {WORDING}, "now": null}}'
ENDLESS = NO_LIST.replace('"秘書室"', "[]").replace('"plan": 1', '"plan": 1e400')


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"format": 2}', BARE % "3", BARE % NOTHING, BARE % NO_LIST, BARE % ENDLESS, "[" * 100_000],
    ids=["empty", "cut", "list", "version", "number", "nothing", "units", "endless", "deep"],
)
def test_a_broken_file_of_corrections_is_named_and_the_source_is_shown(plan: Path, content: str) -> None:
    corrections_path(plan).write_text(content, encoding="utf-8")
    with pytest.raises(CorrectionError, match="更正檔"):
        read_corrections(plan)
    remarks = inspect_file(plan).plans[0].plan.remarks
    assert len(remarks) == 1
    assert remarks[0].endswith("這裡列的是原檔的內容，沒有套用更正。")


def test_corrections_without_their_plan_are_reported(plan: Path, sheet: Path, tmp_path: Path) -> None:
    edit(sheet, lambda rows: rows.delete_rows(2))
    main(["correct", str(plan), str(sheet)])
    folder = tmp_path / "夾"
    folder.mkdir()
    plan.rename(folder / "改名.txt")
    corrections_path(plan).rename(folder / "計畫.txt.corrections.json")
    collection = read_collection(folder)
    assert [(file.name, file.kind) for file in collection.skipped] == [("計畫.txt.corrections.json", "missing")]
    assert len(collection.plans) == 1


def test_of_two_equal_items_each_keeps_its_own_correction() -> None:
    plan: Plan = plan_of("甲.txt", "同一句。", "同一句。", "同一句。")
    was = Wording.of(plan.items[0])
    now = Wording("1.3", None, "1.", "改了。", ("秘書室",), None)
    file = CorrectionsFile("甲.txt", plan.sha256, (Correction("changed", 1, 2, was, now),))
    corrected = apply_corrections(plan, 1, file)
    assert [item.text for item in corrected.plan.items] == ["同一句。", "改了。", "同一句。"]
    moved = CorrectionsFile("甲.txt", "0", (Correction("changed", 1, 9, was, now),))
    assert apply_corrections(plan, 1, moved).unfit == moved.corrections


def test_corrections_are_for_people_to_read(plan: Path, sheet: Path) -> None:
    edit(sheet, set_cell("deadline", "年底"))
    main(["correct", str(plan), str(sheet)])
    text = corrections_path(plan).read_text(encoding="utf-8")
    assert "服務台備有流程圖。" in text
    assert json.loads(text)["corrections"][0]["now"]["deadline"] == "年底"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_a_list_that_does_not_fit_on_the_disk_says_so(plan: Path, capsys: pytest.CaptureFixture[str]) -> None:
    corrected = inspect_file(plan).plans
    with pytest.raises(CorrectionError, match=r"無法寫入「/dev/full」（磁碟空間不足）"):
        write_workbook(corrected, Path("/dev/full"))
    assert capsys.readouterr().err == ""
