"""From the table to the matrix that routers are fitted to."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes import OutcomeRow, agent_order, make_table, policy_outcomes, splits, to_outcomes
from sale_inspect.routers import Outcomes


def row(agent: str, task: str, correct: float, dollars: float, **changes: object) -> OutcomeRow:
    values: dict[str, object] = {"agent": agent, "task": task, "correct": correct, "dollars": dollars}
    return OutcomeRow(**(values | {"text": f"text of {task}"} | changes))  # type: ignore[arg-type]


def sale(task: str, correct: float, dollars: float, winner: str, **changes: object) -> OutcomeRow:
    named = {"kind": "policy", "policy": "SALE", "winner": winner, "overhead_usd": 0.01, "tokens": 5.0}
    return row("", task, correct, dollars, **(named | changes))


def test_a_cell_is_the_mean_over_epochs() -> None:
    table = make_table(
        [
            row("dear", "t2", 1.0, 0.5, tokens=10.0, bin="b2", tau=9.0),
            row("dear", "t1", 1.0, 0.3, tokens=10.0, epoch=1, answer="first", bin="b1", tau=1.0),
            row("dear", "t1", 0.0, 0.5, tokens=30.0, epoch=2, answer="second", bin="b1", tau=1.0),
            row("cheap", "t1", 0.0, 0.1, tokens=1.0, seconds=3.0, bin="b1", tau=1.0),
            row("cheap", "t2", 0.5, 0.1, tokens=2.0, seconds=4.0, basis="estimated", bin="b2", tau=9.0),
        ]
    )
    found = to_outcomes(table)
    assert found.agents == ("cheap", "dear") and found.tasks == ("t1", "t2")
    assert found.texts == ("text of t1", "text of t2") and found.bins == ("b1", "b2")
    np.testing.assert_allclose(found.correct, [[0.0, 0.5], [0.5, 1.0]])
    np.testing.assert_allclose(found.dollars, [[0.1, 0.4], [0.1, 0.5]])
    assert found.tokens is not None and found.taus is not None and found.answers is not None
    np.testing.assert_allclose(found.tokens, [[1.0, 20.0], [2.0, 10.0]])
    np.testing.assert_allclose(found.taus, [1.0, 9.0])
    assert found.seconds is None, "not all are known"
    assert found.answers[0, 1] == "first" and found.answers[0, 0] == ""
    assert found.estimated


def test_policies_do_not_enter_the_matrix() -> None:
    table = make_table([row("a", "t1", 1.0, 0.1), sale("t1", 0.0, 0.3, "a"), sale("t2", 0.0, 0.3, "a")])
    found = to_outcomes(table)
    assert found.agents == ("a",) and found.tasks == ("t1",) and not found.estimated


def test_agents_are_in_pool_order_if_all_are_of_one_pool() -> None:
    def rows(**of_b: object) -> list[OutcomeRow]:
        return [
            row("a", "t1", 1.0, 0.1, pool="p", place=1),
            row("b", "t1", 1.0, 0.9, **({"pool": "p", "place": 0} | of_b)),
        ]

    assert agent_order(make_table(rows())) == ("b", "a")
    assert agent_order(make_table(rows(pool="other"))) == ("a", "b"), "two pools: by dollars"
    assert agent_order(make_table(rows(place=None))) == ("a", "b"), "a place is not known: by dollars"
    assert agent_order(make_table(rows(place=1))) == ("a", "b"), "two agents at one place: by dollars"


def test_only_some_agents_in_a_given_order() -> None:
    table = make_table([row(name, "t1", 1.0, dollars) for name, dollars in (("a", 1), ("b", 2), ("c", 3))])
    assert to_outcomes(table, agents=["c", "a"]).agents == ("c", "a")
    with pytest.raises(OutcomesError, match=r"there is no agent 'd'\. The agents: a, b, c"):
        to_outcomes(table, agents=["d"])


def test_an_empty_cell_is_an_error_that_names_it() -> None:
    table = make_table([row("a", "t1", 1, 1), row("b", "t1", 1, 1), row("a", "t2", 1, 1)])
    with pytest.raises(OutcomesError, match="1 of 4 cells are empty, first agent 'b' on task 't2'"):
        to_outcomes(table)
    with pytest.raises(OutcomesError, match="no agent that ran alone"):
        to_outcomes(make_table([sale("t1", 1, 1, "a")]))


def test_a_recorded_policy_has_means_over_its_epochs_and_its_winners() -> None:
    table = make_table(
        [
            sale("t1", 1.0, 0.3, "b", epoch=2),
            sale("t1", 0.0, 0.1, "a", epoch=1),
            sale("t2", 1.0, 0.2, "a", overhead_usd=None, tokens=None),
            sale("t1", 1.0, 0.9, "a", policy="random", overhead_usd=0.0),
        ]
    )
    first, second = policy_outcomes(table)
    assert (first.policy, second.policy) == ("SALE", "random")
    assert first.tasks == ("t1", "t2") and second.tasks == ("t1",)
    np.testing.assert_allclose(first.correct, [0.5, 1.0])
    np.testing.assert_allclose(first.dollars, [0.2, 0.2])
    np.testing.assert_allclose(first.overhead_usd, [0.01, np.nan])
    assert first.winners == (("a", "b"), ("a",))
    assert first.tokens is None
    assert second.tokens is not None and second.tokens.tolist() == [5.0]


@given(
    cells=st.lists(
        st.tuples(st.sampled_from("ab"), st.sampled_from("xyz"), st.integers(1, 3), st.floats(0, 1)),
        unique_by=lambda cell: cell[:3],
    )
)
def test_the_matrix_is_the_plain_mean_of_the_rows(cells: list[tuple[str, str, int, float]]) -> None:
    base = [(agent, task, 9, 0.5) for agent in "ab" for task in "xyz"]
    rows = [row(agent, task, score, score / 2, epoch=epoch) for agent, task, epoch, score in [*cells, *base]]
    found = to_outcomes(make_table(rows), agents="ab")
    for i, task in enumerate("xyz"):
        for j, agent in enumerate("ab"):
            own = [each.correct for each in rows if (each.agent, each.task) == (agent, task)]
            assert found.correct[i, j] == pytest.approx(np.mean(own))
            assert found.dollars[i, j] == pytest.approx(np.mean(own) / 2)


def matrix(tasks: int, bins: int = 1, texts: int | None = None) -> Outcomes:
    return Outcomes(
        agents=("a",),
        tasks=tuple(f"t{number:03}" for number in range(tasks)),
        texts=tuple(f"text {number % (texts or tasks)}" for number in range(tasks)),
        correct=np.ones((tasks, 1)),
        dollars=np.ones((tasks, 1)),
        bins=tuple(f"b{number % bins}" for number in range(tasks)),
    )


@given(tasks=st.integers(20, 80), bins=st.integers(1, 4), seed=st.integers(0, 9), share=st.floats(0.2, 0.8))
def test_splits_are_disjoint_whole_and_stratified(tasks: int, bins: int, seed: int, share: float) -> None:
    whole = matrix(tasks, bins)
    parts = splits(whole, {"train": share, "test": 1 - share}, seed=seed)
    assert sorted([*parts["train"].tasks, *parts["test"].tasks]) == list(whole.tasks)
    assert abs(len(parts["train"]) - share * tasks) <= 1
    sizes, taken = Counter(whole.bins), Counter(parts["train"].bins)
    for name, size in sizes.items():
        assert abs(taken[name] - share * size) <= 2


def test_splits_depend_on_the_seed_and_not_on_the_order_of_rows() -> None:
    whole = matrix(40, 2)
    turned = whole.take(list(range(39, -1, -1)))
    shares = {"train": 0.5, "test": 0.5}
    one, other = splits(whole, shares), splits(turned, shares)
    assert set(one["train"].tasks) == set(other["train"].tasks)
    assert set(one["train"].tasks) != set(splits(whole, shares, seed=1)["train"].tasks)


def test_tasks_of_one_text_stay_together() -> None:
    parts = splits(matrix(40, texts=10), {"train": 0.5, "test": 0.5})
    assert not set(parts["train"].texts) & set(parts["test"].texts)
    assert len(parts["train"]) == 20


@pytest.mark.parametrize("shares", [{"a": 0.5, "b": 0.4}, {"a": 1.5, "b": -0.5}, {"a": 0.0, "b": 1.0}])
def test_shares_that_make_no_sense_are_refused(shares: dict[str, float]) -> None:
    with pytest.raises(OutcomesError, match="must be positive and sum to 1"):
        splits(matrix(10), shares)


def test_too_few_texts_for_all_parts_is_an_error() -> None:
    with pytest.raises(OutcomesError, match="no task for"):
        splits(matrix(10, texts=1), {"train": 0.5, "test": 0.5})
