"""What memory shows depends on a sample's place in the run and on nothing else."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai import Task, eval_retry, task
from inspect_ai.dataset import Sample
from inspect_ai.log import EvalLog
from inspect_ai.scorer import includes
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect._inspect.solvers._sale import sale
from sale_inspect._inspect.store import read
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.auction import AuctionRecord
from sale_inspect.options import Preset

RunEval = Callable[..., EvalLog]


def records(log: EvalLog) -> dict[tuple[int, int], AuctionRecord]:
    assert log.status == "success", log.error
    found = {}
    for sample in log.samples or []:
        record = read(sample).auction
        assert record is not None and record.position is not None
        found[record.epoch, record.position] = record
    return found


@pytest.mark.parametrize("preset", ["paper", "ours"])
def test_records_are_the_same_at_any_number_of_samples_at_once(run_eval: RunEval, preset: Preset) -> None:
    solver = sale(pool="sim", preset=preset)
    one, many = (
        records(run_eval(hst_coding(set="mini", bins="b1,b2", sandbox="local"), solver, max_samples=samples))
        for samples in (1, 8)
    )
    assert one == many
    assert any(record.refined for record in one.values())


@pytest.mark.parametrize("lag", [1, 3])
def test_a_refinement_sees_exactly_the_places_at_least_lag_before(run_eval: RunEval, lag: int) -> None:
    log = run_eval(
        hst_coding(set="mini", bins="b1,b2", sandbox="local"), sale(pool="sim", memory_lag=lag), max_samples=4
    )
    looked = [record for record in records(log).values() if record.refinement.neighbours]
    assert looked
    for record in looked:
        assert record.position is not None
        assert record.refinement.visible == record.position - lag + 1
        assert all(neighbour.position <= record.position - lag for neighbour in record.refinement.neighbours)
        assert len(record.refinement.neighbours) <= 8


def test_the_first_task_of_each_epoch_has_nothing_to_retrieve(run_eval: RunEval) -> None:
    found = records(
        run_eval(hst_coding(set="mini", bins="b1", sandbox="local"), sale(pool="sim"), epochs=2, max_samples=4)
    )
    assert {epoch for epoch, _ in found} == {1, 2}
    for (_, position), record in found.items():
        if position == 0:
            assert not record.refined and record.refinement.visible == 0
    # Epochs do not see each other, and simulated agents repeat themselves, so the epochs are equal.
    for position in {position for _, position in found}:
        assert found[1, position].model_copy(update={"epoch": 2}) == found[2, position]


def test_without_memory_nobody_refines(run_eval: RunEval, choices_task: Task) -> None:
    found = records(run_eval(choices_task, sale(pool="sim", memory="off")))
    assert not any(record.refined for record in found.values())
    assert all(record.winner == record.provisional_winner for record in found.values())


MARK = "SALE_TEST_FAILED_ONCE"
"""Names a file that remembers the failure: a retry loads this module anew."""


@solver
def fails_once_at(sample_id: str) -> Solver:
    """Fails the sample before its auction, the first time that it is tried."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        mark = Path(os.environ[MARK])
        if str(state.sample_id) == sample_id and not mark.exists():
            mark.touch()
            raise RuntimeError("a fault on purpose")
        return state

    return solve


@pytest.fixture
def failing_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(MARK, str(tmp_path / "failed"))


@task
def flaky(sample_id: str = "2") -> Task:
    samples = [Sample(id=str(i), input=f"What is {i} plus {i}?", target=str(2 * i)) for i in range(6)]
    return Task(dataset=samples, setup=fails_once_at(sample_id), scorer=includes())


@pytest.mark.usefixtures("failing_once")
def test_a_failed_sample_blocks_nobody_and_leaves_no_record(run_eval: RunEval) -> None:
    log = run_eval(flaky(), sale(pool="sim"), retry_on_error=1, max_samples=2)
    found = records(log)
    assert len(found) == 6
    for record in found.values():
        assert 2 not in [neighbour.position for neighbour in record.refinement.neighbours]


@pytest.mark.usefixtures("failing_once")
def test_a_retried_evaluation_ends(run_eval: RunEval) -> None:
    first = run_eval(flaky(sample_id="4"), sale(pool="sim"), fail_on_error=True, max_samples=1)
    assert first.status == "error"
    (second,) = eval_retry(first, display="none")
    assert second.status == "success", second.error
    assert len(second.samples or []) == 6
