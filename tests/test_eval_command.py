from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tiny_models
from conftest import EAST, OTHER, WEST, TinyEncoder, item_of, plan_of

from plansearch.cli import main
from plansearch.evaluation.judgements import JudgedQuery, Judgement
from plansearch.evaluation.outcomes import Difference, Variant
from plansearch.evaluation.scoring import compare_evaluations, evaluate
from plansearch.evaluation.significance import Interval
from plansearch.index import PlanIndex
from plansearch.report.evaluation_view import comparison_report, conclusion, evaluation_report
from plansearch.report.rendering import render
from plansearch.report.screen import Screen

Run = Callable[..., tuple[int, str, str]]

NOISE = plan_of("noise.txt", *[item_of(f"設置第{number}具飲水機並定期清潔。") for number in "二三四五六七八九"])
JUDGED: list[dict[str, Any]] = [
    {"id": "窗口", "query": "單一窗口", "relevant": [{"item": "east.txt#2", "grade": 2}]},
    {
        "id": "調查",
        "query": "滿意度調查",
        "relevant": [
            {"plan": "east.txt", "text": "每年辦理滿意度調查", "grade": 1},
            {"plan": "west.txt", "text": "提供 QR Code 連結線上申辦", "grade": 2},
            {"plan": "none.txt", "text": "辦理滿意度調查", "grade": 1},
        ],
    },
]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process; give its exit code, standard output and standard error."""

    def call(*arguments: str | Path) -> tuple[int, str, str]:
        code = main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """An index whose model can't be loaded again: these tests ask by words."""
    PlanIndex.build_from((EAST, WEST, OTHER, NOISE), (), tmp_path / "index", encoder=TinyEncoder())
    return tmp_path / "index"


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    path = tmp_path / "查詢.jsonl"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in JUDGED), encoding="utf-8")
    return path


def test_the_answer_has_the_measures_and_what_the_index_lacks(run: Run, built: Path, judged: Path) -> None:
    code, out, err = run("eval", judged, "--index", built, "--mode", "words")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "2 個查詢，4 項判斷"
    assert lines[1] == "查法：words（只比字詞）；模型：tiny@1"
    assert lines[3].split() == ["平均", "95", "%", "區間"]
    # 窗口 1; 調查 1 / (3 + 1 / log2(3) + 1 / 2) = 0.242
    assert lines[4] == "nDCG@10    0.621  0.242 到 1.000　前 10 項排得多好"
    assert lines[5] == "recall@20  0.500  0.000 到 1.000　2 分的項目有多少在前 20 項"
    assert lines[6] == "MRR        1.000  每個查詢都一樣　第一個相關項目名次的倒數"
    assert "查詢只有 2 個，太少" in out
    assert "注意：1 項判斷在索引裡找不到，都算作沒有找到" in out
    assert "調查　none.txt　索引沒有這份計畫：辦理滿意度調查" in out


def test_verbose_lists_the_queries_worst_first_with_what_was_expected(run: Run, built: Path, judged: Path) -> None:
    _, out, _ = run("eval", judged, "--index", built, "--mode", "words", "-v")
    lines = out.partition("各個查詢，答得最差的在前\n\n")[2].splitlines()
    assert lines[:9] == [
        "1. 調查　滿意度調查",
        "    nDCG@10 0.242、recall@20 0.000、MRR 1.000；共列出 1 項",
        "    第 1 名　1 分　每年辦理滿意度調查",
        "        east.txt 第 1 行 編號 1",
        "    沒有列出　2 分　提供 QR Code 連結線上申辦",
        "        west.txt",
        "    索引沒有這份計畫　1 分　辦理滿意度調查",
        "        none.txt",
        "",
    ]
    assert lines[9] == "2. 窗口　單一窗口"
    assert lines[11] == "    第 1 名　2 分　east.txt#2"


def test_json_has_everything(run: Run, built: Path, judged: Path) -> None:
    _, out, _ = run("eval", judged, "--index", built, "--mode", "words", "--format", "json")
    answer = json.loads(out)
    assert {key: answer[key] for key in ("mode", "model", "reranker", "judged")} == {
        "mode": "words",
        "model": "tiny@1",
        "reranker": None,
        "judged": 4,
    }
    assert answer["measures"][1] == {"measure": "recall@20", "mean": 0.5, "low": 0.0, "high": 1.0, "queries": 2}
    assert answer["missing"] == [
        {
            "id": "調查",
            "plan": "none.txt",
            "item": None,
            "text": "辦理滿意度調查",
            "grade": 1,
            "rank": None,
            "state": "no_plan",
            "location": None,
        }
    ]
    assert [(one["id"], one["recall@20"], one["not_found"]) for one in answer["queries"]] == [
        ("調查", 0.0, 2),
        ("窗口", 1.0, 0),
    ]


