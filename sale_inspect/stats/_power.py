"""What a number of tasks can resolve, and what it would take."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["CONFIDENCE", "POWER", "TasksNeeded", "rounded_up", "smallest_difference", "tasks_needed"]

CONFIDENCE = 0.95
"""Of intervals, verdicts, budgets and kept shares of pass@1, wherever the user names no other."""

POWER = 0.8
"""Chance to resolve a difference, where none is stated."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TasksNeeded:
    """How many tasks would resolve the difference, as far as the data tell.

    Attributes:
        least: If the difference is as far from 0 as its interval allows.
        most: If it is as near to 0 as the interval allows; None if that is 0: perhaps no number resolves it.
    """

    least: int
    most: int | None


def _quantiles(tasks: float, comparisons: int, confidence: float, power: float) -> tuple[float, float]:
    from scipy.special import ndtri, stdtrit

    tail = 1 - (1 - confidence) / (2 * max(1, comparisons))
    return float(stdtrit(max(1.0, tasks - 1), tail)), float(ndtri(power))


def smallest_difference(
    error: float, tasks: int, *, comparisons: int = 1, confidence: float = CONFIDENCE, power: float = POWER
) -> float:
    """The smallest true difference that so many tasks resolve with this power.

    The d with d = t sqrt(se^2 + d^2 / T) + z_power se + 1 / T, t the quantile 1 - alpha / 2k: k comparisons at
    Holm's hardest step. The sign-flip test measures d by the spread around 0, which is se^2 + d^2 / T, and counts move
    by whole tasks, hence 1 / T. Assumption: the spread is that of the data. The power is checked by simulation in
    docs/statistics.md.

    Args:
        error: se, standard error of the difference at `tasks` tasks.
        tasks: T.
        comparisons: k.
        confidence: 1 - alpha.
        power: Chance to resolve it.

    Returns:
        The difference, a share; infinite if so few tasks resolve none.
    """
    t, z = _quantiles(tasks, comparisons, confidence, power)
    # (d - c)^2 = t^2 (se^2 + d^2 / T) with c = z se + 1 / T, the larger root.
    c, a = z * error + 1.0 / tasks, 1.0 - t * t / tasks
    if a <= 0:
        return math.inf
    return (c + math.sqrt(max(0.0, c * c - a * (c * c - t * t * error * error)))) / a


def tasks_needed(
    low: float,
    high: float,
    error: float,
    tasks: int,
    *,
    comparisons: int = 1,
    confidence: float = CONFIDENCE,
    power: float = POWER,
) -> TasksNeeded | None:
    """A range for the tasks that would resolve the difference: from both ends of its interval, not from its value.

    n = ((t sqrt(s^2 + end^2) + z_power s) / |end|)^2 with s = se sqrt(T), for the far and the near end; see
    `smallest_difference`. The seen value alone would name a number where there is nothing.

    Args:
        low: Lower end of the difference's interval.
        high: Upper end.
        error: Its standard error at `tasks` tasks.
        tasks: T.
        comparisons: Comparisons that are corrected together.
        confidence: 1 - alpha of the two-sided test.
        power: Chance to resolve it.

    Returns:
        The range, or None where an end or the error is not known.
    """
    if not all(math.isfinite(each) for each in (low, high, error)) or error <= 0:
        return None
    far = max(abs(low), abs(high))
    near = 0.0 if low <= 0 <= high else min(abs(low), abs(high))
    if far <= 0:
        return None
    t, z = _quantiles(tasks, comparisons, confidence, power)
    spread = error * math.sqrt(tasks)

    def needed(end: float) -> int:
        return max(tasks + 1, math.ceil(((t * math.hypot(spread, end) + z * spread) / end) ** 2 - 1e-9))

    return TasksNeeded(least=needed(far), most=None if near == 0 else needed(near))


def rounded_up(count: int) -> int:
    """A number of tasks as a guide: two figures are enough; up, not down."""
    unit = int(10 ** max(0, len(str(count)) - 2))
    return -(-count // unit) * unit
