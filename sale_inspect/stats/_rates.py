"""Means, rates and ratios with their standard errors."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

__all__ = ["mean", "ratio", "ratio_stderr", "stderr", "wilson"]


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
