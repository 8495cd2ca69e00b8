"""Time horizons: how long a task (in human minutes) a policy can do with a stated chance.

    P(success) = 1 / (1 + exp(-(b0 + b1 * log2(tau))))      h_p = 2 ** ((logit(p) - b0) / b1)

Source: METR's public method (time horizon 1.1): a weighted logistic fit on log2 of human minutes, with an L2
penalty on the slope, and a hierarchical bootstrap over families, tasks and runs. What is ours: the slope is fitted
for all bootstrap rounds at once by Newton's method, because a thousand fits a policy by a general solver would take
minutes; and a horizon outside the times that were measured is marked, not printed as if it were known.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Horizon", "HorizonFit", "Weighting", "fit_horizon", "horizons"]

Floats = NDArray[np.float64]
Weighting = Literal["equal", "invsqrt"]

_STEPS = 60
_TOLERANCE = 1e-10


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
        low: Lower end of the interval, minutes.
        high: Upper end, minutes.
        extrapolated: Whether h_p lies outside the times of the tasks. Then only "below the shortest" or
            "above the longest" is known.
        note: What a reader must know, or "".
    """

    chance: float
    minutes: float
    low: float
    high: float
    extrapolated: bool
    note: str = ""


def fit_horizon(
    success: Floats,
    minutes: Floats,
    *,
    weights: Floats | None = None,
    regularization: float = 0.1,
) -> HorizonFit:
    """Fit the curve.

    Args:
        success: (R,), success of each run in [0, 1]; a fraction counts as that share of a success.
        minutes: (R,), human time of its task, minutes, above 0.
        weights: (R,), equal by default. They are scaled to a sum of 1, as the source does.
        regularization: L2 penalty on the slope: the fit minimises sum(w * loss) / regularization + b1^2 / 2.

    Raises:
        ValueError: If there is no run, a time is not positive, or all runs have one result (no curve).
    """
    _check(success, minutes)
    if success.min() == success.max() and success.min() in (0.0, 1.0):
        raise ValueError("All runs succeeded, or all failed: there is no curve to fit.")
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
    rounds: int = 1000,
    confidence: float = 0.95,
    seed: int = 0,
) -> tuple[Horizon, ...]:
    """Horizons with intervals by a hierarchical bootstrap: families, tasks of a family, runs of a task.

    Args:
        success: (R,), success of each run in [0, 1].
        minutes: (R,), human time of its task, minutes.
        tasks: Task of each run.
        families: Family of each run's task (here: its source), the same for all runs of a task.
        chances: The p of the horizons.
        weighting: `equal` weighs tasks alike; `invsqrt` weighs a task by 1 / sqrt(tasks of its family), so that
            a large family does not drown the others. Runs share the weight of their task.
        regularization: See `fit_horizon`.
        rounds: Bootstrap rounds.
        confidence: Level of the percentile interval.
        seed: Seed of the bootstrap.

    Raises:
        ValueError: If there is no run or a time is not positive.
    """
    _check(success, minutes)
    _, task_of = np.unique(np.asarray(tasks), return_inverse=True)
    _, family_of = np.unique(np.asarray(families), return_inverse=True)
    weights = _weights(task_of, family_of, weighting)
    counts = _counts(task_of, family_of, rounds, np.random.default_rng(seed))
    point = _all_horizons(success, minutes, weights[None, :], chances, regularization)[0]
    drawn = _all_horizons(success, minutes, counts * weights, chances, regularization)
    tail = (1.0 - confidence) / 2.0
    found = []
    for column, chance in enumerate(chances):
        known = drawn[:, column][~np.isnan(drawn[:, column])]
        low, high = _percentiles(known, tail) if len(known) else (math.nan, math.nan)
        outside = not minutes.min() <= point[column] <= minutes.max()
        found.append(
            Horizon(
                chance=chance,
                minutes=float(point[column]),
                low=low,
                high=high,
                extrapolated=bool(outside),
                note=_note(float(point[column]), minutes, rounds - len(known), rounds),
            )
        )
    return tuple(found)


