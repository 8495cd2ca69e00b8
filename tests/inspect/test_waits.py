"""No run waits without an end: a place in the memory settles whatever happens, and what cannot be is an error."""

from __future__ import annotations

import errno
import faulthandler
import logging
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.scorer import includes
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect._errors import AuctionError, SaleError
from sale_inspect._inspect.auction import _feed, _waiting
from sale_inspect._inspect.auction._waiting import Activity
from sale_inspect._inspect.solvers._sale import sale
from sale_inspect._inspect.store import read
from sale_inspect.memory import EmbeddedMemory

RunEval = Callable[..., EvalLog]


@pytest.fixture(autouse=True)
def _hard_limit() -> Iterator[None]:
    """End the process, with all stacks, if a test hangs."""
    faulthandler.dump_traceback_later(120, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@solver
def fails_at(*ids: str) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if str(state.sample_id) in ids:
            raise RuntimeError("a fault on purpose")
        return state

    return solve


def sums(*failing: str, samples: int = 8, **options: Any) -> Task:
    dataset = [Sample(id=str(i), input=f"What is {i} plus {i}?", target=str(2 * i)) for i in range(samples)]
    return Task(dataset=dataset, setup=fails_at(*failing), scorer=includes(), **options)


def positions_seen(log: EvalLog) -> dict[str, int]:
    """How many auctions each sample that wanted to refine could see."""
    stored = {str(sample.id): read(sample).auction for sample in log.samples or []}
    return {key: record.refinement.visible for key, record in stored.items() if record and record.refinement.eligible}


@pytest.mark.parametrize(
    "options", [{"score_on_error": True}, {"fail_on_error": False}, {"continue_on_fail": True}, {"fail_on_error": 5}]
)
def test_a_failed_sample_is_waited_for_by_nobody_when_the_run_goes_on(
    run_eval: RunEval, options: dict[str, Any]
) -> None:
    log = run_eval(sums("1", "4"), sale(pool="sim"), max_samples=2, **options)
    assert len(log.samples or []) == 8
    failed = [str(sample.id) for sample in log.samples or [] if sample.error is not None]
    assert failed == ["1", "4"]
    assert positions_seen(log).get("7", 5) == 5  # of 7 places before it, two failed


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """The memory's file takes three places, and no more."""
    whole = EmbeddedMemory.settle
    taken: list[object] = []

    def settle(file: EmbeddedMemory, place: tuple[int, int], *rest: Any) -> None:
        taken.append(place)
        if len(taken) > 3:
            raise sqlite3.OperationalError("database or disk is full")
        whole(file, place, *rest)

    monkeypatch.setattr(EmbeddedMemory, "settle", settle)


@pytest.mark.usefixtures("full_disk")
def test_a_full_disk_ends_the_run_with_its_error(run_eval: RunEval) -> None:
    log = run_eval(sums(samples=14), sale(pool="sim"), max_samples=4)
    assert log.status == "error" and log.error is not None
    assert "database or disk is full" in log.error.message
    assert "memory_required=false" in log.error.message and "memory=off" in log.error.message


@pytest.mark.usefixtures("full_disk")
def test_when_allowed_the_run_goes_on_without_the_file_and_decides_the_same(
    run_eval: RunEval, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "sale_inspect"):
        log = run_eval(sums(samples=14), sale(pool="sim", embedder="hashing", memory_required=False), max_samples=4)
    assert log.status == "success", log.error
    assert caplog.text.count("database or disk is full") == 1
    monkeypatch.undo()
    whole = run_eval(sums(samples=14), sale(pool="sim", embedder="hashing"), max_samples=4)
    told = 0
    for broken, fine in zip(log.samples or [], whole.samples or [], strict=True):
        without, with_file = read(broken).auction, read(fine).auction
        assert without is not None and with_file is not None
        told += any("not kept on disk" in note for note in without.notes)
        assert without.model_copy(update={"notes": with_file.notes}) == with_file
    assert told >= 10


@pytest.mark.parametrize("required", [True, False])
def test_a_folder_that_cannot_be_made_is_refused_before_it_costs_anything_or_gone_on_without(
    run_eval: RunEval, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, required: bool
) -> None:
    (tmp_path / "file").write_text("no folder", encoding="utf-8")
    monkeypatch.setenv("SALE_MEMORY_DIR", str(tmp_path / "file" / "memory"))
    log = run_eval(sums(samples=3), sale(pool="sim", memory_required=required))
    if required:
        assert log.status == "error" and log.error is not None
        assert "the folder of the runs' memories cannot be made" in log.error.message
        assert not log.stats.model_usage
    else:
        assert log.status == "success"
        records = [read(sample).auction for sample in log.samples or []]
        assert all(record and "not kept on disk" in record.notes[-1] for record in records)


@pytest.mark.parametrize("error", [KeyError("a key"), OSError(errno.EIO, "input/output error"), SaleError("no score")])
def test_a_fault_while_a_sample_is_remembered_ends_the_run(
    run_eval: RunEval, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    whole = _feed.past_auction

    def fault(run: Any, sample: Any, *rest: Any) -> Any:
        if sample.id == "2":
            raise error
        return whole(run, sample, *rest)

    monkeypatch.setattr(_feed, "past_auction", fault)
    log = run_eval(sums(), sale(pool="sim"), max_samples=3)
    assert log.status == "error" and log.error is not None
    assert "The auction memory of this run could not be written" in log.error.message
    assert str(error) in log.error.message


def test_a_long_wait_is_told_once_and_a_silent_run_ends_it(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(_waiting, "TOLD_AFTER_SECONDS", 0.05)
    monkeypatch.setattr(_waiting, "_LOOK_EVERY_SECONDS", 0.01)

    async def waits() -> None:
        activity = Activity()
        async with anyio.create_task_group() as group:
            for name in "ab":
                group.start_soon(one, activity, name)
            for _ in range(10):
                await anyio.sleep(0.05)
                activity.note()

    async def one(activity: Activity, name: str) -> None:
        began = anyio.current_time()
        with pytest.raises(AuctionError, match=rf"{name} waits for c, and nothing has happened in this run for 0.2 s"):
            await activity.until_or_silence(lambda: False, reason=lambda: f"{name} waits for c", silence=0.2)
        # Not before the run was silent: it was busy for half a second.
        assert anyio.current_time() - began >= 0.6

    with caplog.at_level(logging.WARNING, "sale_inspect"):
        anyio.run(waits)
    assert caplog.text.count("waits for c") == 1


def test_what_is_waited_for_ends_the_wait_at_once() -> None:
    async def waits() -> None:
        activity, done = Activity(), list[int]()
        async with anyio.create_task_group() as group:
            with anyio.fail_after(5):
                group.start_soon(settle, activity, done)
                await activity.until_or_silence(lambda: bool(done), reason=lambda: "", silence=60)

    async def settle(activity: Activity, done: list[int]) -> None:
        await anyio.sleep(0.01)
        done.append(1)
        activity.wake()

    anyio.run(waits)
