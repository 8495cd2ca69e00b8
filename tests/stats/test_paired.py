"""Paired comparisons of any scores: the sign-flip test against all signs and McNemar's, intervals, pseudo-values."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect.stats import mcnemar, mean_interval, paired, pseudo_values, sign_flip, unit_means

few = st.lists(st.integers(-3, 3), min_size=1, max_size=9)


@settings(max_examples=60, deadline=None)
@given(few, st.sampled_from([1, 2, 3, 5, 7]))
def test_the_sign_flip_test_counts_all_choices_of_signs(whole: list[int], parts: int) -> None:
    values = np.array(whole) / parts
    sums = np.array([sum(sign * abs(each) for sign, each in zip(signs, values, strict=True))
                     for signs in product((-1, 1), repeat=len(values))])  # fmt: skip
    expected = (np.abs(sums) >= abs(values.sum()) - 1e-9).mean()
    assert sign_flip(values) == pytest.approx(expected)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_on_0_and_1_it_is_mcnemars_test(pairs: list[tuple[bool, bool]]) -> None:
    first, second = np.array(pairs, dtype=float).T
    assert sign_flip(first - second) == pytest.approx(mcnemar(first, second).p)
    assert paired(first, second).test == "McNemar"


def test_drawn_signs_agree_with_all_signs_and_are_never_0() -> None:
    rng = np.random.default_rng(1)
    # No two sums are equal, so that a little more or less changes no comparison.
    whole = (rng.permutation([1.0, 2, 5, 11, 23, 47, 95, 191, 383, 767, 1535]) - 3) * rng.choice([-1.0, 1.0], 11)
    # A little more than a common part: too fine for the exact sum.
    drawn = sign_flip(whole + rng.normal(0, 1e-4, 11))
    assert drawn == pytest.approx(sign_flip(whole), abs=0.02)
    assert sign_flip(rng.uniform(1, 2, 60)) == pytest.approx(1 / 10_000)


def test_no_difference_has_a_p_of_1() -> None:
    assert sign_flip(np.zeros(5)) == 1.0


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=30))
def test_the_interval_holds_the_mean_and_has_a_width(values: list[float]) -> None:
    low, high, error = mean_interval(np.array(values))
    assert -1 <= low <= np.mean(values) + 1e-12 and np.mean(values) - 1e-12 <= high <= 1
    assert high > low and error > 0


def test_runs_of_a_task_are_one_number() -> None:
    unit = np.array([0, 0, 1, 2, 2, 2])
    assert unit_means(np.array([1.0, 0, 1, 0, 0, 1]), unit) == pytest.approx([0.5, 1.0, 1 / 3])
    assert unit_means(np.eye(6), unit).shape == (3, 6)


def test_the_pseudo_values_of_a_mean_are_the_numbers_themselves() -> None:
    values = np.array([3.0, -1.0, 0.5, 2.0])
    left_out = (values.sum() - values) / 3
    assert pseudo_values(float(values.mean()), left_out) == pytest.approx(values)


def test_other_tasks_cannot_be_compared() -> None:
    with pytest.raises(ValueError, match="the same tasks"):
        paired(np.ones(3), np.ones(4))
