"""Any statistic of the tasks as an estimate with an interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from sale_inspect.replays._parts import Estimate, ReplayOptions
from sale_inspect.routers import Floats, Rows
from sale_inspect.stats import Draws, Ratio, draw_tasks, interval, mean_interval, pseudo_values

__all__ = ["Rounds", "Statistic", "draw_rounds", "mean_of"]

Statistic = Callable[[Draws], Floats]
"""Values of one metric in each round, (rounds,), or of M metrics, (rounds, M); NaN where not defined."""

_MOST_LEFT_OUT = 400


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rounds:
    """The draws that all policies share.

    Attributes:
        draws: Bootstrap rounds, for AIQ alone.
        whole: All tasks, once.
        left_out: The jackknife: all tasks but one, or but one of 400 groups of them drawn by chance.
        unit: (T,), number of each row's task.
        options: Confidence and seed.
    """

    draws: Draws
    whole: Draws
    left_out: Draws
    unit: Rows
    options: ReplayOptions

    def ratios(self, known: Mapping[str, Ratio]) -> dict[str, Estimate]:
        """Ratios of sums over tasks, by name; see `stats.Ratio.ends`."""
        return {name: self._ratio(each) for name, each in known.items()}

    def _ratio(self, ratio: Ratio) -> Estimate:
        value = ratio.value()
        if value.value is None:
            return Estimate(value=None, reason=value.reason)
        ends = ratio.ends(self.unit, confidence=self.options.confidence, seed=self.options.seed)
        return Estimate(value=value.value, low=ends.low, high=ends.high, error=ends.error, reason=ends.reason)

    def pseudo(self, statistic: Statistic) -> tuple[float, Floats]:
        """The value on all tasks, and the jackknife's pseudo-values (U,)."""
        value = float(statistic(self.whole)[0])
        return value, pseudo_values(value, statistic(self.left_out))

    def estimate(self, statistic: Statistic) -> Estimate:
        """pass@1 of a control, in [0, 1]: Student's interval of the pseudo-values."""
        value, units = self.pseudo(statistic)
        if math.isnan(value):
            return Estimate(value=None)
        if not np.isfinite(units).all():
            return Estimate(value=value, reason="it is not defined without some of the tasks")
        low, high, error = mean_interval(units, confidence=self.options.confidence)
        return Estimate(value=value, low=max(0.0, min(low, value)), high=min(1.0, max(high, value)), error=error)

    def corrected(self, statistic: Statistic) -> Estimate:
        """A maximum over noisy settings (AIQ): the basic bootstrap, which corrects the bias that rounds share."""
        value = float(statistic(self.whole)[0])
        if math.isnan(value):
            return Estimate(value=None)
        found = interval(statistic(self.draws), confidence=self.options.confidence, method="basic", value=value)
        if math.isnan(found.low):
            return Estimate(value=value, reason=found.note)
        return Estimate(value=value, low=found.low, high=found.high, error=found.error, reason=found.note)


def draw_rounds(tasks: int, clusters: tuple[str, ...] | None, options: ReplayOptions) -> Rounds:
    """Draw the tasks once for the whole replay."""
    draws = draw_tasks(tasks, rounds=options.rounds, seed=options.seed, clusters=clusters)
    units = len(draws.stratum)
    group = np.arange(units)
    if units > _MOST_LEFT_OUT:
        group = np.random.default_rng(options.seed).permutation(units) % _MOST_LEFT_OUT
    number = group[draws.unit]
    counts = 1.0 - (number[None, :] == np.arange(min(units, _MOST_LEFT_OUT))[:, None])
    left_out = Draws(counts=counts, unit=draws.unit, stratum=draws.stratum)
    return Rounds(draws=draws, whole=draws.whole(), left_out=left_out, unit=draws.unit, options=options)


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
