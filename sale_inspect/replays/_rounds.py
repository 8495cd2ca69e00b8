"""Any statistic of drawn tasks as an estimate with an interval."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sale_inspect.replays._parts import Estimate, ReplayOptions
from sale_inspect.routers import Floats
from sale_inspect.stats import Draws, Method, draw_tasks, interval

__all__ = ["Rounds", "Statistic", "draw_rounds", "mean_of"]

Statistic = Callable[[Draws], Floats]
"""Values of one metric in each round, (rounds,), or of M metrics, (rounds, M); NaN where not defined."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rounds:
    """The draws that all policies share.

    Attributes:
        draws: The rounds.
        whole: All tasks, once.
        left_out: The jackknife, for BCa only.
        options: Confidence and method.
    """

    draws: Draws
    whole: Draws
    left_out: Draws | None
    options: ReplayOptions

    def estimates(self, statistic: Statistic, *, method: Method | None = None) -> tuple[Estimate, ...]:
        """M estimates. The value comes from the same code as the rounds, on all tasks once.

        Args:
            statistic: The metrics in each round.
            method: Of the intervals; that of the options by default.
        """
        how = method or self.options.method
        values = statistic(self.whole)[0]
        rounds = statistic(self.draws)
        jackknife = None if how != "bca" or self.left_out is None else statistic(self.left_out)
        return tuple(
            self._one(float(value), rounds[:, at], None if jackknife is None else jackknife[:, at], how)
            for at, value in enumerate(values)
        )

    def estimate(self, statistic: Statistic, *, method: Method | None = None) -> Estimate:
        """One estimate, of a statistic with one value a round, (rounds,)."""
        return self.estimates(lambda draws: statistic(draws)[:, None], method=method)[0]

    def _one(self, value: float, rounds: Floats, jackknife: Floats | None, method: Method) -> Estimate:
        if math.isnan(value):
            return Estimate(value=None)
        found = interval(
            rounds,
            confidence=self.options.confidence,
            method=method,
            value=value,
            jackknife=jackknife,
            stratum=self.draws.stratum,
        )
        if math.isnan(found.low):
            return Estimate(value=value, reason=found.note)
        return Estimate(value=value, low=found.low, high=found.high, error=found.error, reason=found.note)


def draw_rounds(tasks: int, bins: tuple[str, ...], clusters: tuple[str, ...] | None, options: ReplayOptions) -> Rounds:
    """Draw the tasks once for the whole replay."""
    draws = draw_tasks(
        tasks,
        rounds=options.rounds,
        seed=options.seed,
        strata=bins if options.stratify and bins else None,
        clusters=clusters,
    )
    left_out = draws.left_out() if options.method == "bca" else None
    return Rounds(draws=draws, whole=draws.whole(), left_out=left_out, options=options)


def mean_of(values: Floats) -> Statistic:
    """The statistic "mean over the drawn tasks" of (T, M), as (rounds, M), or of (T,), as (rounds,).

    It remembers what it gave for each draws, because the same means go into many comparisons.
    """
    known: list[tuple[Draws, Floats]] = []

    def found(draws: Draws) -> Floats:
        for seen, means in known:
            if seen is draws:
                return means
        sums, sizes = draws.sums(values), draws.sizes()
        means = np.asarray(sums / (sizes if sums.ndim == 1 else sizes[:, None]), dtype=np.float64)
        known.append((draws, means))
        return means

    return found
