"""Comparisons of a replay, as claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sale_inspect.replays._controls import Means
from sale_inspect.replays._parts import Rival
from sale_inspect.replays._rounds import Rounds, Statistic
from sale_inspect.routers import Floats
from sale_inspect.stats import Measure, RawClaim, dollars_draft, figure_draft, pass_draft, unit_means

__all__ = ["Side", "against", "control"]


def control(
    rounds: Rounds, policy: str, rival: str, kind: Rival, statistic: Statistic, *, measure: Measure = "pass"
) -> RawClaim:
    """A policy against a control that is no policy, from the statistic of the difference."""
    value, units = rounds.pseudo(statistic)
    return figure_draft(
        policy, rival, value, units, kind=kind, measure=measure, confidence=rounds.options.confidence,
        seed=rounds.options.seed,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Side:
    """One of two policies with outcomes on each task.

    Attributes:
        name: Its name.
        correct: (T,), pass@1.
        dollars: (T,), dollars with overhead.
        means: Over the drawn tasks.
    """

    name: str
    correct: Floats
    dollars: Floats
    means: Means


def against(
    rounds: Rounds, first: Side, second: Side, kind: Rival, *, others: Sequence[Side] = ()
) -> tuple[RawClaim, RawClaim]:
    """pass@1 and dollars of two policies; rows of one task are averaged first.

    Args:
        rounds: What rows are one task, and the confidence.
        first: The policy.
        second: Its rival.
        kind: Of the rival.
        others: Rivals that could have been chosen in place of `second` on these very tasks.
    """

    def values(side: Side) -> tuple[Floats, Floats]:
        return unit_means(side.correct, rounds.unit), unit_means(side.dollars, rounds.unit)

    one, two, rest = values(first), values(second), [values(each) for each in others]
    made = [
        make(
            first.name, second.name, one[at], two[at], kind=kind, chosen_among=1 + len(rest),
            unchosen=[(one[at], each[at]) for each in rest], confidence=rounds.options.confidence,
            seed=rounds.options.seed,
        )
        for at, make in enumerate((pass_draft, dollars_draft))
    ]  # fmt: skip
    return made[0], made[1]
