"""Long and wide records of tables from elsewhere, as raw_runs of rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._columns import COLUMNS
from sale_inspect.outcomes._records import records
from sale_inspect.outcomes._where import Condition
from sale_inspect.texts import id_of_text

__all__ = ["FIELDS", "SCORES", "Form", "RawRun", "Tally", "ours", "raw_runs"]

FIELDS = {column.name for column in COLUMNS} | {"input_tokens", "output_tokens"}
"""What a record may say."""

SCORES = "scores"
"""Field of a wide record: scores by agent."""

_BY_AGENT = ("dollars", "tokens", "input_tokens", "output_tokens", "seconds", "answer")
_QUESTION = "question"
_ABSENT = object()


@dataclass(frozen=True, kw_only=True, slots=True)
class Form:
    """How a file is to be read.

    Attributes:
        columns: Names that it has for our fields; `a.b` for a field inside another.
        where: What a record must have to count; all must hold.
        agent: The agent of every record, for a file whose records name none; empty if they do.

    Raises:
        OutcomesError: If a name in `columns` is no field.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    where: tuple[Condition, ...] = ()
    agent: str = ""

    def __post_init__(self) -> None:
        for name in self.columns:
            if name not in FIELDS | {SCORES}:
                raise OutcomesError(
                    f"--columns: {name!r} is no column. The columns: {', '.join(sorted(FIELDS | {SCORES}))}."
                )


class Tally:
    """What was seen in a file but gave no row.

    Attributes:
        unused: Names in the file that mean nothing to us, in the order in which they came.
        records: Records in the file.
        left_out: Those that `Form.where` leaves out.
        seen: Conditions whose field some record had.
        plans: By the names of a record, the file's name of each of our fields that lies in no other one.
    """

    def __init__(self) -> None:
        self.unused: dict[str, None] = {}
        self.records = 0
        self.left_out = 0
        self.seen: set[Condition] = set()
        self.plans: dict[tuple[str, ...], dict[str, str]] = {}

    def notes(self, path: Path, form: Form) -> tuple[str, ...]:
        """One sentence for each thing.

        Raises:
            OutcomesError: If a condition's field is in no record, or no record is left.
        """
        for each in form.where:
            if each not in self.seen and self.records:
                raise OutcomesError(
                    f"{path}: --where {each}: no record has a field {each.field!r}. Name one of the file's."
                )
        said = " ".join(f"--where {each}" for each in form.where)
        if self.records and self.left_out == self.records:
            raise OutcomesError(f"{path}: none of {self.records} records has {said}. Give a value that the file has.")
        notes = []
        if self.unused:
            notes.append(f"{path.name}: not used: {', '.join(self.unused)}.")
        if form.where:
            notes.append(f"{path.name}: {self.left_out} of {self.records} records are left out by {said}.")
        return tuple(notes)


class RawRun(NamedTuple):
    """One run as the file has it: values by field, not yet read, and the line on which its record begins."""

    line: int
    values: Mapping[str, Any]


def raw_runs(path: Path, form: Form, tally: Tally, by: str = SCORES) -> Iterator[RawRun]:
    """The runs in a file, record by record.

    Args:
        path: The file.
        form: How to read it.
        tally: Is told what gave no row.
        by: What makes a record wide: that this field maps agents to values.

    Raises:
        OutcomesError: If the file or a record is malformed, or a name in `form.columns` is not in the file.
    """
    for line, record in records(path):
        tally.records += 1
        if _counts(record, form, tally):
            yield from _runs(path, line, _named(path, line, record, form, tally), by, form.agent)
        else:
            tally.left_out += 1


def _counts(record: Mapping[str, Any], form: Form, tally: Tally) -> bool:
    holds = True
    for each in form.where:
        value = _at(record, each.field)
        if value is not _ABSENT:
            tally.seen.add(each)
        holds = holds and each.holds(None if value is _ABSENT else value)
    return holds


