"""The truth about the sample plans in office files by several producers, read back whole."""

from __future__ import annotations

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Mapping
from pathlib import Path

import pypandoc
import pytest
from layouts import Truth, load
from office_files import html_of, nested, saved_page, write_numbered_docx
from printed_files import convert, write_docx
from renderings import Layout, arrange

from plansearch.frameworks import bundled_frameworks
from plansearch.parsing import parse_document
from plansearch.readers import read_document
from plansearch.types import Plan

TRUTHS = sorted((Path(__file__).parent / "corpus_truth").glob("*.jsonl"))
UNSCORED = ("依據", "實施對象", "期程")
LAYOUTS = {
    "merged": Layout(),
    "merged_units": Layout(merged_units=True),
    "one_row_each": Layout(one_row_each=True),
    "shifted": Layout(shifted=True, merged_units=True),
    "pillar_rows": Layout(pillar_rows=True),
    "outline": Layout(outline=True),
    "unmerged": Layout(merged=False),
    "number_column": Layout(number_column=True),
}
TABLES = [name for name in LAYOUTS if name != "outline"]

needs_libreoffice = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")

Fields = list[tuple[object, ...]]


def read(path: Path) -> Plan:
    return parse_document(read_document(path), bundled_frameworks())


def items_of(plan: Plan, *, numbers: bool = True) -> Fields:
    return [
        (
            item.section if numbers else None,
            item.code,
            plain(item.topic),
            plain(item.number) if numbers else None,
            item.text,
            item.units,
            item.deadline,
        )
        for item in plan.items
        if not any(word in (item.section or "") for word in UNSCORED)
    ]


def wanted(truth: Truth, *, numbers: bool = True) -> Fields:
    return [
        (
            item.section if numbers else None,
            item.code,
            plain(item.topic),
            plain(item.number) if numbers else None,
            item.text,
            item.units,
            item.deadline,
        )
        for item in truth.items
        if not any(word in item.section for word in UNSCORED)
    ]


def plain(text: str | None) -> str:
    """Without spaces and width, and with one kind of stop after digits: a list writes all of a level alike."""
    return re.sub(r"(?<=\d)、", ".", unicodedata.normalize("NFKC", text or "").replace(" ", ""))


def assert_whole(plan: Plan, truth: Truth, *, numbers: bool = True) -> None:
    assert items_of(plan, numbers=numbers) == wanted(truth, numbers=numbers)
    assert (plan.metadata.agency, plan.metadata.year, plan.metadata.title) == tuple(
        truth.metadata[name] for name in ("agency", "year", "title")
    )


def cases(*layouts: str, offset: int = 0) -> list[tuple[Path, str]]:
    """Each truth in one of the layouts in turn; the outline is not for plans whose rows name one unit each."""
    found = []
    for place, path in enumerate(TRUTHS):
        name = layouts[(place + offset) % len(layouts)]
        if name == "outline" and any(len(set(row.units)) > 1 for row in load(path).rows):
            name = "merged"
        found.append((path, name))
    return found


def ids(case: tuple[Path, str]) -> str:
    return f"{case[0].stem}-{case[1]}"


@pytest.mark.parametrize("case", cases(*LAYOUTS), ids=ids)
def test_a_word_file_with_automatic_numbers_gives_every_item(case: tuple[Path, str], tmp_path: Path) -> None:
    truth, path = load(case[0]), tmp_path / "計畫.docx"
    write_numbered_docx(arrange(truth, LAYOUTS[case[1]]), path, apart=case[1] in {"one_row_each", "unmerged"})
    assert_whole(read(path), truth)


@pytest.mark.parametrize("case", cases("merged", "shifted", "unmerged", "outline")[::2], ids=ids)
def test_changes_fields_and_cut_runs_of_word_change_nothing(case: tuple[Path, str], tmp_path: Path) -> None:
    truth, path = load(case[0]), tmp_path / "計畫.docx"
    write_numbered_docx(arrange(truth, LAYOUTS[case[1]]), path, messy=True)
    assert_whole(read(path), truth)


