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

from sale_inspect.stats._bootstrap import resampled_shares
from sale_inspect.stats._frontier import Floats
from sale_inspect.stats._power import CONFIDENCE

__all__ = [
    "DOLLARS_FEWEST",
    "UNSEEN",
    "Dollars",
    "dollars_forecast",
    "dollars_interval",
    "dollars_needed",
    "dollars_upper",
    "exp_or_inf",
    "log_spread",
    "studentised",
    "too_few_for_dollars",
]

DOLLARS_FEWEST = 30
"""Tasks below which nothing is claimed of dollars, however alike they are."""

_SPREAD = 1.75
"""Log-sd up to which `DOLLARS_FEWEST` tasks are enough."""

_ROUNDS = 1000
UNSEEN = 0.5
"""How many log-sd above the most expensive task the one lies that was not seen."""

_TINY = 1e-12
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
    x = np.asarray(dollars, dtype=np.float64)
    y = np.ones_like(x) if below is None else np.asarray(below, dtype=np.float64)
    if len(x) == 0 or float(y.sum()) <= 0:
        return Dollars(value=math.nan, low=None, high=None, error=None, tasks=len(x), reason="nothing to divide by")
    value = float(x.sum() / y.sum())
    reason = too_few_for_dollars(x)
    if reason:
        return Dollars(value=value, low=None, high=None, error=None, tasks=len(x), reason=reason)
    if value == 0:
        return Dollars(value=0.0, low=0.0, high=0.0, error=0.0, tasks=len(x))
    tail = (1 - confidence) / 2
    point, error, t = studentised(x[None], y[None], seed)
    low = exp_or_inf(point[0] - float(np.quantile(t[0], 1 - tail)) * error[0])
    high = exp_or_inf(point[0] - float(np.quantile(t[0], tail)) * error[0])
    more = unseen(x, cap)
    wide = studentised(np.append(x, more)[None], np.append(y, y.mean())[None], seed)
    high = max(high, exp_or_inf(wide[0][0] - float(np.quantile(wide[2][0], tail)) * wide[1][0]))
    if cap is not None and below is None:
        high = max(value, min(high, cap))
    if math.isinf(high):
        reason = "too few tasks cost anything, or too few count in what they are divided by"
        return Dollars(value=value, low=None, high=None, error=None, tasks=len(x), reason=reason)
    return Dollars(value=value, low=min(low, value), high=max(high, value), error=float(error[0]), tasks=len(x))


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
    ones = np.ones_like(values)
    bounds = []
    for rows in (values, np.column_stack([values, [unseen(row, cap) for row in values]])):
        size = ones if rows is values else np.ones_like(rows)
        spent = rows.sum(axis=1) > 0
        bound = np.zeros(len(rows))
        if spent.any():
            point, error, t = studentised(rows[spent], size[spent], seed)
            bound[spent] = np.exp(point - np.quantile(t, 1 - confidence, axis=1) * error)
        bounds.append(bound)
    bound = np.maximum(*bounds)
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


def studentised(above: Floats, below: Floats, seed: int, rounds: int = _ROUNDS) -> tuple[Floats, Floats, Floats]:
    """Of each row of (K, T): log of the ratio of sums, its standard error, and (K, rounds) studentised rounds."""
    share = resampled_shares(above.shape[1], seed, rounds)
    # Sums of squares of very unequal sizes lose digits; rows are scaled to a mean of 1.
    x, y = above / above.mean(axis=1, keepdims=True), below / below.mean(axis=1, keepdims=True)
    point = np.log(above.mean(axis=1) / below.mean(axis=1))
    error = (x - y).std(axis=1) / math.sqrt(above.shape[1])
    # One product for all sums: five small ones take several times as long.
    rows = np.concatenate([x, y, x**2, y**2, x * y])
    top, bottom, top_squares, bottom_squares, products = np.split((share @ rows.T).T, 5)
    known = (top > 0) & (bottom > 0)
    safe_top, safe_bottom = np.where(known, top, 1.0), np.where(known, bottom, 1.0)
    squares = top_squares / safe_top**2 + bottom_squares / safe_bottom**2 - 2.0 * products / (safe_top * safe_bottom)
    floor = 1e-9 * np.maximum(error, _TINY)[:, None]
    spread = np.maximum(np.sqrt(np.maximum(squares, 0.0) / above.shape[1]), floor)
    shift = np.log(safe_top / safe_bottom)
    t = np.where(np.abs(shift) <= floor, 0.0, shift / spread)
    # A round without a dollar has a log of minus infinity, one without a divisor of plus infinity.
    t = np.where(known, t, np.where(top > 0, 1e9, -1e9))
    return point, np.asarray(error), np.where((error > _TINY)[:, None], t, 0.0)
