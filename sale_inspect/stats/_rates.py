"""Means, rates and ratios with their standard errors, and the one interval of pass@1."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sale_inspect.stats._frontier import Floats
from sale_inspect.stats._power import CONFIDENCE

__all__ = ["Rate", "mean", "rate", "rate_ends", "ratio", "ratio_stderr", "stderr", "wilson"]

_PRIOR_TASKS = 2
"""Tasks of one run each that are added to the estimate of the design effect; see `rate_ends`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rate:
    """A rate with its interval.

    Attributes:
        value: Mean over tasks.
        low: Lower end.
        high: Upper end.
        tasks: Tasks, T.
    """

    value: float
    low: float
    high: float
    tasks: int


def rate(values: ArrayLike, *, confidence: float = CONFIDENCE) -> Rate:
    """A mean over tasks of scores from 0 to 1, with its interval: pass@1 wherever it is shown.

    Assumption: tasks are a random sample; runs of one task (epochs, orders) may depend on each other in any way.
    Source: Wilson (1927) with a design effect (Kish 1965); the shrunken effect is ours, see `rate_ends`. With one run
    a task and scores of 0 or 1 it is Wilson's interval. Checked range: docs/statistics.md.

    Args:
        values: (T,), the mean score of each task over its runs, in [0, 1].
        confidence: In (0, 1).

    Raises:
        ValueError: If there is no task or a score is not from 0 to 1.
    """
    x = np.asarray(values, dtype=np.float64)
    # Means of runs may leave the range in the last digit.
    if x.ndim != 1 or len(x) == 0 or not ((x >= -1e-9) & (x <= 1 + 1e-9)).all():
        raise ValueError("A rate needs the mean score of one task or more, each from 0 to 1.")
    x = x.clip(0.0, 1.0)
    low, high = rate_ends(x.mean(), x.var(), len(x), confidence=confidence)
    return Rate(value=float(x.mean()), low=float(low), high=float(high), tasks=len(x))


def rate_ends(
    value: ArrayLike, variance: ArrayLike, tasks: ArrayLike, *, confidence: float = CONFIDENCE
) -> tuple[Floats, Floats]:
    """Ends of the interval of `rate`, for many rates at once.

    With m the mean, v the variance over the T tasks (divisor T) and b = m (1 - m), the design effect of a task is
    d = min(1, (T v + 2 b) / ((T + 2) b)): the variance of a task against that of one run, shrunk towards 1 as if two
    tasks of one run each had been seen, because v of few tasks is uncertain. Wilson's interval is taken at T / d tasks
    with Student's quantile of T - 1 degrees where d < 1. At 0 or T of T d is 1, so no interval has zero width.

    Args:
        value: (...), m, in [0, 1].
        variance: (...), v.
        tasks: (...), T, at least 1.
        confidence: In (0, 1).
    """
    from scipy.special import ndtri, stdtrit

    m, v, n = (np.asarray(each, dtype=np.float64) for each in (value, variance, tasks))
    m = m.clip(0.0, 1.0)
    b = m * (1.0 - m)
    some = b > 1e-12
    effect = np.where(some, (n * v + _PRIOR_TASKS * b) / np.where(some, (n + _PRIOR_TASKS) * b, 1.0), 1.0)
    # With 0 and 1 alone v equals b but for rounding.
    # One task says nothing of how tasks differ.
    alike = (effect > 1.0 - 1e-9) | (n < 2)
    effect = np.where(alike, 1.0, effect)
    tail = (1.0 + confidence) / 2.0
    z = np.where(alike, ndtri(tail), stdtrit(np.maximum(n - 1.0, 1.0), tail))
    n = n / effect
    centre = m + z * z / (2.0 * n)
    spread = z * np.sqrt(b / n + z * z / (4.0 * n * n))
    below = 1.0 + z * z / n
    # Rounding must not put an end on the wrong side of the rate.
    low = np.minimum(np.clip((centre - spread) / below, 0.0, 1.0), m)
    high = np.maximum(np.clip((centre + spread) / below, 0.0, 1.0), m)
    return np.asarray(low), np.asarray(high)


def _known(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def mean(values: Sequence[float]) -> float | None:
    """Arithmetic mean of the known values; None if there are none. NaN means unknown."""
    known = _known(values)
    return float(np.mean(known)) if known else None


def stderr(values: Sequence[float]) -> float | None:
    """Standard error of the mean, s / sqrt(n) with n - 1 in s; None for fewer than two known values."""
    known = _known(values)
    return float(np.std(known, ddof=1) / math.sqrt(len(known))) if len(known) > 1 else None


def ratio(numerators: Sequence[float], denominators: Sequence[float]) -> float | None:
    """sum(numerators) / sum(denominators) over pairs that are both known; None if the divisor is 0."""
    pairs = _pairs(numerators, denominators)
    below = sum(d for _, d in pairs)
    return sum(n for n, _ in pairs) / below if below > 0 else None


def ratio_stderr(numerators: Sequence[float], denominators: Sequence[float]) -> float | None:
    """Standard error of `ratio` by the delta method.

    r = sum x / sum y; se = sqrt(n / (n - 1) * sum (x_i - r y_i)^2) / sum y. None for fewer than two
    pairs or a divisor of 0.
    """
    pairs = _pairs(numerators, denominators)
    value = ratio(numerators, denominators)
    if value is None or len(pairs) < 2:
        return None
    n = len(pairs)
    residuals = sum((x - value * y) ** 2 for x, y in pairs)
    return math.sqrt(n / (n - 1) * residuals) / sum(y for _, y in pairs)


def wilson(successes: float, n: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Wilson's score interval for a rate, 95 % by default.

    Raises:
        ValueError: If n is not positive or successes lie outside [0, n].
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"wilson needs 0 <= successes <= n and n >= 1, got {successes} of {n}.")
    p = successes / n
    centre = p + z * z / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    below = 1 + z * z / n
    return max(0.0, (centre - spread) / below), min(1.0, (centre + spread) / below)


def _pairs(xs: Sequence[float], ys: Sequence[float]) -> list[tuple[float, float]]:
    return [(x, y) for x, y in zip(xs, ys, strict=True) if not (math.isnan(x) or math.isnan(y))]
