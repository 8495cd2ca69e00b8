"""The oracle."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import Outcomes, TaskBatch
from sale_inspect.routers.kinds._oracle import OracleOptions, OracleRouter, fit_oracle, oracle_choices


def outcomes(correct: object, dollars: object) -> Outcomes:
    right = np.asarray(correct, dtype=float)
    ids = tuple(f"t{row}" for row in range(len(right)))
    agents = tuple(f"a{column}" for column in range(right.shape[1]))
    return Outcomes(agents=agents, tasks=ids, texts=ids, correct=right, dollars=np.asarray(dollars, dtype=float))


def batch(*ids: str) -> TaskBatch:
    return TaskBatch(ids=ids, features=np.zeros((len(ids), 1), dtype=np.float32))


def test_cheapest_correct_else_cheapest() -> None:
    data = outcomes([[0, 1, 1], [0, 0, 0], [1, 1, 1]], [[1, 5, 3], [4, 2, 9], [7, 8, 6]])
    assert oracle_choices(data).tolist() == [2, 1, 2]


def test_ties_in_the_dollars_of_a_task_go_to_the_agent_that_is_cheaper_on_the_whole() -> None:
    data = outcomes([[1, 1], [1, 0]], [[2, 2], [9, 1]])
    assert oracle_choices(data).tolist() == [1, 0]
    assert oracle_choices(outcomes([[1, 1]], [[2, 2]])).tolist() == [0]


def test_with_epochs_it_takes_the_cheapest_of_the_highest_pass_at_1() -> None:
    data = outcomes([[0.25, 0.75, 0.75], [0.5, 0.25, 0.0]], [[1, 3, 2], [3, 2, 1]])
    assert oracle_choices(data).tolist() == [2, 0]


@given(st.integers(1, 4), st.integers(1, 3), st.data())
def test_no_choice_of_agents_is_better(tasks: int, agents: int, data: st.DataObject) -> None:
    size = tasks * agents
    correct = np.array(data.draw(st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=size, max_size=size)))
    dollars = np.array(data.draw(st.lists(st.integers(0, 5), min_size=size, max_size=size)), dtype=float)
    own = outcomes(correct.reshape(tasks, agents), dollars.reshape(tasks, agents))

    def value(choice: NDArray[np.int64]) -> tuple[float, float]:
        rows = np.arange(tasks)
        return float(own.correct[rows, choice].sum()), -float(own.dollars[rows, choice].sum())

    best = max(value(np.array(choice)) for choice in itertools.product(range(agents), repeat=tasks))
    assert value(oracle_choices(own)) == best


def test_it_looks_tasks_up_and_refuses_those_it_does_not_know() -> None:
    router = fit_oracle(
        outcomes([[0, 1], [1, 1]], [[1, 2], [1, 2]]),
        np.zeros((2, 1), dtype=np.float32),
        options=OracleOptions(),
        seed=0,
    )
    assert router.choose(batch("t1", "t0")).agent.tolist() == [0, 1]
    assert "a1" in router.explain(batch("t1", "t0"), 1)
    with pytest.raises(OutcomesError, match=r"no outcomes of task 'new'.*bound for replays"):
        router.choose(batch("t0", "new"))
    again = OracleRouter.from_arrays(*router.to_arrays())
    assert dict(again.table) == dict(router.table)
    meta, arrays = router.to_arrays()
    with pytest.raises(OutcomesError, match="`columns`"):
        OracleRouter.from_arrays(meta, {"columns": arrays["columns"] + 1})
    with pytest.raises(OutcomesError, match="no knob"):
        router.at(1)
