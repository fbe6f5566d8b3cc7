from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest

from plansearch import __version__
from plansearch.cli import main
from plansearch.errors import SOME_UNREADABLE

PLAN = """\
{agency}{year}年度提升服務計畫

肆、計畫內容：

執行要項\t\t執行重點\t承辦單位
一、完備基礎服務項目，注重服務特性差異化\t(二)提供民眾易讀、易懂、易用的服務申辦資訊及進度查詢管道，提升服務流程透明度。\t{information}\t{unit}
\t(三)注重服務人員的禮貌態度，提高民眾臨櫃洽公或網站使用的便利性，建置合宜的服務環境。\t{service}\t{unit}
二、重視全程意見回饋及參與，力求服務切合民眾需求\t(三)依據業務服務特性辦理專案滿意度調查，瞭解民眾對服務的看法，並據以檢討改善既有措施。\t{opinions}\t{unit}
"""
EAST = PLAN.format(
    agency="示範市東湖區公所",
    year=113,
    unit="秘書室",
    information="1、申辦須知公布於網站首頁。",
    service="1、設置無障礙坡道與服務鈴，方便輪椅使用者洽公。 2、廁所每兩小時清潔一次並留下紀錄。",
    opinions="1、每半年辦理臨櫃滿意度調查。",
)
WEST = PLAN.format(
    agency="示範市西嶺區衛生所",
    year=112,
    unit="行政組",
    information="1、門診時間公布於大門。",
    service="1、候診區加裝無障礙扶手。 2、每月抽測電話禮貌\N{WHITE STAR}並公布成績。",
    opinions="1、年底以問卷瞭解民眾滿意程度。",
)

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; give its exit code, standard output and standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def child(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "plansearch", *map(str, arguments)],
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    plans = tmp_path_factory.mktemp("plans")
    (plans / "east.txt").write_text(EAST, encoding="utf-8")
    (plans / "west.txt").write_text(WEST, encoding="utf-8")
    (plans / "broken.txt").write_bytes(b"")
    return plans


