"""Draws of what the tasks' human times may be, given what is known of them and who solved what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import HorizonTasks, one_time
from sale_inspect.taus._fits import Curves, fit_draws
from sale_inspect.taus._tasks import TaskTimes

__all__ = ["DRAWS", "DrawnTimes", "draw_times"]

Floats = NDArray[np.float64]

DRAWS = 100
"""Draws of all times. Each is the end of a chain of its own."""

_SWEEPS = 24
_MOST = 3_000_000
_FEWEST = 40


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DrawnTimes:
    """Human times as they may be, with the curve of each draw.

    Attributes:
        logs: (M, T), log2 minutes.
        curves: The curve of each draw, see `fit_draws`.
    """

    logs: Floats
    curves: Curves


def draw_times(
    tasks: HorizonTasks, times: TaskTimes, *, draws: int = DRAWS, sweeps: int = _SWEEPS, seed: int = 0
) -> DrawnTimes:
    """Draw all times, again and again, from what is known of them and of the results.

    Times are missing data that are imputed (Rubin 1987): each draw is from their distribution given who solved what,
    with the curve itself drawn, not from what is known beforehand alone. Drawn without the results, times would be
    noise that makes every curve too flat. Each draw is the end of a Markov chain: own errors of tasks are proposed from
    what is known and taken by the chance of their results; errors that tasks share move by a step that keeps their
    normal distribution (Neal 1999; preconditioned Crank-Nicolson); then the curve is fitted and drawn around its fit.
    Where all tasks have one central time nothing tells a slope, so the results say nothing of times: those are drawn
    from what is known beforehand alone, and the curves are flat.

    However many runs a task had, its results count as one run: runs of a task share more than its time.

    Args:
        tasks: The tasks with their mean success.
        times: What is known of their times, in the same order.
        draws: Chains; fewer where so many tasks would need too much memory.
        sweeps: Steps of each chain.
        seed: Seed.
    """
    draws = min(draws, max(_FEWEST, _MOST // max(1, len(times))))
    rng = np.random.default_rng(seed)
    y = tasks.success
    groups = int(times.group.max()) + 1
    member = np.zeros((len(times), groups))
    member[np.arange(len(times)), times.group] = 1.0
    own_part, common = np.sqrt(1.0 - times.shared), np.sqrt(times.shared)
    own, off = rng.standard_normal((draws, len(times))), rng.standard_normal((draws, groups))
    # A certain time need not be proposed anew.
    moving = times.sd > 0

    def logs_of(own: Floats, off: Floats) -> Floats:
        return times.at(own_part * own + common * off[:, times.group])

    def likelihood(logs: Floats, first: Floats, slope: Floats) -> Floats:
        odds = first[:, None] + slope[:, None] * logs
        return y * odds - np.logaddexp(0.0, odds)

    logs = logs_of(own, off)
    if one_time(times.centre):
        flat = fit_draws(tasks, np.broadcast_to(times.centre, logs.shape))
        return DrawnTimes(logs=logs, curves=flat)
    curves = fit_draws(tasks, np.broadcast_to(times.centre, (1, len(times))))
    first, slope = np.repeat(curves.intercept, draws), np.repeat(curves.slope, draws)
    for _ in range(sweeps):
        now = likelihood(logs, first, slope)
        tried = np.where(moving, rng.standard_normal(own.shape), own)
        new = logs_of(tried, off)
        then = likelihood(new, first, slope)
        taken = np.log(rng.random(own.shape)) < then - now
        own, logs, now = np.where(taken, tried, own), np.where(taken, new, logs), np.where(taken, then, now)
        step = rng.uniform(0.1, 1.0, (draws, 1))
        moved = np.sqrt(1.0 - step**2) * off + step * rng.standard_normal(off.shape)
        new = logs_of(own, moved)
        gain = (likelihood(new, first, slope) - now) @ member
        taken = np.log(rng.random(off.shape)) < gain
        off = np.where(taken, moved, off)
        logs = np.where(taken[:, times.group], new, logs)
        curves = fit_draws(
            tasks, logs, (curves.intercept, curves.slope) if len(curves.slope) == draws else None, steps=3
        )
        first, slope = _around(curves, rng)
    return DrawnTimes(logs=logs, curves=fit_draws(tasks, logs, (curves.intercept, curves.slope)))


def _around(curves: Curves, rng: np.random.Generator) -> tuple[Floats, Floats]:
    """Curves drawn around their fits."""
    one, two = rng.standard_normal((2, len(curves.slope)))
    root = np.sqrt(np.maximum(curves.v00, 1e-300))
    across = curves.v01 / root
    rest = np.sqrt(np.maximum(curves.v11 - across**2, 0.0))
    return curves.intercept + root * one, curves.slope + across * one + rest * two
