from __future__ import annotations

import asyncio
import gc
import shutil
import sqlite3
import threading
import time
import weakref
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import EAST, OTHER, WEST, TinyEncoder
from web_clients import build

from plansearch.errors import IndexBrokenError, IndexMissingError, PlansearchError
from plansearch.index import PlanIndex
from plansearch.retrieval import search
from plansearch.types import Encoder, FloatMatrix, Progress
from plansearch.web.holder import IndexHolder
from plansearch.web.sharing import BYTES_REMEMBERED, QUESTIONS_REMEMBERED, Familiar, SharedEncoder, Turns
from plansearch.web.working import BusyError, Workbench


def within(test: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(test(), 30))


# Work


def test_work_of_one_key_is_done_once_for_all_who_ask() -> None:
    calls: list[int] = []

    async def test() -> None:
        bench = Workbench()

        def work(tell: Progress) -> str:
            tell(1, 2)
            calls.append(1)
            return "answer"

        jobs = [bench.start("key", work) for _ in range(5)]
        assert len({id(job) for job in jobs}) == 1
        assert await jobs[0].within(None)
        assert (jobs[0].result(), jobs[0].share) == ("answer", 0.5)
        assert bench.start("key", work) is jobs[0]
        other = bench.start("other", work)
        assert await other.within(10)

    within(test)
    assert calls == [1, 1]


def test_who_stops_waiting_does_not_stop_the_work_for_others() -> None:
    async def test() -> None:
        bench, go_on = Workbench(), threading.Event()
        job = bench.start("key", lambda _: go_on.wait(20))
        impatient = asyncio.create_task(job.within(None))
        patient = asyncio.create_task(job.within(None))
        await asyncio.sleep(0.05)
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
        assert not job.future.cancelled()
        go_on.set()
        assert await patient
        assert job.result() is True

    within(test)


def test_an_error_is_told_to_all_who_wait_and_not_remembered() -> None:
    async def test() -> None:
        bench = Workbench()
        outcomes = iter([PlansearchError("broken"), None])

        def work(_: Progress) -> str:
            if (error := next(outcomes)) is not None:
                raise error
            return "answer"

        first = bench.start("key", work)
        await asyncio.gather(first.within(None), first.within(None))
        for _ in range(2):
            with pytest.raises(PlansearchError, match="broken"):
                first.result()
        again = bench.start("key", work)
        await again.within(None)
        assert again.result() == "answer"

    within(test)


def test_an_error_that_nobody_waited_for_is_told_to_who_asks_again() -> None:
    async def test() -> None:
        bench, runs = Workbench(), []

        def work(_: Progress) -> str:
            runs.append(1)
            message = "broken"
            raise PlansearchError(message)

        await bench.start("key", work).within(None)
        for n_runs in (1, 2):
            again = bench.start("key", work)
            await again.within(None)
            with pytest.raises(PlansearchError, match="broken"):
                again.result()
            assert len(runs) == n_runs

    within(test)


def test_no_more_is_taken_on_than_can_wait() -> None:
    async def test() -> None:
        bench, go_on = Workbench(waiting=3), threading.Event()
        jobs = [bench.start(number, lambda _: go_on.wait(20)) for number in range(3)]
        with pytest.raises(BusyError):
            bench.start("one more", lambda _: True)
        assert bench.start(0, lambda _: True) is jobs[0]
        go_on.set()
        for job in jobs:
            await job.within(None)
        late = bench.start("one more", lambda _: True)
        assert await late.within(None)

    within(test)


def test_only_the_last_answers_are_kept() -> None:
    async def test() -> None:
        bench = Workbench(remembered=4)
        for number in range(50):
            await bench.start(number, lambda _: b"x").within(None)
        assert len(bench._jobs) <= 5  # noqa: SLF001

    within(test)


def test_answers_of_an_earlier_index_are_let_go() -> None:
    async def test() -> None:
        bench, go_on = Workbench(), threading.Event()
        old = bench.start("key", lambda _: "old", edition=1)
        await old.within(None)
        slow = bench.start("slow", lambda _: go_on.wait(20), edition=1)
        new = bench.start("key", lambda _: "new", edition=2)
        assert new is not old
        assert (1, "key") not in bench._jobs  # noqa: SLF001
        go_on.set()
        await asyncio.gather(slow.within(None), new.within(None))
        await asyncio.sleep(0)
        assert (slow.result(), new.result()) == (True, "new")
        assert set(bench._jobs) == {(2, "key")}  # noqa: SLF001

    within(test)


def test_work_ends_where_it_tells_its_progress_once_the_program_ends() -> None:
    async def test() -> None:
        bench, go_on = Workbench(), threading.Event()

        def work(tell: Progress) -> str:
            go_on.wait(20)
            tell(1, 2)
            return "answer"

        job = bench.start("key", work)
        await asyncio.sleep(0.05)
        bench.close()
        go_on.set()
        await job.within(None)
        with pytest.raises(BusyError):
            job.result()

    within(test)


