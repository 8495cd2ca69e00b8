"""The answer of a replay to the question that was asked: which policy to take, or that none is certified. Ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sale_inspect.replays._parts import ReplayOptions
from sale_inspect.routers import Floats, Outcomes
from sale_inspect.stats import Claim, Realised, dollars_upper, kept_bounds, rounded_up, tasks_to_certify
from sale_inspect.texts import Sentence, fmt_usd

__all__ = ["AnswerBasis", "ReplayAnswer", "answered"]

_MARGIN = 0.01
_TOLERANCE = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayAnswer(Sentence):
    """The answer.

    Attributes:
        goal: `keep-pass`, `budget`, or `better` than the best single agent.
        policy: The policy that is meant: the one to take, or the best bet; None if none looks good.
        certified: Whether it is certified, with the confidence of the replay for all policies together.
        needed: Tasks that would certify the best bet with a chance of 80%, if all stays as it is; None if it is
            certified, or no number can be named.
        against: The best single agent.
        dollars: Dollars a task of the policy, times those of the best single agent; None if these are 0.
        difference: pass@1 less that of the best single agent.
        low: Lower end of its interval, or None.
        high: Upper end, or None.
        sentence: All this in words.
    """

    goal: Literal["keep-pass", "budget", "better"]
    policy: str | None
    certified: bool
    needed: int | None
    against: str
    dollars: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    sentence: str = ""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AnswerBasis:
    """What is known when the question is answered.

    Attributes:
        policies: What each policy got.
        settings: pass@1 (K, T) of all settings of all knobs.
        claims: The comparisons with the best single agent.
        best: Column of the best single agent.
        outcomes: The table.
        options: How it was evaluated.
    """

    policies: Mapping[str, Realised]
    settings: Sequence[Floats]
    claims: Sequence[Claim]
    best: int
    outcomes: Outcomes
    options: ReplayOptions


def answered(found: AnswerBasis) -> ReplayAnswer | None:
    """Answer by the goal; None if there is no policy to judge.

    With `keep_pass`: of the policies that cost less than the best single agent, the cheapest whose bound of
    `stats.kept_bounds` (all policies and all agents together) is at least 0. With `budget`: of those whose upper bound
    of `stats.dollars_upper`, at (1 - confidence) / policies, is within it, the one that solves most. Without a goal:
    the verdicts of the comparisons, `better` in pass@1, or cheaper at a loss of less than a point.
    """
    if not found.policies:
        return None
    if found.options.keep_pass is not None:
        return _keeps(found, found.options.keep_pass)
    if found.options.budget is not None:
        return _within(found, found.options.budget)
    return _better(found)


def _keeps(found: AnswerBasis, share: float) -> ReplayAnswer:
    names = list(found.policies)
    solved = np.stack([each.correct for each in found.policies.values()])
    # Knobs that were set on these very tasks are chosen among all their settings.
    others = list(found.settings) if found.options.knobs_set_here else []
    bounds = kept_bounds(
        np.concatenate([solved, *others]), found.outcomes.correct.T, share,
        confidence=found.options.confidence, seed=found.options.seed,
    )[: len(names)]  # fmt: skip
    dollars, single = _dollars(found), float(found.outcomes.dollars[:, found.best].mean())
    cheaper = [at for at in range(len(names)) if dollars[at] < single]
    certified = [at for at in cheaper if bounds[at] >= -_TOLERANCE]
    least = share * found.outcomes.correct[:, found.best].mean()
    seen = [at for at in cheaper if solved[at].mean() >= least]
    question = f"Cheapest router that keeps {100 * share:g}% of {_single(found)}'s pass@1"
    order = sorted(certified or seen, key=lambda at: (dollars[at], -solved[at].mean(), names[at]))
    if certified:
        return _answer(found, "keep-pass", question, names[order[0]], certified=True)
    needed = _needed(found, solved[order[0]], share, len(bounds)) if order else None
    return _answer(found, "keep-pass", question, names[order[0]] if order else None, needed=needed)


def _needed(found: AnswerBasis, solved: Floats, share: float, policies: int) -> int | None:
    """Tasks that would certify it, of the agent that it keeps least of."""
    differences = solved[:, None] - share * found.outcomes.correct
    least = differences[:, int(np.argmin(differences.mean(axis=0)))]
    needed = tasks_to_certify(least, share, confidence=1 - (1 - found.options.confidence) / policies)
    return None if needed is None else max(needed, len(found.outcomes) + 1)


def _within(found: AnswerBasis, budget: float) -> ReplayAnswer:
    names = list(found.policies)
    spent = np.stack([each.total() for each in found.policies.values()])
    level = 1 - (1 - found.options.confidence) / len(names)
    upper = dollars_upper(spent, confidence=level, seed=found.options.seed)
    within = [at for at in range(len(names)) if upper[at] <= budget * (1 + _TOLERANCE)]
    seen = [at for at in range(len(names)) if spent[at].mean() <= budget]
    solved = [float(each.correct.mean()) for each in found.policies.values()]
    order = sorted(within or seen, key=lambda at: (-solved[at], spent[at].mean(), names[at]))
    question = f"Best router within {fmt_usd(budget)} a task"
    return _answer(found, "budget", question, names[order[0]] if order else None, certified=bool(within))


def _better(found: AnswerBasis) -> ReplayAnswer:
    names, dollars = list(found.policies), _dollars(found)
    solved = [float(each.correct.mean()) for each in found.policies.values()]
    best = float(found.outcomes.correct[:, found.best].mean())
    single = float(found.outcomes.dollars[:, found.best].mean())
    resolved = [at for at, name in enumerate(names) if _resolved(found, name)]
    seen = [
        at
        for at in range(len(names))
        if solved[at] > best + _TOLERANCE or (solved[at] >= best and dollars[at] < single)
    ]
    order = sorted(resolved or seen, key=lambda at: (-solved[at], dollars[at], names[at]))
    question = f"Better than {_single(found)} alone, or cheaper at a loss of less than {100 * _MARGIN:g} point"
    return _answer(found, "better", question, names[order[0]] if order else None, certified=bool(resolved))


def _resolved(found: AnswerBasis, name: str) -> bool:
    claims = {claim.measure: claim for claim in found.claims if claim.policy == name}
    solves, spends = claims["pass"], claims["usd_per_task"]
    if solves.verdict == "better":
        return True
    loses_little = solves.verdict == "same" or (solves.low is not None and solves.low >= -_MARGIN)
    return loses_little and spends.verdict == "better"


def _dollars(found: AnswerBasis) -> list[float]:
    return [float(each.total().mean()) for each in found.policies.values()]


def _single(found: AnswerBasis) -> str:
    return found.outcomes.agents[found.best]


def _answer(
    found: AnswerBasis,
    goal: Literal["keep-pass", "budget", "better"],
    question: str,
    policy: str | None,
    *,
    certified: bool = False,
    needed: int | None = None,
) -> ReplayAnswer:
    tasks = f"{len(found.outcomes):,} tasks"
    claim = next((each for each in found.claims if each.policy == policy and each.measure == "pass"), None)
    single = float(found.outcomes.dollars[:, found.best].mean())
    spent = float(found.policies[policy].total().mean()) if policy is not None else 0.0
    ratio = spent / single if policy is not None and single > 0 else None
    shown = "" if policy is None or claim is None else _against(claim, ratio)
    word = "resolved" if goal == "better" else "certified"
    if certified:
        sure = f"{word} with {tasks} at {100 * found.options.confidence:g}% confidence"
        sentence = f"{question}: {policy}, {sure}; {shown} against {_single(found)} alone."
    else:
        more = f"; about {rounded_up(needed):,} would" if needed else ""
        none = f"{question}: none is {word} with {tasks}{more}"
        bet = f"best bet {policy}: {shown}" if policy is not None else "none looks like it"
        sentence = f"{none}; {bet}{f' against {_single(found)} alone' if policy is not None else ''}."
    return ReplayAnswer(
        goal=goal, policy=policy, certified=certified, needed=needed, against=_single(found), dollars=ratio,
        difference=None if claim is None else claim.difference, low=None if claim is None else claim.low,
        high=None if claim is None else claim.high, sentence=sentence,
    )  # fmt: skip


def _against(claim: Claim, ratio: float | None) -> str:
    dollars = "" if ratio is None else f"{100 * (ratio - 1):+.0f}% dollars, "
    ends = "" if claim.low is None or claim.high is None else f" [{100 * claim.low:+.1f}, {100 * claim.high:+.1f}]"
    return f"{dollars}{100 * (claim.difference or 0.0):+.1f} points{ends}"
