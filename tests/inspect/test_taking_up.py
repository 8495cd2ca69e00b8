"""A run that goes on sees what it would have seen, whatever its memory or its log has lost meanwhile."""

from __future__ import annotations

import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, eval_retry, task, task_with
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog, EvalSpec, read_eval_log_sample_summaries_async
from inspect_ai.scorer import SampleScore
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import EarlyStop

from sale_inspect._inspect.auction import _taking_up, _waiting
from sale_inspect._inspect.auction._memory_files import MemoryChoice, MemoryUse, open_memory
from sale_inspect._inspect.solvers._sale import sale
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.auction import AuctionRecord
from sale_inspect.embedding import make_embedder
from sale_inspect.memory import EmbeddedMemory, MemoryStore, RunIdentity, RunPast
from tests.memory.making import past_of

RunEval = Callable[..., EvalLog]
Records = dict[str, AuctionRecord]

FAILING = "SALE_TEST_FAILING"
"""Sample ids that fail, with commas. A retry loads this module anew, so they cannot be held in it."""


@solver
def fails_where_told() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        if str(state.sample_id) in os.environ.get(FAILING, "").split(","):
            raise RuntimeError("a fault on purpose")
        return state

    return solve


@task
def choices() -> Task:
    """The 8 tasks of hst_mini's first bin, which need no sandbox."""
    return task_with(hst_coding(set="mini", bins="b1", sandbox="local"), setup=fails_where_told())


def records(log: EvalLog) -> Records:
    """The records by sample, in the order of the run."""
    assert log.status == "success", log.error
    found = {str(sample.id): read(sample).auction for sample in log.samples or []}
    there = {key: record for key, record in found.items() if record is not None}
    return dict(sorted(there.items(), key=lambda each: each[1].position or 0))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Records:
    """The records of a run in which nothing fails."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SALE_MEMORY_DIR", str(folder / "memory"))
        patch.delenv("SALE_MINILM_DIR", raising=False)
        (log,) = inspect_eval(
            choices(), solver=sale(pool="sim"), log_dir=str(folder), display="none", log_realtime=False
        )
    found = records(log)
    assert len(found) == 8 and len(that_looked(found)) >= 2
    return found


def that_looked(found: Records) -> list[str]:
    """Samples that retrieved something."""
    return [key for key, record in found.items() if record.refinement.neighbours]


def nothing(file: Path) -> None:
    assert file.exists()


def the_file(file: Path) -> None:
    for each in file.parent.iterdir():
        each.unlink()


def one_auction(file: Path) -> None:
    with MemoryStore(file) as store:
        (run,) = store.runs()
        store.reopen(run.key, [(1, 1)])


def what_the_log_never_had(file: Path) -> None:
    """The memory is ahead: it has the next sample too, with what that one does not say when it is done again."""
    with MemoryStore(file) as store:
        (run,) = store.runs()
        *_, last = [past for past in store.settled(run.key).values() if past is not None]
        store.settle(run.key, 1, last.position + 1, "ahead", replace(last, position=last.position + 1, task="Another."))


@pytest.mark.parametrize(
    ("lose", "log_format"),
    [
        (nothing, "eval"),
        (the_file, "eval"),
        (the_file, "json"),
        (one_auction, "eval"),
        (what_the_log_never_had, "eval"),
    ],
)
def test_after_an_error_a_retry_has_the_records_of_a_run_without_one(
    run_eval: RunEval,
    whole: Records,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    lose: Callable[[Path], None],
    log_format: str,
) -> None:
    # With one sample at once, Inspect begins the sample after the one that failed first (see `_slots.py`).
    monkeypatch.setattr(_waiting, "_LOOK_EVERY_SECONDS", 0.05)
    monkeypatch.setenv(FAILING, that_looked(whole)[0])
    broken = run_eval(choices(), sale(pool="sim"), max_samples=1, log_format=log_format)
    assert broken.status == "error"
    (file,) = (tmp_path / "memory").glob("*.sqlite")
    lose(file)
    monkeypatch.delenv(FAILING)
    (retried,) = eval_retry(broken, display="none", log_dir=str(tmp_path / "logs"))
    assert records(retried) == whole
    assert not list((tmp_path / "memory").iterdir())


def test_a_sample_that_failed_alone_sees_in_a_retry_what_it_would_have_seen(
    run_eval: RunEval, whole: Records, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    first, *_, last = that_looked(whole)
    monkeypatch.setenv(FAILING, first)
    without_first = records(run_eval(choices(), sale(pool="sim"), fail_on_error=False))
    assert first not in without_first and without_first[last] != whole[last]
    monkeypatch.setenv(FAILING, f"{first},{last}")
    both = run_eval(choices(), sale(pool="sim"), fail_on_error=False)
    monkeypatch.delenv(FAILING)
    (retried,) = eval_retry(both, display="none", log_dir=str(tmp_path / "logs"))
    found = records(retried)
    # It sees every sample before it; it is itself seen by nobody, whenever it is tried again.
    assert found[first] == whole[first]
    assert found[last] == without_first[last]
    assert {key: found[key] for key in without_first} == without_first


def test_a_log_that_is_read_in_the_middle_of_a_write_is_read_again(
    run_eval: RunEval, whole: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inspect writes the log meanwhile. Read too early, it once ended the run."""
    tries, read = [0], read_eval_log_sample_summaries_async

    async def torn(location: str) -> Any:
        tries[0] += 1
        if tries[0] < 4:
            raise zipfile.BadZipFile("File is not a zip file")
        return await read(location)

    monkeypatch.setattr(_taking_up, "read_eval_log_sample_summaries_async", torn)
    assert records(run_eval(choices(), sale(pool="sim"))) == whole
    assert tries == [4]


