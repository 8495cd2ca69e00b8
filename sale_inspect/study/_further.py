"""What further executions of an auction that may escalate will take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sale_inspect.forecast import RecordedSample
from sale_inspect.study._plan import StudyStep
from sale_inspect.study._ranges import APART, StepForecast, StepRange, recorded_step

__all__ = ["escalated", "further", "ratings_of_one"]


def further(step: StudyStep) -> int:
    """Most further executions of a sample."""
    return int(step.args.get("escalate") or 0)


def ratings_of_one(step: StudyStep, runs: int, known: Sequence[RecordedSample], agents: int) -> StepForecast | None:
    """What it takes that all agents rate one answer a task: as much as the ratings of one plan; None if nobody does.

    Args:
        step: The step.
        runs: Its runs of samples.
        known: Auctions on dev.
        agents: How many agents bid and rate.
    """
    if step.args.get("accept") != "jury":
        return None
    alone = [replace(each, entries=tuple(entry for entry in each.entries if entry.phase == "jury")) for each in known]
    whole = recorded_step(step, runs, alone, 1)
    # Ratings wait for no more than a call each, which is little beside an execution.
    return replace(
        whole,
        calls=whole.calls.times(1 / agents),
        tokens=whole.tokens.times(1 / agents),
        usd=whole.usd.times(1 / agents),
        hours=whole.hours.times(0.0),
    )


def escalated(
    auctions: StepForecast, step: StudyStep, singles: Sequence[StepForecast], rated: StepForecast | None
) -> StepForecast:
    """Auctions of which some execute further: none at the lower ends, half of all that may at the value.

    At the upper ends all do, each as the most expensive agent alone, and an answer's ratings take `APART` times those
    of a plan.

    Args:
        auctions: Without further executions.
        step: The step.
        singles: What each agent alone takes.
        rated: From `ratings_of_one`.
    """
    more = further(step)

    def ends(name: str) -> StepRange:
        whole, alone = getattr(auctions, name), [getattr(one, name) for one in singles]
        mean = sum(each.value for each in alone) / len(alone)
        found = StepRange(
            value=whole.value + more / 2 * mean,
            low=whole.low,
            high=whole.high + more * max(each.high for each in alone),
        )
        if rated is None:
            return found
        one = getattr(rated, name)
        return found + StepRange(
            value=(1 + more / 2) * one.value, low=one.low, high=(1 + more) * APART * one.high
        )  # fmt: skip

    return replace(auctions, calls=ends("calls"), tokens=ends("tokens"), usd=ends("usd"), hours=ends("hours"))
