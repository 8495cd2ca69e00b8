"""Time horizons: how long a task (in human minutes) a policy can do with a stated chance.

    P(success) = 1 / (1 + exp(-(b0 + b1 * log2(tau))))      h_p = 2 ** ((logit(p) - b0) / b1)

Two fits of the curve, both named wherever a horizon is shown: Firth's, which the interval is of, and METR's public
method (time horizon 1.1), a weighted logistic fit with an L2 penalty on the slope, for comparison with METR's figures.
A horizon outside the times that were measured is marked, not printed as if it were known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats._power import CONFIDENCE

__all__ = [
    "ENOUGH_FAMILIES",
    "Horizon",
    "HorizonFit",
    "HorizonTasks",
    "Weighting",
    "firth_horizon",
    "fit_horizon",
    "horizon_tasks",
    "horizons",
    "near_end",
    "one_time",
]

Floats = NDArray[np.float64]
Weighting = Literal["equal", "invsqrt"]

ENOUGH_FAMILIES = 10
"""Families from which whole families count as drawn at random, and not the tasks of just these."""

_STEPS = 60
_FAR = 10.0
_TOLERANCE = 1e-10
# log2 minutes; nearer than rounding.
_APART = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class HorizonFit:
    """A logistic curve of success on log2 of human minutes.

    Attributes:
        intercept: b0, the log-odds at 1 minute.
        slope: b1, the change of the log-odds when the time doubles.
        shortest: Least human time of the tasks, minutes.
        longest: Greatest human time of the tasks, minutes.
    """

    intercept: float
    slope: float
    shortest: float
    longest: float

    def success(self, minutes: float) -> float:
        """Chance of success at a task of `minutes`, from the curve."""
        return 1.0 / (1.0 + math.exp(-(self.intercept + self.slope * math.log2(minutes))))


@dataclass(frozen=True, kw_only=True, slots=True)
class Horizon:
    """Human time at which the chance of success is `chance`.

    Attributes:
        chance: p.
        minutes: h_p in minutes; 0 if nothing was solved, infinite if everything was, NaN if success does
            not fall with time.
        low: Lower end of the interval, minutes; 0 if it is farther than ten times below the shortest task.
        high: Upper end, minutes; infinite if it is farther than ten times above the longest task.
        metr_minutes: The horizon of METR's penalised fit.
        extrapolated: Whether h_p lies outside the times of the tasks. Then only "below the shortest" or
            "above the longest" is known.
        note: What a reader must know, or "".
    """

    chance: float
    minutes: float
    low: float
    high: float
    metr_minutes: float
    extrapolated: bool
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HorizonTasks:
    """Runs as the tasks that a horizon is fitted to.

    Attributes:
        names: The T tasks, in alphabetical order.
        success: (T,), mean success of each.
        logs: (T,), log2 of its human time in minutes.
        weights: (T,), its weight; they sum to T.
        unit: (T,), number of what is drawn as one: the task, or its family.
        families: How many families there are.
    """

    names: tuple[str, ...]
    success: Floats
    logs: Floats
    weights: Floats
    unit: NDArray[np.intp]
    families: int

    @property
    def alike(self) -> bool:
        """Whether all tasks were solved, or none: there is no curve then."""
        return bool(self.success.min() == self.success.max() and self.success.min() in (0.0, 1.0))

    @property
    def one_time(self) -> bool:
        """Whether all tasks have one human time: no slope is known then, so there is no curve."""
        return one_time(self.logs)

    @property
    def degrees(self) -> int:
        """Degrees of freedom of Student's quantile."""
        return max(1, int(self.unit.max()) - 1)


def one_time(logs: Floats) -> bool:
    """Whether times, log2 minutes, are one up to rounding."""
    return bool(logs.max() - logs.min() < _APART)


