"""From attempts of several people to one human time for each task."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sale_inspect._errors import BenchError
from sale_inspect.bench import BINS
from sale_inspect.times._agreement import Agreement, agreement
from sale_inspect.times._attempts import Attempt
from sale_inspect.times._people import join_spellings

__all__ = ["MAX_MINUTES", "Aggregation", "DroppedAttempt", "Reason", "TaskTime", "aggregate", "annotators_for_filter"]

MAX_MINUTES = BINS[-1].high
"""Longest time that the benchmark has a bin for, minutes."""

Reason = Literal["no result", "repeated", "wrong", "no time", "not positive", "too long", "outlier"]
"""Why an attempt does not count."""

# A time exactly at the limit, or one of several equal ones, must not be lost to rounding.
_TOLERANCE = 1e-9


@dataclass(frozen=True, kw_only=True, slots=True)
class DroppedAttempt:
    """An attempt that does not count.

    Attributes:
        attempt: The attempt.
        reason: Why.
        detail: The reason in words, with figures.
    """

    attempt: Attempt
    reason: Reason
    detail: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskTime:
    """What the attempts at one task come to.

    Attributes:
        task_id: The task.
        tau_minutes: Mean of the kept times, minutes; None if there are too few.
        sd_minutes: Their sample standard deviation, minutes; None for fewer than two.
        kept: Attempts that count, with their time set.
        dropped: Attempts that do not, in order.
        why_none: Why there is no tau; empty if there is one.
    """

    task_id: str
    tau_minutes: float | None
    sd_minutes: float | None
    kept: tuple[Attempt, ...]
    dropped: tuple[DroppedAttempt, ...]
    why_none: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Aggregation:
    """Human times of tasks, with how far the annotators agree.

    Attributes:
        tasks: One for each task that was attempted, by task id.
        min_annotators: Fewest kept times for a tau.
        sd: Width of the outlier filter in standard deviations.
        filter_needs: Fewest times of one task among which the filter can drop any.
        agreement: Krippendorff's alpha over the kept times of the tasks that have a tau.
        joined: Spellings of names that were taken for one person, first come first; attempts bear the first.
    """

    tasks: tuple[TaskTime, ...]
    min_annotators: int
    sd: float
    filter_needs: int
    agreement: Agreement
    joined: tuple[tuple[str, ...], ...] = ()

    @property
    def kept(self) -> tuple[Attempt, ...]:
        """The attempts that count, of all tasks."""
        return tuple(attempt for task in self.tasks for attempt in task.kept)

    @property
    def timed(self) -> tuple[TaskTime, ...]:
        """The tasks that have a tau."""
        return tuple(task for task in self.tasks if task.tau_minutes is not None)

    @property
    def filter_can_bite(self) -> bool:
        """Whether any task has enough correct times for the outlier filter to drop one."""
        return any(
            len(task.kept) + sum(each.reason == "outlier" for each in task.dropped) >= self.filter_needs
            for task in self.tasks
        )


def annotators_for_filter(sd: float) -> int:
    """Fewest times among which one can lie more than `sd` sample standard deviations from their mean.

    Of n values none is further from the mean than (n - 1) / sqrt(n) sample standard deviations
    (Samuelson's inequality), reached if all others are equal. For 2 the answer is 6: with the three to
    five annotators of a usual study the paper's filter never drops anything.

    Raises:
        BenchError: If `sd` is not a positive number.
    """
    if not (math.isfinite(sd) and sd > 0):
        raise BenchError(f"sd must be a positive number of standard deviations, got {sd!r}.")
    count = 2
    while (count - 1) / math.sqrt(count) <= sd * (1 + _TOLERANCE):
        count += 1
    return count


def aggregate(attempts: Iterable[Attempt], min_annotators: int = 3, sd: float = 2.0) -> Aggregation:
    """One human time (tau, minutes) for each task with enough correct times.

    As in the paper (SALE): keep the times of correct solutions, drop those more than 2 standard
    deviations from the mean, average the rest. Ours, where the paper says nothing: the deviation is the
    sample one (n - 1), over the correct times of one task; the filter runs once; the least number of
    annotators is asked of the times that are kept.

    With fewer than `annotators_for_filter(sd)` correct times (6 for 2 deviations) the filter cannot drop
    any, however far off: among three, no value is more than 1.15 deviations from the mean.

    Of several attempts of one person at one task the first with a result counts, in the given order,
    even if it was wrong: later ones profit from what was learnt. One person may have several spellings (`person_key`).
    A time over 60 minutes does not count,
    because the benchmark has no bin for it; this shortens the mean of tasks near that limit.

    Args:
        attempts: Attempts at any number of tasks, in the order in which they were made.
        min_annotators: Fewest kept times for a tau.
        sd: Width of the outlier filter in standard deviations.

    Raises:
        BenchError: If `min_annotators` or `sd` is not positive.
    """
    if min_annotators < 1:
        raise BenchError(f"min_annotators must be at least 1, got {min_annotators}.")
    needs = annotators_for_filter(sd)
    by_task: dict[str, list[Attempt]] = {}
    of_persons, joined = join_spellings(attempts)
    for attempt in of_persons:
        by_task.setdefault(attempt.task_id, []).append(attempt)
    tasks = tuple(_task_time(name, by_task[name], min_annotators, sd) for name in sorted(by_task))
    return Aggregation(
        tasks=tasks,
        min_annotators=min_annotators,
        sd=sd,
        filter_needs=needs,
        agreement=agreement([_by_annotator(task) for task in tasks if task.tau_minutes is not None]),
        joined=joined,
    )


def _by_annotator(task: TaskTime) -> Mapping[str, float]:
    return {attempt.annotator: attempt.minutes for attempt in task.kept if attempt.minutes is not None}


def _task_time(name: str, attempts: Sequence[Attempt], min_annotators: int, sd: float) -> TaskTime:
    usable: list[Attempt] = []
    dropped: list[DroppedAttempt] = []
    seen: set[str] = set()
    for attempt in attempts:
        found = _fault(attempt, attempt.annotator in seen)
        if attempt.correct is not None:
            seen.add(attempt.annotator)
        if found is None:
            usable.append(attempt)
        else:
            dropped.append(DroppedAttempt(attempt=attempt, reason=found[0], detail=found[1]))
    kept, outliers = _filtered(usable, sd)
    times = [attempt.minutes for attempt in kept if attempt.minutes is not None]
    enough = len(times) >= min_annotators
    return TaskTime(
        task_id=name,
        tau_minutes=statistics.fmean(times) if enough else None,
        sd_minutes=statistics.stdev(times) if len(times) > 1 else None,
        kept=tuple(kept),
        dropped=(*dropped, *outliers),
        why_none="" if enough else f"{len(times)} of {min_annotators} times needed",
    )


def _fault(attempt: Attempt, repeated: bool) -> tuple[Reason, str] | None:
    """Why an attempt does not count, before the others' times are looked at."""
    minutes = attempt.minutes
    if attempt.correct is None:
        return "no result", attempt.remark or "not finished"
    if repeated:
        return "repeated", "an earlier one of this person counts"
    if not attempt.correct:
        return "wrong", attempt.remark or "wrong answer"
    if minutes is None or math.isnan(minutes):
        return "no time", "no working time was taken"
    if minutes <= 0:
        return "not positive", f"{minutes:g} minutes"
    if minutes > MAX_MINUTES:
        return "too long", f"{minutes:g} minutes; at most {MAX_MINUTES:g} are binned"
    return None


def _filtered(attempts: Sequence[Attempt], sd: float) -> tuple[list[Attempt], list[DroppedAttempt]]:
    times = [attempt.minutes for attempt in attempts if attempt.minutes is not None]
    if len(times) < 2:
        return list(attempts), []
    mean, spread = statistics.fmean(times), statistics.stdev(times)
    kept: list[Attempt] = []
    outliers: list[DroppedAttempt] = []
    for attempt, minutes in zip(attempts, times, strict=True):
        if abs(minutes - mean) > sd * spread + mean * _TOLERANCE:
            away = abs(minutes - mean) / spread
            detail = f"{minutes:.3g} minutes is {away:.2f} SD from the mean {mean:.3g}"
            outliers.append(DroppedAttempt(attempt=attempt, reason="outlier", detail=detail))
        else:
            kept.append(attempt)
    return kept, outliers
