"""Firth's fit of success on log2 of human time, for many draws of the times at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import HorizonTasks, one_time

__all__ = ["Curves", "fit_draws"]

Floats = NDArray[np.float64]

_STEPS = 60
_TOLERANCE = 1e-9
# Beyond these log-odds a chance is 0 or 1 for all that doubles can tell, and the information would vanish.
_MOST_ODDS = 30.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Curves:
    """The curves of M draws.

    Attributes:
        intercept: (M,), log-odds at 1 minute.
        slope: (M,), change when the time doubles.
        v00: (M,), variance of the intercept.
        v01: (M,), covariance.
        v11: (M,), variance of the slope.
    """

    intercept: Floats
    slope: Floats
    v00: Floats
    v01: Floats
    v11: Floats

    def odds(self, at: Floats) -> tuple[Floats, Floats]:
        """(M, ...), log-odds at log2 minutes (...), and their standard errors."""
        shape = (-1,) + (1,) * np.ndim(at)
        first, slope = self.intercept.reshape(shape), self.slope.reshape(shape)
        v00, v01, v11 = (each.reshape(shape) for each in (self.v00, self.v01, self.v11))
        variance = v00 + 2.0 * v01 * at + v11 * np.square(at)
        return first + slope * at, np.sqrt(np.maximum(variance, 1e-300))


def fit_draws(
    tasks: HorizonTasks, logs: Floats, start: tuple[Floats, Floats] | None = None, *, steps: int = _STEPS
) -> Curves:
    """The curve of each draw, as `stats.horizons` fits it, with the same covariance.

    Args:
        tasks: Mean success, weight and unit of each task.
        logs: (M, T), log2 minutes of the tasks in each draw.
        start: Intercepts and slopes to begin with, each (M,).
        steps: Most Newton steps.
    """
    y, weights = tasks.success, tasks.weights
    centre, scale = float(logs.mean()), 1.0 if one_time(logs) else float(logs.std())
    x = (logs - centre) / scale
    first, slope = np.zeros(len(logs)), np.zeros(len(logs))
    if start is not None:
        first, slope = start[0] + start[1] * centre, start[1] * scale
    for _ in range(steps):
        p, h, i00, i01, i11 = _weighed(x, first, slope, weights)
        pull = weights * (y - p) + h * (0.5 - p)
        g0, g1 = pull.sum(axis=1), (pull * x).sum(axis=1)
        s0, s1 = i00 * g0 + i01 * g1, i01 * g0 + i11 * g1
        size = np.maximum(np.abs(s0), np.abs(s1))
        damp = np.minimum(1.0, 2.0 / np.maximum(size, 1e-12))
        first, slope = first + damp * s0, slope + damp * s1
        if size.max() < _TOLERANCE:
            break
    p, h, i00, i01, i11 = _weighed(x, first, slope, weights)
    wider = _wider(tasks, x, p, h, (i00, i01, i11))
    return _back(first, slope, wider, centre, scale)


def _weighed(x: Floats, first: Floats, slope: Floats, weights: Floats) -> tuple[Floats, ...]:
    """Chance and leverage of each task, and the inverse of the information, for each draw."""
    p = 1.0 / (1.0 + np.exp(-np.clip(first[:, None] + slope[:, None] * x, -_MOST_ODDS, _MOST_ODDS)))
    spread = weights * p * (1.0 - p)
    along = spread * x
    a, b, c = spread.sum(axis=1), along.sum(axis=1), (along * x).sum(axis=1)
    # A draw in which all tasks have one time knows no slope: it stays as it is.
    flat = np.ptp(x, axis=1) < _TOLERANCE
    determinant = np.where(flat, 1.0, np.maximum(a * c - b * b, 1e-12 * a * c))
    i00, i01, i11 = (np.where(flat, own, each / determinant) for own, each in ((1.0 / a, c), (0.0, -b), (0.0, a)))
    h = spread * (i00[:, None] + 2.0 * i01[:, None] * x + i11[:, None] * x * x)
    return p, h, i00, i01, i11


def _wider(tasks: HorizonTasks, x: Floats, p: Floats, h: Floats, inverse: tuple[Floats, ...]) -> tuple[Floats, ...]:
    """The sandwich over units with leverage, or that of the information times the dispersion: the wider, by draw."""
    y, weights, unit = tasks.success, tasks.weights, tasks.unit
    residual = y - p
    s0 = weights * residual / (1.0 - np.minimum(h, 0.9))
    s1 = s0 * x
    units = int(unit.max()) + 1
    if units < len(y):
        of_unit = (unit[:, None] == np.arange(units)).astype(np.float64)
        s0, s1 = s0 @ of_unit, s1 @ of_unit
    grown = units / max(1, units - 1)
    sums = tuple(grown * (a * b).sum(axis=1) for a, b in ((s0, s0), (s0, s1), (s1, s1)))
    spread = p * (1.0 - p)
    dispersion = (residual**2).sum(axis=1) / spread.sum(axis=1) * len(y) / max(1, len(y) - 2)
    squared = weights**2 * spread
    meat = tuple(dispersion * each.sum(axis=1) for each in (squared, squared * x, squared * x * x))
    sandwich, model = _both_sides(inverse, sums), _both_sides(inverse, meat)
    use = sandwich[0] + sandwich[2] >= model[0] + model[2]
    return tuple(np.where(use, one, other) for one, other in zip(sandwich, model, strict=True))


def _both_sides(inverse: tuple[Floats, ...], meat: tuple[Floats, ...]) -> tuple[Floats, Floats, Floats]:
    """The product inverse @ meat @ inverse of symmetric (2, 2) matrices, by draw."""
    i00, i01, i11 = inverse
    m00, m01, m11 = meat
    a00, a01 = i00 * m00 + i01 * m01, i00 * m01 + i01 * m11
    a10, a11 = i01 * m00 + i11 * m01, i01 * m01 + i11 * m11
    return a00 * i00 + a01 * i01, a00 * i01 + a01 * i11, a10 * i01 + a11 * i11


def _back(first: Floats, slope: Floats, found: tuple[Floats, ...], centre: float, scale: float) -> Curves:
    """From standardised to log2 minutes."""
    v00, v01, v11 = found
    k = centre / scale
    return Curves(
        intercept=first - slope * k,
        slope=slope / scale,
        v00=v00 - 2.0 * k * v01 + k * k * v11,
        v01=(v01 - k * v11) / scale,
        v11=v11 / scale**2,
    )
