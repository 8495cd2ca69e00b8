"""Kinds of tasks with executors under solvers: the right agent works, and every call is booked once.

Auctions have every kind with every executor. The other two solvers end in the same hand-over, so each has a third of
the pairs, such that every kind and every executor is there with either.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from inspect_ai import Task, task_with
from inspect_ai import eval as inspect_eval
from inspect_ai.log import EvalSample
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect import routed, sale, single
from sale_inspect._inspect.store import read

from .agents import Script, play, pool_file
from .test_executors import EXECUTORS
from .test_kinds import KINDS, _alone, answers

__all__ = ["_alone"]  # a fixture

SOLVERS: dict[str, Callable[..., Any]] = {
    "sale": sale,
    "single": lambda *, agent="react", **options: single(agent="dear", executor=agent, **options),
    "routed": lambda **options: routed(router="random", **options),
}
PHASES = {"sale": {"bid", "jury", "execute"}, "single": {"execute"}, "routed": {"execute"}}
# An option of the solver, which is not the same for all tasks of an evaluation; `test_kinds` has it.
NAMES = [name for name, kind in KINDS.items() if not kind.options]
# What an agent makes impossible by itself: it calls its model twice where two messages are the limit; it has a tool of
# its own called `submit` beside the task's, and never ends; it adds messages that the limit does not know of.
IMPOSSIBLE = {
    ("with_arguments", "a tight message limit"),
    ("takes_model_and_tools", "a tool that is called submit"),
    ("takes_model_and_tools", "a tight message limit"),
}


def test_the_matrix_is_as_large_as_the_docs_say() -> None:
    assert len(NAMES) >= 20 and len(EXECUTORS) >= 8


def pairs(executor: str, policy: str) -> list[str]:
    """The kinds that an executor does under a solver."""
    first = list(EXECUTORS).index(executor) + list(SOLVERS).index(policy)
    chosen = NAMES if policy == "sale" else NAMES[first % 3 :: 3]
    return [name for name in chosen if (executor, name) not in IMPOSSIBLE]


@pytest.mark.parametrize("policy", SOLVERS)
def test_every_kind_stands_with_every_solver(policy: str) -> None:
    assert {name for executor in EXECUTORS for name in pairs(executor, policy)} == set(NAMES)
    assert all(len(pairs(executor, policy)) >= 5 for executor in EXECUTORS)


@pytest.mark.parametrize("policy", SOLVERS)
@pytest.mark.parametrize("executor", EXECUTORS)
def test_every_kind_of_task(tmp_path: Path, executor: str, policy: str) -> None:
    script = Script()
    pool = pool_file(tmp_path, cheap=[], dear=["picture"])
    kinds = pairs(executor, policy)
    logs = inspect_eval(
        [_task(name, script) for name in kinds],
        solver=SOLVERS[policy](pool=pool, **EXECUTORS[executor], **({"memory": "off"} if policy == "sale" else {})),
        log_dir=str(tmp_path / "logs"),
        display="none",
        log_realtime=False,
        max_tasks=1,
    )
    assert [log.eval.task for log in logs] == kinds
    booked = 0
    for name, log in zip(kinds, logs, strict=True):
        assert log.status == "success", (name, log.error)
        (sample,) = log.samples or []
        booked += _right(name, sample, policy)
    assert booked == len(script.asked)
    if policy != "sale":
        assert not script.of("bid") and not script.of("jury")


def _right(name: str, sample: EvalSample, policy: str) -> int:
    """That a sample is as it should be; returns the number of its booked calls."""
    assert sample.error is None and sample.limit is None, name
    (score,) = (sample.scores or {}).values()
    assert score.value == "C", (name, sample.output.completion, score)
    stored = read(sample)
    assert stored.worked_instead == "" and not stored.uncounted_calls, name
    entries = stored.entries or ()
    assert {entry.phase for entry in entries} == PHASES[policy], name
    chosen = {
        "sale": None if stored.auction is None else stored.auction.winner,
        "single": "dear",
        "routed": None if stored.routing is None else stored.routing.chosen,
    }[policy]
    assert {entry.agent for entry in entries if entry.phase == "execute"} == {chosen} == {stored.agent}, name
    for entry in entries:
        price = {"cheap": 1, "dear": 2}[entry.agent]
        assert entry.usage.total == 110 * entry.calls and entry.usd == pytest.approx(110 * price * entry.calls / 1e6)
    return sum(entry.calls for entry in entries)


def _task(name: str, script: Script) -> Task:
    """The task of a kind. Its setup tells the agents what the right answer is, since tasks run one after another."""
    kind = KINDS[name]

    @solver
    def begins() -> Solver:
        async def solve(state: TaskState, generate: Generate) -> TaskState:
            play(answers(kind.reply), script)
            return state

        return solve

    return task_with(kind.make(), name=name, setup=[begins(), *([kind.setup] if kind.setup else [])])