@pytest.fixture(scope="session")
def built(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("index")
    assert main(["index", str(folder), "--index", str(directory), "-o", os.devnull]) == SOME_UNREADABLE
    return directory


def test_version_is_said(run: Run) -> None:
    assert run("--version") == (0, f"plansearch {__version__}\n", "")


def test_without_arguments_the_help_is_shown(run: Run) -> None:
    _, out, err = run()
    for command in ("index", "query", "inspect", "plans", "requirements"):
        assert command in out + err


@pytest.mark.parametrize("command", ["index", "query", "inspect", "plans", "requirements"])
def test_every_command_explains_itself_with_an_example(run: Run, command: str) -> None:
    code, out, err = run(command, "--help")
    assert (code, err) == (0, "")
    assert f"  plansearch {command}" in out


def test_closing_report_says_what_was_read_skipped_embedded_and_reused(run: Run, folder: Path, tmp_path: Path) -> None:
    code, out, err = run("index", folder, "--index", tmp_path / "ix")
    assert (code, err) == (SOME_UNREADABLE, "")
    assert "2 份計畫、8 項" in out
    assert "機關 示範市東湖區公所；類型 公所；縣市 示範市；年度 113" in out
    assert "略過 1 個檔案，內容不在索引裡：\n  broken.txt\n" in out
    assert "向量新算 8 筆、沿用 0 筆" in out
    code, out, _ = run("index", folder, "--index", tmp_path / "ix")
    assert code == SOME_UNREADABLE
    assert "內容沒有變動，沿用原有索引；向量新算 0 筆、沿用 8 筆" in out


def test_folder_without_a_plan_fails_and_says_so(run: Run, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").write_bytes(b"")
    code, out, err = run("index", tmp_path, "--index", tmp_path / "ix")
    assert code == 1
    assert "empty.txt" in out
    assert err.startswith("錯誤：")
    assert "沒有建立索引" in err


def test_query_shows_the_measure_with_its_evidence(run: Run, built: Path) -> None:
    code, out, err = run("query", "無障礙", "--index", built)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("找到較接近的 2 項")
    assert " 1. 示範市" in out
    assert "【無障礙】" in out
    assert "出處　east.txt 第 7 行 編號 1" in out
    assert "單位　秘書室" in out


def hits(out: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.splitlines()]


def test_query_as_json_lines_gives_rank_score_item_and_id(run: Run, built: Path) -> None:
    _, out, _ = run("query", "無障礙坡道", "--index", built, "--format", "jsonl", "-k", "1")
    (hit,) = hits(out)
    assert (hit["rank"], hit["plan"], hit["code"], hit["units"]) == (1, "east.txt", "1.3", ["秘書室"])
    assert hit["text"] == "設置無障礙坡道與服務鈴，方便輪椅使用者洽公。"
    assert (hit["year"], hit["lines"], hit["number"]) == (113, [7, 7], "1、")


def test_words_of_a_query_may_be_given_apart(run: Run, built: Path) -> None:
    together = run("query", "電話 禮貌", "--index", built, "--format", "jsonl")
    assert run("query", "電話", "禮貌", "--index", built, "--format", "jsonl") == together


@pytest.mark.parametrize(
    ("options", "plans"),
    [
        pytest.param(["--agency", "示範市東湖區公所"], {"east.txt"}, id="agency"),
        pytest.param(["--type", "衛生所"], {"west.txt"}, id="type"),
        pytest.param(["--type", "衛生所", "--type", "公所"], {"east.txt", "west.txt"}, id="two types"),
        pytest.param(["--year", "112"], {"west.txt"}, id="year"),
        pytest.param(["--city", "示範市"], {"east.txt", "west.txt"}, id="city"),
        pytest.param(["--unit", "行政組"], {"west.txt"}, id="unit"),
        pytest.param(["--requirement", "1.3"], {"east.txt", "west.txt"}, id="requirement"),
        pytest.param(["--requirement", "1", "--year", "113"], {"east.txt"}, id="pillar and year"),
    ],
)
def test_filters_choose_who_may_answer(run: Run, built: Path, options: list[str], plans: set[str]) -> None:
    _, out, _ = run("query", "無障礙", "--index", built, "--mode", "words", "--format", "jsonl", *options)
    assert {hit["plan"] for hit in hits(out)} == plans


@pytest.mark.parametrize("mode", ["hybrid", "meaning", "words"])
def test_every_mode_answers(run: Run, built: Path, mode: str) -> None:
    _, out, _ = run("query", "輪椅坡道", "--index", built, "--mode", mode, "--format", "jsonl")
    assert "坡道" in str(hits(out)[0]["text"])


def test_all_gives_everything_and_k_gives_as_many(run: Run, built: Path) -> None:
    everything = hits(run("query", "無障礙", "--index", built, "--format", "jsonl", "--all")[1])
    first = hits(run("query", "無障礙", "--index", built, "--format", "jsonl", "-k", "1")[1])
    assert first == everything[:1]
    assert "列出前 1 項；要看全部請加 --all" in run("query", "無障礙", "--index", built, "-k", "1")[1]


def test_no_fold_lists_each_item_of_one_text(run: Run, tmp_path: Path) -> None:
    (tmp_path / "plans").mkdir()
    for name in ("a.txt", "b.txt"):
        source = EAST if name == "a.txt" else EAST.replace("示範市東湖區", "示範市石門區")
        (tmp_path / "plans" / name).write_text(source, encoding="utf-8")
    assert main(["index", str(tmp_path / "plans"), "--index", str(tmp_path / "ix"), "-o", os.devnull]) == 0
    asked = ("query", "每半年辦理臨櫃滿意度調查", "--index", tmp_path / "ix", "--mode", "words", "--requirement", "2.3")
    folded, every = hits(run(*asked, "--format", "jsonl")[1]), hits(run(*asked, "--format", "jsonl", "--no-fold")[1])
    assert [(hit["plan"], len(hit["twins"])) for hit in folded] == [("a.txt", 1)]  # type: ignore[arg-type]
    assert [(hit["plan"], hit["twins"]) for hit in every] == [("a.txt", []), ("b.txt", [])]
    assert "另有 1 個機關相同：b.txt 第 8 行 編號 1" in run(*asked)[1]
    assert "相同" not in run(*asked, "--no-fold")[1]


def test_by_agency_says_who_has_it_and_who_has_not(run: Run, built: Path) -> None:
    code, out, err = run("query", "廁所清潔", "--by", "agency", "--index", built)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "2 個機關中，1 個有相近措施。"
    assert "  有相近措施（1）：示範市東湖區公所" in lines
    assert "  檔案無法讀取（1）：broken.txt" in lines
    assert "廁所每兩小時清潔一次" in out.replace("【", "").replace("】", "")


@pytest.mark.parametrize(
    ("suffix", "beginning"), [(".csv", "\ufeffrank,"), (".json", "{"), (".md", "## "), (".jsonl", "{")]
)
def test_by_agency_is_written_in_every_format(
    run: Run, built: Path, tmp_path: Path, suffix: str, beginning: str
) -> None:
    path = tmp_path / f"answer{suffix}"
    code, out, err = run("query", "廁所清潔", "--by", "agency", "--index", built, "-o", path)
    assert (code, out) == (0, "")
    assert err == f"已寫入 {path}：「廁所清潔」：2 個機關中，1 個有相近措施。\n"
    written = path.read_text(encoding="utf-8")
    assert written.startswith(beginning)
    for agency in ("示範市東湖區公所", "示範市西嶺區衛生所"):
        assert agency in written


def test_by_agency_takes_filters_and_how_many(run: Run, built: Path) -> None:
    _, out, _ = run(
        "query", "無障礙", "--by", "agency", "-k", "1", "--type", "衛生所", "--index", built, "--format", "json"
    )
    (agency,) = json.loads(out)["agencies"]
    assert (agency["agency"], agency["state"], len(agency["hits"])) == ("示範市西嶺區衛生所", "found", 1)


def test_why_says_why(run: Run, built: Path) -> None:
    _, out, _ = run("query", "電話禮貌", "--why", "--index", built)
    assert "共同的字詞：電話、禮貌" in out
    assert "為何" not in run("query", "電話禮貌", "--index", built)[1]
    (hit, *_) = hits(run("query", "電話禮貌", "--why", "--index", built, "--format", "jsonl")[1])
    assert isinstance(hit["why"], dict)
    assert list(hit["why"]) == ["words", "added", "sentence", "meaning_share"]


def test_exact_adds_no_words_and_the_screen_names_those_that_were_added(run: Run, built: Path) -> None:
    assert "同時找這些說法（加 --exact 就不加）：輪椅 → 無障礙、" in run("query", "輪椅", "--index", built)[1]
    exact = json.loads(run("query", "輪椅", "--exact", "--index", built, "--format", "json")[1])
    assert (exact["exact"], exact["added"]) == (True, [])
    assert {hit["plan"] for hit in exact["hits"]} == {"east.txt"}


def test_a_phrase_in_quotation_marks_is_had_by_every_hit(run: Run, built: Path) -> None:
    _, out, _ = run("query", '"扶手"', "--index", built)
    assert "每一項都含有「扶手」" in out
    assert "候診區加裝無障礙【扶手】。" in out
    code, out, _ = run("query", '"量子"', "--index", built)
    assert (code, out.splitlines()[0]) == (0, "沒有夠接近的內容（找了 8 項，沒有一項含有「量子」）。")


def test_what_is_like_an_item_is_found_by_the_id_that_an_answer_shows(run: Run, built: Path) -> None:
    shown = run("query", "無障礙坡道", "-k", "1", "--index", built)[1]
    assert "出處　east.txt 第 7 行 編號 1（代號 #2）" in shown
    code, out, err = run("query", "--like", "east#2", "--index", built)
    assert (code, err) == (0, "")
    assert "像 east.txt 第 7 行 編號 1；" in out
    assert "候診區加裝" in out
    assert "方便輪椅使用者洽公" not in out
    _, out, _ = run("query", "--like", "east#2", "--not-like", "west#2", "--index", built)
    assert "不像 west.txt 第 7 行 編號 1" in out
    assert "候診區加裝" not in out


@pytest.mark.parametrize("option", [["--like", "east#2"], ["--not-like", "east#2"], ["--rerank", "x"], ["--no-fold"]])
def test_by_agency_refuses_what_it_cannot_do(run: Run, built: Path, option: list[str]) -> None:
    code, out, err = run("query", "無障礙", "--by", "agency", *option, "--index", built)
    assert (code, out) == (2, "")
    assert err == f"錯誤：--by agency 不能和 {option[0]} 一起用。請拿掉其中一個。\n"


def test_an_unknown_grouping_names_the_known_one(run: Run, built: Path) -> None:
    code, out, err = run("query", "無障礙", "--by", "year", "--index", built)
    assert (code, out) == (2, "")
    assert "沒有「year」。可用：agency。" in err.replace("\n", "").replace("│", "").replace(" ", "").replace(
        "可", "可", 1
    )


def test_the_help_of_query_has_an_example_of_each_way_to_ask(run: Run) -> None:
    _, out, _ = run("query", "--help")
    for example in ("query 無障礙設施", "--by agency", "--why", "--like", "--requirement 2 --all --format csv -o"):
        assert example in out


def test_nothing_found_is_an_answer(run: Run, built: Path) -> None:
    code, out, _ = run("query", "量子力學", "--index", built)
    assert (code, out.splitlines()[0]) == (0, "沒有夠接近的內容（找了 8 項）。")


def test_index_may_be_named_by_the_environment(run: Run, built: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLANSEARCH_INDEX", str(built))
    assert run("query", "無障礙")[0] == 0


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "md"])
def test_output_goes_to_a_file_in_utf_8(run: Run, built: Path, tmp_path: Path, form: str) -> None:
    path = tmp_path / "answer"
    told = f"已寫入 {path}：「無障礙」：找到較接近的 2 項，全部列出。\n"
    assert run("query", "無障礙", "--index", built, "--format", form, "-o", path) == (0, "", told)
    written = path.read_bytes()
    assert written.startswith(b"\xef\xbb\xbf") is (form == "csv")
    assert "設置" in written.decode("utf-8-sig")
    assert "\x1b" not in written.decode("utf-8-sig")


@pytest.mark.parametrize(
    ("suffix", "beginning"), [(".csv", "\ufeffrank,"), (".json", "{"), (".md", "## "), (".txt", "找到")]
)
def test_the_format_of_a_file_follows_its_suffix(
    run: Run, built: Path, tmp_path: Path, suffix: str, beginning: str
) -> None:
    path = tmp_path / f"answer{suffix}"
    assert run("query", "無障礙", "--index", built, "-o", path)[0] == 0
    assert path.read_text(encoding="utf-8").startswith(beginning)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["query", "無障礙", "--index", "{built}"], id="query"),
        pytest.param(["query", "量子力學", "--index", "{built}"], id="query without an answer"),
        pytest.param(["query", "無障礙", "--by", "agency", "--index", "{built}"], id="by agency"),
        pytest.param(["plans", "--index", "{built}"], id="plans"),
        pytest.param(["requirements"], id="requirements"),
        pytest.param(["inspect", "{folder}/east.txt"], id="items"),
        pytest.param(["inspect", "{folder}/east.txt", "--damage"], id="damage"),
    ],
)
@pytest.mark.parametrize("form", ["xlsx", "docx", "html"])
def test_every_answer_can_be_a_document(
    run: Run, built: Path, folder: Path, arguments: list[str], *, form: str
) -> None:
    path = built.parent / f"answer.{form}"
    words = [word.format(built=built, folder=folder) for word in arguments]
    code, out, err = run(*words, "--format", form, "-o", path)
    assert (code, out) == (0, "")
    assert err.startswith(f"已寫入 {path}：")
    assert path.read_bytes().startswith(b"<!DOCTYPE html>" if form == "html" else b"PK")


