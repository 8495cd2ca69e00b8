"""Dollars of two policies on the same tasks."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sale_inspect.stats._dollars import UNSEEN, exp_or_inf, log_spread, studentised, too_few_for_dollars
from sale_inspect.stats._frontier import Floats
from sale_inspect.stats._paired import FEWEST, sign_flip
from sale_inspect.stats._power import CONFIDENCE

__all__ = ["DollarRatio", "compare_dollars"]

_TEST_ROUNDS = 4000
"""More than for intervals: Holm's correction multiplies the smallest p that rounds can show."""

_TINY = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True)
class DollarRatio:
    """Dollars of the first policy over those of the second, on the same tasks.

    Attributes:
        tasks: Tasks.
        difference: Mean dollars a task of the first less the second.
        ratio: All dollars of the first over all of the second; NaN if the second spent nothing.
        low: Lower end of its interval; None if there are too few tasks.
        high: Upper end.
        typical: Geometric mean of the tasks' own ratios; None if a task cost nothing.
        typical_low: Lower end of its interval.
        typical_high: Upper end.
        error: Standard error of the log of `ratio`; None if there are too few tasks.
        p_typical: Two-sided p of "a task costs the same with both": sign-flip test on the logs of the tasks' ratios.
        p_total: Two-sided p of "all tasks together cost the same", from the interval of `ratio`; None if there are
            too few tasks.
        p: The larger of the two: a claim needs both. None if there are too few tasks.
        reason: Why nothing can be claimed, or "".
    """

    tasks: int
    difference: float
    ratio: float
    low: float | None
    high: float | None
    typical: float | None
    typical_low: float | None
    typical_high: float | None
    error: float | None
    p_typical: float
    p_total: float | None
    p: float | None
    reason: str = ""


def compare_dollars(
    first: ArrayLike, second: ArrayLike, *, confidence: float = CONFIDENCE, seed: int = 0
) -> DollarRatio:
    """Compare the dollars of two policies on the same tasks.

    The tested quantity is the log of each task's ratio, by the sign-flip test. It says which policy costs less on a
    typical task, which need not be the one that costs less in total, so a claim needs the interval of the ratio of
    totals too: p is the larger of the two (intersection-union, Berger 1982). Tasks that cost nothing have no log;
    then the sign-flip test is on (a - b) / (a + b), which orders tasks alike.

    Assumption, source and range as of `dollars_interval`; no claim below `DOLLARS_FEWEST` tasks.

    Args:
        first: (T,), dollars of each task.
        second: (T,), of the same tasks.
        confidence: Of the intervals.
        seed: Of the bootstrap and the sampled test.
    """
    a, b = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    priced = bool((a > 0).all() and (b > 0).all())
    logs = np.log(a) - np.log(b) if priced else np.divide(a - b, a + b, out=np.zeros_like(a), where=(a + b) > 0)
    # Equal dollars that were summed in another order differ in the last digits.
    logs = np.where(np.abs(logs) < 1e-9, 0.0, logs)
    typical = _typical(logs, confidence) if priced and len(a) >= FEWEST else (None, None, None)
    reason = too_few_for_dollars(a) or too_few_for_dollars(b)
    p_typical = sign_flip(logs, seed=seed)
    low = high = error = p_total = None
    if not reason and a.sum() > 0 and b.sum() > 0:
        low, high, error, p_total = _ratio_of_totals(a, b, confidence, seed)
    elif not reason:
        # One of them is free: there is no ratio, and every task that costs something says the same.
        p_total = p_typical
    return DollarRatio(
        tasks=len(a),
        difference=float(a.mean() - b.mean()),
        ratio=float(a.sum() / b.sum()) if b.sum() > 0 else math.nan,
        low=low,
        high=high,
        typical=typical[0],
        typical_low=typical[1],
        typical_high=typical[2],
        error=error,
        p_typical=p_typical,
        p_total=p_total,
        p=None if p_total is None else max(p_typical, p_total),
        reason=reason,
    )


def _typical(logs: Floats, confidence: float) -> tuple[float, float, float]:
    from scipy.special import stdtrit

    mean, error = float(logs.mean()), float(logs.std(ddof=1)) / math.sqrt(len(logs))
    t = float(stdtrit(len(logs) - 1, (1 + confidence) / 2))
    return math.exp(mean), math.exp(mean - t * error), math.exp(mean + t * error)


def _ratio_of_totals(a: Floats, b: Floats, confidence: float, seed: int) -> tuple[float, float, float, float]:
    """Ends of the ratio, error of its log, and p of a ratio of 1."""
    tail = (1 - confidence) / 4
    point, error, t = studentised(a[None], b[None], seed, _TEST_ROUNDS)
    lows, highs, below, above = [], [], [], []

    def add(point: float, error: float, t: Floats, sides: tuple[bool, bool]) -> None:
        zero = point / error if error > _TINY else math.copysign(math.inf, point) if abs(point) > _TINY else 0.0
        if sides[0]:
            lows.append(point - float(np.quantile(t, 1 - tail)) * error)
            below.append((1 + int((t >= zero).sum())) / (1 + len(t)))
        if sides[1]:
            highs.append(point - float(np.quantile(t, tail)) * error)
            above.append((1 + int((t <= zero).sum())) / (1 + len(t)))

    add(point[0], error[0], t[0], (True, True))
    for one, two, sides in ((a, b, (False, True)), (b, a, (True, False))):
        more_one, more_two = _unseen_pair(one, two)
        top, bottom = np.append(one, more_one), np.append(two, more_two)
        wide = studentised(*((top[None], bottom[None]) if sides[1] else (bottom[None], top[None])), seed, _TEST_ROUNDS)
        add(wide[0][0], wide[1][0], wide[2][0], sides)
    p = min(1.0, 4 * min(max(below), max(above)))
    low, high = exp_or_inf(min(*lows, point[0])), exp_or_inf(max(*highs, point[0]))
    return low, high, float(error[0]), p


def _unseen_pair(one: Floats, two: Floats) -> tuple[float, float]:
    """The task that was not seen and is expensive for the first; the second goes with it as far as their logs do."""
    at = int(np.argmax(one))
    both = (one > 0) & (two > 0)
    follows = 0.0
    if both.sum() > 2:
        x, y = np.log(one[both]), np.log(two[both])
        below = float(x.std() * y.std())
        follows = max(0.0, float(((x - x.mean()) * (y - y.mean())).mean()) / below) if below > _TINY else 1.0
    more = float(one[at]) * math.exp(UNSEEN * log_spread(one))
    return more, float(two[at]) * math.exp(UNSEEN * log_spread(two) * follows)
