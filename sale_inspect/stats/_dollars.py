"""Dollars: skewed numbers, so intervals on the log scale, and no claim from too few tasks.

One method for every figure in dollars: the studentised bootstrap of the log of a ratio of sums (Efron and Tibshirani
1993, ch. 12, on a log scale). A mean a task is the ratio to the number of tasks, dollars for each solved task the
ratio to solved tasks, two policies the ratio of their dollars on the same tasks. A sample of skewed dollars mostly
lacks the most expensive tasks there are, so each upper end is also computed with one task more, above the most
expensive one that was seen, and the wider end counts (ours, as the failed task that keeping a pass rate adds).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sale_inspect.stats._frontier import Floats
from sale_inspect.stats._power import CONFIDENCE
from sale_inspect.stats.batch import pairs_of, studentised_pairs

__all__ = [
    "DOLLARS_FEWEST",
    "UNSEEN",
    "Dollars",
    "dollars_forecast",
    "dollars_interval",
    "dollars_intervals",
    "dollars_needed",
    "dollars_upper",
    "exp_or_inf",
    "log_spread",
    "too_few_for_dollars",
]

DOLLARS_FEWEST = 30
"""Tasks below which nothing is claimed of dollars, however alike they are."""

_SPREAD = 1.75
"""Log-sd up to which `DOLLARS_FEWEST` tasks are enough."""

_ROUNDS = 1000
UNSEEN = 0.5
"""How many log-sd above the most expensive task the one lies that was not seen."""

_MOST_LOG = 700.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Dollars:
    """A figure in dollars with its interval.

    Attributes:
        value: The figure.
        low: Lower end; None if there are too few tasks.
        high: Upper end; None if there are too few tasks.
        error: Standard error of the log of the figure; None if there are too few tasks.
        tasks: Tasks.
        reason: Why there is no interval, or "".
    """

    value: float
    low: float | None
    high: float | None
    error: float | None
    tasks: int
    reason: str = ""


def log_spread(dollars: ArrayLike) -> float:
    """Standard deviation of the natural logs of the dollars above 0; 0 for fewer than two of them."""
    x = np.asarray(dollars, dtype=np.float64)
    some = x[x > 0]
    return float(np.log(some).std(ddof=1)) if len(some) > 1 else 0.0


def dollars_needed(dollars: ArrayLike) -> int:
    """Tasks from which dollars this skewed are claimed: 30 up to a log-sd of 1.75, then 30 (sd / 1.75)^2 (ours).

    The coverage behind the rule is in docs/statistics.md.
    """
    return math.ceil(DOLLARS_FEWEST * max(1.0, log_spread(dollars) / _SPREAD) ** 2)


def too_few_for_dollars(dollars: ArrayLike) -> str:
    """Why nothing is claimed of the dollars of these tasks, or "" if they are enough. Tasks of $0 do not count."""
    x = np.asarray(dollars, dtype=np.float64)
    if not (x > 0).any():
        return ""
    count, needed = int((x > 0).sum()), dollars_needed(x)
    if count >= needed:
        return ""
    free = f" that cost something ({len(x)} in all)" if count < len(x) else ""
    tasks = f"{count} task{'s' * (count != 1)}{free} {'are' if count != 1 else 'is'} too few for"
    if needed == DOLLARS_FEWEST:
        return f"{tasks} an interval of dollars, which takes {needed}"
    return f"{tasks} dollars this skewed (standard deviation of their logs {log_spread(x):.1f}), which take {needed}"


def dollars_interval(
    dollars: ArrayLike,
    below: ArrayLike | None = None,
    *,
    confidence: float = CONFIDENCE,
    cap: float | None = None,
    seed: int = 0,
) -> Dollars:
    """Mean dollars a task, or dollars for each unit of something else, with its interval.

    Assumption: tasks are a random sample. Source: studentised bootstrap of the log, and this module's task that was
    not seen. At least 92% coverage for 95% at a log-sd of up to 1.5 from 30 tasks; see docs/statistics.md.

    Args:
        dollars: (T,), dollars of each task (mean over its runs), at least 0.
        below: (T,), what they are divided by, for instance solved tasks; tasks by default.
        confidence: In (0, 1).
        cap: The most that a task can cost, for instance a run's cost limit.
        seed: Of the bootstrap.
    """
    return dollars_intervals([(dollars, below)], confidence=confidence, cap=cap, seed=seed)[0]


def dollars_intervals(
    figures: Sequence[tuple[ArrayLike, ArrayLike | None]],
    *,
    confidence: float = CONFIDENCE,
    cap: float | None = None,
    seed: int = 0,
) -> tuple[Dollars, ...]:
    """`dollars_interval` of many figures over the same tasks, from the same resamples, in one pass.

    Args:
        figures: Of each, dollars (T,), and what they are divided by, (T,) or None for tasks.
        confidence: In (0, 1).
        cap: The most that a task can cost.
        seed: Of the bootstrap.
    """
    columns = [_columns(*each) for each in figures]
    early = [_without_rounds(x, y) for x, y in columns]
    open_ = [place for place, each in enumerate(early) if each is None]
    ends = _ends([columns[place] for place in open_], confidence, cap, seed) if open_ else []
    known = dict(zip(open_, ends, strict=True))
    return tuple(
        _bounded(*columns[place], known[place], cap if figures[place][1] is None else None) if each is None else each
        for place, each in enumerate(early)
    )


def _columns(dollars: ArrayLike, below: ArrayLike | None) -> tuple[Floats, Floats]:
    x = np.asarray(dollars, dtype=np.float64)
    return x, np.ones_like(x) if below is None else np.asarray(below, dtype=np.float64)


def _without_rounds(x: Floats, y: Floats) -> Dollars | None:
    """The figure, where it has no interval or needs no resamples for one."""
    if len(x) == 0 or float(y.sum()) <= 0:
        return Dollars(value=math.nan, low=None, high=None, error=None, tasks=len(x), reason="nothing to divide by")
    value = float(x.sum() / y.sum())
    reason = too_few_for_dollars(x)
    if reason:
        return Dollars(value=value, low=None, high=None, error=None, tasks=len(x), reason=reason)
    if value == 0:
        return Dollars(value=0.0, low=0.0, high=0.0, error=0.0, tasks=len(x))
    return None


@dataclass(frozen=True, kw_only=True, slots=True)
class _Ends:
    low: float
    high: float
    error: float


def _ends(columns: Sequence[tuple[Floats, Floats]], confidence: float, cap: float | None, seed: int) -> list[_Ends]:
    tail = (1 - confidence) / 2
    pairs = pairs_of(columns)
    low, high, wide, error = (np.empty(len(columns)) for _ in range(4))
    for here, (plain,) in studentised_pairs(pairs, seed, _ROUNDS):
        ends = np.quantile(plain.t, (1 - tail, tail), axis=1)
        low[here], high[here] = plain.point - ends * plain.error
        error[here] = plain.error
    more = np.array([unseen(x, cap) for x, _ in columns]), np.array([y.mean() for _, y in columns])
    for here, (wider,) in studentised_pairs(pairs, seed, _ROUNDS, added=[more]):
        wide[here] = wider.point - np.quantile(wider.t, tail, axis=1) * wider.error
    rows = zip(low.tolist(), high.tolist(), wide.tolist(), error.tolist(), strict=True)
    return [_Ends(low=exp_or_inf(a), high=max(exp_or_inf(b), exp_or_inf(c)), error=d) for a, b, c, d in rows]


def _bounded(x: Floats, y: Floats, ends: _Ends, cap: float | None) -> Dollars:
    value, high = float(x.sum() / y.sum()), ends.high
    if cap is not None:
        high = max(value, min(high, cap))
    if math.isinf(high):
        reason = "too few tasks cost anything, or too few count in what they are divided by"
        return Dollars(value=value, low=None, high=None, error=None, tasks=len(x), reason=reason)
    return Dollars(value=value, low=min(ends.low, value), high=max(high, value), error=ends.error, tasks=len(x))


def dollars_upper(values: Floats, *, confidence: float = CONFIDENCE, cap: float | None = None, seed: int = 0) -> Floats:
    """(K,) one-sided upper bounds of the mean of each row, each for itself; infinite where there are too few tasks.

    The wider of the bound from the tasks and the bound with one task more that was not seen. Assumption, source and
    range as of `dollars_interval`.

    Args:
        values: (K, T), dollars.
        confidence: One-sided.
        cap: The most that a task can cost.
        seed: Of the bootstrap.
    """
    bound = np.zeros(len(values))
    spent = values.sum(axis=1) > 0
    if spent.any():
        rows = values[spent]
        pairs = pairs_of([(row, np.ones_like(row)) for row in rows])
        more = np.array([unseen(row, cap) for row in rows]), np.ones(len(rows))
        found = np.zeros(len(rows))
        for added in ((), [more]):
            for here, (each,) in studentised_pairs(pairs, seed, _ROUNDS, added=added):
                upper = np.exp(each.point - np.quantile(each.t, 1 - confidence, axis=1) * each.error)
                found[here] = np.maximum(found[here], upper)
        bound[spent] = found
    if cap is not None:
        bound = np.minimum(bound, max(cap, 0.0))
    few = np.array([bool(too_few_for_dollars(row)) for row in values])
    return np.where(few, np.inf, np.maximum(bound, values.mean(axis=1)))


def dollars_forecast(
    groups: Sequence[tuple[ArrayLike, int]], *, confidence: float = CONFIDENCE, seed: int = 0
) -> Dollars:
    """All dollars of planned tasks, from recorded tasks of the same kinds, with the interval of what will be paid.

    Each group's sum is its tasks times their mean dollars. The distance of an end, on the log scale, is that of the
    mean times sqrt(1 + recorded / planned), because the planned tasks are drawn by chance too (ours). The groups'
    distances add up as roots of sums of squares (MOVER, Zou and Donner 2008). Range as of `dollars_interval`: one group
    with too few tasks leaves the sum without an interval.

    Args:
        groups: Recorded dollars of each task, and how many tasks are planned.
        confidence: In (0, 1).
        seed: Of the bootstrap.
    """
    total, below, above, tasks, reasons = 0.0, 0.0, 0.0, 0, []
    for recorded, planned in groups:
        found = dollars_interval(recorded, confidence=confidence, seed=seed)
        total, tasks = total + planned * found.value, tasks + found.tasks
        if found.low is None or found.high is None:
            reasons.append(found.reason)
            continue
        wider = math.sqrt(1 + found.tasks / planned)
        if found.value > 0:
            below += (planned * found.value * (1 - (found.low / found.value) ** wider)) ** 2
            above += (planned * found.value * ((found.high / found.value) ** wider - 1)) ** 2
    if reasons:
        return Dollars(value=total, low=None, high=None, error=None, tasks=tasks, reason=reasons[0])
    return Dollars(value=total, low=total - math.sqrt(below), high=total + math.sqrt(above), error=None, tasks=tasks)


def exp_or_inf(log: float) -> float:
    """Infinite where a round in which nothing counts reaches the quantile."""
    return math.inf if log > _MOST_LOG else math.exp(log)


def unseen(dollars: Floats, cap: float | None) -> float:
    """Dollars of a task that was not seen: some way above the most expensive one, at most the cap."""
    found = float(dollars.max()) * math.exp(UNSEEN * log_spread(dollars))
    return found if cap is None else max(float(dollars.max()), min(found, cap))
