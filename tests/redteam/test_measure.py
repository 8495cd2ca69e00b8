"""Paired changes: known values, and McNemar's test against scipy's binomial test."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from sale_inspect import PoolError
from sale_inspect.redteam import SETTINGS, change, find_setting, mcnemar

pairs = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40)


@given(pairs)
def test_mcnemar_is_the_binomial_test_on_the_pairs_that_differ(found: list[tuple[bool, bool]]) -> None:
    before, after = [one for one, _ in found], [two for _, two in found]
    up, down = sum(b < a for b, a in found), sum(b > a for b, a in found)
    expected = binomtest(up, up + down).pvalue if up + down else 1.0
    assert mcnemar(before, after) == pytest.approx(expected)


@given(pairs)
def test_the_interval_holds_the_difference_and_lies_in_the_possible(found: list[tuple[bool, bool]]) -> None:
    got = change([one for one, _ in found], [two for _, two in found])
    assert got.difference == pytest.approx(np.mean([a - b for b, a in found]))
    assert -1 <= got.low <= got.difference + 1e-9 and got.difference - 1e-9 <= got.high <= 1


def test_the_interval_is_near_the_normal_one_for_many_tasks() -> None:
    """400 tasks, a change of +1 on 100 and -1 on 20: mean 0.2, sd 0.51, 1.96 * sd / 20 = 0.05."""
    differences = [1.0] * 100 + [-1.0] * 20 + [0.0] * 280
    got = change([0.0] * 400, differences)
    half = 1.96 * float(np.std(differences)) / 20
    assert (got.low, got.high) == pytest.approx((0.2 - half, 0.2 + half), abs=0.006)
    assert got == change([0.0] * 400, differences) and got.tasks == 400


def test_the_same_change_everywhere_is_not_certain() -> None:
    """Half a task of +1 and of -1: t(9) * sqrt(1 / 11 / 11) on each side of 0, and less where all change."""
    none, all_of_them = change([1.0] * 10, [1.0] * 10), change([0.0] * 10, [1.0] * 10)
    assert (none.low, none.high) == pytest.approx((-0.2057, 0.2057), abs=1e-4)
    assert (all_of_them.low, all_of_them.high) == pytest.approx((0.6249, 1.0), abs=1e-3)


@pytest.mark.parametrize(("before", "after"), [([], []), ([1.0], [1.0, 0.0])])
def test_other_lists_are_refused(before: list[float], after: list[float]) -> None:
    with pytest.raises(ValueError, match="same tasks before and after"):
        change(before, after)


def test_settings() -> None:
    assert SETTINGS["none"].defences == frozenset() and SETTINGS["default"].defences == {"quote", "anonymous"}
    assert SETTINGS["all"].switches.normalise and SETTINGS["all"].switches.judges == "peers"
    assert not SETTINGS["checks"].switches.normalise and SETTINGS["peers"].switches.judges == "peers"
    with pytest.raises(PoolError, match="Unknown setting of defences 'some'"):
        find_setting("some")