# Indexes that are lent


def holder_of(directory: Path, **settings: Any) -> IndexHolder:  # noqa: ANN401  what it takes
    return IndexHolder(directory, load=TinyEncoder, **settings)


def is_closed(index: PlanIndex) -> bool:
    try:
        index.catalog.position("east.txt#1")
    except (IndexBrokenError, sqlite3.ProgrammingError):
        return True
    return False


def test_an_index_is_opened_once_and_lent_again(tmp_path: Path) -> None:
    holder = holder_of(build(tmp_path / "index"))
    with holder.lease() as first:
        pass
    with holder.lease() as second, holder.lease() as third:
        assert second is first
        assert third is not first
    holder.close()
    assert is_closed(first)
    assert is_closed(third)


def test_an_index_that_was_replaced_is_closed_when_it_comes_back(tmp_path: Path) -> None:
    directory = build(tmp_path / "index", EAST)
    holder = holder_of(directory)
    with holder.lease() as idle, holder.lease() as old:
        pass
    with holder.lease() as old:
        build(directory, EAST, WEST)
        assert len(old.items()) == len(EAST.items)  # whoever has it may finish
    assert is_closed(old)
    with holder.lease() as new:
        assert new.manifest.plans == 2
    assert is_closed(idle)
    holder.close()


def test_an_index_that_was_deleted_and_built_anew_is_another_one(tmp_path: Path) -> None:
    directory = build(tmp_path / "index", EAST)
    holder = holder_of(directory)
    with holder.lease() as old:
        assert old.manifest.plans == 1
    before = holder.edition()
    shutil.rmtree(directory)
    with pytest.raises(IndexMissingError), holder.lease():
        pass
    build(directory, EAST, WEST)
    assert holder.edition().name == before.name == "gen-000001"
    assert holder.edition() != before
    with holder.lease() as new:
        assert new.manifest.plans == 2
    assert is_closed(old)
    holder.close()


def test_an_index_that_is_deleted_while_lent_answers_to_the_end(tmp_path: Path) -> None:
    directory = build(tmp_path / "index", EAST)
    holder = holder_of(directory)
    with holder.lease() as index:
        shutil.rmtree(directory)
        assert [found.item.text for found in index.items()] == [item.text for item in EAST.items]
    assert is_closed(index)


def test_an_index_that_failed_is_not_lent_again(tmp_path: Path) -> None:
    holder = holder_of(build(tmp_path / "index", EAST))
    message = "a part can't be read"
    with pytest.raises(IndexBrokenError), holder.lease() as broken:
        raise IndexBrokenError(message)
    assert is_closed(broken)
    with pytest.raises(ValueError, match="mistake"), holder.lease() as sound:
        raise ValueError("mistake")
    with holder.lease() as again:
        assert again is sound
    holder.close()


def test_no_more_are_open_than_allowed_whatever_happens(tmp_path: Path) -> None:
    directory = build(tmp_path / "index", EAST)
    holder = holder_of(directory, most=2)
    seen: set[int] = set()
    together, most = [0], [0]
    counting = threading.Lock()

    def ask(number: int) -> None:
        for turn in range(20):
            with holder.lease() as index:
                with counting:
                    seen.add(id(index))
                    together[0] += 1
                    most[0] = max(most[0], together[0])
                assert index.catalog.position("east.txt#1") == 0
                with counting:
                    together[0] -= 1
            if number == 0 and turn % 5 == 0:
                build(directory, *([EAST, WEST] if turn % 10 else [EAST, OTHER]))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert most[0] <= 2
    assert len(holder._idle) <= 2  # noqa: SLF001
    holder.close()


def test_who_only_looks_something_up_waits_for_nobody(tmp_path: Path) -> None:
    holder = holder_of(build(tmp_path / "index", EAST), most=1, quick=1)
    answers: list[int | None] = []

    def look_up() -> None:
        with holder.lease(quick=True) as index:
            answers.append(index.catalog.position("east.txt#2"))

    with holder.lease():
        thread = threading.Thread(target=look_up)
        thread.start()
        thread.join(20)
        assert answers == [1]
    holder.close()


def test_an_index_that_comes_back_after_the_end_is_closed(tmp_path: Path) -> None:
    holder = holder_of(build(tmp_path / "index", EAST))
    with holder.lease() as index:
        holder.close()
        assert not is_closed(index)
    assert is_closed(index)


def test_nothing_remains_of_an_index_that_was_replaced(tmp_path: Path) -> None:
    directory = build(tmp_path / "index", EAST)
    holder = holder_of(directory)
    with holder.lease() as index:
        assert search(index, "無障礙廁所").added
        left = [weakref.ref(part) for part in (index, index.tokenizer, index.catalog, index.lexical, index.dense)]
    build(directory, EAST, WEST)
    with holder.lease():
        del index
        gc.collect()
        assert [ref() for ref in left] == [None] * len(left)
    holder.close()