def horizon_tasks(
    success: Floats,
    minutes: Floats,
    tasks: Sequence[str],
    families: Sequence[str],
    *,
    weighting: Weighting = "invsqrt",
) -> HorizonTasks:
    """Runs as tasks with weights; arguments as of `horizons`.

    Raises:
        ValueError: If there is no run or a time is not positive.
    """
    _check(success, minutes)
    names, first, task_of = np.unique(np.asarray(tasks), return_index=True, return_inverse=True)
    _, family_of = np.unique(np.asarray(families), return_inverse=True)
    y = np.bincount(task_of, weights=success) / np.bincount(task_of)
    family = family_of[first]
    weights = np.ones(len(y))
    if weighting == "invsqrt":
        weights = 1.0 / np.sqrt(np.bincount(family)[family])
    several = int(family.max()) + 1
    return HorizonTasks(
        names=tuple(str(name) for name in names),
        success=y,
        logs=np.log2(minutes[first]),
        weights=weights * len(y) / weights.sum(),
        unit=family if several >= ENOUGH_FAMILIES else np.arange(len(y)),
        families=several,
    )


def fit_horizon(
    success: Floats,
    minutes: Floats,
    *,
    weights: Floats | None = None,
    regularization: float = 0.1,
) -> HorizonFit:
    """Fit the curve by METR's penalised method.

    Args:
        success: (R,), success of each run in [0, 1]; a fraction counts as that share of a success.
        minutes: (R,), human time of its task, minutes, above 0.
        weights: (R,), equal by default. They are scaled to a sum of 1, as the source does.
        regularization: L2 penalty on the slope: the fit minimises sum(w * loss) / regularization + b1^2 / 2.

    Raises:
        ValueError: If there is no run, a time is not positive, or all runs have one result or one time (no curve).
    """
    _check(success, minutes)
    if success.min() == success.max() and success.min() in (0.0, 1.0):
        raise ValueError("All runs succeeded, or all failed: there is no curve to fit.")
    if one_time(np.log2(minutes)):
        raise ValueError("All tasks have one human time: there is no curve to fit.")
    given = np.ones_like(success) if weights is None else weights
    curve = _newton(success, np.log2(minutes), given[None, :], regularization)[0]
    return HorizonFit(
        intercept=float(curve[0]),
        slope=float(curve[1]),
        shortest=float(minutes.min()),
        longest=float(minutes.max()),
    )


def horizons(
    success: Floats,
    minutes: Floats,
    tasks: Sequence[str],
    families: Sequence[str],
    *,
    chances: Sequence[float] = (0.5, 0.8),
    weighting: Weighting = "invsqrt",
    regularization: float = 0.1,
    confidence: float = CONFIDENCE,
) -> tuple[Horizon, ...]:
    """Horizons by Firth's fit with intervals, beside those of METR's penalised fit.

    METR's penalty does not fade with data, because its weights sum to 1: with steep curves p80 stays too low however
    many tasks there are. Firth's fit (1993), the maximum of likelihood * sqrt(|information|), has a bias of order
    1 / T^2 and a finite slope always. The interval is Fieller's (1954): all times at which the fitted log-odds are
    within t standard errors of logit(p), t of Student with (units - 2) degrees. The covariance is the sandwich over
    units with leverage (HC3), or that of the information times the dispersion where that is wider. Units are tasks, or
    families where there are at least `ENOUGH_FAMILIES`; with fewer the interval is for these families. Checked range:
    docs/statistics.md.

    An end outside ten times the range of the tasks' times is given as 0 or infinite.

    Args:
        success: (R,), success of each run in [0, 1].
        minutes: (R,), human time of its task, minutes.
        tasks: Task of each run.
        families: Family of each run's task (here: its source), the same for all runs of a task.
        chances: The p of the horizons.
        weighting: `equal` weighs tasks alike; `invsqrt` weighs a task by 1 / sqrt(tasks of its family), so that
            a large family does not drown the others. Runs of a task are averaged.
        regularization: Of METR's fit, see `fit_horizon`.
        confidence: Level of the interval.

    Raises:
        ValueError: If there is no run or a time is not positive.
    """
    made = horizon_tasks(success, minutes, tasks, families, weighting=weighting)
    y, x, weights, alike = made.success, made.logs, made.weights, made.alike
    found = []
    curve, covariance = _firth(y, x, weights, made.unit)
    metr = np.zeros(2) if alike else _newton(y, x, weights[None, :], regularization)[0]
    for chance in chances:
        point, penalised = _minutes(_log_horizon(curve, chance)), _minutes(_log_horizon(metr, chance))
        if alike:
            point = penalised = 0.0 if y[0] == 0.0 else math.inf
        elif made.one_time:
            point = penalised = math.nan
        low, high = _fieller(curve, covariance, chance, made.degrees, confidence)
        found.append(
            Horizon(
                chance=chance,
                minutes=point,
                low=near_end(min(_minutes(low), point) if alike else _minutes(low), minutes),
                high=near_end(max(_minutes(high), point) if alike else _minutes(high), minutes),
                metr_minutes=penalised,
                extrapolated=not minutes.min() <= point <= minutes.max(),
                note=_note(point, minutes, made),
            )
        )
    return tuple(found)


