"""Time horizons against an independent fit, known curves and degenerate data."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from sale_inspect.stats import Horizon, firth_horizon, fit_horizon, horizons


def runs(seed: int, count: int, horizon: float, slope: float = -1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    minutes = np.exp2(rng.uniform(-4, 6, count))
    chance = 1 / (1 + np.exp(-slope * (np.log2(minutes) - math.log2(horizon))))
    return (rng.random(count) < chance).astype(float), minutes


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("regularization", [0.1, 1e-3])
def test_the_curve_is_that_of_scikit_learn(seed: int, regularization: float) -> None:
    rng = np.random.default_rng(seed + 100)
    success, minutes = runs(seed, 80, horizon=3.0)
    weights = rng.uniform(0.2, 2.0, 80)
    other = LogisticRegression(C=1 / regularization, tol=1e-10, max_iter=10_000)
    other.fit(np.log2(minutes)[:, None], success, sample_weight=weights / weights.sum())
    fit = fit_horizon(success, minutes, weights=weights, regularization=regularization)
    assert fit.slope == pytest.approx(other.coef_[0, 0], rel=1e-4)
    assert fit.intercept == pytest.approx(other.intercept_[0], rel=1e-4, abs=1e-4)


def test_a_fractional_success_is_a_share_of_a_success_and_of_a_failure() -> None:
    minutes = np.array([0.5, 1.0, 4.0, 16.0])
    whole = fit_horizon(np.array([1.0, 0.75, 0.25, 0.0]), minutes)
    other = LogisticRegression(C=10, tol=1e-10, max_iter=10_000)
    x = np.log2(np.repeat(minutes, 2))[:, None]
    shares = np.array([1.0, 0.0, 0.75, 0.25, 0.25, 0.75, 0.0, 1.0]) / 4
    other.fit(x, np.tile([1, 0], 4), sample_weight=shares)
    assert (whole.intercept, whole.slope) == pytest.approx((other.intercept_[0], other.coef_[0, 0]), rel=1e-4)


def test_the_horizon_is_where_the_curve_crosses_the_chance() -> None:
    success, minutes = runs(1, 400, horizon=4.0)
    names = [f"t{i}" for i in range(400)]
    fit = firth_horizon(success, minutes)
    penalised = fit_horizon(success, minutes)
    half, most = horizons(success, minutes, names, ["one"] * 400, weighting="equal")
    assert fit.success(half.minutes) == pytest.approx(0.5, abs=1e-6)
    assert fit.success(most.minutes) == pytest.approx(0.8, abs=1e-6)
    assert most.minutes < half.minutes
    assert penalised.success(most.metr_minutes) == pytest.approx(0.8, abs=1e-6)


def test_a_known_horizon_lies_in_the_interval_and_more_tasks_narrow_it() -> None:
    widths = []
    for count in (60, 600):
        success, minutes = runs(7, count, horizon=4.0)
        (half,) = horizons(
            success, minutes, [str(i) for i in range(count)], [str(i % 12) for i in range(count)],
            chances=[0.5],
        )  # fmt: skip
        assert half.low < 4.0 < half.high
        assert half.low <= half.minutes <= half.high
        widths.append(math.log2(half.high / half.low))
    assert widths[1] < widths[0] / 1.5


def one(success: list[float], minutes: list[float], **options: Any) -> Horizon:
    names = [str(i) for i in range(len(success))]
    (found,) = horizons(np.array(success), np.array(minutes), names, ["f"] * len(names), chances=[0.5], **options)
    return found


def test_nothing_solved_is_a_horizon_of_zero_and_everything_of_infinity() -> None:
    none = one([0, 0, 0], [1, 2, 4])
    assert (none.minutes, none.low, none.extrapolated) == (0.0, 0.0, True)
    assert none.high == math.inf, "three failures show no end"
    assert "below the shortest task (1 min)" in none.note
    every = one([1, 1, 1], [1, 2, 4])
    assert every.minutes == math.inf and every.extrapolated
    assert "above the longest task (4 min)" in every.note


def test_success_that_rises_with_time_has_no_horizon() -> None:
    found = one([0, 0, 1, 1], [1, 2, 4, 8])
    assert math.isnan(found.minutes)
    assert "does not fall" in found.note


def test_a_horizon_outside_the_measured_times_is_marked() -> None:
    found = one([1, 1, 1, 1, 1, 1, 1, 0], [1, 1, 2, 2, 4, 4, 8, 8])
    assert found.minutes > 8 and found.extrapolated and "above the longest task (8 min)" in found.note


def test_the_runs_of_a_task_do_not_count_as_tasks() -> None:
    """Ten runs of each task give the same curve as one, and an interval that is not ten times as sure."""
    success, minutes = runs(3, 50, horizon=2.0)
    names = [str(i) for i in range(50)]
    once = horizons(success, minutes, names, names, chances=[0.5])[0]
    ten = horizons(np.repeat(success, 10), np.repeat(minutes, 10), [n for n in names for _ in range(10)],
                   [n for n in names for _ in range(10)], chances=[0.5])[0]  # fmt: skip
    assert ten.minutes == pytest.approx(once.minutes)
    assert math.log(ten.high / ten.low) == pytest.approx(math.log(once.high / once.low), rel=0.4)


def test_a_large_family_weighs_less_for_each_of_its_tasks() -> None:
    success = np.array([1.0] * 40 + [0.0] * 4 + [1.0, 0.0, 0.0, 0.0])
    minutes = np.array([1.0, 8.0] * 20 + [16.0] * 4 + [1.0, 2.0, 4.0, 8.0])
    names, families = [str(i) for i in range(48)], ["large"] * 44 + ["small"] * 4
    equal, inverse = (
        horizons(success, minutes, names, families, chances=[0.5], weighting=weighting)[0]
        for weighting in ("equal", "invsqrt")
    )
    assert inverse.minutes < equal.minutes


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 1000), st.floats(0.1, 30))
def test_times_in_other_units_scale_the_horizon(seed: int, factor: float) -> None:
    success, minutes = runs(seed, 40, horizon=3.0)
    if success.min() == success.max():
        return
    fit, scaled = fit_horizon(success, minutes), fit_horizon(success, minutes * factor)
    assert scaled.slope == pytest.approx(fit.slope, rel=1e-5, abs=1e-7)
    assert scaled.success(factor * 2.0) == pytest.approx(fit.success(2.0), abs=1e-6)


def test_tasks_of_one_time_have_no_curve() -> None:
    """Their deviation is what rounding leaves, and a slope over it would be any number."""
    success, minutes = np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0]), np.full(6, 0.3)
    for fit in (fit_horizon, firth_horizon):
        with pytest.raises(ValueError, match="one human time"):
            fit(success, minutes)
    for each in horizons(success, minutes, list("abcdef"), ["one"] * 6):
        assert math.isnan(each.minutes) and math.isnan(each.metr_minutes)
        assert (each.low, each.high) == (0.0, math.inf)
        assert "all tasks have one human time, so there is no horizon" in each.note


@pytest.mark.parametrize(
    ("success", "minutes", "said"),
    [([], [], "above 0"), ([1.0], [0.0], "above 0"), ([1.0], [math.nan], "above 0"), ([2.0], [1.0], "from 0 to 1")],
)
def test_impossible_data_is_refused(success: list[float], minutes: list[float], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        fit_horizon(np.array(success), np.array(minutes))


def test_the_curve_is_firths() -> None:
    """The maximum of the likelihood times the root of the information, found by a general solver."""
    success, minutes = runs(11, 40, horizon=5.0)
    x = np.log2(minutes)

    def penalised(curve: np.ndarray) -> float:
        chance = 1 / (1 + np.exp(-(curve[0] + curve[1] * x)))
        design = np.column_stack([np.ones_like(x), x])
        information = design.T @ (design * (chance * (1 - chance))[:, None])
        likelihood = (success * np.log(chance) + (1 - success) * np.log(1 - chance)).sum()
        return -float(likelihood + np.linalg.slogdet(information)[1] / 2)

    other = minimize(penalised, [0.0, -0.5], method="Nelder-Mead", options={"xatol": 1e-8, "fatol": 1e-12})
    fit = firth_horizon(success, minutes)
    assert (fit.intercept, fit.slope) == pytest.approx(tuple(other.x), rel=1e-4)


def test_success_that_time_separates_has_a_finite_slope() -> None:
    fit = firth_horizon(np.array([1.0, 1, 1, 0, 0, 0]), np.array([1.0, 2, 4, 8, 16, 32]))
    assert -20 < fit.slope < 0


def test_with_much_data_firths_p80_is_true_and_the_penalised_one_stays_low() -> None:
    success, minutes = runs(4, 20_000, horizon=4.0, slope=-1.5)
    names = [str(at) for at in range(len(success))]
    (most,) = horizons(success, minutes, names, ["one"] * len(names), chances=[0.8])
    truth = 4.0 * 2 ** (math.log(4) / -1.5)
    assert most.minutes == pytest.approx(truth, rel=0.06)
    assert most.metr_minutes < 0.85 * truth


def test_ends_are_open_beyond_ten_times_the_range() -> None:
    flat = one([1, 0, 1, 0, 1, 0, 0, 0], [1, 1, 2, 2, 4, 4, 8, 8])
    for end in (flat.low, flat.high):
        assert end == 0 or math.isinf(end) or 0.1 <= end <= 80


def test_families_count_as_drawn_only_where_there_are_ten() -> None:
    success, minutes = runs(6, 120, horizon=4.0)
    names = [str(at) for at in range(120)]
    few, many = (
        horizons(success, minutes, names, [str(at % count) for at in range(120)], chances=[0.5])[0] for count in (3, 12)
    )
    assert "these 3 sources" in few.note and "sources" not in many.note
