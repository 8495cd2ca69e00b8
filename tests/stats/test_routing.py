"""Metrics of a policy, by hand, by brute force, and the defects of other projects."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sale_inspect.stats import AgentGrid, Ratio, Realised, routing_metrics, routing_ratios, share_entropy, shares_of

GRID = AgentGrid(
    # small, middle, large: all right; middle and large; large; none; small alone.
    correct=np.array([[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0], [1, 0, 0]], dtype=float),
    dollars=np.array([[1, 2, 4]] * 5, dtype=float),
    tokens=np.array([[100, 200, 300]] * 5, dtype=float),
)
CHOICES = np.array([1, 0, 2, 1, 2])
OVERHEAD = np.full(5, 0.5)


def values(policy: Realised, grid: AgentGrid = GRID, worth: float | None = None) -> dict[str, float | None]:
    return {name: each.value for name, each in routing_metrics(policy, grid, worth=worth).items()}


def test_every_metric_by_hand() -> None:
    """Choices middle, small, large, middle, large. Right on tasks 1 and 3. Oracle: small, middle, large, small, small,
    at 1 + 2 + 4 + 1 + 1 = 9 dollars; the policy pays 2 + 1 + 4 + 2 + 4 = 13, and 2.5 for deciding."""
    assert values(GRID.realised(CHOICES, OVERHEAD), worth=10.0) == pytest.approx(
        {
            "pass": 2 / 5,
            "usd_per_task": 15.5 / 5,
            "usd_per_solved": 15.5 / 2,
            # 200 + 100 + 300 + 200 + 300 tokens
            "usd_per_mtok": 15.5 / 1100 * 1e6,
            "overhead_share": 2.5 / 15.5,
            # task 3, of the 4 that an agent solves
            "optimal_selection": 1 / 4,
            "optimal_cost": 9 / 15.5,
            "optimal_accuracy": 2 / 4,
            # tasks 1 and 5
            "over_escalation": 2 / 5,
            # task 2; on task 5 nobody dearer is right
            "under_escalation": 1 / 5,
            # task 4
            "hopeless_escalation": 1 / 5,
            "regret_pass": 2 / 5,
            "regret_usd": (15.5 - 9) / 5,
            # utilities at best 9, 8, 6, -1, 9; the policy's 20 - 15.5
            "regret_worth": (31 - 4.5) / 5,
            "dearest_share": 2 / 5,
            "share_entropy": -(0.2 * math.log2(0.2) + 2 * 0.4 * math.log2(0.4)),
        }
    )


def test_the_oracle_by_hand() -> None:
    assert GRID.oracle().tolist() == [0, 1, 2, 0, 0]


def test_the_oracle_is_at_its_optimum() -> None:
    found = values(GRID.realised(GRID.oracle()))
    for name in ("optimal_selection", "optimal_cost", "optimal_accuracy"):
        assert found[name] == 1.0
    for name in ("over_escalation", "under_escalation", "hopeless_escalation", "regret_pass", "regret_usd"):
        assert found[name] == 0.0


def test_peer_defect_overhead_left_out_would_change_all_dollars() -> None:
    """LiteLLM's savings omit what the classifier costs; here every figure in dollars has it."""
    free, paid = values(GRID.realised(CHOICES), worth=1.0), values(GRID.realised(CHOICES, OVERHEAD), worth=1.0)
    for name in ("usd_per_task", "usd_per_solved", "usd_per_mtok", "overhead_share", "regret_usd", "regret_worth"):
        assert (paid[name] or 0) > (free[name] or 0), name
    assert (paid["optimal_cost"] or 0) < (free["optimal_cost"] or 0)
    assert paid["pass"] == free["pass"]


@pytest.mark.parametrize("bad", [math.nan, math.inf, -0.1])
def test_peer_defect_an_unpriced_run_is_refused_and_not_free(bad: float) -> None:
    dollars = GRID.dollars.copy()
    dollars[2, 1] = bad
    with pytest.raises(ValueError, match=r"dollars at \(2, 1\).*never taken as 0"):
        replace(GRID, dollars=dollars)
    with pytest.raises(ValueError, match=r"overhead at \(0,\)"):
        GRID.realised(CHOICES, np.full(5, bad))


def test_peer_defect_units_of_price_dollars_per_million_tokens() -> None:
    """1,000 tokens for 1 cent are $10 a million. Not $1, as with a divisor of 10,000,000."""
    grid = AgentGrid(correct=np.ones((1, 1)), dollars=np.array([[0.01]]), tokens=np.array([[1000.0]]))
    assert values(grid.realised(np.array([0])), grid)["usd_per_mtok"] == pytest.approx(10.0)