def test_the_items_of_a_file_as_a_workbook_are_there_to_be_corrected(run: Run, folder: Path, tmp_path: Path) -> None:
    file, path = folder / "east.txt", tmp_path / "items.xlsx"
    told = f"已寫入 {path}；改好後請執行 plansearch correct {file} {path}\n"
    assert run("inspect", file, "-o", path) == (0, "", told)


@pytest.mark.parametrize("form", ["xlsx", "docx"])
def test_a_document_is_not_printed_on_a_terminal(run: Run, built: Path, form: str) -> None:
    told = f"錯誤：{form} 不能印在畫面上。請加 -o 檔名.{form} 寫成檔案。\n"
    assert run("query", "無障礙", "--index", built, "--format", form) == (2, "", told)


def test_a_page_on_a_console_that_lacks_characters_loses_none(built: Path) -> None:
    ended = child("query", "電話禮貌", "--index", built, "--format", "html", PYTHONIOENCODING="cp950")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout.isascii()
    assert "每月抽測電話禮貌\N{WHITE STAR}並公布成績" in unescape(ended.stdout.decode("ascii"))


def test_a_picture_is_no_format_of_every_answer(run: Run, built: Path) -> None:
    code, out, err = run("plans", "--index", built, "--format", "png")
    assert (code, out) == (2, "")
    assert "沒有「png」。可用：table、json、jsonl、csv、md、xlsx、docx、html。" in err


