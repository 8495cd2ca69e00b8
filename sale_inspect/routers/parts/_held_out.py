"""What a fitted router does on tasks that it has not seen, for every value of its knob."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts._base import Features, Router, TaskBatch
from sale_inspect.routers.parts._cascade import Cascade, check_answers, replay_cascade
from sale_inspect.routers.parts._outcomes import Floats, Outcomes, Rows
from sale_inspect.stats import area_below, hull, hull_heights

__all__ = ["Fitted", "HeldOut", "below_mix", "held_out_score", "held_out_text", "sweep"]

Fitted: TypeAlias = Router | Cascade

_NO_VALUE = (float("nan"),)
_SAME = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeldOut:
    """Decisions for T tasks, each by a fit that did not see the task, at K values of the knob.

    Attributes:
        tasks: The T task ids.
        knob: Name of the knob, or "" when there is none.
        values: (K,) its values, in the order of its grid: later ones spend more. (NaN,) without a knob.
        choices: (K, T) column of the agent; of a cascade, of the one whose answer is accepted.
        correct: (K, T) pass@1.
        dollars: (K, T) dollars; of a cascade, of all runs made.
    """

    tasks: tuple[str, ...]
    knob: str
    values: tuple[float, ...]
    choices: Rows
    correct: Floats
    dollars: Floats

    @property
    def pass_rate(self) -> Floats:
        """(K,) pass@1."""
        return np.asarray(self.correct.mean(axis=1), dtype=np.float64)

    @property
    def mean_dollars(self) -> Floats:
        """(K,) mean dollars a task."""
        return np.asarray(self.dollars.mean(axis=1), dtype=np.float64)

    def place(self, value: float) -> int:
        """Place of a value of the knob.

        Raises:
            OutcomesError: If it is not among the values.
        """
        if not self.knob:
            return 0
        near = np.flatnonzero(np.isclose(self.values, value, rtol=1e-9, atol=0.0))
        if not len(near):
            raise OutcomesError(f"Held-out choices: none at {self.knob} {value:g}. Take a value of held_out.values.")
        return int(near[0])


def sweep(
    fitted: Fitted, values: Sequence[float], outcomes: Outcomes, features: Features, answers: Features | None
) -> HeldOut:
    """Decide for all tasks at all values of the knob.

    Args:
        fitted: A router or cascade that has not seen the tasks.
        values: Of its knob; ignored if it has none.
        outcomes: Of the T tasks.
        features: (T, D).
        answers: (T, N, D') for a cascade.
    """
    knob = fitted.knob
    wanted = _NO_VALUE if knob is None else tuple(float(value) for value in values)
    shape = (len(wanted), len(outcomes))
    choices, correct, dollars = np.empty(shape, dtype=np.intp), np.empty(shape), np.empty(shape)
    tasks = TaskBatch(ids=outcomes.tasks, features=features)
    every = np.arange(len(outcomes))
    source = _remembering(fitted)
    for row, value in enumerate(wanted):
        at = source if knob is None else source.at(value)
        if isinstance(at, Router):
            choices[row] = at.choose(tasks).agent
            correct[row] = outcomes.correct[every, choices[row]]
            dollars[row] = outcomes.dollars[every, choices[row]]
        else:
            runs = replay_cascade(at, outcomes, features, check_answers(outcomes, features, answers))
            choices[row], correct[row], dollars[row] = runs.agent, runs.correct, runs.dollars
    name = "" if knob is None else knob.name
    return HeldOut(tasks=outcomes.tasks, knob=name, values=wanted, choices=choices, correct=correct, dollars=dollars)


class _Remembered:
    """A predictor that keeps its last answer: the knob changes decisions, not predictions."""

    def __init__(self, predictor: Any) -> None:
        self._predictor = predictor
        self._asked: Features | None = None
        self._found: Any = None

    def predict(self, features: Features) -> Any:
        if self._asked is not features:
            self._asked, self._found = features, self._predictor.predict(features)
        return self._found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._predictor, name)


def _remembering(fitted: Fitted) -> Fitted:
    if not is_dataclass(fitted):
        return fitted
    wrapped: dict[str, Any] = {}
    for field in fields(fitted):
        part = getattr(fitted, field.name)
        if callable(getattr(part, "predict", None)):
            wrapped[field.name] = _Remembered(part)
        elif isinstance(part, Router):
            wrapped[field.name] = _remembering(part)
    remembering: Fitted = replace(fitted, **wrapped)
    return remembering


def held_out_score(held_out: HeldOut, outcomes: Outcomes) -> float:
    """One number for how good a router is, whatever its knob (ours).

    With a knob: the mean height, between the mean dollars of the cheapest and of the dearest agent, of
    the non-decreasing convex hull of the router's points and the cheapest agent (which anybody can use
    alone); it is AIQ over a range that is the same for all. Without a knob: pass@1 less the height of
    the single agents' hull at the same dollars. If all agents cost the same: the highest pass@1.

    Args:
        held_out: Decisions for the tasks.
        outcomes: Of the same tasks.
    """
    dollars, correct = outcomes.mean_dollars(), outcomes.mean_correct()
    low, high = float(dollars.min()), float(dollars.max())
    points, heights = held_out.mean_dollars, held_out.pass_rate
    if high - low <= _SAME * high:
        return float(heights.max())
    if not held_out.knob:
        return float(heights[0] - hull_heights(dollars, correct, points)[0])
    cheapest = int(hull(dollars, correct)[0])
    x = np.concatenate([[dollars[cheapest]], points])
    y = np.concatenate([[correct[cheapest]], heights])
    corners = hull(x, y)
    return area_below(x[corners], y[corners], low, high) / (high - low)


def below_mix(held_out: HeldOut, outcomes: Outcomes, place: int) -> str:
    """A sentence, if a router does less on held-out tasks than a blind mix of single agents; else "" (ours).

    The mix is the hull of the single agents, which needs no router. It is held against the router over the dollars from
    the cheapest to the dearest agent (as in `held_out_score`), and at one value of the knob. These are values, without
    intervals: `replay` has those.

    Args:
        held_out: Decisions for the tasks.
        outcomes: Of the same tasks.
        place: Of the knob's value.
    """
    dollars, correct = outcomes.mean_dollars(), outcomes.mean_correct()
    low, high = float(dollars.min()), float(dollars.max())
    if held_out.knob and high - low > _SAME * high:
        corners = hull(dollars, correct)
        mix = area_below(dollars[corners], correct[corners], low, high) / (high - low)
        score = held_out_score(held_out, outcomes)
        if score < mix - _SAME:
            return (
                f"below the blind mix of single agents on held-out tasks: pass@1 {score:.4f}, averaged over dollars "
                f"from the cheapest to the most expensive agent; the mix has {mix:.4f}"
            )
    usd, solved = float(held_out.mean_dollars[place]), float(held_out.pass_rate[place])
    at = float(hull_heights(dollars, correct, [usd])[0])
    if solved >= at - _SAME:
        return ""
    value = f" at {held_out.knob} {held_out.values[place]:.4g}" if held_out.knob else ""
    return (
        f"below the blind mix of single agents on held-out tasks{value}: pass@1 {solved:.4f} for ${usd:.4g} a task; "
        f"the mix has {at:.4f}"
    )


def held_out_text(held_out: HeldOut, place: int) -> str:
    """pass@1 and dollars at one value, as part of a sentence."""
    return f"held-out pass@1 {held_out.pass_rate[place]:.3f} at ${held_out.mean_dollars[place]:.4g} a task"
