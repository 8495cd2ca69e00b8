"""Tables of outcomes as CSV, TSV, JSONL or JSON: long (a record for each run) or wide (a record for each task)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sale_inspect._errors import OutcomesError, UnpricedAgentError
from sale_inspect._files import write_file
from sale_inspect.outcomes._columns import COLUMNS
from sale_inspect.outcomes._layouts import RawRun, raw_runs
from sale_inspect.outcomes._prices import Pricing
from sale_inspect.outcomes._table import OutcomeRow, OutcomeTable
from sale_inspect.outcomes._values import cell

__all__ = ["Dollars", "TextRows", "read_dollars", "read_text_table", "write_text_table"]

Dollars = Mapping[tuple[str, str], float]
"""Dollars of a run by task id and agent."""

_DEFAULTED = {"kind": "agent", "epoch": 1, "simulated": False}
_SPENDING = ("dollars", "tokens", "input_tokens", "output_tokens", "basis", "price_date")
_NOT_A_FIELD = {"text_hash", "input_tokens", "output_tokens"}


@dataclass(frozen=True, kw_only=True, slots=True)
class TextRows:
    """The rows of a file, and the names in it that mean nothing to us."""

    rows: tuple[OutcomeRow, ...]
    notes: tuple[str, ...] = field(default=())


def read_text_table(
    path: Path,
    *,
    columns: Mapping[str, str] | None = None,
    pricing: Pricing | None = None,
    dollars: Dollars | None = None,
) -> TextRows:
    """Read a table from elsewhere.

    Long: each record is a run, with at least task (or text), agent, correct, and dollars or tokens. Wide: each
    record is a task with `question` (or text) and `scores: {agent: score}`, and maybe `dollars`, `tokens`, `seconds`
    or `answer` of the same form. A task without an id gets one from its text.

    Args:
        path: The file.
        columns: Names that the file has for our columns, for instance `{"task": "prompt_id"}`.
        pricing: How runs without dollars get them.
        dollars: Dollars from another file, for runs without their own.

    Raises:
        OutcomesError: If the file or a record is malformed; with file, line, field and remedy.
        UnpricedAgentError: If an agent without dollars has no price.
    """
    ignored: dict[str, None] = {}
    rows = []
    for raw_run in raw_runs(path, columns or {}, ignored):
        try:
            rows.append(_row(raw_run, path.name, pricing or Pricing(), dollars))
        except UnpricedAgentError:
            raise
        except OutcomesError as error:
            reason = str(error).rstrip(".")
            raise OutcomesError(f"{path}:{raw_run.line}: {reason[:1].lower() + reason[1:]}.") from error
    names = ", ".join(ignored)
    return TextRows(rows=tuple(rows), notes=(f"{path.name}: not used: {names}.",) if names else ())


def _row(raw_run: RawRun, log: str, pricing: Pricing, dollars: Dollars | None) -> OutcomeRow:
    values = {name: cell(name, value) for name, value in raw_run.values.items()}
    task, agent = values.get("task") or "", values.get("agent") or ""
    if dollars is not None and values.get("dollars") is None:
        if (task, agent) not in dollars:
            raise OutcomesError(
                f"field dollars: --dollars-from has none for agent {agent!r} on task {task!r}. Add them there"
            )
        values["dollars"] = dollars[task, agent]
    spent = pricing.spent(agent, values.get("text") or "", {name: values.get(name) for name in _SPENDING})
    values |= {"dollars": spent.dollars, "tokens": spent.tokens, "basis": spent.basis, "price_date": spent.price_date}
    if values.get("correct") is None:
        raise OutcomesError("field correct: it is empty. Give a score from 0 to 1, or leave the record out")
    for name, default in _DEFAULTED.items():
        values[name] = default if values.get(name) in (None, "") else values[name]
    values.setdefault("log", log)
    return OutcomeRow(**{name: value for name, value in values.items() if name not in _NOT_A_FIELD})


def read_dollars(path: Path, columns: Mapping[str, str] | None = None) -> dict[tuple[str, str], float]:
    """Dollars by task id and agent, from a long file (task, agent, dollars) or a wide one (`dollars: {agent: x}`).

    Raises:
        OutcomesError: If the file or a record is malformed, or a run's dollars come twice and differ.
    """
    dollars: dict[tuple[str, str], float] = {}
    for raw_run in raw_runs(path, columns or {}, {}, by="dollars"):
        where = f"{path}:{raw_run.line}"
        try:
            amount = cell("dollars", raw_run.values.get("dollars"))
            run = cell("task", raw_run.values.get("task")), cell("agent", raw_run.values.get("agent"))
        except OutcomesError as error:
            raise OutcomesError(f"{where}: {error}.") from error
        if amount is None or not all(run):
            raise OutcomesError(f"{where}: needs a task (or its text), an agent and dollars.")
        if dollars.setdefault(run, amount) != amount:
            raise OutcomesError(
                f"{where}: agent {run[1]!r} on task {run[0]!r} has {dollars[run]:g} and {amount:g} dollars."
            )
    return dollars


def write_text_table(table: OutcomeTable, path: Path) -> None:
    """Write the table as .csv, .tsv or .jsonl. Numbers keep all their digits; notes are not in the file.

    Raises:
        FileWriteError: If the file cannot be written.
        OutcomesError: If the suffix is another one.
    """
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in _plain(table))
    elif suffix in (".csv", ".tsv"):
        out = io.StringIO(newline="")
        # The writer quotes a lone carriage return only if its line ends have one.
        writer = csv.writer(out, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\r\n")
        writer.writerow([column.name for column in COLUMNS])
        writer.writerows([_csv_cell(value) for value in record.values()] for record in _plain(table))
        text = out.getvalue()
    else:
        raise OutcomesError(f"{path}: tables of outcomes are written as .parquet, .csv, .tsv or .jsonl.")
    write_file(path, text)


def _plain(table: OutcomeTable) -> Iterator[dict[str, Any]]:
    for row in table.rows:
        yield {column.name: getattr(row, column.name) for column in COLUMNS}


def _csv_cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)
