"""Human times as distributions: certain ones change nothing, uncertain ones are drawn given what is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect.stats import horizon_tasks, horizons, mean_interval, rate
from sale_inspect.taus import (
    TauSpread,
    bin_spread,
    bins_drawn,
    can_move,
    difference_in,
    draw_times,
    drawn_horizons,
    fit_draws,
    horizon_pulls,
    people_spread,
    proxy_spread,
    rate_in,
    rounded_spread,
    stated_spread,
    task_times,
)

BOUNDS = {"b1": (0.0, 0.1), "b2": (0.1, 0.5), "b3": (0.5, 2.5), "b4": (2.5, 12.5), "b5": (12.5, 60.0)}


def runs(seed: int, count: int, sources: int = 1) -> tuple[np.ndarray, np.ndarray, list[str], list[str]]:
    rng = np.random.default_rng(seed)
    minutes = np.exp2(rng.uniform(-4, 5, count))
    success = (rng.random(count) < 1 / (1 + np.exp(0.8 * (np.log2(minutes) - 1)))).astype(float)
    return success, minutes, [f"t{at:03d}" for at in range(count)], [f"s{at % sources}" for at in range(count)]


@pytest.mark.parametrize(("seed", "sources"), [(1, 1), (2, 3), (3, 12)])
def test_with_certain_times_the_interval_is_that_of_the_statistics(seed: int, sources: int) -> None:
    success, minutes, names, families = runs(seed, 80, sources)
    fitted = horizon_tasks(success, minutes, names, families)
    times = task_times([TauSpread(minutes=float(each)) for each in minutes], families)
    drawn = draw_times(fitted, times, draws=5, sweeps=2)
    assert (drawn.logs == fitted.logs).all()
    for known, found in zip(horizons(success, minutes, names, families), drawn_horizons(fitted, drawn), strict=True):
        assert found.minutes == pytest.approx(known.minutes, rel=1e-5)
        assert (found.low, found.high) == pytest.approx((known.low, known.high), rel=1e-5)
        assert math.isnan(found.share) or found.share == pytest.approx(0, abs=1e-6)


def test_draws_are_repeatable_and_lie_in_what_is_known() -> None:
    success, minutes, names, families = runs(4, 40)
    fitted = horizon_tasks(success, minutes, names, families)
    spreads = [bin_spread(float(each), float(each) / 2, float(each) * 3) for each in minutes]
    times = task_times(spreads, families)
    one, two = (draw_times(fitted, times, draws=20, sweeps=5, seed=3) for _ in range(2))
    assert (one.logs == two.logs).all()
    assert (one.logs >= times.low - 1e-9).all() and (one.logs <= times.high + 1e-9).all()


def test_times_are_drawn_given_the_results() -> None:
    """A grid computes what a long task that is solved, and a short one that is not, say of their times."""
    count = 400
    minutes = np.exp2(np.repeat([-3.0, 0.0, 3.0], [150, 100, 150]))
    rng = np.random.default_rng(0)
    success = (rng.random(count) < 1 / (1 + np.exp(1.2 * np.log2(minutes)))).astype(float)
    success[100 + 50] = 1.0
    names = [f"t{at:03d}" for at in range(count)]
    fitted = horizon_tasks(success, minutes, names, ["one"] * count)
    spreads = [TauSpread(minutes=float(each)) for each in minutes]
    spreads[150] = proxy_spread(float(minutes[150]), 8.0)
    times = task_times(spreads, names)
    drawn = draw_times(fitted, times, draws=600, sweeps=15).logs[:, 150]
    curve = fit_draws(fitted, times.centre[None, :])
    grid = np.linspace(-8, 8, 4001) * times.sd[150] / 2 + times.centre[150]
    weight = np.exp(-0.5 * ((grid - times.centre[150]) / times.sd[150]) ** 2)
    weight /= 1 + np.exp(-(curve.intercept[0] + curve.slope[0] * grid))
    expected = float((grid * weight).sum() / weight.sum())
    assert expected < times.centre[150] - 0.3
    assert float(drawn.mean()) == pytest.approx(expected, abs=0.2)


def test_uncertain_times_widen_the_interval_and_the_share_says_by_how_much() -> None:
    success, minutes, names, families = runs(5, 300)
    fitted = horizon_tasks(success, minutes, names, families)
    bins = [str(min(4, int((math.log2(each) + 4) // 1.8))) for each in minutes]
    found = []
    for factor in (1.5, 6.0):
        times = task_times([proxy_spread(float(each), factor) for each in minutes], bins)
        found.append(drawn_horizons(fitted, draw_times(fitted, times), chances=[0.5])[0])
    assert found[0].ratio < found[1].ratio and 0 <= found[0].share < found[1].share < 1
    assert found[1].known_ratio < found[1].ratio


@settings(max_examples=60, deadline=None)
@given(st.floats(0.02, 60))
def test_what_is_known_of_a_time_holds_the_time(minutes: float) -> None:
    for spread in (rounded_spread(minutes), proxy_spread(minutes), people_spread(minutes, 3, 0.6)):
        assert spread.low <= minutes <= spread.high
        assert spread.certain == (spread.log2_sd == 0)
    assert people_spread(minutes, 3, 0.0).certain


@pytest.mark.parametrize(
    ("minutes", "low", "high"), [(5, 2.5, 7.5), (7, 6.5, 7.5), (60, 45, 75), (0.5, 0.25, 0.75), (20, 15, 25)]
)
def test_a_written_time_is_as_exact_as_people_round(minutes: float, low: float, high: float) -> None:
    spread = rounded_spread(minutes)
    assert (spread.form, spread.low, spread.high) == ("rounded", low, high)


def test_what_cannot_be_is_refused_and_in_a_file_taken_as_certain() -> None:
    with pytest.raises(ValueError, match="do not hold"):
        TauSpread(minutes=1.0, form="proxy", low=2.0, high=3.0)
    with pytest.raises(ValueError, match="is no form"):
        TauSpread(minutes=1.0, form="guess")  # type: ignore[arg-type]
    assert stated_spread(1.0, "proxy", math.nan, math.nan).certain


def test_bins_of_draws_are_those_of_the_times_and_bin_priors_never_move() -> None:
    success, minutes, names, families = runs(6, 60)
    names_of = [
        "b1" if m <= 0.1 else "b2" if m <= 0.5 else "b3" if m <= 2.5 else "b4" if m <= 12.5 else "b5" for m in minutes
    ]
    fitted = horizon_tasks(success, minutes, names, families)
    priors = task_times(
        [
            bin_spread(float(m), min(float(m), BOUNDS[b][0] or 0.02), BOUNDS[b][1])
            for m, b in zip(minutes, names_of, strict=True)
        ],
        names_of,
    )
    proxies = task_times([proxy_spread(float(m)) for m in minutes], names_of)
    assert not can_move(priors, names_of, BOUNDS) and can_move(proxies, names_of, BOUNDS)
    drawn = draw_times(fitted, proxies, draws=30, sweeps=5)
    member = bins_drawn(drawn.logs, proxies, names_of, BOUNDS)
    assert np.all(np.sum([each.astype(int) for each in member.values()], axis=0) == 1)
    low, high = BOUNDS["b3"]
    inside = (np.exp2(drawn.logs) > low) & (np.exp2(drawn.logs) <= high)
    assert (member["b3"] == inside).mean() > 0.999


def test_of_alike_draws_figures_are_those_of_the_statistics_to_the_digit() -> None:
    success, *_ = runs(7, 40)
    member = np.repeat((np.arange(40) < 25)[None, :], 7, axis=0)
    assert rate_in(success, member) == rate(success[:25])
    found = difference_in(success - 0.5, member)
    low, high, _ = mean_interval(success[:25] - 0.5)
    assert found is not None and (found.low, found.high) == (low, high)
    assert rate_in(success, member & False) is None


def test_draws_that_hardly_differ_give_nearly_the_same_interval() -> None:
    success, *_ = runs(8, 60)
    member = np.repeat((np.arange(60) < 40)[None, :], 200, axis=0)
    member[0, 40] = True
    found, known = rate_in(success, member), rate(success[:40])
    assert found is not None
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=2e-3)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("wide", [True, False], ids=["bins", "proxies"])
@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([3, 4, 6, 12]), st.sampled_from(["one time", "two times", "any"]))
def test_few_tasks_and_tasks_of_one_time_have_finite_curves(wide: bool, seed: int, count: int, which: str) -> None:
    rng = np.random.default_rng(seed)
    minutes = np.exp2(rng.uniform(-4, 5, count))
    if which != "any":
        # 0.05 * 3 / 3 is not 0.05: one time is one up to rounding.
        minutes = rng.choice(minutes[: 1 if which == "one time" else 2], count) * rng.choice([1.0, 1.0 + 4e-16], count)
    success = rng.choice([0.0, 0.5, 1.0], count)
    names = [f"t{at}" for at in range(count)]
    fitted = horizon_tasks(success, minutes, names, names)
    assert fitted.one_time == (float(np.ptp(np.log2(minutes))) < 1e-9)
    spreads = [bin_spread(float(each), each / 2, each * 3) if wide else proxy_spread(float(each)) for each in minutes]
    times = task_times(spreads, ["one"] * count)
    drawn = draw_times(fitted, times, draws=40, sweeps=8, seed=seed)
    curves = drawn.curves
    for each in (drawn.logs, curves.intercept, curves.slope, curves.v00, curves.v01, curves.v11):
        assert np.isfinite(each).all()
    pulls = horizon_pulls(fitted, times, 0.5)
    assert np.isfinite(pulls).all()
    if fitted.one_time:
        assert not curves.slope.any() and np.ptp(drawn.logs) > 0
        known = horizons(success, minutes, names, names)
        if not fitted.alike:
            assert all(math.isnan(each.minutes) and "one human time" in each.note for each in known)
        assert all((each.low, each.high) == (0.0, math.inf) for each in known)
