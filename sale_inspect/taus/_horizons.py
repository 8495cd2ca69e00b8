"""Time horizons when human times are not known exactly."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import CONFIDENCE, HorizonTasks, near_end
from sale_inspect.taus._draw import DrawnTimes
from sale_inspect.taus._fits import Curves

__all__ = ["DrawnChance", "DrawnHorizon", "chances_at", "drawn_horizons", "mixed_end"]

Floats = NDArray[np.float64]

_CLOSE = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnHorizon:
    """A horizon with the uncertainty of human times inside.

    Attributes:
        chance: p.
        minutes: Median of the horizon over all that times may be, minutes; NaN if there is none.
        low: Lower end of the interval, minutes; 0 if it is farther than ten times below the shortest task.
        high: Upper end; infinite if it is farther than ten times above the longest.
        share: Part of the interval's width (of its log) that comes from not knowing human times, 0 to 1; NaN if an end
            is open.
        known_ratio: Upper end over lower end as it would be with every time known; NaN if an end is open.
    """

    chance: float
    minutes: float
    low: float
    high: float
    share: float
    known_ratio: float

    @property
    def ratio(self) -> float:
        """Upper end over lower end; NaN if an end is open."""
        closed = self.low > 0 and math.isfinite(self.high)
        return self.high / self.low if closed else math.nan


@dataclass(frozen=True, kw_only=True, slots=True)
class DrawnChance:
    """pass@1 of the curve at a human time, with the uncertainty of times inside.

    Attributes:
        minutes: The human time.
        value: Chance of success there.
        low: Lower end of its interval.
        high: Upper end.
    """

    minutes: float
    value: float
    low: float
    high: float


def drawn_horizons(
    tasks: HorizonTasks,
    drawn: DrawnTimes,
    *,
    chances: Sequence[float] = (0.5, 0.8),
    confidence: float = CONFIDENCE,
) -> tuple[DrawnHorizon, ...]:
    """Horizons whose intervals hold what is not known of human times.

    For each draw of the times the horizon has a one-sided p by the method of `stats.horizons` (Fieller's, with
    Student's quantile). An end of the interval is where the mean of these p over all draws is (1 - confidence) / 2:
    what is known given what is seen is the mean, over what is missing, of what would be known (Rubin 1987, ch. 3). With
    draws that are all alike that is Fieller's interval itself. An end is open where the draws do not show that success
    falls with time.

    The share of the width is 1 - sqrt(W / (W + B)): W the median over draws of the variance of the log-horizon, B its
    variance between draws (from quartiles).

    Args:
        tasks: The tasks with their mean success.
        drawn: Draws of their times, from `draw_times`.
        chances: The p of the horizons.
        confidence: Level of the interval.
    """
    from scipy.special import stdtr

    curves, minutes = drawn.curves, np.exp2(tasks.logs)
    span = (float(np.log2(minutes.min())) - 5.0, float(np.log2(minutes.max())) + 5.0)
    tail = (1.0 - confidence) / 2.0
    # Both ends are open where the slopes are not surely below 0.
    steep = float(np.mean(stdtr(tasks.degrees, -curves.slope / np.sqrt(np.maximum(curves.v11, 1e-300)))))
    found = []
    for chance in chances:
        wanted = math.log(chance / (1.0 - chance))

        def above(log: float, wanted: float = wanted) -> float:
            odds, error = curves.odds(np.asarray(log))
            return float(np.mean(stdtr(tasks.degrees, (odds - wanted) / error)))

        middle = mixed_end(above, 0.5, *span)
        low = mixed_end(above, 1.0 - tail, *span) if steep >= 1.0 - tail else -math.inf
        high = mixed_end(above, tail, *span) if steep >= 1.0 - tail else math.inf
        ends = (near_end(_minutes(low), minutes), near_end(_minutes(high), minutes))
        share = _share(curves, wanted) if ends[0] > 0 and math.isfinite(ends[1]) else math.nan
        width = high - low if math.isfinite(share) else math.nan
        found.append(
            DrawnHorizon(
                chance=chance,
                minutes=_minutes(middle) if np.median(curves.slope) < 0 else math.nan,
                low=ends[0],
                high=ends[1],
                share=share,
                known_ratio=float(np.exp2(width * (1.0 - share))) if math.isfinite(share) else math.nan,
            )
        )
    return tuple(found)


def mixed_end(above: Callable[[float], float], wanted: float, low: float, high: float) -> float:
    """Where a falling function is `wanted`; minus or plus infinity if that is outside the bounds."""
    from scipy.optimize import brentq

    first, last = above(low) - wanted, above(high) - wanted
    if first < 0:
        return -math.inf
    if last > 0:
        return math.inf
    if first == 0 or last == 0:
        return low if first == 0 else high
    return float(brentq(lambda at: above(at) - wanted, low, high, xtol=_CLOSE))


def chances_at(
    tasks: HorizonTasks, drawn: DrawnTimes, minutes: Sequence[float], *, confidence: float = CONFIDENCE
) -> tuple[DrawnChance, ...]:
    """pass@1 by human time, of the curve, with what is not known of times inside; ends as in `drawn_horizons`.

    Args:
        tasks: The tasks with their mean success.
        drawn: Draws of their times.
        minutes: Human times.
        confidence: Level of the intervals.
    """
    from scipy.special import expit, stdtr

    tail = (1.0 - confidence) / 2.0
    found = []
    for time in minutes:
        odds, error = drawn.curves.odds(np.asarray(math.log2(time)))

        def below(log_odds: float, odds: Floats = odds, error: Floats = error) -> float:
            return float(np.mean(stdtr(tasks.degrees, (odds - log_odds) / error)))

        ends = [float(expit(mixed_end(below, wanted, -30.0, 30.0))) for wanted in (0.5, 1.0 - tail, tail)]
        found.append(DrawnChance(minutes=time, value=ends[0], low=ends[1], high=ends[2]))
    return tuple(found)


def _share(curves: Curves, wanted: float) -> float:
    slope = np.where(curves.slope < 0, curves.slope, np.nan)
    horizon = (wanted - curves.intercept) / slope
    variance = (curves.v00 + 2.0 * curves.v01 * horizon + curves.v11 * horizon**2) / slope**2
    known = np.isfinite(horizon)
    if known.sum() < 10:
        return math.nan
    within = float(np.median(variance[known]))
    low, high = np.quantile(horizon[known], [0.25, 0.75])
    between = float((high - low) / 1.348979500392163) ** 2
    return 1.0 - math.sqrt(within / (within + between))


def _minutes(log: float) -> float:
    if math.isinf(log):
        return 0.0 if log < 0 else math.inf
    return float(np.exp2(log))
