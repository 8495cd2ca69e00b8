"""The value of a knob for a budget or for a kept share of pass@1, with stated confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.kinds import best_single
from sale_inspect.routers.parts import Floats, HeldOut, Outcomes, held_out_text
from sale_inspect.stats import (
    CONFIDENCE,
    certified_in_order,
    dollars_needed,
    dollars_upper,
    kept_bounds,
    rounded_up,
    tasks_to_certify,
    too_few_for_dollars,
)

__all__ = ["Calibrated", "budget_knob", "keep_pass_knob"]

_TOLERANCE = 1e-12


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
        bound: Upper bound of the mean dollars (None if there are too few tasks for one), or lower bound of pass@1 -
            share * pass@1 of the agent that it keeps least of.
        single: Name of the best single agent of the same tasks, or "".
        tasks: Number of tasks.
        needed: Tasks that would certify the goal with a chance of 80%, if all stays as it is; None if it is reached, or
            no number would do.
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
    bound: float | None
    single: str
    tasks: int
    needed: int | None
    sentence: str


def budget_knob(
    held_out: HeldOut,
    outcomes: Outcomes,
    budget: float,
    *,
    confidence: float = CONFIDENCE,
    cap: float | None = None,
    seed: int = 0,
) -> Calibrated:
    """The value that spends the most while its mean dollars are at most the budget, with confidence.

    Values are tested in the order of the grid, from the one that spends least: "the mean is above the
    budget" is rejected if the upper bound of `stats.dollars_upper` is not above it. The first value that fails
    ends the search, and the last before it is chosen. As the order is fixed before the data are seen,
    each test has the full level, and the probability that any certified value is above the budget is at
    most 1 - confidence (fixed-sequence testing). If the first fails, the value with the lowest bound is
    given with `reached` False.

    Source: fixed sequences for calibration as in "Learn then Test" (Angelopoulos et al. 2021); the bound is ours.
    Checked range: docs/statistics.md.

    Args:
        held_out: From `train`.
        outcomes: The tasks that `train` had.
        budget: Dollars a task; of a cascade for all its runs.
        confidence: Between 0.5 and 1.
        cap: The most that a task can cost, for instance a run's cost limit.
        seed: Of the resamples.

    Raises:
        OutcomesError: If the tasks are not those of the held-out choices, or a number is out of its range.
    """
    _check(held_out, outcomes, confidence)
    if not budget > 0 or not np.isfinite(budget):
        raise OutcomesError(f"Budget: {budget!r} dollars a task. Give a number above 0.")
    bounds = dollars_upper(held_out.dollars, confidence=confidence, cap=cap, seed=seed)
    stop = certified_in_order(budget * (1 + _TOLERANCE) - bounds)
    reached = stop > 0
    place = _dearest_of(held_out, stop) if reached else int(np.lexsort((held_out.mean_dollars, bounds))[0])
    spent = held_out.dollars[place]
    told = (
        f"mean dollars are at most ${bounds[place]:.4g} a task with {confidence:.0%} confidence, from "
        f"{len(outcomes)} tasks ({held_out_text(held_out, place)})"
    )
    few = too_few_for_dollars(spent)
    if reached:
        sentence = f"Budget ${budget:.4g}: {_set(held_out, place)}; {told}."
    elif few:
        sentence = (
            f"NOT REACHED: a budget of ${budget:.4g} a task cannot be certified: {few}. The closest is "
            f"{_set(held_out, place)} ({held_out_text(held_out, place)})."
        )
    else:
        sentence = (
            f"NOT REACHED: no value of the knob keeps to a budget of ${budget:.4g} a task with {confidence:.0%} "
            f"confidence. The closest is {_set(held_out, place)}: {told}. Raise the budget, add tasks, or add a "
            "cheaper agent."
        )
    bound = None if np.isinf(bounds[place]) else float(bounds[place])
    needed = dollars_needed(spent) if few and not reached else None
    return _calibrated(held_out, place, "budget", budget, confidence, reached, bound, "", needed, sentence)


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
    seed: int = 0,
) -> Calibrated:
    """The cheapest value whose pass@1 is at least `keep` times that of the best single agent, with confidence.

    A value is certified if it keeps the share of every agent's pass@1, not of the one that looks best on these tasks:
    that one may be the cheapest of all by luck, and then a value would be compared with itself. The bounds of
    `stats.kept_bounds` hold together for all values of the knob, so the cheapest certified one may be picked, and the
    probability that any certified value is too low is at most 1 - confidence. No order is assumed, because the value
    that spends most need not have the highest pass@1. If none is certified, the value with the highest bound is given
    with `reached` False, and how many tasks could certify it.

    Checked range: docs/statistics.md.

    Args:
        held_out: From `train`.
        outcomes: The tasks that `train` had.
        keep: Share of the best single agent's pass@1, in (0, 1].
        confidence: Between 0.5 and 1.
        seed: Of the resamples.

    Raises:
        OutcomesError: If the tasks are not those of the held-out choices, or a number is out of its range.
    """
    _check(held_out, outcomes, confidence)
    if not 0 < keep <= 1:
        raise OutcomesError(f"Keep-pass: a share of {keep!r}. Give a number above 0, at most 1.")
    best = best_single(outcomes)
    bounds = kept_bounds(held_out.correct, outcomes.correct.T, keep, confidence=confidence, seed=seed)
    certified = np.flatnonzero(bounds >= -_TOLERANCE)
    reached = len(certified) > 0
    if reached:
        order = np.lexsort((-held_out.pass_rate[certified], np.round(held_out.mean_dollars[certified], 15)))
        place = int(certified[order[0]])
    else:
        place = int(np.argmax(bounds))
    single = outcomes.agents[best]
    told = (
        f"pass@1 less {keep:.1%} of any agent's ({single}'s is the highest on these tasks, "
        f"{outcomes.mean_correct()[best]:.3f}) is at least {100 * bounds[place]:+.1f} points with {confidence:.0%} "
        f"confidence, from {len(outcomes)} tasks ({held_out_text(held_out, place)})"
    )
    needed = None if reached else _needed(held_out.correct[place], outcomes, keep, confidence)
    if reached:
        sentence = f"Keep {keep:.1%}: {_set(held_out, place)}; {told}."
    else:
        more = (
            "No number of tasks like these would certify it"
            if needed is None
            else (f"Some {rounded_up(needed):,} tasks like these could certify it")
        )
        sentence = (
            f"NOT REACHED: no value of the knob keeps {keep:.1%} of {single}'s pass@1 with {confidence:.0%} "
            f"confidence. The closest is {_set(held_out, place)}: {told}. {more}. Lower the share, or run "
            f"{single} alone."
        )
    return _calibrated(
        held_out, place, "keep-pass", keep, confidence, reached, float(bounds[place]), single, needed, sentence
    )


def _needed(correct: Floats, outcomes: Outcomes, keep: float, confidence: float) -> int | None:
    """Tasks that would certify a value, of the agent that it keeps least of."""
    differences = correct[:, None] - keep * outcomes.correct
    least = differences[:, int(np.argmin(differences.mean(axis=0)))]
    found = tasks_to_certify(least, keep, confidence=confidence)
    return None if found is None else max(found, len(outcomes) + 1)


def _check(held_out: HeldOut, outcomes: Outcomes, confidence: float) -> None:
    if held_out.tasks != outcomes.tasks:
        raise OutcomesError(
            "Calibration: the held-out choices are of other tasks, or in another order, than the outcomes. Give the "
            "outcomes that the router was trained on."
        )
    if not 0.5 <= confidence < 1:
        raise OutcomesError(f"Calibration: confidence {confidence!r}. Give a number from 0.5, below 1, such as 0.95.")


def _set(held_out: HeldOut, place: int) -> str:
    return f"{held_out.knob} {held_out.values[place]:.6g}" if held_out.knob else "the router, which has no knob"


def _calibrated(
    held_out: HeldOut,
    place: int,
    goal: Literal["budget", "keep-pass"],
    target: float,
    confidence: float,
    reached: bool,
    bound: float | None,
    single: str,
    needed: int | None,
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
        needed=needed,
        sentence=sentence,
    )