@pytest.mark.parametrize(
    ("options", "fields", "first"),
    [
        pytest.param([], ["measure", "mean", "low", "high", "queries"], "ndcg@10", id="measures"),
        pytest.param(
            ["-v"],
            ["id", "query", "ndcg@10", "recall@20", "mrr", "answered", "judged", "not_found", "expected"],
            "調查",
            id="queries",
        ),
        pytest.param(
            ["--compare", "words", "words:exact"],
            [
                *["measure", "first", "second", "difference", "low", "high", "p"],
                *["beyond_chance", "conclusion", "queries", "better", "worse"],
            ],
            "ndcg@10",
            id="differences",
        ),
        pytest.param(
            ["--compare", "words", "words:exact", "-v"],
            ["id", "query", "first", "second", "difference"],
            "窗口",
            id="changes",
        ),
    ],
)
def test_every_format_has_the_same_lines(
    run: Run, built: Path, judged: Path, options: list[str], fields: list[str], *, first: str
) -> None:
    asked = ["eval", judged, "--index", built, "--mode", "words", *options]
    rows = [json.loads(line) for line in run(*asked, "--format", "jsonl")[1].splitlines()]
    assert list(rows[0]) == fields
    assert rows[0][fields[0]] == first
    sheet = list(csv.reader(io.StringIO(run(*asked, "--format", "csv")[1].removeprefix("\ufeff"))))
    assert (sheet[0], sheet[1][0], len(sheet)) == (fields, first, len(rows) + 1)
    page = run(*asked, "--format", "md")[1].splitlines()
    assert page[0].startswith("## ")
    assert len(page) == len(rows) + 4


def test_a_file_is_written_in_the_format_of_its_name(run: Run, built: Path, judged: Path, tmp_path: Path) -> None:
    path = tmp_path / "評測.json"
    code, out, err = run("eval", judged, "--index", built, "--mode", "words", "-o", path)
    assert (code, out) == (0, "")
    assert err == f"已寫入 {path}：2 個查詢：nDCG@10 0.621、recall@20 0.500、MRR 1.000\n"
    assert json.loads(path.read_text(encoding="utf-8"))["mode"] == "words"


def test_a_comparison_says_whether_a_difference_is_more_than_chance(tmp_path: Path) -> None:
    PlanIndex.build_from((EAST, WEST, NOISE), (), tmp_path, encoder=TinyEncoder())
    queries = [JudgedQuery(f"q{nth}", "單一窗口", (Judgement("west.txt", "", 2, "west.txt#2"),)) for nth in range(8)]
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        first = evaluate(index, queries, Variant("words"))
        second = evaluate(index, queries, Variant("words", reranked=True), reranker=Backwards())
    report = comparison_report(compare_evaluations(first, second))
    text = render(report, "table", Screen(columns=100))
    # the twin in another plan stands first, until it is put last: 1/log2(3) becomes 1, and a half becomes 1
    assert "前者：words（只比字詞）\n後者：words:rerank（只比字詞），重排模型 backwards；模型：tiny@1\n" in text
    assert "nDCG@10    0.631  1.000  +0.369  每個查詢都一樣  0.008\n" in text
    assert "nDCG@10：差異超出偶然（後者較好 8 個、較差 0 個、一樣 0 個查詢）。\n" in text
    assert "recall@20：沒有差異（後者較好 0 個、較差 0 個、一樣 8 個查詢）。\n" in text
    assert "太少" not in text


class Backwards:
    """Puts the last hit first."""

    name = "backwards"

    def scores(self, query: str, texts: Any) -> Any:  # noqa: ANN401
        import numpy as np  # noqa: PLC0415

        assert query
        return np.arange(len(texts), dtype=np.float32)


@pytest.mark.parametrize(
    ("p", "better", "worse", "said"),
    [
        (0.049, 5, 1, "差異超出偶然"),
        (0.05, 5, 1, "差異可能只是偶然"),
        (1.0, 0, 0, "沒有差異"),
        (1.0, 1, 1, "差異可能只是偶然"),
    ],
)
def test_a_difference_is_put_in_plain_words(p: float, better: int, worse: int, said: str) -> None:
    difference = Difference("mrr", 0.5, 0.6, Interval(0.0, 0.2), p, 8, better, worse)
    assert conclusion(difference) == said


