"""Many sets in one pass: the same numbers as one by one, and work that does not grow with pairs of agents."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect.stats import (
    Draws,
    compare_many_dollars,
    dollars_intervals,
    draw_tasks,
    hull,
    hull_at,
    hulls,
    sign_flip,
)
from sale_inspect.stats import _bootstrap as bootstrap
from sale_inspect.stats._dollars import dollars_upper
from sale_inspect.stats.batch import _shares as shares
from sale_inspect.stats.batch import resampled_shares, resampled_sums
from tests.stats.slow_statistics import (
    Floats,
    slow_dollars_ends,
    slow_hull_at,
    slow_mean_heights,
    slow_ratio_of_totals,
    slow_sign_flips,
    slow_upper,
)

# Few values, so that points cost the same, solve the same, and lie on one line.
tie_prone = st.tuples(st.integers(1, 6), st.integers(0, 5)).map(lambda p: (float(p[0]), p[1] / 5))
sets = st.lists(st.lists(tie_prone, min_size=7, max_size=7), min_size=1, max_size=5)


def spent(rows: int, tasks: int, seed: int = 0) -> Floats:
    """Skewed dollars; the last row has tasks that cost nothing."""
    rng = np.random.default_rng(seed)
    dollars = rng.lognormal(-5, 1, (rows, tasks)) * rng.lognormal(0, 0.5, (rows, 1))
    dollars[-1, : tasks // 8] = 0.0
    return np.asarray(dollars)


@given(sets, st.lists(st.floats(0.0, 8.0), min_size=1, max_size=4))
def test_hulls_by_corners_are_those_by_all_pairs(given_sets: list[list[tuple[float, float]]], at: list[float]) -> None:
    c, q = np.array(given_sets).transpose(2, 0, 1)
    wanted = np.array(at)[:, None]
    assert hull_at(c, q, wanted) == pytest.approx(slow_hull_at(c[None], q[None], wanted + 0 * c[None, :, 0]), abs=1e-12)
    assert hulls(c, q).corners.tolist() == [len(hull(*each)) for each in zip(c, q, strict=True)]


@pytest.mark.parametrize("points", [1, 2, 3, 40])
def test_hulls_of_any_numbers_are_those_by_all_pairs(points: int) -> None:
    rng = np.random.default_rng(points)
    c, q, at = rng.lognormal(0, 2, (50, points)), rng.random((50, points)), rng.lognormal(0, 2, (9, 50))
    assert np.abs(hull_at(c, q, at) - slow_hull_at(c[None], q[None], at)).max() <= 1e-12


@given(sets, st.floats(0.0, 7.0), st.floats(0.0, 7.0))
def test_mean_heights_are_those_of_each_hull(
    given_sets: list[list[tuple[float, float]]], low: float, high: float
) -> None:
    c, q = np.array(given_sets).transpose(2, 0, 1)
    ends = np.full(len(c), low), np.full(len(c), high)
    expected = slow_mean_heights(c, q, *ends)
    assert hulls(c, q).mean_heights(*ends) == pytest.approx(expected, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("cap", [None, 0.2])
def test_intervals_of_dollars_in_one_pass_are_those_one_by_one(cap: float | None) -> None:
    x, solved = spent(4, 60), np.random.default_rng(1).integers(0, 2, 60).astype(float)
    figures = [(x[0], None), (x[1], solved), (x[2], x[3]), (x[3], None), (x[0][:1].repeat(60), None)]
    found = dollars_intervals(figures, confidence=0.9, cap=cap)
    for each, (dollars, below) in zip(found, figures, strict=True):
        low, high, error = slow_dollars_ends(dollars, np.ones(60) if below is None else below, 0.9, cap)
        high = max(each.value, min(high, cap)) if cap is not None and below is None else high
        assert (each.low, each.high, each.error) == pytest.approx((low, high, error), rel=1e-12, abs=1e-15)


def test_figures_without_an_interval_stand_among_those_with_one() -> None:
    x = spent(1, 60)[0]
    few, zero, known, none = dollars_intervals([(x * (np.arange(60) < 9), None), (0 * x, None), (x, None), (x, 0 * x)])
    assert few.low is None
    assert "are too few" in few.reason
    assert (zero.low, zero.high) == (0.0, 0.0)
    assert known == dollars_intervals([(x, None)])[0]
    assert none.reason == "nothing to divide by"


def test_upper_bounds_are_those_of_each_resample_matrix() -> None:
    values = np.vstack([spent(3, 50), np.zeros(50)])
    for cap in (None, 0.05):
        found = dollars_upper(values, confidence=0.9, cap=cap)
        assert found == pytest.approx(slow_upper(values, 0.9, cap), rel=1e-12)


def test_comparisons_of_dollars_in_one_pass_are_those_one_by_one() -> None:
    x = spent(4, 70)
    pairs = [(x[0], x[1]), (x[2], x[3]), (x[3], x[0]), (x[1], 2.0 * x[1]), (x[1], x[1])]
    for found, (a, b) in zip(compare_many_dollars(pairs, confidence=0.9), pairs, strict=True):
        low, high, error, p = slow_ratio_of_totals(a, b, 0.9, 0)
        assert (found.low, found.high, found.error) == pytest.approx((low, high, error), rel=1e-12, abs=1e-12)
        assert found.p_total == p


@settings(max_examples=20)
@given(st.integers(11, 300), st.integers(0, 3))
def test_sampled_signs_by_bytes_are_the_same_draws(count: int, seed: int) -> None:
    values = np.random.default_rng(count).normal(0.1, 1.0, count)
    assert sign_flip(values, flips=999, seed=seed) == slow_sign_flips(values, 999, seed)


def test_sums_over_resamples_are_the_same_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    columns = spent(3, 33)
    whole = resampled_sums(columns, 5, 64)
    assert whole == pytest.approx((resampled_shares(33, 5, 64) @ columns.T).T, rel=1e-12)
    monkeypatch.setattr(shares, "_MOST_KEPT", 0)
    monkeypatch.setattr(shares, "_PART", 70)
    monkeypatch.setattr(shares, "_AT_ONCE", 200)
    assert resampled_sums(columns, 5, 64) == pytest.approx((resampled_shares(33, 5, 64) @ columns.T).T, rel=1e-12)
    # The draws depend on the size of a step, so other steps are other draws; the parts of one are not.
    monkeypatch.setattr(shares, "_AT_ONCE", 10_000)
    again = resampled_sums(columns, 5, 64)
    monkeypatch.setattr(shares, "_AT_ONCE", 1)
    assert resampled_sums(columns, 5, 64) == pytest.approx(again, rel=1e-12)


def test_many_draws_are_held_as_bytes_and_sum_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "_MOST_WIDE", 0)
    monkeypatch.setattr(bootstrap, "_AT_ONCE", 100)
    draws = draw_tasks(40, rounds=30, strata=["a"] * 15 + ["b"] * 25)
    assert draws.counts.dtype == np.uint8
    wide = Draws(counts=draws.counts.astype(np.float64), unit=draws.unit, stratum=draws.stratum)
    columns = spent(2, 40).T
    assert draws.sums(columns) == pytest.approx(wide.sums(columns))
    assert draws.counts[:, :15].sum(axis=1).tolist() == [15] * 30
    assert draws.sizes().tolist() == [40.0] * 30
