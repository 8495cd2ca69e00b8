"""What a step of a study will take: figures with their ends, and the forecast from what dev took."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sale_inspect.forecast import RecordedSample
from sale_inspect.stats import dollars_forecast
from sale_inspect.study._plan import StudyStep

__all__ = ["APART", "StepForecast", "StepRange", "recorded_step"]

APART = 2.0
"""Where dev has too few tasks for an interval, its ends are so many times below and above the value (ours)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepRange:
    """A figure and how far it may be off.

    Attributes:
        value: The figure.
        low: Lower end.
        high: Upper end.
    """

    value: float
    low: float
    high: float

    def __add__(self, other: StepRange) -> StepRange:
        return StepRange(value=self.value + other.value, low=self.low + other.low, high=self.high + other.high)

    def times(self, factor: float) -> StepRange:
        """So many times the figure."""
        return StepRange(value=factor * self.value, low=factor * self.low, high=factor * self.high)


@dataclass(frozen=True, kw_only=True, slots=True)
class StepForecast:
    """What a step will take.

    Attributes:
        name: Name of the step.
        runs: Runs of samples.
        calls: Model calls.
        tokens: Tokens of all calls.
        usd: Dollars.
        hours: Hours, with as many samples at once as the study says.
        basis: `assumed`: the ends are those of assumptions. `recorded`: from dev runs, the ends are a 95% interval, or
            half and twice the value where dev has too few tasks for one.
    """

    name: str
    runs: int
    calls: StepRange
    tokens: StepRange
    usd: StepRange
    hours: StepRange
    basis: Literal["assumed", "recorded"]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> StepForecast:
        """From what `dataclasses.asdict` made of one.

        Raises:
            TypeError: If it is of another form.
        """
        ends = {name: StepRange(**data[name]) for name in ("calls", "tokens", "usd", "hours") if name in data}
        return cls(**{**data, **ends})


def recorded_step(step: StudyStep, runs: int, known: Sequence[RecordedSample], at_once: int) -> StepForecast:
    """A step by the runs of its policy on dev.

    Args:
        step: The step.
        runs: Its runs of samples.
        known: Runs on dev.
        at_once: Samples at once.
    """
    tasks: dict[str, list[RecordedSample]] = {}
    for sample in known:
        tasks.setdefault(sample.task, []).append(sample)

    def ends(figure: Callable[[RecordedSample], float], shared: int = 1) -> StepRange:
        means = [sum(figure(each) for each in own) / len(own) / shared for own in tasks.values()]
        found = dollars_forecast([(means, runs)])
        low = found.value / APART if found.low is None else found.low
        high = found.value * APART if found.high is None else found.high
        return StepRange(value=found.value, low=low, high=high)

    return StepForecast(
        name=step.name,
        runs=runs,
        calls=ends(lambda sample: sum(each.calls for each in sample.entries if each.phase != "grade")),
        tokens=ends(lambda sample: sum(each.usage.total for each in sample.entries if each.phase != "grade")),
        usd=ends(lambda sample: sum(each.usd for each in sample.entries if each.phase != "grade")),
        hours=ends(lambda sample: sample.seconds / 3600, min(at_once, runs)),
        basis="recorded",
    )
