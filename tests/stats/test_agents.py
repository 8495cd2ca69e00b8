"""The best single agent and the oracle, by a slow search, and where they meet in routers, replays and fits."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sale_inspect.routers import Outcomes, oracle_choices
from sale_inspect.routers import best_single as best_of_outcomes
from sale_inspect.stats import AgentGrid, area_below, best_single, oracle, pareto_front

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 4))


@st.composite
def grids(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """pass@1 and dollars with many ties."""
    shape = draw(SHAPES)
    correct = draw(arrays(np.float64, shape, elements=st.sampled_from([0.0, 1 / 3, 2 / 3, 1.0])))
    return correct, draw(arrays(np.float64, shape, elements=st.sampled_from([0.0, 0.1, 0.2, 0.3])))


def slow_oracle(correct: np.ndarray, dollars: np.ndarray) -> list[int]:
    agents = range(correct.shape[1])
    means = [round(sum(column) / len(column), 15) for column in dollars.T.tolist()]
    columns = []
    for rates, paid in zip(correct.tolist(), dollars.tolist(), strict=True):
        best = [agent for agent in agents if rates[agent] > max(rates) - 1e-9]
        columns.append(min((paid[agent], means[agent], agent) for agent in best)[2])
    return columns


@given(grids())
def test_the_oracle_is_the_cheapest_of_the_best_everywhere(grid: tuple[np.ndarray, np.ndarray]) -> None:
    correct, dollars = grid
    columns = slow_oracle(correct, dollars)
    assert oracle(correct, dollars).tolist() == columns
    assert AgentGrid(correct=correct, dollars=dollars).oracle().tolist() == columns
    tasks, agents = correct.shape
    outcomes = Outcomes(
        agents=tuple(f"a{n}" for n in range(agents)),
        tasks=tuple(f"t{n}" for n in range(tasks)),
        texts=("",) * tasks,
        correct=correct,
        dollars=dollars,
    )
    assert oracle_choices(outcomes).tolist() == columns
    assert best_of_outcomes(outcomes) == best_single(correct.mean(axis=0), dollars.mean(axis=0))


@given(grids(), st.randoms(use_true_random=False))
def test_the_order_of_tasks_does_not_change_the_best_agent(grid: tuple[np.ndarray, np.ndarray], random: object) -> None:
    correct, dollars = grid
    rows = np.arange(len(correct))
    np.random.default_rng(random.randint(0, 99)).shuffle(rows)  # type: ignore[attr-defined]
    shuffled = best_single(correct[rows].mean(axis=0), dollars[rows].mean(axis=0))
    assert shuffled == best_single(correct.mean(axis=0), dollars.mean(axis=0))


def test_ties_of_the_best_agent_go_to_the_fewer_dollars_and_then_to_the_pool_s_order() -> None:
    assert best_single([0.5, 0.7, 0.7], [0.1, 0.3, 0.2]) == 2
    assert best_single([0.7, 0.7], [0.2, 0.2]) == 0
    # 0.1 + 0.2 is not 0.3 in binary; no agent is better or cheaper for that.
    assert best_single([0.3, 0.1 + 0.2], [0.2, 0.2]) == 0
    assert best_single([0.7, 0.7], [0.1 + 0.2, 0.3]) == 0


def test_an_oracle_of_pass_rates_that_differ_in_the_last_digit_takes_the_cheaper() -> None:
    assert oracle(np.array([[0.3, 0.1 + 0.2]]), np.array([[0.1, 0.2]])).tolist() == [0]
    assert oracle(np.array([[0.3, 0.1 + 0.2]]), np.array([[0.2, 0.1]])).tolist() == [1]


def test_what_has_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        best_single([0.5, float("nan")], [0.1, 0.1])
    with pytest.raises(ValueError, match="at least one"):
        best_single([], [])
    with pytest.raises(ValueError, match="tasks x agents"):
        oracle(np.zeros((2, 0)), np.zeros((2, 0)))


def test_of_equal_points_of_a_front_the_preferred_counts() -> None:
    dollars, correct = [1.0, 1.0, 2.0, 2.0], [0.5, 0.5, 0.5, 0.7]
    assert pareto_front(dollars, correct).tolist() == [0, 3]
    assert pareto_front(dollars, correct, prefer=[0.2, 0.1, 0.0, 0.0]).tolist() == [1, 3]


def test_an_area_is_flat_beyond_the_points() -> None:
    x, y = np.array([1.0, 2.0]), np.array([0.2, 0.6])
    assert area_below(x, y, 1.0, 2.0) == pytest.approx(0.4)
    assert area_below(x, y, 0.0, 3.0) == pytest.approx(0.2 + 0.4 + 0.6)
    assert area_below(x, y, 1.5, 1.5) == 0.0
