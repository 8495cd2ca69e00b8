"""The times file: what aggregation writes and the argument `times` of the tasks reads."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sale_inspect._errors import BenchError
from sale_inspect.taus import PERSON_CV, TauSpread, people_spread
from sale_inspect.texts import csv_cell, csv_text
from sale_inspect.times._aggregate import MAX_MINUTES, TaskTime
from sale_inspect.times._attempts import rows_of

__all__ = ["TIMES_COLUMNS", "HumanTime", "human_times", "people_cv", "read_times", "times_spreads", "times_text"]

TIMES_COLUMNS = ("task_id", "tau_minutes", "annotators", "dropped", "sd_minutes")
"""Columns of a times file."""


@dataclass(frozen=True, kw_only=True, slots=True)
class HumanTime:
    """The measured human time of a task.

    Attributes:
        task_id: The task.
        tau_minutes: Mean working time, minutes, in (0, 60].
        annotators: How many people's times it is the mean of.
        dropped: How many attempts did not count.
        sd_minutes: Sample standard deviation of the times, minutes; None for one time.
    """

    task_id: str
    tau_minutes: float
    annotators: int
    dropped: int
    sd_minutes: float | None


def human_times(tasks: Iterable[TaskTime]) -> list[HumanTime]:
    """The tasks that have a tau, as a times file holds them."""
    return [
        HumanTime(
            task_id=task.task_id,
            tau_minutes=task.tau_minutes,
            annotators=len(task.kept),
            dropped=len(task.dropped),
            sd_minutes=task.sd_minutes,
        )
        for task in tasks
        if task.tau_minutes is not None
    ]


def people_cv(times: Iterable[HumanTime]) -> float | None:
    """Standard deviation over mean of several people's times at one task, pooled over tasks.

    Tasks weigh by their people less one, as in analysis of variance: the deviation of two or three people alone says
    little. None if no task has two times.
    """
    several = [each for each in times if each.annotators > 1 and each.sd_minutes is not None]
    if not several:
        return None
    squares = sum((each.annotators - 1) * ((each.sd_minutes or 0.0) / each.tau_minutes) ** 2 for each in several)
    return math.sqrt(squares / sum(each.annotators - 1 for each in several))


def times_spreads(times: Mapping[str, HumanTime]) -> dict[str, TauSpread]:
    """How well each measured time is known: log-normal, by the number of people and how much people differ.

    How much they differ is pooled over the file (`people_cv`); where no task has two times, it is `taus.PERSON_CV`.
    """
    cv = people_cv(times.values())
    return {
        name: people_spread(each.tau_minutes, each.annotators, PERSON_CV if cv is None else cv)
        for name, each in times.items()
    }


def times_text(times: Iterable[HumanTime]) -> str:
    """A times file: CSV with one line for each task.

    Minutes are written in full, because a rounded time could fall into another bin.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(TIMES_COLUMNS)
    for time in times:
        spread = "" if time.sd_minutes is None else repr(time.sd_minutes)
        writer.writerow((csv_cell(time.task_id), repr(time.tau_minutes), time.annotators, time.dropped, spread))
    return out.getvalue()


def read_times(text: str, where: str) -> dict[str, HumanTime]:
    """The human times in a times file, by task id.

    Args:
        text: Content of the file.
        where: Its name, for messages.

    Raises:
        BenchError: Naming file, row, column and remedy.
    """
    found: dict[str, HumanTime] = {}
    for number, row in rows_of(text, where, TIMES_COLUMNS):
        place = f"{where}, row {number}"
        time = _time(row, place)
        if time.task_id in found:
            raise BenchError(f"{place}, column task_id: {time.task_id} is there twice. Keep one line for each task.")
        found[time.task_id] = time
    if not found:
        raise BenchError(f"{where}: no task has a time. Collect more times, then: sale-inspect times aggregate.")
    return found


def _time(row: dict[str, str], where: str) -> HumanTime:
    if not row["task_id"]:
        raise BenchError(f"{where}, column task_id: it is empty. Write the id of the task.")
    tau = _number(row["tau_minutes"], f"{where}, column tau_minutes", "minutes over 0 and at most 60")
    if not 0 < tau <= MAX_MINUTES:
        raise BenchError(
            f"{where}, column tau_minutes: {tau:g} has no bin. Write minutes over 0 and at most {MAX_MINUTES:g}, or "
            "leave the task out."
        )
    spread = None
    if row["sd_minutes"]:
        spread = _number(row["sd_minutes"], f"{where}, column sd_minutes", "minutes, or nothing for one annotator")
        if spread < 0:
            raise BenchError(f"{where}, column sd_minutes: {spread:g} is negative. Write minutes, at least 0.")
    return HumanTime(
        task_id=csv_text(row["task_id"]),
        tau_minutes=tau,
        annotators=_count(row["annotators"], 1, f"{where}, column annotators"),
        dropped=_count(row["dropped"], 0, f"{where}, column dropped"),
        sd_minutes=spread,
    )


def _number(text: str, where: str, wanted: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BenchError(f"{where}: {text!r} is no number. Write {wanted}.")
    return value


def _count(text: str, least: int, where: str) -> int:
    if not text.isdecimal() or int(text) < least:
        raise BenchError(f"{where}: {text!r} is no count. Write a whole number, at least {least}.")
    return int(text)
