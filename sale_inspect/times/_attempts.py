"""What one person did on one task, and the CSV form of it."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass

from sale_inspect._errors import BenchError

__all__ = ["ATTEMPT_COLUMNS", "Attempt", "read_attempts", "rows_of"]

ATTEMPT_COLUMNS = ("task_id", "annotator", "minutes", "correct")
"""Columns of a CSV of attempts. Others are ignored."""

_YES_NO = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True, kw_only=True, slots=True)
class Attempt:
    """One person's attempt at one task.

    Attributes:
        task_id: The task.
        annotator: Who worked on it. Spellings that differ by case, spaces or compatible characters are one person.
        minutes: Working time, pauses excluded; None if none was taken.
        correct: Whether the answer was right; None if the attempt has no result.
        where: Log or file that it is from, for messages.
        remark: What is unusual, for instance that the person gave up, or why there is no result.
        off_clock: Share of the time from the clock's first start to its end that it stood, 0..1; None if not known.
        has_session: Whether the log holds what was typed and shown in the terminal; None where none is kept, as in a
            table.
    """

    task_id: str
    annotator: str
    minutes: float | None
    correct: bool | None
    where: str
    remark: str = ""
    off_clock: float | None = None
    has_session: bool | None = None


def read_attempts(text: str, where: str) -> list[Attempt]:
    """Attempts in a CSV with the columns task_id, annotator, minutes and correct, in order.

    `minutes` is a number, or empty if no time was taken. `correct` is true or false (also yes or no, 1 or 0).

    Args:
        text: Content of the file.
        where: Its name, for messages.

    Raises:
        BenchError: Naming file, row, column and remedy.
    """
    return [_attempt(row, f"{where}, row {number}") for number, row in rows_of(text, where, ATTEMPT_COLUMNS)]


def rows_of(text: str, where: str, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Rows of a CSV with their line numbers; cells are stripped, empty lines left out.

    Raises:
        BenchError: If a column is missing or a row has another number of cells than the header.
    """
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""), skipinitialspace=True)
    header = [name.strip() for name in reader.fieldnames or ()]
    reader.fieldnames = header
    for column in columns:
        if column not in header:
            found = ", ".join(header) or "nothing"
            raise BenchError(
                f"{where}: column {column} is missing. The first line must be {','.join(columns)}; found: {found}."
            )
    try:
        for row in reader:
            # DictReader marks too many cells by the key None and too few by the value None.
            if any(key is None or value is None for key, value in row.items()):
                raise BenchError(
                    f"{where}, row {reader.line_num}: the header has {len(header)} columns and this row another "
                    "number. Put cells that hold a comma in double quotes."
                )
            yield reader.line_num, {key: value.strip() for key, value in row.items()}
    except csv.Error as error:
        raise BenchError(f"{where}, row {reader.line_num}: {error}. Save the table as plain CSV.") from error


def _attempt(row: dict[str, str], where: str) -> Attempt:
    for column in ("task_id", "annotator"):
        if not row[column]:
            raise BenchError(f"{where}, column {column}: it is empty. Each attempt needs a task and a person.")
    correct = _YES_NO.get(row["correct"].lower())
    if correct is None:
        raise BenchError(f"{where}, column correct: {row['correct']!r} is neither true nor false. Write one of them.")
    return Attempt(
        task_id=row["task_id"],
        annotator=row["annotator"],
        minutes=_minutes(row["minutes"], where),
        correct=correct,
        where=where,
    )


def _minutes(text: str, where: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise BenchError(
            f"{where}, column minutes: {text!r} is no number. Write minutes as a plain number, for instance 1.5, or "
            "leave the cell empty if no time was taken."
        )
    return value