def test_dollars_per_million_tokens_are_weighted_by_tokens() -> None:
    """$3 for 1,100 tokens; the mean of the tasks' quotients would be far off."""
    grid = AgentGrid(correct=np.ones((2, 1)), dollars=np.array([[1.0], [2.0]]), tokens=np.array([[100.0], [1000.0]]))
    assert values(grid.realised(np.array([0, 0])), grid)["usd_per_mtok"] == pytest.approx(3 / 1100 * 1e6)


def test_another_right_agent_for_the_same_dollars_is_an_optimal_selection() -> None:
    grid = AgentGrid(correct=np.array([[1.0, 1.0, 1.0]]), dollars=np.array([[1.0, 1.0, 2.0]]))
    for column, optimal in ((0, 1.0), (1, 1.0), (2, 0.0)):
        assert values(grid.realised(np.array([column])), grid)["optimal_selection"] == optimal


def test_a_wrong_agent_between_two_right_ones_is_over_and_under_escalation() -> None:
    grid = AgentGrid(correct=np.array([[1.0, 0.0, 1.0]]), dollars=np.array([[1.0, 2.0, 4.0]]))
    found = values(grid.realised(np.array([1])), grid)
    assert found["over_escalation"] == found["under_escalation"] == 1.0


def test_of_fractional_pass_rates_the_highest_above_0_is_right() -> None:
    """Means over epochs: 0.75 is the task's best, so 0.5 is not right, though it is often correct."""
    grid = AgentGrid(correct=np.array([[0.5, 0.75, 0.75], [0.0, 0.0, 0.0]]), dollars=np.array([[1.0, 2.0, 4.0]] * 2))
    assert grid.right().tolist() == [[False, True, True], [False, False, False]]
    assert grid.oracle().tolist() == [1, 0]
    found = values(grid.realised(np.array([0, 0])), grid)
    assert found["under_escalation"] == 0.5
    assert found["regret_pass"] == pytest.approx(0.125)
    assert found["optimal_accuracy"] == pytest.approx(0.5 / 0.75)


def test_ties_of_the_oracle_go_to_the_agent_that_is_cheaper_on_average() -> None:
    grid = AgentGrid(correct=np.ones((2, 2)), dollars=np.array([[1.0, 1.0], [3.0, 2.0]]))
    assert grid.oracle().tolist() == [1, 1]
    assert grid.dearest() == 0


def test_an_auction_that_was_held_is_judged_by_what_it_got() -> None:
    """It had the middle agent, which alone solves task 2, but failed; the large one would have solved it."""
    correct = np.array([1.0, 0.0, 1.0, 0.0, 0.0])
    policy = Realised(
        correct=correct, dollars=np.full(5, 3.0), overhead=np.ones(5), agent=np.array([0, 1, 2, 0, 0]), tokens=None
    )
    found = values(policy)
    assert found["pass"] == pytest.approx(0.4)
    assert found["usd_per_task"] == pytest.approx(4.0)
    assert found["under_escalation"] == pytest.approx(0.2)
    assert found["usd_per_mtok"] is None


NOTHING = AgentGrid(correct=np.zeros((2, 2)), dollars=np.zeros((2, 2)), tokens=np.zeros((2, 2)))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("usd_per_solved", "no task was solved"),
        ("usd_per_mtok", "no tokens were spent"),
        ("overhead_share", "nothing was spent"),
        ("optimal_cost", "nothing was spent"),
        ("optimal_accuracy", "no agent is right on any task"),
        ("optimal_selection", "no agent is right on any task"),
        ("regret_worth", "the worth of a solved task is not given"),
    ],
)
def test_a_metric_that_is_not_defined_has_a_reason_and_no_value(name: str, reason: str) -> None:
    found = routing_metrics(NOTHING.realised(np.array([0, 1])), NOTHING)[name]
    assert (found.value, found.reason) == (None, reason)


def test_without_one_agent_a_task_there_are_no_metrics_of_choices() -> None:
    policy = Realised(correct=np.ones(5), dollars=np.ones(5), overhead=np.zeros(5))
    found = routing_metrics(policy, GRID)
    for name in ("optimal_selection", "over_escalation", "under_escalation", "dearest_share", "share_entropy"):
        assert found[name].value is None
        assert "no one agent" in found[name].reason
    assert found["usd_per_mtok"].reason == "tokens are not known"
    assert found["pass"].value == 1.0