@pytest.mark.parametrize("required", [True, False])
def test_a_log_that_cannot_be_read_ends_the_run_or_is_said(
    run_eval: RunEval, monkeypatch: pytest.MonkeyPatch, required: bool
) -> None:
    async def unreadable(location: str) -> None:
        raise OSError(f"no such log as {location}")

    monkeypatch.setattr(_taking_up, "WAITS", ())
    monkeypatch.setattr(_taking_up, "read_eval_log_sample_summaries_async", unreadable)
    log = run_eval(choices(), sale(pool="sim", memory_required=required))
    if required:
        assert log.status == "error" and log.error is not None
        assert "could not be taken up from the log: OSError: no such log as" in log.error.message
        assert not log.stats.model_usage
    else:
        assert all("no such log as" in record.notes[0] for record in records(log).values())


@pytest.mark.parametrize("tasks_at_once", [1, 2])
def test_tasks_side_by_side_with_memories_of_their_own_see_what_they_see_one_after_another(
    whole: Records, tmp_path: Path, tasks_at_once: int
) -> None:
    logs = inspect_eval(
        [choices(), task_with(choices(), name="again")], solver=sale(pool="sim"), max_tasks=tasks_at_once,
        log_dir=str(tmp_path / "logs"), display="none", log_realtime=False,
    )  # fmt: skip
    assert [records(log) for log in logs] == [whole, whole]


@pytest.mark.parametrize("tasks_at_once", [1, 2])
def test_tasks_share_a_file_one_after_another_and_are_refused_side_by_side(
    whole: Records, tmp_path: Path, tasks_at_once: int
) -> None:
    first, second = inspect_eval(
        [choices(), task_with(choices(), name="again")],
        solver=sale(pool="sim", memory=str(tmp_path / "shared.sqlite")),
        max_tasks=tasks_at_once, log_dir=str(tmp_path / "logs"), display="none", log_realtime=False,
    )  # fmt: skip
    if tasks_at_once == 1:
        assert {key: record.bids for key, record in records(first).items()} == {
            key: record.bids for key, record in whole.items()
        }
        looked = [record.refinement for record in records(second).values() if record.refinement.eligible]
        # Of the first run all auctions but the task's own.
        assert all(each.own_left_out == 1 for each in looked) and min(each.visible for each in looked) >= 7
        return
    for log in (first, second):
        assert log.status == "error" and log.error is not None
        assert "2 tasks of this evaluation run side by side" in log.error.message
        assert "--max-tasks 1" in log.error.message
        assert not log.stats.model_usage


def test_a_run_that_goes_on_does_not_see_what_an_earlier_run_added_meanwhile(tmp_path: Path) -> None:
    choice = MemoryChoice(kind="file", path=tmp_path / "memory.sqlite")
    use = MemoryUse(choice=choice, pool="sim", agents={}, embedder="hashing")
    embedder = make_embedder("hashing")

    def settle(key: str, *positions: int) -> int:
        run = RunIdentity(key=key, pool="sim", agents={})
        file = open_memory(use, run, embedder, RunPast())
        assert isinstance(file, EmbeddedMemory)
        for position in positions:
            past = past_of({"a": "plan"}, epoch=1, position=position, task=f"Task {position}", winner="a", solved=True)
            file.settle((1, position), str(position), past)
        file.close(finished=False)
        return file.earlier

    assert settle("first", 0, 1) == 0
    assert settle("second", 0) == 2
    assert settle("first", 2) == 0
    assert settle("second", 1) == 2
    assert settle("third") == 5


class StopsOne:
    """Early stopping that leaves out one sample. Inspect tells no hook of it."""

    def __init__(self, left_out: str) -> None:
        self.left_out = left_out

    async def start_task(self, task: EvalSpec, samples: list[Sample], epochs: int) -> str:
        return "stops one"

    async def schedule_sample(self, id: str | int, epoch: int) -> EarlyStop | None:
        return EarlyStop(id=id, epoch=epoch) if str(id) == self.left_out else None

    async def complete_sample(self, id: str | int, epoch: int, scores: dict[str, SampleScore]) -> None:
        return None

    async def complete_task(self) -> dict[str, Any]:
        return {}


def test_a_sample_that_never_begins_is_waited_for_by_nobody_and_named(
    run_eval: RunEval, whole: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_waiting, "_LOOK_EVERY_SECONDS", 0.02)
    left_out, looks = next(iter(whole)), that_looked(whole)[-1]
    found = records(run_eval(task_with(choices(), early_stopping=StopsOne(left_out)), sale(pool="sim"), max_samples=4))
    assert left_out not in found
    assert found[looks].refinement.visible == whole[looks].refinement.visible - 1
    assert found[looks].notes[-1] == f"Samples before this one that never began ({left_out}): decided without them."
