"""The value of a knob for a budget or for a kept share of pass@1, with stated confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.kinds import best_single
from sale_inspect.routers.parts import Floats, HeldOut, Outcomes, held_out_text
from sale_inspect.stats import CONFIDENCE

__all__ = ["Calibrated", "budget_knob", "joint_lower_bounds", "keep_pass_knob", "mean_bounds"]

_TOLERANCE = 1e-12
_SMALL = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class Calibrated:
    """A value of the knob, and what is certain of it.

    Attributes:
        goal: What was asked for: `budget` or `keep-pass`.
        target: Dollars a task, or the share of the best single agent's pass@1.
        confidence: Of all tests along the grid together.
        reached: Whether the goal is certified. If not, the value is the closest to it, and no more.
        knob: Name of the knob, or "".
        value: Its value; NaN without a knob.
        place: Its place in `HeldOut.values`.
        pass_rate: Held-out pass@1 at the value.
        dollars: Held-out mean dollars a task at the value.
        bound: Upper bound of the mean dollars, or lower bound of pass@1 - share * pass@1 of the best.
        single: Name of the best single agent of the same tasks, or "".
        tasks: Number of tasks.
        sentence: All this in plain English.
    """

    goal: Literal["budget", "keep-pass"]
    target: float
    confidence: float
    reached: bool
    knob: str
    value: float
    place: int
    pass_rate: float
    dollars: float
    bound: float
    single: str
    tasks: int
    sentence: str


def budget_knob(
    held_out: HeldOut,
    outcomes: Outcomes,
    budget: float,
    *,
    confidence: float = CONFIDENCE,
    rounds: int = 1000,
    seed: int = 0,
) -> Calibrated:
    """The value that spends the most while its mean dollars are at most the budget, with confidence.

    Values are tested in the order of the grid, from the one that spends least: "the mean is above the
    budget" is rejected if the upper bound of `mean_bounds` is not above it. The first value that fails
    ends the search, and the last before it is chosen. As the order is fixed before the data are seen,
    each test has the full level, and the probability that any certified value is above the budget is at
    most 1 - confidence (fixed-sequence testing). If the first fails, the value with the lowest bound is
    given with `reached` False.

    Source: fixed sequences for calibration as in "Learn then Test" (Angelopoulos et al. 2021); the bound is ours.

    Args:
        held_out: From `train`.
        outcomes: The tasks that `train` had.
        budget: Dollars a task; of a cascade for all its runs.
        confidence: Between 0.5 and 1.
        rounds: Resamples of the tasks.
        seed: Of the resamples.

    Raises:
        OutcomesError: If the tasks are not those of the held-out choices, or a number is out of its range.
    """
    _check(held_out, outcomes, confidence, rounds)
    if not budget > 0 or not np.isfinite(budget):
        raise OutcomesError(f"Budget: {budget!r} dollars a task. Give a number above 0.")
    bounds = mean_bounds(held_out.dollars, confidence, rounds=rounds, seed=seed)
    failed = np.flatnonzero(bounds > budget * (1 + _TOLERANCE))
    stop = int(failed[0]) if len(failed) else len(bounds)
    reached = stop > 0
    place = _dearest_of(held_out, stop) if reached else int(np.argmin(bounds))
    told = (
        f"mean dollars are at most ${bounds[place]:.4g} a task with {confidence:.0%} confidence, from "
        f"{len(outcomes)} tasks ({held_out_text(held_out, place)})"
    )
    if reached:
        sentence = f"Budget ${budget:.4g}: {_set(held_out, place)}; {told}."
    else:
        sentence = (
            f"NOT REACHED: no value of the knob keeps to a budget of ${budget:.4g} a task with {confidence:.0%} "
            f"confidence. The closest is {_set(held_out, place)}: {told}. Raise the budget, add tasks, or add a "
            "cheaper agent."
        )
    return _calibrated(held_out, place, "budget", budget, confidence, reached, float(bounds[place]), "", sentence)


def _dearest_of(held_out: HeldOut, stop: int) -> int:
    """Of the certified values the one that spends most; of equals the one with the higher pass@1."""
    dollars = np.round(held_out.mean_dollars[:stop], 15)
    return int(np.lexsort((held_out.pass_rate[:stop], dollars))[-1])


def keep_pass_knob(
    held_out: HeldOut,
    outcomes: Outcomes,
    *,
    keep: float = 0.99,
    confidence: float = CONFIDENCE,
    rounds: int = 1000,
    seed: int = 0,
) -> Calibrated:
    """The cheapest value whose pass@1 is at least `keep` times that of the best single agent, with confidence.

    The difference on a task is correct(router) - keep * correct(best single), paired. A value is
    certified if the lower bound of its mean difference is at least 0. The bounds of all values hold
    together (`joint_lower_bounds`), so the cheapest certified one may be picked, and the probability
    that any certified value is too low is at most 1 - confidence. No order is assumed, because the value
    that spends most need not have the highest pass@1. If none is certified, the value with the highest
    bound is given with `reached` False.

    A task that is failed by the router alone is added before the bootstrap, as one that has not been
    seen may come (ours): without it, a router that has failed nowhere yet would be certain to keep all.
    So with T tasks only shares well below 1 - 1 / (T * pass@1 of the best) can be certified.

    The best single agent is the best on the same tasks, so its pass@1 is rather too high than too low:
    that makes the test stricter.

    Args:
        held_out: From `train`.
        outcomes: The tasks that `train` had.
        keep: Share of the best single agent's pass@1, in (0, 1].
        confidence: Between 0.5 and 1.
        rounds: Resamples of the tasks.
        seed: Of the resamples.

    Raises:
        OutcomesError: If the tasks are not those of the held-out choices, or a number is out of its range.
    """
    _check(held_out, outcomes, confidence, rounds)
    if not 0 < keep <= 1:
        raise OutcomesError(f"Keep-pass: a share of {keep!r}. Give a number above 0, at most 1.")
    best = best_single(outcomes)
    difference = held_out.correct - keep * outcomes.correct[:, best][None, :]
    worst = np.concatenate([difference, np.full((len(difference), 1), -keep)], axis=1)
    bounds = joint_lower_bounds(worst, confidence, rounds=rounds, seed=seed)
    certified = np.flatnonzero(bounds >= -_TOLERANCE)
    reached = len(certified) > 0
    if reached:
        order = np.lexsort((-held_out.pass_rate[certified], np.round(held_out.mean_dollars[certified], 15)))
        place = int(certified[order[0]])
    else:
        place = int(np.argmax(bounds))
    single = outcomes.agents[best]
    told = (
        f"pass@1 less {keep:.1%} of {single}'s ({outcomes.mean_correct()[best]:.3f}, the best single agent on these "
        f"tasks) is at least {100 * bounds[place]:+.1f} points with {confidence:.0%} confidence, from {len(outcomes)} "
        f"tasks ({held_out_text(held_out, place)})"
    )
    if reached:
        sentence = f"Keep {keep:.1%}: {_set(held_out, place)}; {told}."
    else:
        sentence = (
            f"NOT REACHED: no value of the knob keeps {keep:.1%} of {single}'s pass@1 with {confidence:.0%} "
            f"confidence. The closest is {_set(held_out, place)}: {told}. Lower the share, add tasks, or run "
            f"{single} alone."
        )
    bound = float(bounds[place])
    return _calibrated(held_out, place, "keep-pass", keep, confidence, reached, bound, single, sentence)


def mean_bounds(values: Floats, confidence: float, *, rounds: int = 1000, seed: int = 0) -> Floats:
    """(K,) one-sided upper confidence bounds of the means of the rows, each for itself.

    mean - q * s / sqrt(T), q the (1 - confidence) quantile over resamples of the tasks of
    (mean* - mean) / (s* / sqrt(T)): the studentised bootstrap, which allows for skewed dollars (Efron and
    Tibshirani 1993, ch. 12). Where all values are equal it is their mean.

    Args:
        values: (K, T).
        confidence: One-sided.
        rounds: Resamples, the same for all rows.
        seed: Of the resamples.
    """
    mean = values.mean(axis=1)
    # Differences, not values: squares of large equal numbers would leave rounding errors for a spread.
    apart = values - mean[:, None]
    resampled = _resamples(values.shape[1], rounds, seed)
    shift = apart @ resampled.T
    spread = np.sqrt(np.maximum(apart**2 @ resampled.T - shift**2, 0.0))
    own = np.sqrt((apart**2).mean(axis=1))
    floor = _SMALL * np.maximum(own, np.finfo(np.float64).tiny)[:, None]
    ratio = np.where(np.abs(shift) <= floor, 0.0, shift / np.maximum(spread, floor))
    low = np.quantile(ratio, 1.0 - confidence, axis=1, method="lower")
    return np.asarray(mean - low * own, dtype=np.float64)


def joint_lower_bounds(values: Floats, confidence: float, *, rounds: int = 1000, seed: int = 0) -> Floats:
    """(K,) lower confidence bounds of the means of the rows that hold all together.

    mean_k - q * s_k / sqrt(T), q the confidence quantile over resamples of the tasks of the maximum over
    k of (mean*_k - mean_k) / (s_k / sqrt(T)): the max-t bootstrap, which counts alike rows once.

    Args:
        values: (K, T).
        confidence: One-sided.
        rounds: Resamples, the same for all rows.
        seed: Of the resamples.
    """
    mean = values.mean(axis=1)
    apart = values - mean[:, None]
    own = np.sqrt((apart**2).mean(axis=1))
    floor = np.maximum(own, np.finfo(np.float64).tiny)[:, None]
    ratio = np.where(own[:, None] > 0, (apart @ _resamples(values.shape[1], rounds, seed).T) / floor, 0.0)
    high = float(np.quantile(ratio.max(axis=0), confidence, method="higher"))
    return np.asarray(mean - max(0.0, high) * own, dtype=np.float64)


def _resamples(count: int, rounds: int, seed: int) -> Floats:
    """(rounds, T) share of each task in each resample."""
    drawn = np.random.default_rng(seed).multinomial(count, np.full(count, 1.0 / count), size=rounds)
    return np.asarray(drawn / count, dtype=np.float64)


def _check(held_out: HeldOut, outcomes: Outcomes, confidence: float, rounds: int) -> None:
    if held_out.tasks != outcomes.tasks:
        raise OutcomesError(
            "Calibration: the held-out choices are of other tasks, or in another order, than the outcomes. Give the "
            "outcomes that the router was trained on."
        )
    if not 0.5 <= confidence < 1:
        raise OutcomesError(f"Calibration: confidence {confidence!r}. Give a number from 0.5, below 1, such as 0.95.")
    if rounds < 100:
        raise OutcomesError(f"Calibration: {rounds} resamples are too few. Ask for at least 100.")


def _set(held_out: HeldOut, place: int) -> str:
    return f"{held_out.knob} {held_out.values[place]:.6g}" if held_out.knob else "the router, which has no knob"


def _calibrated(
    held_out: HeldOut,
    place: int,
    goal: Literal["budget", "keep-pass"],
    target: float,
    confidence: float,
    reached: bool,
    bound: float,
    single: str,
    sentence: str,
) -> Calibrated:
    return Calibrated(
        goal=goal,
        target=target,
        confidence=confidence,
        reached=reached,
        knob=held_out.knob,
        value=held_out.values[place],
        place=place,
        pass_rate=float(held_out.pass_rate[place]),
        dollars=float(held_out.mean_dollars[place]),
        bound=bound,
        single=single,
        tasks=len(held_out.tasks),
        sentence=sentence,
    )
