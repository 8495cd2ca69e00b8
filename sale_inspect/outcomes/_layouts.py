"""Long and wide records of tables from elsewhere, as rows not yet read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._columns import COLUMNS
from sale_inspect.outcomes._records import records
from sale_inspect.outcomes._table import clean, text_hash

__all__ = ["FIELDS", "SCORES", "RawRun", "id_of_text", "raw_runs"]

FIELDS = {column.name for column in COLUMNS} | {"input_tokens", "output_tokens"}
"""What a record may say."""

SCORES = "scores"
"""Field of a wide record: scores by agent."""

_BY_AGENT = ("dollars", "tokens", "input_tokens", "output_tokens", "seconds", "answer")
_QUESTION = "question"
_ID_DIGITS = 16


@dataclass(frozen=True, kw_only=True, slots=True)
class RawRun:
    """One run as the file has it: values by field, not yet read, and the line on which its record begins."""

    line: int
    values: Mapping[str, Any]


def id_of_text(text: str) -> str:
    """The id of a task that has none: the same text has the same id in every file (ours)."""
    return f"text-{text_hash(clean(text))[:_ID_DIGITS]}"


def raw_runs(path: Path, columns: Mapping[str, str], ignored: dict[str, None], by: str = SCORES) -> Iterator[RawRun]:
    """The runs in a file.

    Args:
        path: The file.
        columns: Names that the file has for our fields.
        ignored: Is given the names in the file that are no field.
        by: What makes a record wide: that this field maps agents to values.

    Raises:
        OutcomesError: If the file or a record is malformed, or a name in `columns` is no field or not in the file.
    """
    for name in columns:
        if name not in FIELDS | {SCORES}:
            raise OutcomesError(
                f"--columns: {name!r} is no column. The columns: {', '.join(sorted(FIELDS | {SCORES}))}."
            )
    theirs = {their: ours for ours, their in columns.items()}
    for line, record in records(path):
        values = _named(path, line, record, columns, theirs, ignored)
        yield from _runs(path, line, values, by)


def _named(
    path: Path,
    line: int,
    record: Mapping[str, Any],
    columns: Mapping[str, str],
    theirs: Mapping[str, str],
    ignored: dict[str, None],
) -> dict[str, Any]:
    gone = [their for their in columns.values() if their not in record]
    if gone:
        raise OutcomesError(
            f"{path}:{line}: there is no {gone[0]!r}, which --columns names. There is: {', '.join(record)}."
        )
    values: dict[str, Any] = {}
    for name, value in record.items():
        ours = theirs.get(name) or (name if name not in columns else "")
        if ours == _QUESTION and "text" not in columns and "text" not in record:
            ours = "text"
        if ours in FIELDS or ours == SCORES:
            values[ours] = value
        else:
            ignored.setdefault(name)
    return values


def _runs(path: Path, line: int, values: dict[str, Any], by: str) -> Iterator[RawRun]:
    text = values.get("text")
    if values.get("task") in (None, "") and isinstance(text, str) and text:
        values["task"] = id_of_text(text)
    if values.get("task") in (None, ""):
        raise OutcomesError(
            f"{path}:{line}: field task: there is none, and no text either. Name the column: --columns task=THEIR_NAME."
        )
    scores = values.get(by)
    if not isinstance(scores, Mapping):
        values.pop(SCORES, None)
        if not values.get("agent") and not values.get("policy"):
            raise OutcomesError(
                f"{path}:{line}: field agent: there is none. Name the column (--columns agent=THEIR_NAME), or give "
                "wide records with `scores: {agent: score}`."
            )
        yield RawRun(line=line, values=values)
        return
    shared = {name: value for name, value in values.items() if name not in (*_BY_AGENT, SCORES)}
    for agent, value in scores.items():
        own = {name: _of_agent(path, line, name, values[name], agent) for name in _BY_AGENT if name in values}
        yield RawRun(
            line=line, values={**shared, **own, "agent": agent, **({"correct": value} if by == SCORES else {})}
        )


def _of_agent(path: Path, line: int, name: str, values: object, agent: str) -> Any:
    if not isinstance(values, Mapping) or agent not in values:
        raise OutcomesError(
            f"{path}:{line}: field {name}: has no value for agent {agent!r}. In a wide record it has one "
            "for each agent."
        )
    return values[agent]