def _at(record: Mapping[str, Any], name: str) -> Any:
    """The value of a field, or of `a.b` inside it; a field that is called `a.b` comes first."""
    if name in record:
        return record[name]
    value: Any = record
    for part in name.split("."):
        if not isinstance(value, Mapping) or part not in value:
            return _ABSENT
        value = value[part]
    return value


def ours(name: str, columns: Mapping[str, str], has_text: bool) -> str:
    """Our name for a field of a file, empty if it means nothing to us.

    Args:
        name: The file's name.
        columns: Names that the file has for our fields.
        has_text: Whether the file has a text under that name or another one, so that a question is none.
    """
    for mine, theirs in columns.items():
        if theirs == name:
            return mine
    if name in columns:
        return ""
    if name == _QUESTION and not has_text:
        return "text"
    return name if name in FIELDS or name == SCORES else ""


def _named(path: Path, line: int, record: Mapping[str, Any], form: Form, tally: Tally) -> dict[str, Any]:
    keys = tuple(record)
    plan = tally.plans.get(keys)
    if plan is None:
        # Most records of a file have the same names.
        plan = tally.plans[keys] = _plan(record, form, tally)
    values = {mine: record[theirs] for mine, theirs in plan.items()}
    for mine, theirs in form.columns.items():
        if mine in plan:
            continue
        value = _at(record, theirs)
        if value is _ABSENT:
            raise OutcomesError(
                f"{path}:{line}: there is no {theirs!r}, which --columns names. There is: {', '.join(record)}."
            )
        values[mine] = value
    return values


def _plan(record: Mapping[str, Any], form: Form, tally: Tally) -> dict[str, str]:
    """The record's name of each of our fields that lies in no other one."""
    plan = {mine: theirs for mine, theirs in form.columns.items() if theirs in record}
    inside = {theirs if theirs in record else theirs.partition(".")[0] for theirs in form.columns.values()}
    has_text = "text" in form.columns or "text" in record
    for name in record:
        if name in inside:
            continue
        mine = ours(name, form.columns, has_text)
        if mine:
            plan[mine] = name
        else:
            tally.unused.setdefault(name)
    return plan


def _runs(path: Path, line: int, values: dict[str, Any], by: str, agent_of_file: str) -> Iterator[RawRun]:
    text = values.get("text")
    if values.get("task") in (None, "") and isinstance(text, str) and text:
        values["task"] = id_of_text(text)
    if values.get("task") in (None, ""):
        raise OutcomesError(
            f"{path}:{line}: field task: there is none, and no text either. Name the column: --columns task=THEIR_NAME."
        )
    scores = values.get(by)
    if agent_of_file:
        if values.get("agent") or values.get("policy") or isinstance(scores, Mapping):
            raise OutcomesError(
                f"{path}:{line}: field agent: the record names who ran, and {agent_of_file}={path.name} does too. "
                "Give the file without a name; --rename gives agents other names."
            )
        values["agent"] = agent_of_file
    if not isinstance(scores, Mapping):
        values.pop(SCORES, None)
        if not values.get("agent") and not values.get("policy"):
            raise OutcomesError(
                f"{path}:{line}: field agent: there is none. Name the column (--columns agent=THEIR_NAME), name the "
                f"agent of the whole file (NAME={path.name}), or give wide records with `scores: {{agent: score}}`."
            )
        yield RawRun(line=line, values=values)
        return
    shared = {name: value for name, value in values.items() if name not in (*_BY_AGENT, SCORES)}
    for agent, value in scores.items():
        own = {name: _of_agent(path, line, name, values[name], agent) for name in _BY_AGENT if name in values}
        score = {"correct": value} if by == SCORES else {}
        yield RawRun(line=line, values={**shared, **own, "agent": agent, **score})


def _of_agent(path: Path, line: int, name: str, values: object, agent: str) -> Any:
    if not isinstance(values, Mapping) or agent not in values:
        raise OutcomesError(
            f"{path}:{line}: field {name}: has no value for agent {agent!r}. In a wide record it has one "
            "for each agent."
        )
    return values[agent]
