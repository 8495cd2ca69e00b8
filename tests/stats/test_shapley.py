"""Shapley values against brute force over orders, and their axioms."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect.stats import shapley_exact, shapley_sampled


def brute_force(members: int, values: list[float]) -> list[float]:
    gains = [0.0] * members
    orders = list(permutations(range(members)))
    for order in orders:
        mask = 0
        for member in order:
            gains[member] += values[mask | 1 << member] - values[mask]
            mask |= 1 << member
    return [gain / len(orders) for gain in gains]


games = st.integers(1, 5).flatmap(
    lambda n: st.tuples(st.just(n), st.lists(st.floats(-10, 10), min_size=1 << n, max_size=1 << n))
)


@settings(max_examples=60, deadline=None)
@given(games)
def test_exact_values_are_the_mean_gain_over_all_orders(game: tuple[int, list[float]]) -> None:
    members, values = game
    found = shapley_exact(members, lambda mask: np.array(values[mask]))
    assert found == pytest.approx(np.array(brute_force(members, values)), abs=1e-9)
    assert found.sum() == pytest.approx(values[-1] - values[0], abs=1e-9)


def test_a_member_that_adds_nothing_gets_nothing_and_equals_share() -> None:
    found = shapley_exact(3, lambda mask: np.array(1.0 if mask & 0b11 else 0.0))
    assert found.tolist() == pytest.approx([0.5, 0.5, 0.0])


def test_values_by_task_average_to_the_value_of_the_mean() -> None:
    rng = np.random.default_rng(0)
    table = rng.random((16, 30))
    by_task = shapley_exact(4, lambda mask: table[mask])
    assert by_task.mean(axis=1) == pytest.approx(shapley_exact(4, lambda mask: table[mask].mean()))


def test_sampled_values_agree_with_exact_ones_within_their_error() -> None:
    rng = np.random.default_rng(1)
    values = rng.random(1 << 6)
    exact = shapley_exact(6, lambda mask: np.array(values[mask]))
    drawn = shapley_sampled(6, lambda mask: np.array(values[mask]), orders=400, seed=3)
    assert (np.abs(drawn.values - exact) < 4 * drawn.error).all()
    assert drawn.error.max() < 0.05
    assert drawn.values.sum() == pytest.approx(values[-1] - values[0])


def test_a_coalition_is_valued_once() -> None:
    asked: list[int] = []

    def value(mask: int) -> np.ndarray:
        asked.append(mask)
        return np.array(float(mask.bit_count()))

    drawn = shapley_sampled(10, value, orders=20)
    assert len(asked) == len(set(asked))
    assert drawn.values == pytest.approx(np.ones(10))
    assert drawn.error == pytest.approx(np.zeros(10))


def test_too_many_members_are_refused() -> None:
    with pytest.raises(ValueError, match="1 to 8 members, got 9"):
        shapley_exact(9, lambda mask: np.array(0.0))
    with pytest.raises(ValueError, match="at least 2 orders"):
        shapley_sampled(3, lambda mask: np.array(0.0), orders=1)