@pytest.mark.parametrize("case", cases(*LAYOUTS, offset=2)[:4], ids=ids)
def test_a_word_file_with_written_numbers_gives_every_item(case: tuple[Path, str], tmp_path: Path) -> None:
    truth, path = load(case[0]), tmp_path / "計畫.docx"
    write_docx(arrange(truth, LAYOUTS[case[1]]), LAYOUTS[case[1]], path)
    assert_whole(read(path), truth)


@pytest.mark.parametrize("case", cases(*LAYOUTS, offset=3), ids=ids)
def test_a_saved_web_page_gives_the_plan_without_the_page(case: tuple[Path, str], tmp_path: Path) -> None:
    truth, path = load(case[0]), tmp_path / "計畫.html"
    marked = len(case[1]) % 2 == 0
    page = saved_page(
        arrange(truth, LAYOUTS[case[1]]),
        truth.metadata["title"],
        main=marked,
        encoding="utf-8" if marked else "big5",
    )
    path.write_bytes(page)
    assert_whole(read(path), truth)


@pytest.mark.parametrize("own_header", [False, True], ids=["outer_header", "own_header"])
@pytest.mark.parametrize("case", cases("merged", "one_row_each", "unmerged", "pillar_rows")[:4], ids=ids)
def test_tables_inside_of_a_table_give_every_item(case: tuple[Path, str], own_header: bool, tmp_path: Path) -> None:
    truth, path = load(case[0]), tmp_path / "計畫.htm"
    path.write_text(nested(arrange(truth, LAYOUTS[case[1]]), own_header=own_header), encoding="utf-8")
    assert_whole(read(path), truth)


@pytest.mark.parametrize("target", ["markdown", "gfm", "commonmark", "docx", "odt", "rtf"])
@pytest.mark.parametrize("case", cases("merged", "outline", "one_row_each")[4:7], ids=ids)
def test_what_pandoc_wrote_gives_every_item(case: tuple[Path, str], target: str, tmp_path: Path) -> None:
    truth, layout = load(case[0]), LAYOUTS[case[1]]
    path = tmp_path / f"計畫.{target if len(target) <= 4 and target != 'gfm' else 'md'}"
    pandoc = [pypandoc.get_pandoc_path(), "--from", "html", "--to", target, "--standalone", "--output", str(path)]
    subprocess.run(pandoc, input=html_of(arrange(truth, layout)).encode(), check=True)
    assert_whole(read(path), truth)


OFFICE_CASES = cases("merged", "outline", "shifted", "one_row_each", "pillar_rows")[:6]


@pytest.fixture(scope="session")
def by_libreoffice(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, list[Path]]:
    """Word files with automatic numbers, turned by LibreOffice into each of its formats, all in one call for each."""
    folder = tmp_path_factory.mktemp("libreoffice")
    sources = []
    for number, (truth, layout) in enumerate(OFFICE_CASES):
        sources.append(folder / f"{number}.docx")
        write_numbered_docx(arrange(load(truth), LAYOUTS[layout]), sources[-1], messy=number % 2 == 1)
    return {target: convert(sources, target, folder) for target in ("odt", "rtf", "doc")}


@needs_libreoffice
@pytest.mark.xdist_group("libreoffice")
@pytest.mark.parametrize("target", ["odt", "rtf", "doc"])
@pytest.mark.parametrize("number", range(len(OFFICE_CASES)), ids=[ids(case) for case in OFFICE_CASES])
def test_what_libreoffice_wrote_gives_every_item(
    number: int, target: str, by_libreoffice: Mapping[str, list[Path]]
) -> None:
    plan = read(by_libreoffice[target][number])
    # writing the old format, LibreOffice loses where a list begins anew
    assert_whole(plan, load(OFFICE_CASES[number][0]), numbers=target != "doc")