def test_shares_and_their_entropy() -> None:
    assert shares_of(np.array([0, 2, 2, 0]), 3).tolist() == [0.5, 0.0, 0.5]
    assert share_entropy(np.array([0.5, 0.0, 0.5])) == 1.0
    assert share_entropy(np.full(8, 1 / 8)) == pytest.approx(3.0)
    assert math.copysign(1, share_entropy(np.array([1.0, 0.0]))) == 1.0


@pytest.mark.parametrize(
    ("choices", "word"),
    [([0, 1], "one column each"), ([0.0] * 5, "one column each"), ([0, 0, 0, 0, 3], "no column"), ([-1] * 5, "no col")],
)
def test_choices_must_be_columns_of_the_table(choices: list[float], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        GRID.realised(np.array(choices))


def test_tables_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one of each"):
        AgentGrid(correct=np.zeros((0, 2)), dollars=np.zeros((0, 2)))
    with pytest.raises(ValueError, match="dollars has shape"):
        AgentGrid(correct=np.zeros((2, 2)), dollars=np.zeros((2, 1)))
    with pytest.raises(ValueError, match="overhead has shape"):
        GRID.realised(CHOICES, np.zeros(4))
    with pytest.raises(ValueError, match="correct at"):
        AgentGrid(correct=np.full((1, 1), 1.5), dollars=np.ones((1, 1)))
    with pytest.raises(ValueError, match="5 tasks of the policy, 2 of the agents"):
        routing_ratios(GRID.realised(CHOICES), NOTHING)


tables = st.tuples(st.integers(1, 8), st.integers(1, 4)).flatmap(
    lambda shape: st.tuples(
        arrays(float, shape, elements=st.sampled_from([0.0, 0.5, 1.0])),
        arrays(float, shape, elements=st.integers(1, 6).map(float)),
        arrays(np.intp, shape[0], elements=st.integers(0, shape[1] - 1)),
    )
)


@given(tables)
def test_choices_against_the_oracle_are_those_of_a_loop(table: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    correct, dollars, choices = table
    tasks, agents = correct.shape
    selected = over = under = hopeless = solvable = 0
    for t in range(tasks):
        top = max(correct[t])
        right = [n for n in range(agents) if correct[t, n] == top > 0]
        own = dollars[t, choices[t]]
        solvable += bool(right)
        cheapest = min((dollars[t, n] for n in right), default=math.inf)
        selected += choices[t] in right and own == cheapest
        over += own > cheapest
        under += bool(right) and choices[t] not in right and any(dollars[t, n] > own for n in right)
        hopeless += not right and own > min(dollars[t])
    grid = AgentGrid(correct=correct, dollars=dollars)
    found = values(grid.realised(choices), grid)
    assert found["optimal_selection"] == (pytest.approx(selected / solvable) if solvable else None)
    assert found["over_escalation"] == pytest.approx(over / tasks)
    assert found["under_escalation"] == pytest.approx(under / tasks)
    assert found["hopeless_escalation"] == pytest.approx(hopeless / tasks)


@given(tables, st.integers(0, 100))
def test_the_order_of_the_tasks_changes_nothing(table: tuple[np.ndarray, np.ndarray, np.ndarray], seed: int) -> None:
    correct, dollars, choices = table
    rows = np.random.default_rng(seed).permutation(len(correct))
    one, two = (
        AgentGrid(correct=correct, dollars=dollars),
        AgentGrid(correct=correct[rows], dollars=dollars[rows]),
    )
    first, second = values(one.realised(choices), one, 2.0), values(two.realised(choices[rows]), two, 2.0)
    assert first == pytest.approx(second)


@given(tables)
def test_no_policy_beats_the_oracle(table: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    correct, dollars, choices = table
    grid = AgentGrid(correct=correct, dollars=dollars)
    found = values(grid.realised(choices), grid, worth=3.0)
    assert (found["regret_pass"] or 0) >= 0
    assert (found["regret_worth"] or 0) >= -1e-12
    assert found["optimal_accuracy"] is None or found["optimal_accuracy"] <= 1 + 1e-12


def test_a_ratio_is_of_sums_and_never_a_mean_of_ratios() -> None:
    found = Ratio(kind="points", above=np.array([1.0, 9.0]), below=np.array([1.0, 1.0]), reason="").value()
    assert found.value == 5.0
    assert Ratio(kind="points", above=np.array([1.0, 3.0]), below=np.array([1.0, 3.0]), reason="").value().value == 1.0
    assert Ratio(kind="points", above=np.array([1.0, 1.0]), below=np.array([1.0, 3.0]), reason="").value().value == 0.5