def _check(success: Floats, minutes: Floats) -> None:
    if len(success) == 0 or success.shape != minutes.shape:
        raise ValueError(f"Runs and times must be of one length above 0, got {success.shape} and {minutes.shape}.")
    if not (np.isfinite(minutes).all() and (minutes > 0).all()):
        raise ValueError("Every human time must be a number of minutes above 0.")
    if not ((success >= 0) & (success <= 1)).all():
        raise ValueError("Every success must be from 0 to 1.")


def _weights(task_of: NDArray[np.intp], family_of: NDArray[np.intp], weighting: Weighting) -> Floats:
    """(R,), the weight of each run; the runs of a task share its weight."""
    runs = np.bincount(task_of)
    if weighting == "equal":
        return np.asarray(1.0 / runs[task_of], dtype=np.float64)
    first = np.unique(task_of, return_index=True)[1]
    size = np.bincount(family_of[first], minlength=family_of.max() + 1)
    return np.asarray(1.0 / (runs[task_of] * np.sqrt(size[family_of])), dtype=np.float64)


def _counts(
    task_of: NDArray[np.intp], family_of: NDArray[np.intp], rounds: int, rng: np.random.Generator
) -> NDArray[np.float64]:
    """(rounds, R), how often each run is drawn."""
    first = np.unique(task_of, return_index=True)[1]
    family_of_task = family_of[first]
    families = int(family_of.max()) + 1
    times = rng.multinomial(families, np.full(families, 1.0 / families), size=rounds)
    of_task = np.zeros((rounds, len(first)), dtype=np.int64)
    for family in range(families):
        members = np.flatnonzero(family_of_task == family)
        of_task[:, members] = rng.multinomial(times[:, family] * len(members), np.full(len(members), 1 / len(members)))
    runs = np.bincount(task_of)
    counts = np.zeros((rounds, len(task_of)), dtype=np.float64)
    for task, number in enumerate(runs):
        own = np.flatnonzero(task_of == task)
        if number == 1:
            counts[:, own[0]] = of_task[:, task]
        else:
            counts[:, own] = rng.multinomial(of_task[:, task] * number, np.full(number, 1.0 / number))
    return counts


def _all_horizons(
    success: Floats, minutes: Floats, weights: Floats, chances: Sequence[float], regularization: float
) -> Floats:
    """(rounds, chances), minutes; 0 where nothing, infinite where everything was solved."""
    total = weights.sum(axis=1)
    solved = weights @ success
    none, every = solved <= 0.0, solved >= total * (1.0 - 1e-15)
    curves = np.zeros((len(weights), 2))
    mixed = ~(none | every)
    if mixed.any():
        curves[mixed] = _newton(success, np.log2(minutes), weights[mixed], regularization)
    found = np.full((len(weights), len(chances)), np.nan)
    falling = mixed & (curves[:, 1] < 0.0)
    for column, chance in enumerate(chances):
        exponent = (math.log(chance / (1.0 - chance)) - curves[falling, 0]) / curves[falling, 1]
        found[falling, column] = np.exp2(np.clip(exponent, -1000.0, 1000.0))
    found[none], found[every] = 0.0, np.inf
    return found


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


def _percentiles(known: Floats, tail: float) -> tuple[float, float]:
    """By nearest rank, since rounds may be 0 or infinite, between which nothing lies."""
    low, high = np.quantile(known, [tail, 1.0 - tail], method="nearest")
    return float(low), float(high)


def _note(point: float, minutes: Floats, lost: int, rounds: int) -> str:
    parts = []
    if math.isnan(point):
        parts.append("success does not fall with human time, so there is no horizon")
    elif point < minutes.min():
        parts.append(f"below the shortest task ({minutes.min():.3g} min); not known more exactly")
    elif point > minutes.max():
        parts.append(f"above the longest task ({minutes.max():.3g} min); not known more exactly")
    if lost:
        parts.append(f"{lost} of {rounds} bootstrap rounds had no falling curve and are left out")
    return "; ".join(parts)
