"""Which times move a horizon, against a plain computation; and proxies held against measured times."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sale_inspect.stats import HorizonTasks, horizon_tasks
from sale_inspect.taus import (
    PERSON_CV,
    TaskTimes,
    draw_times,
    drawn_horizons,
    fit_draws,
    group_gains,
    horizon_pulls,
    judge_proxy,
    proxy_spread,
    task_times,
    timing_gains,
    timing_plan,
)


def made(count: int = 60, seed: int = 2) -> tuple[HorizonTasks, TaskTimes]:
    rng = np.random.default_rng(seed)
    minutes = np.array([0.05, 0.2, 1.0, 5.0, 25.0])[np.arange(count) % 5]
    success = (rng.random(count) < 1 / (1 + np.exp(0.8 * (np.log2(minutes) - 1)))).astype(float)
    names = [f"t{at:03d}" for at in range(count)]
    times = task_times([proxy_spread(float(each)) for each in minutes], [str(at % 5) for at in range(count)])
    return horizon_tasks(success, minutes, names, ["one"] * count), times


def covariance(times: TaskTimes) -> np.ndarray:
    common = np.sqrt(times.shared) * times.sd
    whole = np.where(times.group[:, None] == times.group[None, :], np.outer(common, common), 0.0)
    np.fill_diagonal(whole, times.sd**2)
    return whole


def test_the_pull_of_a_time_is_the_derivative_of_the_horizon() -> None:
    fitted, times = made()
    pulls = horizon_pulls(fitted, times)

    def horizon(logs: np.ndarray) -> float:
        curve = fit_draws(fitted, logs[None, :])
        return float(-curve.intercept[0] / curve.slope[0])

    for place in (0, 13, 44):
        moved = times.centre.copy()
        moved[place] += 1e-4
        assert pulls[place] == pytest.approx((horizon(moved) - horizon(times.centre)) / 1e-4, rel=0.15, abs=2e-3)


def seen(whole: np.ndarray, place: int, noise: float) -> np.ndarray:
    """The covariance when one time is known but for the people's error."""
    left = whole.copy()
    left[place, :] = left[:, place] = 0.0
    left[place, place] = noise
    return left


def test_gains_and_the_order_are_those_of_the_whole_covariance() -> None:
    """Against a whole matrix, in which one timed task after the other is known."""
    fitted, times = made()
    pulls, whole = horizon_pulls(fitted, times), covariance(times)
    noise = math.log1p(PERSON_CV**2) / 3 / math.log(2) ** 2
    total = float(pulls @ whole @ pulls)
    alone = [1 - pulls @ seen(whole, place, noise) @ pulls / total for place in range(len(pulls))]
    assert timing_gains(pulls, times) == pytest.approx(alone)
    assert group_gains(pulls, times).sum() == pytest.approx(1)
    (now,) = drawn_horizons(fitted, draw_times(fitted, times), chances=[0.5])
    plan = timing_plan(fitted, times, now, wanted=1.0001)
    assert not plan.reached and plan.random_count is None and len(plan.steps) == len(times)
    sure, left = (1 - now.share) ** 2, whole.copy()
    for step in plan.steps:
        place = fitted.names.index(step.task)
        left = seen(left, place, noise)
        remaining = float(pulls @ left @ pulls) / total
        assert step.ratio == pytest.approx(2 ** (math.log2(now.ratio) * math.sqrt(sure + (1 - sure) * remaining)))


def test_a_plan_needs_fewer_tasks_than_chance_and_nobody_where_it_is_narrow_enough() -> None:
    fitted, times = made(200)
    (now,) = drawn_horizons(fitted, draw_times(fitted, times), chances=[0.5])
    least = timing_plan(fitted, times, now, wanted=1.0001).least
    plan = timing_plan(fitted, times, now, wanted=math.sqrt(now.ratio * least))
    assert plan.reached and plan.steps[-1].ratio <= plan.wanted
    assert plan.random_count is None or len(plan.steps) < plan.random_count
    assert timing_plan(fitted, times, now, wanted=now.ratio * 1.01).steps == ()


def test_proxies_are_judged_by_rank_bias_spread_and_what_they_share() -> None:
    rng = np.random.default_rng(0)
    said = np.exp(rng.uniform(-2, 3, 400))
    groups = [str(at % 20) for at in range(400)]
    off = rng.standard_normal(20) * 0.4
    logs = np.array([off[at % 20] for at in range(400)]) + rng.standard_normal(400) * 0.4
    found = judge_proxy([proxy_spread(float(each)) for each in said], (said * 1.5 * np.exp(logs)).tolist(), groups)
    assert found.rank.value > 0.85 and found.rank.low < found.rank.value < found.rank.high
    assert found.bias == pytest.approx(1.5 * math.exp(logs.mean()))
    assert found.factor == pytest.approx(math.exp(1.96 * math.sqrt(0.32)), rel=0.15)
    assert found.shared == pytest.approx(0.5, abs=0.2)
    assert found.inside.value == np.mean(np.abs(logs + math.log(1.5)) <= math.log(4))