def _firth(y: Floats, x: Floats, weights: Floats, unit: NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Intercept and slope, and their (2, 2) covariance."""
    # The deviation of equal times is not 0 but what rounding leaves.
    centre, scale = float(x.mean()), 1.0 if one_time(x) else float(x.std())
    if one_time(x):
        x = np.full_like(x, centre)
    z = np.column_stack([np.ones_like(x), (x - centre) / scale])
    curve = np.zeros(2)
    for _ in range(_STEPS):
        chance, leverage, inverse = _weighed(z, curve, weights)
        step = inverse @ (z.T @ (weights * (y - chance) + leverage * (0.5 - chance)))
        curve = curve + step * min(1.0, 2.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < _TOLERANCE:
            break
    chance, leverage, inverse = _weighed(z, curve, weights)
    residual = y - chance
    # A unit's own pull on the curve is taken off its residual; a leverage near 1 would make it endless.
    scores = z * (weights * residual / (1.0 - np.minimum(leverage, 0.9)))[:, None]
    sums = np.column_stack([np.bincount(unit, weights=column) for column in scores.T])
    units = len(sums)
    sandwich = inverse @ (sums.T @ sums) @ inverse * units / max(1, units - 1)
    variance = float((chance * (1.0 - chance)).sum())
    dispersion = float((residual**2).sum()) / variance * len(y) / max(1, len(y) - 2)
    # Weights that differ make the information alone a wrong covariance.
    meat = z.T @ (z * (weights**2 * chance * (1.0 - chance))[:, None])
    model = inverse @ meat @ inverse * dispersion
    back = np.array([[1.0, -centre / scale], [0.0, 1.0 / scale]])
    wider = max((sandwich, model), key=lambda matrix: float(matrix.trace()))
    return back @ curve, back @ wider @ back.T


def _weighed(z: Floats, curve: Floats, weights: Floats) -> tuple[Floats, Floats, Floats]:
    """Chance and leverage of each task, and the inverse of the information."""
    chance = 1.0 / (1.0 + np.exp(-(z @ curve)))
    spread = weights * chance * (1.0 - chance)
    inverse = np.asarray(np.linalg.pinv(z.T @ (z * spread[:, None])), dtype=np.float64)
    leverage = np.asarray(spread * ((z @ inverse) * z).sum(axis=1), dtype=np.float64)
    return chance, leverage, inverse


def _log_horizon(curve: Floats, chance: float) -> float:
    """log2 of the horizon; NaN if success does not fall with time."""
    return float((math.log(chance / (1.0 - chance)) - curve[0]) / curve[1]) if curve[1] < 0 else math.nan


def _fieller(curve: Floats, covariance: Floats, chance: float, degrees: int, confidence: float) -> tuple[float, float]:
    """log2 of the ends; minus and plus infinity where the data do not show that success falls with time."""
    from scipy.special import stdtrit

    t = float(stdtrit(degrees, (1 + confidence) / 2))
    apart = float(curve[0]) - math.log(chance / (1.0 - chance))
    a = float(curve[1] ** 2 - t * t * covariance[1, 1])
    b = 2.0 * float(apart * curve[1] - t * t * covariance[0, 1])
    c = float(apart**2 - t * t * covariance[0, 0])
    if a <= 0 or curve[1] >= 0:
        return -math.inf, math.inf
    root = math.sqrt(max(0.0, b * b - 4.0 * a * c))
    return (-b - root) / (2.0 * a), (-b + root) / (2.0 * a)


def _minutes(log: float) -> float:
    return (
        math.nan
        if math.isnan(log)
        else float(np.exp2(np.clip(log, -1074.0, 1023.0)))
        if math.isfinite(log)
        else (0.0 if log < 0 else math.inf)
    )


def near_end(end: float, minutes: Floats) -> float:
    """An end, or 0 or infinity if it is farther from the tasks than ten times their range."""
    if math.isnan(end):
        return end
    if end < minutes.min() / _FAR:
        return 0.0
    return math.inf if end > minutes.max() * _FAR else end


def firth_horizon(success: Floats, minutes: Floats) -> HorizonFit:
    """Fit the curve by Firth's method, each row with the same weight.

    Args:
        success: (T,), mean success of each task in [0, 1].
        minutes: (T,), human time of it, minutes, above 0.

    Raises:
        ValueError: If there is no task, a time is not positive, or all tasks have one result or one time (no curve).
    """
    _check(success, minutes)
    if success.min() == success.max() and success.min() in (0.0, 1.0):
        raise ValueError("All runs succeeded, or all failed: there is no curve to fit.")
    if one_time(np.log2(minutes)):
        raise ValueError("All tasks have one human time: there is no curve to fit.")
    curve, _ = _firth(success, np.log2(minutes), np.ones(len(success)), np.arange(len(success)))
    return HorizonFit(
        intercept=float(curve[0]),
        slope=float(curve[1]),
        shortest=float(minutes.min()),
        longest=float(minutes.max()),
    )


def _check(success: Floats, minutes: Floats) -> None:
    if len(success) == 0 or success.shape != minutes.shape:
        raise ValueError(f"Runs and times must be of one length above 0, got {success.shape} and {minutes.shape}.")
    if not (np.isfinite(minutes).all() and (minutes > 0).all()):
        raise ValueError("Every human time must be a number of minutes above 0.")
    if not ((success >= 0) & (success <= 1)).all():
        raise ValueError("Every success must be from 0 to 1.")


def _newton(success: Floats, x: Floats, weights: Floats, regularization: float) -> Floats:
    """(rounds, 2), intercept and slope for each row of weights, by damped Newton steps."""
    scaled = weights / (weights.sum(axis=1, keepdims=True) * regularization)
    rate = np.clip((scaled @ success) / scaled.sum(axis=1), 1e-6, 1.0 - 1e-6)
    curves = np.column_stack([np.log(rate / (1.0 - rate)), np.zeros(len(weights))])
    loss = _loss(curves, success, x, scaled)
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-(curves[:, :1] + curves[:, 1:] * x)))
        pull = scaled * (chance - success)
        bend = scaled * chance * (1.0 - chance)
        g0, g1 = pull.sum(axis=1), pull @ x + curves[:, 1]
        h00, h01, h11 = bend.sum(axis=1), bend @ x, bend @ (x * x) + 1.0
        determinant = h00 * h11 - h01 * h01
        step = np.column_stack([h11 * g0 - h01 * g1, h00 * g1 - h01 * g0]) / determinant[:, None]
        size = np.ones(len(curves))
        for _ in range(30):
            tried = curves - size[:, None] * step
            worse = _loss(tried, success, x, scaled) > loss + 1e-12
            if not worse.any():
                break
            size[worse] /= 2.0
        curves = curves - size[:, None] * step
        loss = _loss(curves, success, x, scaled)
        if np.abs(step).max() < _TOLERANCE:
            break
    return curves


def _loss(curves: Floats, success: Floats, x: Floats, scaled: Floats) -> Floats:
    odds = curves[:, :1] + curves[:, 1:] * x
    each = np.logaddexp(0.0, odds) - success * odds
    return np.asarray((scaled * each).sum(axis=1) + curves[:, 1] ** 2 / 2.0, dtype=np.float64)


def _note(point: float, minutes: Floats, tasks: HorizonTasks) -> str:
    parts, families = [], tasks.families
    if math.isnan(point) and tasks.one_time:
        parts.append("all tasks have one human time, so there is no horizon")
    elif math.isnan(point):
        parts.append("success does not fall with human time, so there is no horizon")
    elif point < minutes.min():
        parts.append(f"below the shortest task ({minutes.min():.3g} min); not known more exactly")
    elif point > minutes.max():
        parts.append(f"above the longest task ({minutes.max():.3g} min); not known more exactly")
    if families < ENOUGH_FAMILIES:
        parts.append(f"interval for tasks of {'this source' if families == 1 else f'these {families} sources'}")
    return "; ".join(parts)