def test_inspect_gives_the_fixed_fields(run: Run, folder: Path) -> None:
    _, out, _ = run("inspect", folder / "east.txt", "--format", "jsonl")
    items = hits(out)
    assert list(items[0])[:13] == [
        "plan",
        "agency",
        "year",
        "section",
        "code",
        "requirement",
        "topic",
        "number",
        "text",
        "units",
        "deadline",
        "lines",
        "page",
    ]
    assert [(item["code"], item["number"]) for item in items] == [
        ("1.2", "1、"),
        ("1.3", "1、"),
        ("1.3", "2、"),
        ("2.3", "1、"),
    ]


def test_inspect_says_how_a_file_was_understood(run: Run, folder: Path) -> None:
    code, out, _ = run("inspect", folder / "east.txt")
    assert code == 0
    assert "機關 示範市東湖區公所；類型 公所；縣市 示範市；年度 113" in out
    assert "1、 設置無障礙坡道與服務鈴" in out


def test_inspect_damage_gives_the_fixed_fields(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "damaged.txt"
    path.write_text(EAST.replace("1、設置", "5、設置").replace("2、廁所", "6、廁所"), encoding="utf-8")
    code, out, _ = run("inspect", path, "--damage", "--format", "jsonl")
    assert code == 0
    damage = hits(out)
    assert [list(one)[:4] for one in damage] == [["code", "kind", "detail", "lines"]] * len(damage)
    assert ("1.3", "numbering_start") in [(one["code"], one["kind"]) for one in damage]


def test_plans_lists_what_the_index_holds_and_what_it_does_not(run: Run, built: Path) -> None:
    _, out, _ = run("plans", "--index", built, "--format", "json")
    answer = json.loads(out)
    assert [(plan["plan"], plan["agency_type"], plan["year"]) for plan in answer["plans"]] == [
        ("east.txt", "公所", 113),
        ("west.txt", "衛生所", 112),
    ]
    assert [skipped["file"] for skipped in answer["skipped"]] == ["broken.txt"]
    assert "broken.txt" in run("plans", "--index", built)[1]


@pytest.mark.parametrize(
    ("arguments", "codes"),
    [
        pytest.param(["1.3"], ["1.3"], id="requirement"),
        pytest.param(["1", "--framework", "six_pillars"], ["1.1", "1.2", "1.3", "1.4"], id="pillar"),
        pytest.param(["A.1"], ["A.1.1", "A.1.2"], id="pillar of another framework"),
    ],
)
def test_requirements_are_chosen_by_code(run: Run, arguments: list[str], codes: list[str]) -> None:
    _, out, _ = run("requirements", *arguments, "--format", "jsonl")
    assert [row["code"] for row in hits(out)] == codes


WRONG = [
    pytest.param(["query", "無障礙", "--index", "{built}", "--type", "衛生局"], 2, "衛生所", id="unknown filter value"),
    pytest.param(["query", "--index", "{built}"], 2, "沒有可以搜尋的文字", id="no query"),
    pytest.param(["query", " 。", "--index", "{built}"], 2, "沒有可以搜尋的文字", id="empty query"),
    pytest.param(["query", "x", "--index", "{tmp}/none"], 1, "plansearch index", id="missing index"),
    pytest.param(["plans", "--index", "{tmp}/none"], 1, "plansearch index", id="missing index for plans"),
    pytest.param(["inspect", "{tmp}/none.txt"], 1, "none.txt", id="missing file"),
    pytest.param(["inspect", "{tmp}"], 1, "", id="folder for a file"),
    pytest.param(["index", "{tmp}/none", "--index", "{tmp}/ix"], 1, "none", id="missing folder"),
    pytest.param(["requirements", "9.9"], 2, "9.9", id="unknown code"),
    pytest.param(["requirements", "--framework", "x"], 2, "six_pillars", id="unknown framework"),
    pytest.param(["plans", "--index", "{built}", "-o", "{built}"], 1, "無法寫入", id="output cannot be written"),
    pytest.param(
        ["query", "志工", "--index", "{tmp}/none", "-o", "{tmp}/no/a.csv"],
        1,
        "這個資料夾",
        id="output in no folder, said before the index is read",
    ),
]


@pytest.mark.parametrize(("arguments", "code", "said"), WRONG)
def test_what_goes_wrong_is_one_message_and_an_exit_code(
    run: Run, built: Path, tmp_path: Path, arguments: list[str], code: int, *, said: str
) -> None:
    result = run(*(argument.format(built=built, tmp=tmp_path) for argument in arguments))
    assert (result[0], result[1]) == (code, "")
    assert result[2].startswith("錯誤：")
    assert result[2].count("\n") == 1
    assert said in result[2]


@pytest.mark.parametrize(
    "arguments",
    [["query", "x", "--mode", "x"], ["query", "x", "-k", "0"], ["inspect"], ["unknown"], ["plans", "--unknown"]],
    ids=["mode", "count", "missing argument", "command", "option"],
)
def test_wrong_usage_gives_2(run: Run, arguments: list[str]) -> None:
    assert run(*arguments)[0] == 2


@pytest.mark.parametrize("form", ["table", "md"])
def test_console_that_lacks_characters_shows_the_rest(built: Path, form: str) -> None:
    ended = child("query", "電話禮貌", "--index", built, "--format", form, PYTHONIOENCODING="cp950")
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert "每月抽測" in ended.stdout.decode("cp950").replace("【", "").replace("】", "")


def test_json_on_a_console_that_lacks_characters_loses_none(built: Path) -> None:
    arguments = ("query", "電話禮貌", "--index", built, "--format", "jsonl")
    narrow, wide = child(*arguments, PYTHONIOENCODING="cp950"), child(*arguments, PYTHONIOENCODING="utf-8")
    assert hits(narrow.stdout.decode("cp950")) == hits(wide.stdout.decode("utf-8"))


def test_errors_reach_a_console_that_lacks_characters(tmp_path: Path) -> None:
    ended = child("inspect", tmp_path / "\N{GRINNING FACE}.txt", PYTHONIOENCODING="cp950")
    assert ended.returncode == 1
    assert ended.stderr.decode("cp950").startswith("錯誤：")


def test_csv_in_a_pipe_is_utf_8_with_a_byte_order_mark(built: Path) -> None:
    ended = child("plans", "--index", built, "--format", "csv", PYTHONIOENCODING="cp950")
    lines = ended.stdout.decode("utf-8-sig").split("\r\n")
    assert lines[0].startswith("plan,agency")
    assert lines[-1] == ""


def test_reader_that_goes_away_is_no_error(built: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "plansearch", "plans", "--index", str(built)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as errors:
        said = errors.read()
    assert (process.wait(), said) == (0, b"")


def test_query_does_not_load_what_it_does_not_need(built: Path) -> None:
    ours = ("plansearch.parsing", "plansearch.readers")
    heavy = (*ours, "docx", "jinja2", "openpyxl", "rich", "pydantic", "torch", "sentence_transformers", "pandas")
    code = (
        "import sys; from plansearch.cli import main; "
        f"main(['query', '無障礙', '--index', {str(built)!r}, '-o', {os.devnull!r}]); "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout == "[]\n"


@pytest.mark.skipif(os.name == "nt", reason="named pipes and terminals of POSIX")
class TestTerminal:
    @pytest.mark.skipif(sys.platform != "linux", reason="children are looked up in /proc")
    def test_interrupt_ends_quietly_with_130_and_so_does_the_reading_process(self, tmp_path: Path) -> None:
        endless = tmp_path / "endless.text"
        endless.write_text("1." * 5_000_000, encoding="utf-8")
        process = subprocess.Popen(
            [sys.executable, "-m", "plansearch", "inspect", str(endless)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        reading = self.child_of(process)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (130, b"", b"")
        for _ in range(100):  # it may not have begun yet, and then ends when nobody asks it for anything
            if not Path(f"/proc/{reading}").exists():
                break
            time.sleep(0.1)
        assert not Path(f"/proc/{reading}").exists()

    @staticmethod
    def child_of(process: subprocess.Popen[bytes]) -> int:
        """The process that a command started, as soon as it has."""
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        while process.poll() is None:
            if found := children.read_text().split():
                return int(found[0])
            time.sleep(0.02)
        pytest.fail(f"ended before it read: {process.communicate()}")

    def test_long_work_shows_a_progress_bar_on_a_terminal_only(self, folder: Path, tmp_path: Path) -> None:
        import pty  # noqa: PLC0415 - POSIX only

        ours, theirs = pty.openpty()
        arguments = ["index", str(folder), "--index", str(tmp_path / "ix"), "-o", os.devnull]
        process = subprocess.Popen([sys.executable, "-m", "plansearch", *arguments], stderr=theirs)
        os.close(theirs)
        shown = self.read_to_the_end(ours)
        assert process.wait() == SOME_UNREADABLE
        assert "計算向量" in shown.decode()

    @staticmethod
    def read_to_the_end(terminal: int) -> bytes:
        """Read while the other side writes, since a terminal holds little."""
        shown = b""
        with contextlib.suppress(OSError):  # Linux says so when the other side is gone
            while part := os.read(terminal, 4096):
                shown += part
        os.close(terminal)
        return shown


@pytest.mark.parametrize("name", ["a.pdf", "a.doc", "a.xls", "a.png"])
def test_a_file_that_could_not_be_what_its_name_says_is_not_written(
    name: str, built: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / name
    assert main(["query", "無障礙", "--index", str(built), "-o", str(target)]) == 2
    assert f"不會寫 {target.suffix} 檔" in capsys.readouterr().err
    assert not target.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["serach"], "沒有「serach」這個指令。執行 plansearch --help 可看用法。"),
        (["query", "--foo"], "沒有「--foo」這個選項。是不是 --format？執行 plansearch query --help 可看用法。"),
        (["query", "x", "-k"], "-k 後面要有值。執行 plansearch --help 可看用法。"),
        (["query", "x", "-k", "a"], "-k：「a」不是整數。執行 plansearch query --help 可看用法。"),
        (["query", "--all=3"], "--all 後面不用加值。執行 plansearch --help 可看用法。"),
        (["index"], "FOLDER：沒有給。執行 plansearch index --help 可看用法。"),
        (["index", "a", "b"], "多了：b。有空格的名稱要加引號。執行 plansearch index --help 可看用法。"),
    ],
    ids=["command", "option", "no value", "no number", "a value too many", "no argument", "an argument too many"],
)
def test_what_is_wrong_with_a_command_line_is_said_in_chinese(words: list[str], message: str, run: Run) -> None:
    assert run(*words) == (2, "", f"錯誤：{message}\n")


def test_every_command_is_where_it_is_looked_for() -> None:
    from plansearch.cli import COMMANDS, app, load_commands  # noqa: PLC0415

    load_commands()
    found = {
        (command.name or command.callback.__name__): command.callback.__module__.rpartition(".")[2]
        for command in app.registered_commands
        if command.callback is not None
    }
    assert found == dict(COMMANDS)


def test_a_query_makes_no_other_command_known() -> None:
    code = (
        "import sys; from plansearch.cli import main; main(['query', '--help']); "
        "print(sorted(name for name in sys.modules if name.startswith('plansearch.cli.') and name.endswith('ing')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, encoding="utf-8")
    assert done.stdout.splitlines()[-1] == "['plansearch.cli.asking']"


STORE = "/nowhere/plans.db"


def test_a_command_of_local_indexes_does_not_pass_over_a_store_that_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLANSEARCH_STORE", STORE)
    assert main(["plans"]) == 2
    assert STORE in (said := capsys.readouterr().err)
    assert "--index" in said
    assert main(["plans", "--index", "nowhere"]) == 1
    assert "還沒有索引：nowhere" in capsys.readouterr().err


def test_an_index_that_is_typed_goes_before_a_store_that_is_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PLANSEARCH_STORE", STORE)
    assert main(["query", "志工", "--index", "nowhere"]) == 1
    assert "還沒有索引：nowhere" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["quer", "志工"], "沒有「quer」這個指令。是不是 query？", id="nearly a command"),
        pytest.param([""], "沒有「」這個指令。", id="an empty command"),
        pytest.param(["index", ""], "FOLDER：沒有給路徑", id="an empty folder"),
        pytest.param(["query", "志工", "--index", ""], "--index：沒有給路徑", id="an empty index"),
    ],
)
def test_words_that_are_nearly_right_or_empty_are_told(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words) == 2
    assert said in capsys.readouterr().err
