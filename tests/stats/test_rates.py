"""Means, rates and ratios, by hand and against scipy."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.stats import binomtest, sem

from sale_inspect.stats import mean, rate, ratio, ratio_stderr, stderr, wilson

NAN = float("nan")
numbers = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=20)


def test_the_mean_leaves_unknown_values_out() -> None:
    """(1 + 0 + 1) / 3."""
    assert mean([1.0, NAN, 0.0, 1.0]) == pytest.approx(2 / 3)


@pytest.mark.parametrize("values", [[], [NAN]])
def test_a_mean_of_nothing_known_is_none_and_not_zero(values: list[float]) -> None:
    assert mean(values) is None


def test_the_standard_error_by_hand() -> None:
    """Values 1, 2, 3: variance (1 + 0 + 1) / 2 = 1; sqrt(1 / 3)."""
    assert stderr([1.0, 2.0, 3.0, NAN]) == pytest.approx(math.sqrt(1 / 3))


@pytest.mark.parametrize("values", [[], [1.0], [1.0, NAN]])
def test_the_standard_error_of_fewer_than_two_values_is_unknown(values: list[float]) -> None:
    assert stderr(values) is None


@given(numbers)
def test_the_standard_error_is_scipys(values: list[float]) -> None:
    assert stderr(values) == pytest.approx(float(sem(values)), abs=1e-9)


def test_a_ratio_of_sums_skips_pairs_that_are_not_both_known() -> None:
    """(2 + 4) / (1 + 2) = 2; the pairs with an unknown side are left out."""
    assert ratio([2.0, 4.0, NAN, 9.0], [1.0, 2.0, 5.0, NAN]) == pytest.approx(2.0)


@pytest.mark.parametrize(("xs", "ys"), [([], []), ([1.0], [0.0]), ([1.0], [NAN])])
def test_a_ratio_over_nothing_is_none(xs: list[float], ys: list[float]) -> None:
    assert ratio(xs, ys) is None
    assert ratio_stderr(xs, ys) is None


def test_lists_of_different_length_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        ratio([1.0, 2.0], [1.0])


def test_the_standard_error_of_a_ratio_by_hand() -> None:
    """r = 4 / 4 = 1; residuals 1 - 2 and 3 - 2: 1 + 1 = 2; sqrt(2 / 1 * 2) / 4 = 2 / 4 = 0.5."""
    assert ratio_stderr([1.0, 3.0], [2.0, 2.0]) == pytest.approx(0.5)


@given(numbers)
def test_over_ones_the_ratio_is_the_mean_with_its_standard_error(values: list[float]) -> None:
    ones = [1.0] * len(values)
    assert ratio(values, ones) == pytest.approx(mean(values), abs=1e-9)
    assert ratio_stderr(values, ones) == pytest.approx(stderr(values), abs=1e-9)


def test_wilsons_interval_by_hand() -> None:
    """5 of 10, z = 2: centre 0.5 + 4/20 = 0.7; spread 2 sqrt(0.025 + 0.01) = 0.37417; both over 1.4."""
    assert wilson(5, 10, z=2.0) == pytest.approx((0.32583 / 1.4, 1.07417 / 1.4), abs=1e-5)


@given(n=st.integers(1, 500), data=st.data())
def test_wilsons_interval_is_scipys(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    known = binomtest(successes, n).proportion_ci(method="wilson")
    assert wilson(successes, n) == pytest.approx((known.low, known.high), abs=1e-9)


@given(n=st.integers(1, 200), data=st.data())
def test_wilsons_interval_holds_the_rate_and_narrows_with_more_tasks(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))
    low, high = wilson(successes, n)
    rounding = 1e-12
    assert 0.0 <= low <= successes / n + rounding
    assert successes / n - rounding <= high <= 1.0
    narrow_low, narrow_high = wilson(4 * successes, 4 * n)
    assert narrow_high - narrow_low < high - low


@given(n=st.integers(-3, 20), successes=st.integers(-3, 25))
def test_counts_that_are_no_rate_are_refused(n: int, successes: int) -> None:
    assume(n < 1 or not 0 <= successes <= n)
    with pytest.raises(ValueError, match=f"got {successes} of {n}"):
        wilson(successes, n)


@given(st.integers(0, 30), st.integers(1, 30))
def test_one_run_a_task_has_wilsons_interval(solved: int, more: int) -> None:
    values = np.repeat([1.0, 0.0], [solved, more])
    found = rate(values)
    assert (found.low, found.high) == pytest.approx(wilson(solved, solved + more), abs=1e-12)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=40))
def test_no_interval_of_a_rate_has_zero_width(thirds: list[int]) -> None:
    found = rate(np.array(thirds) / 3)
    assert 0 <= found.low <= found.value <= found.high <= 1 and found.high > found.low


def test_several_runs_of_tasks_that_differ_count_as_one_and_runs_that_do_not_as_more() -> None:
    alike, apart = np.full(40, 0.5), np.repeat([0.0, 1.0], 20)
    assert rate(apart).high - rate(apart).low == pytest.approx(wilson(20, 40)[1] - wilson(20, 40)[0])
    assert rate(alike).high - rate(alike).low < 0.6 * (rate(apart).high - rate(apart).low)


def test_a_score_outside_0_to_1_is_refused() -> None:
    for values in ([], [1.5], [-0.2, 0.5], [math.nan]):
        with pytest.raises(ValueError, match="from 0 to 1"):
            rate(values)
