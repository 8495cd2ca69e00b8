"""The logs of the shards of one run are read as one run, also when a shard was lost, tried again, or done twice."""

from __future__ import annotations

from typing import Any

import pytest

from sale_inspect._errors import LogError
from sale_inspect.runs import LogFacts
from sale_inspect.shards import RUN_KEY, SHARD_KEY
from tests.runs.test_rules import entry, log, runs, sample

TASKS = [f"q{number}" for number in range(7)]


def shard(
    index: int, of: int, name: str = "", run: str = "run", tasks: list[str] | None = None, **changes: Any
) -> LogFacts:
    own = TASKS[index::of]
    samples = [sample(each, uuid=f"{name}{each}") for each in (own if tasks is None else tasks)]
    told = {RUN_KEY: run, SHARD_KEY: [index, of]}
    return log(name or f"s{index}", *samples, **({"metadata": told, "sample_ids": tuple(own)} | changes))


def test_shards_beside_an_undivided_run_of_another_agent_line_up() -> None:
    whole = log("whole", *(sample(each) for each in TASKS), model="m/b")
    divided = [shard(index, 3, model="m/a") for index in range(3)]
    found = runs(whole, *divided)
    assert {run.task for run in found.of("m/a")} == {*TASKS} == {run.task for run in found.of("m/b")}
    assert len({head.set_hash for head in found.heads if head.model == "m/a"}) == 1
    with pytest.raises(LogError, match="another set of tasks"):
        runs(whole, *divided[:2])


def test_shards_of_two_runs_are_two_runs() -> None:
    with pytest.raises(LogError, match="one policy ran one task twice"):
        runs(*(shard(index, 2, f"{run}{index}", run=run) for run in ("a", "b") for index in range(2)))


def test_a_lost_shard_that_was_taken_up_elsewhere_counts_once_and_all_its_dollars_do() -> None:
    """Killed before its log could be retried, so that the second has another id of Inspect's."""
    lost = shard(0, 2, "lost", tasks=["q0", "q2"], status="started")
    again, other = shard(0, 2, "mlater"), shard(1, 2, "other")
    found = runs(lost, again, other)
    spent = {run.task: run.usd for run in found.runs}
    assert spent == pytest.approx({task: 0.02 if task in ("q0", "q2") else entry().usd for task in TASKS})
    assert len(found.runs) == len(TASKS)


def test_a_shard_that_is_not_finished_is_said_though_the_others_are() -> None:
    with pytest.raises(LogError, match=r"1 logs are not finished .*--exclude unfinished"):
        runs(shard(0, 2), shard(1, 2, tasks=["q1"], status="started"))
