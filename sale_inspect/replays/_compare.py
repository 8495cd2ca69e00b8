"""Comparisons, their tests, and what may be claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Literal

import numpy as np

from sale_inspect.replays._controls import Means, difference
from sale_inspect.replays._parts import Compared, Comparison, Estimate, ReplayOptions, Rival, Verdict
from sale_inspect.replays._rounds import Rounds, Statistic
from sale_inspect.replays._sentences import sentence
from sale_inspect.routers import Floats
from sale_inspect.stats import holm, mcnemar, normal_p, tasks_needed

__all__ = ["FEWEST", "RawComparison", "Side", "against", "draft", "settled"]

FEWEST = 10
"""Tasks below which nothing is claimed: a bootstrap of so few has no honest interval."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RawComparison:
    """A comparison before the correction for many comparisons."""

    policy: str
    rival: str
    kind: Rival
    measure: Compared
    difference: Estimate
    test: Literal["mcnemar", "normal"]
    p: float | None


def draft(
    rounds: Rounds,
    policy: str,
    rival: str,
    kind: Rival,
    measure: Compared,
    statistic: Statistic,
) -> RawComparison:
    """A comparison from the statistic of the difference."""
    found = rounds.estimate(statistic)
    p = None if found.value is None or found.error is None else normal_p(found.value, found.error)
    if found.value is None:
        found = Estimate(value=None, reason="it is not defined for one of the two")
    return RawComparison(policy=policy, rival=rival, kind=kind, measure=measure, difference=found, test="normal", p=p)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Side:
    """One of two policies with outcomes on each task.

    Attributes:
        name: Its name.
        correct: (T,), pass@1.
        means: Over the drawn tasks.
    """

    name: str
    correct: Floats
    means: Means


def against(
    rounds: Rounds, first: Side, second: Side, kind: Rival, *, clustered: bool
) -> tuple[RawComparison, RawComparison]:
    """pass@1 and dollars of two policies. Rows of one cluster are not independent, so they have no exact test."""
    solved = difference(first.means.correct, second.means.correct)
    paid = difference(first.means.dollars, second.means.dollars)
    passed = draft(rounds, first.name, second.name, kind, "pass", solved)
    spent = draft(rounds, first.name, second.name, kind, "usd_per_task", paid)
    if clustered or not (_whole(first.correct) and _whole(second.correct)):
        return passed, spent
    return replace(passed, test="mcnemar", p=mcnemar(first.correct, second.correct).p), spent


def _whole(values: Floats) -> bool:
    return bool(np.isin(values, (0.0, 1.0)).all())


def settled(drafts: Sequence[RawComparison], *, tasks: int, options: ReplayOptions) -> tuple[Comparison, ...]:
    """Correct for many comparisons within each kind and measure, and say what may be claimed. Order is kept."""
    places = sorted(range(len(drafts)), key=lambda at: (drafts[at].kind, drafts[at].measure))
    found: dict[int, Comparison] = {}
    for _, group in groupby(places, key=lambda at: (drafts[at].kind, drafts[at].measure)):
        members = list(group)
        known = [drafts[at].p for at in members]
        adjusted = holm([np.nan if p is None else p for p in known])
        family = sum(p is not None for p in known)
        for at, p in zip(members, adjusted, strict=True):
            found[at] = _settle(drafts[at], None if np.isnan(p) else p, family, tasks, options)
    return tuple(found[at] for at in range(len(drafts)))


def _settle(
    draft: RawComparison, adjusted: float | None, family: int, tasks: int, options: ReplayOptions
) -> Comparison:
    verdict, why = _verdict(draft, adjusted, family, tasks, options)
    needed = None
    seen = draft.difference
    if verdict == "not resolved" and seen.value is not None and seen.error is not None and tasks >= FEWEST:
        level = 1 - (1 - options.confidence) / max(1, family)
        asked = tasks_needed(seen.value, seen.error, tasks, confidence=level, power=options.power)
        needed = asked if asked is not None and asked > tasks else None
    return Comparison(
        policy=draft.policy,
        rival=draft.rival,
        kind=draft.kind,
        measure=draft.measure,
        difference=seen,
        test=draft.test,
        p=draft.p,
        p_adjusted=adjusted,
        verdict=verdict,
        tasks=tasks,
        tasks_needed=needed,
        sentence=sentence(
            policy=draft.policy,
            rival=draft.rival,
            measure=draft.measure,
            difference=seen,
            verdict=verdict,
            confidence=options.confidence,
            tasks=tasks,
            needed=needed,
            why=why,
        ),
    )


def _verdict(
    draft: RawComparison, adjusted: float | None, family: int, tasks: int, options: ReplayOptions
) -> tuple[Verdict, str]:
    seen = draft.difference
    if seen.value is None or seen.low is None or seen.high is None or adjusted is None:
        return "not resolved", ""
    if seen.value == seen.low == seen.high == 0.0:
        return "same", ""
    if tasks < FEWEST:
        return "not resolved", f"With fewer than {FEWEST} tasks nothing is claimed."
    if seen.low <= 0 <= seen.high:
        return "not resolved", ""
    if adjusted > 1 - options.confidence:
        return "not resolved", _uncertain(draft, adjusted, family)
    lower_is_better = draft.measure == "usd_per_task"
    return ("better" if (seen.high < 0) == lower_is_better else "worse"), ""


def _uncertain(draft: RawComparison, adjusted: float, family: int) -> str:
    test = "McNemar's exact test" if draft.test == "mcnemar" else "the normal approximation"
    many = f", corrected for {family} comparisons," if family > 1 else ""
    return f"The interval excludes 0, but {test}{many} gives p = {adjusted:.2g}."