def test_queries_without_a_full_answer_are_left_out_of_recall_and_counted(tmp_path: Path) -> None:
    PlanIndex.build_from((EAST,), (), tmp_path, encoder=TinyEncoder())
    queries = [JudgedQuery("q", "單一窗口", (Judgement("east.txt", "", 1, "east.txt#2"),))]
    with PlanIndex.open(tmp_path, encoder=TinyEncoder()) as index:
        report = evaluation_report(evaluate(index, queries, Variant("words")))
    text = render(report, "table", Screen(columns=100))
    assert "recall@20  －     －　2 分的項目有多少在前 20 項（1 個查詢沒有 2 分的項目，不計）\n" in text
    assert report.rows[1] == {"measure": "recall@20", "mean": None, "low": None, "high": None, "queries": 0}


WRONG = [
    pytest.param(["{tmp}/none.jsonl"], 1, "找不到評測用的查詢檔", id="no file"),
    pytest.param(["{tmp}/wrong.jsonl"], 1, "第 1 行：不是正確的 JSON", id="wrong line"),
    pytest.param(["{tmp}/查詢.jsonl", "--index", "{tmp}/none"], 1, "plansearch index", id="no index"),
    pytest.param(["{tmp}/查詢.jsonl", "--mode", "x"], 2, "沒有「x」這種查法", id="unknown mode"),
    pytest.param(["{tmp}/查詢.jsonl", "--compare", "words", "x"], 2, "沒有「x」這種查法", id="unknown second mode"),
    pytest.param(["{tmp}/查詢.jsonl", "--compare", "words", "words"], 2, "兩種查法一樣", id="the same twice"),
    pytest.param(["{tmp}/查詢.jsonl", "--mode", "words:rerank"], 2, "沒有說用哪個模型", id="no reranker"),
    pytest.param(
        ["{tmp}/查詢.jsonl", "--compare", "words", "hybrid", "--rerank", "x"], 2, "都沒有寫 :rerank", id="unused"
    ),
    pytest.param(["{tmp}/查詢.jsonl", "--mode", "words", "--rerank", "{tmp}/無"], 1, "無法載入模型", id="no model"),
]


@pytest.mark.parametrize(("arguments", "code", "said"), WRONG)
def test_what_goes_wrong_is_one_message_and_an_exit_code(
    run: Run, built: Path, judged: Path, arguments: list[str], code: int, *, said: str
) -> None:
    folder = judged.parent
    (folder / "wrong.jsonl").write_text("{", encoding="utf-8")
    result = run("eval", "--index", built, *(argument.format(tmp=folder) for argument in arguments))
    assert (result[0], result[1]) == (code, "")
    (complaint,) = [line for line in result[2].splitlines() if not line.startswith("正在載入重排模型")]
    assert complaint.startswith("錯誤：")
    assert said in complaint


@pytest.mark.parametrize("arguments", [[], ["x.jsonl", "--compare", "words"]], ids=["no file", "one mode"])
def test_wrong_usage_gives_2(run: Run, arguments: list[str]) -> None:
    assert run("eval", *arguments)[0] == 2


def test_the_help_has_examples(run: Run) -> None:
    code, out, _ = run("eval", "--help")
    assert code == 0
    assert "  plansearch eval 查詢.jsonl --compare words hybrid\n" in out
    assert '{"item": "計畫.txt#7", "grade": 1}' in out


@pytest.fixture(scope="module")
def pair_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("sentence_transformers")
    return tiny_models.pair_model(tmp_path_factory.mktemp("models") / "重排")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_reranker_is_compared_with_the_plain_order(run: Run, built: Path, judged: Path, pair_model: Path) -> None:
    asked = ["eval", judged, "--index", built, "--compare", "words", "words:rerank", "--rerank", pair_model]
    code, out, err = run(*asked, "--format", "json")
    assert code == 0
    assert [line.partition(" ")[0] for line in err.splitlines()] == ["正在載入重排模型", "載入重排模型用了"]
    answer = json.loads(out)
    assert (answer["first"]["reranker"], answer["second"]["reranker"]) == (None, str(pair_model))
    asked = ["eval", judged, "--index", built, "--mode", "words", "--rerank", pair_model]
    alone = json.loads(run(*asked, "--format", "json")[1])
    assert alone["measures"] == answer["second"]["measures"]