def test_a_model_is_loaded_once_and_forgotten_with_its_index(tmp_path: Path) -> None:
    loaded: list[str] = []

    def load(name: str) -> Encoder:
        loaded.append(name)
        return TinyEncoder(name)

    directory = build(tmp_path / "index", EAST)
    holder = IndexHolder(directory, load=load)
    start = threading.Barrier(4)

    def ask() -> None:
        with holder.lease() as index:
            start.wait(20)
            assert index.encoder.dimension == TinyEncoder.dimension

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert loaded == ["tiny@1"]
    build(directory, EAST, encoder=TinyEncoder("tiny@2"))
    with holder.lease() as index:
        assert index.encoder.name == "tiny@2"
    assert loaded == ["tiny@1", "tiny@2"]
    assert list(holder._encoders) == ["tiny@2"]  # noqa: SLF001
    holder.close()


def test_a_shared_model_gives_what_the_model_gives() -> None:
    plain, shared = TinyEncoder(), SharedEncoder(TinyEncoder())
    texts = [f"第 {number} 項措施" for number in range(30)]
    told: list[tuple[int, int]] = []
    assert (shared.name, shared.dimension) == (plain.name, plain.dimension)
    assert (shared.encode_queries(texts) == plain.encode_queries(texts)).all()
    assert (
        shared.encode_passages(texts, lambda done, total: told.append((done, total))) == plain.encode_passages(texts)
    ).all()
    assert told == [(30, 30)]
    assert shared.encode_queries([]).shape == (0, plain.dimension)


def test_a_question_that_is_asked_again_is_not_embedded_again() -> None:
    model = TinyEncoder()
    shared = SharedEncoder(model)
    first = shared.encode_queries(["坡道", "服務鈴", "坡道"])
    expected = model.encode_queries(["坡道", "服務鈴", "坡道"])
    assert (first == expected).all()
    first[:] = 0  # what a caller does with it is nobody else's business
    asked: list[str] = []

    def counted(texts: Sequence[str]) -> FloatMatrix:
        asked.extend(texts)
        return TinyEncoder().encode_queries(texts)

    model.encode_queries = counted  # type: ignore[method-assign]
    assert (shared.encode_queries(["服務鈴", "志工", "坡道"])[[2, 0]] == expected[:2]).all()
    assert asked == ["志工"]


def test_of_very_many_questions_the_last_ones_are_remembered() -> None:
    shared = SharedEncoder(NarrowEncoder())
    for start in range(0, QUESTIONS_REMEMBERED + 10, 1000):
        shared.encode_queries([str(number) for number in range(start, start + 1000)])
    assert len(shared._asked) == QUESTIONS_REMEMBERED  # noqa: SLF001
    assert "0" not in shared._asked  # noqa: SLF001
    assert all(vector.nbytes == 8 for vector in shared._asked.values())  # noqa: SLF001
    assert all(vector.base is None for vector in shared._asked.values())  # noqa: SLF001


def test_long_vectors_are_remembered_of_fewer_questions() -> None:
    shared = SharedEncoder(TinyEncoder())
    shared.encode_queries([str(number) for number in range(1500)])
    vectors = list(shared._asked.values())  # noqa: SLF001
    assert BYTES_REMEMBERED - vectors[0].nbytes <= sum(vector.nbytes for vector in vectors) <= BYTES_REMEMBERED


class NarrowEncoder(TinyEncoder):
    """So small that thousands of texts take no time."""

    dimension = 2

    def encode_queries(self, texts: Sequence[str]) -> FloatMatrix:
        return np.ones((len(texts), 2), dtype=np.float32)


def test_of_very_many_familiar_questions_the_last_ones_are_remembered() -> None:
    familiar = Familiar(most=3)
    for question in ("a", "b", "c", "a", "d"):
        familiar.add(question)
    assert [one for one in "abcd" if one in familiar] == ["a", "c", "d"]
    assert len(familiar) == 3


def test_a_lock_goes_to_who_has_waited_longest() -> None:
    turns, order = Turns(), list[int]()
    waiting = threading.Barrier(2)

    def ask(number: int) -> None:
        waiting.wait(20)
        with turns:
            order.append(number)

    threads = []
    with turns:
        for number in range(8):
            thread = threading.Thread(target=ask, args=(number,))
            thread.start()
            threads.append(thread)
            waiting.wait(20)
            until = time.monotonic() + 20
            while len(turns._waiting) <= number and time.monotonic() < until:  # noqa: SLF001
                time.sleep(0.001)
    for thread in threads:
        thread.join(20)
    assert order == list(range(8))
    with turns:
        order.append(8)
    assert order[-1] == 8
