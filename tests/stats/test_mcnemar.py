"""McNemar's exact test, by hand and against scipy's binomial test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from sale_inspect.stats import mcnemar


def pair(both: int, first: int, second: int, neither: int) -> tuple[np.ndarray, np.ndarray]:
    one = [1.0] * (both + first) + [0.0] * (second + neither)
    two = [1.0] * both + [0.0] * first + [1.0] * second + [0.0] * neither
    return np.array(one), np.array(two)


@pytest.mark.parametrize(
    ("first", "second", "p"),
    [
        # 2 * (1 + 6) / 2^6
        (5, 1, 14 / 64),
        # 2 * 1 / 2^6
        (0, 6, 2 / 64),
        # 2 * P(X <= 3) of 6 is above 1
        (3, 3, 1.0),
        (1, 0, 1.0),
        (0, 0, 1.0),
    ],
)
def test_p_by_hand(first: int, second: int, p: float) -> None:
    found = mcnemar(*pair(7, first, second, 4))
    assert (found.both, found.first_only, found.second_only, found.neither) == (7, first, second, 4)
    assert found.p == pytest.approx(p)


counts = st.integers(0, 30)


@given(counts, counts, counts, counts)
def test_p_is_the_binomial_tests_and_knows_no_order(both: int, first: int, second: int, neither: int) -> None:
    one, two = pair(both, first, second, neither)
    found = mcnemar(one, two)
    if first + second:
        assert found.p == pytest.approx(float(binomtest(first, first + second).pvalue))
    assert mcnemar(two, one).p == pytest.approx(found.p)
    # Tasks on which both agree say nothing.
    assert mcnemar(*pair(both + 9, first, second, 0)).p == pytest.approx(found.p)


def test_means_over_epochs_are_refused() -> None:
    with pytest.raises(ValueError, match=r"second has 0\.5.*sign-flip"):
        mcnemar(np.array([1.0, 0.0]), np.array([1.0, 0.5]))


@pytest.mark.parametrize("other", [np.zeros(3), np.zeros((2, 1))])
def test_the_tasks_must_be_the_same(other: np.ndarray) -> None:
    with pytest.raises(ValueError, match="same tasks"):
        mcnemar(np.zeros(2), other)
