"""Conditions on policies, such as `pass@1 < 0.6` or `small worse than before`: what `--fail-if` asks. Ours."""

from __future__ import annotations

import difflib
import math
import operator
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from math import fsum
from statistics import fmean

import numpy as np

from sale_inspect._errors import LogError
from sale_inspect.stats import CONFIDENCE, FEWEST, compare_dollars, paired
from sale_inspect.texts import fmt_count, fmt_rate, fmt_usd

__all__ = ["FailIf", "Finding", "PolicyRuns", "conditions_of", "findings_of", "runs_by_policy"]

_LONGEST = 500
_MEASURES = {
    "pass@1": ("pass@1", fmt_rate),
    "usd": ("dollars a task", fmt_usd),
    "tokens": ("tokens a task", fmt_count),
    "tasks": ("number of tasks", fmt_count),
}
_SIGNS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_THRESHOLD = re.compile(r"(?:(.+)\s)?\s*(pass@1|usd|tokens|tasks)\s*(<=|>=|<|>)\s*(\d*\.?\d+)\s*(%?)")
_RIVALS = re.compile(r"(.+?)\s+(?:is\s+)?(worse|better|dearer|cheaper)\s+than\s+(.+)")
_HOW = (
    "Write [POLICY] MEASURE SIGN NUMBER, such as 'pass@1 < 0.6' or 'small usd > 0.02', where MEASURE is one of "
    f"{', '.join(_MEASURES)}; or POLICY worse|better|dearer|cheaper than POLICY."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyRuns:
    """What one policy did: of each run its score, dollars and tokens, by task."""

    tasks: Mapping[str, tuple[tuple[float, float, float], ...]]

    def mean(self, measure: str) -> float:
        """pass@1, usd or tokens as the mean over runs, as in `table`; or the number of tasks."""
        if measure == "tasks":
            return float(len(self.tasks))
        column = ("pass@1", "usd", "tokens").index(measure)
        values = [run[column] for runs in self.tasks.values() for run in runs]
        return fsum(values) / len(values) if values else math.nan


@dataclass(frozen=True, kw_only=True, slots=True)
class FailIf:
    """A condition, read. Either a threshold or a comparison.

    Attributes:
        text: As it was given.
        policy: The policy; empty for any.
        measure: Of a threshold.
        sign: Of a threshold.
        number: Of a threshold.
        word: Of a comparison: worse, better, dearer or cheaper.
        rival: Of a comparison.
    """

    text: str
    policy: str
    measure: str = ""
    sign: str = ""
    number: float = math.nan
    word: str = ""
    rival: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Finding:
    """What became of a condition.

    Attributes:
        condition: As it was given.
        met: Whether it holds, so that the command fails.
        sentence: What was found.
    """

    condition: str
    met: bool
    sentence: str


def conditions_of(texts: Iterable[str]) -> tuple[FailIf, ...]:
    """Read conditions. Nothing is evaluated: a text is of one of two forms, or an error.

    Raises:
        ValueError: If one is of neither form.
    """
    return tuple(_condition(text) for text in texts)


def _condition(text: str) -> FailIf:
    asked = " ".join(text.split())
    if len(asked) <= _LONGEST:
        if found := _THRESHOLD.fullmatch(asked):
            policy, measure, sign, number, percent = found.groups()
            value = float(number) / (100 if percent else 1)
            return FailIf(text=asked, policy=(policy or "").strip(), measure=measure, sign=sign, number=value)
        if found := _RIVALS.fullmatch(asked):
            policy, word, rival = found.groups()
            return FailIf(text=asked, policy=policy, word=word, rival=rival)
    raise ValueError(f"--fail-if {asked[:_LONGEST]!r}: is no condition. {_HOW}")


def runs_by_policy(rows: Iterable[tuple[str, str, float, float, float]]) -> dict[str, PolicyRuns]:
    """From policy, task, score, dollars and tokens of each run."""
    found: dict[str, dict[str, list[tuple[float, float, float]]]] = {}
    for policy, task, *run in rows:
        found.setdefault(policy, {}).setdefault(task, []).append((run[0], run[1], run[2]))
    return {
        policy: PolicyRuns(tasks={task: tuple(runs) for task, runs in tasks.items()}) for policy, tasks in found.items()
    }


def findings_of(conditions: Iterable[FailIf], policies: Mapping[str, PolicyRuns]) -> tuple[Finding, ...]:
    """What holds. `worse` and `better` hold if the whole 95% interval of the paired difference is on that side of 0.

    `dearer` and `cheaper` are the same for the ratio of dollars and 1. Both are on the tasks that the two policies
    have in common; of too few tasks nothing is claimed.

    Raises:
        LogError: If a policy is not there.
    """
    return tuple(each for condition in conditions for each in _findings(condition, policies))


def _findings(condition: FailIf, policies: Mapping[str, PolicyRuns]) -> Iterator[Finding]:
    if condition.word:
        yield _compared(condition, policies)
        return
    names = [_named(condition.policy, condition, policies)] if condition.policy else list(policies)
    title, show = _MEASURES[condition.measure]
    for name in names:
        value = policies[name].mean(condition.measure)
        met = bool(_SIGNS[condition.sign](value, condition.number))
        is_met = "which is" if met else "which is not"
        sentence = f"{name}: {title} {show(value)}, {is_met} {condition.sign} {show(condition.number)}."
        yield Finding(condition=condition.text, met=met, sentence=sentence)


def _named(name: str, condition: FailIf, policies: Mapping[str, PolicyRuns]) -> str:
    """The policy of a name; an agent's name is that of the agent alone."""
    for each in (name, f"{name} alone", *(known for known in policies if known.startswith(f"{name} ("))):
        if each in policies:
            return each
    short = {known.removesuffix(" alone"): known for known in policies}
    near = difflib.get_close_matches(name, [*policies, *short], n=1)
    raise LogError(
        f"--fail-if {condition.text!r}: there is no policy {name!r}."
        f"{f' Did you mean {short.get(near[0], near[0])!r}?' if near else ''} There are: {', '.join(policies)}."
    )


def _compared(condition: FailIf, policies: Mapping[str, PolicyRuns]) -> Finding:
    first, second = (_named(name, condition, policies) for name in (condition.policy, condition.rival))
    one, two = policies[first].tasks, policies[second].tasks
    common = sorted(set(one) & set(two))
    if len(common) < FEWEST:
        few = f"{first} and {second} have {len(common)} tasks in common; nothing is claimed from fewer than {FEWEST}."
        return Finding(condition=condition.text, met=False, sentence=few)
    columns = [
        np.array([[fmean(run[at] for run in runs[task]) for task in common] for runs in (one, two)]) for at in (0, 1)
    ]
    if condition.word in ("worse", "better"):
        found = paired(columns[0][0], columns[0][1])
        met = found.high < 0 if condition.word == "worse" else found.low > 0
        shown = f"{100 * found.difference:+.1f} points [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"
    else:
        ratio = compare_dollars(columns[1][0], columns[1][1])
        if ratio.low is None or ratio.high is None:
            few = f"{first} against {second}: no interval of the dollars. {ratio.reason}"
            return Finding(condition=condition.text, met=False, sentence=few)
        met = ratio.low > 1 if condition.word == "dearer" else ratio.high < 1
        shown = f"{ratio.ratio:.2f} times the dollars [{ratio.low:.2f}, {ratio.high:.2f}]"
    is_met = f"resolved to be {condition.word}" if met else f"not resolved to be {condition.word}"
    sure = f"{len(common):,} tasks, {100 * CONFIDENCE:g}% interval"
    return Finding(condition=condition.text, met=met, sentence=f"{first} is {is_met} than {second}: {shown} ({sure}).")
