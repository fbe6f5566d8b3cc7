from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from conftest import CORPUS, TinyEncoder

from plansearch import readings as readings_module
from plansearch.collection import ReadingOptions, read_collection
from plansearch.isolation import FileReader
from plansearch.limits import Limits
from plansearch.planfile import FileReading, ReadingTask
from plansearch.readings import READINGS, ReadingCache, made, reading_key

PLAN = CORPUS / "113_示範市東湖區公所.txt"
TASK = ReadingTask(PLAN, PLAN.name)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the files that were really read."""
    names: list[str] = []
    read = FileReader.read

    def counted(reader: FileReader, task: ReadingTask) -> FileReading:
        names.append(task.name)
        return read(reader, task)

    monkeypatch.setattr(FileReader, "read", counted)
    return names


def copy_of(folder: Path, *names: str) -> Path:
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes((CORPUS / name).read_bytes())
    return folder


def test_what_a_file_gave_comes_back_whole(tmp_path: Path) -> None:
    expected = read_collection(CORPUS)
    cache = ReadingCache(tmp_path / READINGS)
    assert read_collection(CORPUS, readings=cache) == expected
    cache.close()
    again = ReadingCache(tmp_path / READINGS)
    assert read_collection(CORPUS, readings=again) == expected
    again.close()


def test_only_what_changed_is_read_again(tmp_path: Path, asked: list[str]) -> None:
    names = (PLAN.name, "112_示範市東湖區公所.txt")
    folder, cache = copy_of(tmp_path / "plans", *names), ReadingCache(tmp_path / READINGS)
    first = read_collection(folder, readings=cache)
    assert sorted(asked) == sorted(names)
    asked.clear()
    assert read_collection(folder, readings=cache) == first
    assert asked == []
    path = folder / names[1]
    path.write_text(path.read_text(encoding="utf-8").replace("志工", "義工"), encoding="utf-8")
    changed = read_collection(folder, readings=cache)
    assert asked == [names[1]]
    assert any("義工" in item.text for plan in changed.plans for item in plan.items)
    cache.close()


def test_what_people_say_of_a_plan_is_applied_to_a_remembered_reading(tmp_path: Path) -> None:
    folder, cache = copy_of(tmp_path / "plans", PLAN.name), ReadingCache(tmp_path / READINGS)
    read_collection(folder, readings=cache)
    (folder / "plans.toml").write_text(f'[[plan]]\nfile = "{PLAN.name}"\nyear = 109\n', encoding="utf-8")
    assert [plan.metadata.year for plan in read_collection(folder, readings=cache).plans] == [109]
    cache.close()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(replace(TASK, name="別的.txt"), id="another name"),
        pytest.param(replace(TASK, force=True), id="forced"),
        pytest.param(replace(TASK, ocr=True), id="ocr"),
        pytest.param(replace(TASK, limits=Limits(max_pages=3)), id="other limits"),
    ],
)
def test_another_way_to_read_is_another_reading(other: ReadingTask) -> None:
    assert reading_key(other, "0") != reading_key(TASK, "0")
    assert reading_key(TASK, "0") == reading_key(replace(TASK), "0")
    assert reading_key(TASK, "1") != reading_key(TASK, "0")


def test_another_program_reads_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    before = reading_key(TASK, "0")
    monkeypatch.setattr(readings_module, "_program", lambda: "another")
    assert reading_key(TASK, "0") != before


def test_readings_with_catalogs_of_ones_own_are_not_remembered() -> None:
    assert reading_key(replace(TASK, frameworks=()), "0") is None


@pytest.mark.parametrize("content", [b"no database" * 100, b""], ids=["foreign file", "empty file"])
def test_a_broken_memory_only_means_that_files_are_read(content: bytes, tmp_path: Path, asked: list[str]) -> None:
    (tmp_path / READINGS).write_bytes(content)
    folder, cache = copy_of(tmp_path / "plans", PLAN.name), ReadingCache(tmp_path / READINGS)
    assert len(read_collection(folder, readings=cache).plans) == 1
    assert asked == [PLAN.name]
    cache.close()


@pytest.mark.parametrize("text", ["{", "[]", '{"plans": 3, "asides": []}', '{"plans": [{}], "asides": []}'])
def test_a_scrambled_reading_is_read_again(text: str, tmp_path: Path, asked: list[str]) -> None:
    folder, cache = copy_of(tmp_path / "plans", PLAN.name), ReadingCache(tmp_path / READINGS)
    expected = read_collection(folder, readings=cache)
    cache.close()
    with sqlite3.connect(tmp_path / READINGS) as connection:
        connection.execute("UPDATE remembered SET reading = ?", (text,))
    asked.clear()
    cache = ReadingCache(tmp_path / READINGS)
    assert read_collection(folder, readings=cache) == expected
    assert asked == [PLAN.name]
    cache.close()


def test_what_is_gone_is_forgotten(tmp_path: Path) -> None:
    folder = copy_of(tmp_path / "plans", PLAN.name, "112_示範市東湖區公所.txt")
    cache = ReadingCache(tmp_path / READINGS)
    read_collection(folder, readings=cache)
    cache.close(forget_unused=True)
    (folder / PLAN.name).unlink()
    cache = ReadingCache(tmp_path / READINGS)
    read_collection(folder, readings=cache)
    cache.close(forget_unused=True)
    with sqlite3.connect(tmp_path / READINGS) as connection:
        assert connection.execute("SELECT count(*) FROM remembered").fetchone() == (1,)


def test_a_file_that_gave_no_plan_is_not_remembered(tmp_path: Path) -> None:
    folder = tmp_path / "plans"
    folder.mkdir()
    (folder / "菜單.txt").write_text("今日午餐：滷肉飯、青菜、湯。\n", encoding="utf-8")
    cache = ReadingCache(tmp_path / "none" / READINGS)
    assert not read_collection(folder, options=ReadingOptions(), readings=cache).plans
    cache.close()
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize("values", [None, 3, [], {}, {"plans": "x", "asides": []}])
def test_what_is_no_reading_is_not_made_into_one(values: object) -> None:
    with pytest.raises((TypeError, KeyError, ValueError)):
        made(FileReading, values)


def test_an_index_remembers_what_its_files_gave(tmp_path: Path, asked: list[str]) -> None:
    from plansearch.index import PlanIndex  # noqa: PLC0415

    folder = copy_of(tmp_path / "plans", PLAN.name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("plansearch.index.load_encoder", lambda _, **__: TinyEncoder())
        first = PlanIndex.build(folder, tmp_path / "index")
        second = PlanIndex.build(folder, tmp_path / "index")
    assert asked == [PLAN.name]
    assert (first.unchanged, second.unchanged) == (False, True)


def test_a_file_that_is_saved_while_it_is_read_is_not_remembered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = copy_of(tmp_path / "plans", PLAN.name), ReadingCache(tmp_path / READINGS)
    path, before = folder / PLAN.name, PLAN.read_text(encoding="utf-8")
    read = FileReader.read

    def saved_meanwhile(reader: FileReader, task: ReadingTask) -> FileReading:
        path.write_text(before.replace("志工", "義工"), encoding="utf-8")
        return read(reader, task)

    with monkeypatch.context() as patch:
        patch.setattr(FileReader, "read", saved_meanwhile)
        read_collection(folder, readings=cache)
    path.write_text(before, encoding="utf-8")
    texts = [item.text for plan in read_collection(folder, readings=cache).plans for item in plan.items]
    assert any("志工" in text for text in texts)
    cache.close()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("UPDATE remembered SET reading = replace(reading, '113', '109')", id="a number"),
        pytest.param("UPDATE remembered SET key = 'another' || key", id="another key"),
    ],
)
def test_a_row_that_was_changed_is_not_believed(change: str, tmp_path: Path) -> None:
    cache = ReadingCache(tmp_path / READINGS)
    reading = FileReader().read(TASK)
    cache.put("key", reading)
    assert cache.get("key") == reading
    cache.close()
    with sqlite3.connect(tmp_path / READINGS) as connection:
        connection.execute(change)
    cache = ReadingCache(tmp_path / READINGS)
    assert [cache.get("key"), cache.get("anotherkey")] == [None, None]
    cache.close()


def test_a_memory_that_another_program_holds_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readings_module, "_PATIENCE", 0.01)
    reading = FileReader().read(TASK)
    cache = ReadingCache(tmp_path / READINGS)
    cache.put("key", reading)
    other = sqlite3.connect(tmp_path / READINGS, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert cache.get("key") is None
    other.execute("COMMIT")
    other.close()
    assert cache.get("key") is None
    cache.put("key", reading)
    cache.close()
