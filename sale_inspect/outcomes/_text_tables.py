"""Tables of outcomes as CSV, TSV, JSONL or JSON: long (a record for each run) or wide (a record for each task)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sale_inspect._errors import OutcomesError, SaleError, UnpricedAgentError
from sale_inspect._files import write_file
from sale_inspect.outcomes._columns import COLUMNS
from sale_inspect.outcomes._csv import Irregular, csv_batches
from sale_inspect.outcomes._layouts import Form, RawRun, Tally, raw_runs
from sale_inspect.outcomes._spending import Known, Pricing
from sale_inspect.outcomes._table import BadRow, OutcomeTable, checked, stacked, text_column
from sale_inspect.outcomes._values import cell, cells
from sale_inspect.texts import csv_cell

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Dollars", "read_dollars", "read_text_table", "write_text_table"]

Dollars = Mapping[tuple[str, str], float]
"""Dollars of a run by task id and agent."""

_STORED = tuple(column for column in COLUMNS if column.name != "text_hash")
_NOT_EMPTY = {"kind": "agent", "basis": "recorded"}
_LONG = {"text", "answer"}
_RECORDS = 20_000
_DOLLARS_FROM, _SPENT, _SCORE, _RANGE = 100, 101, 102, 103


def read_text_table(
    path: Path,
    *,
    form: Form | None = None,
    pricing: Pricing | None = None,
    dollars: Dollars | None = None,
) -> OutcomeTable:
    """Read a table from elsewhere; its rows are in the order of the file.

    Long: each record is a run, with at least task (or text), agent, correct, and dollars or tokens. Wide: each
    record is a task with `question` (or text) and `scores: {agent: score}`, and maybe `dollars`, `tokens`, `seconds`
    or `answer` of the same form. A task without an id gets one from its text.

    Args:
        path: The file.
        form: How to read it: names of columns, records that count, the agent of the whole file.
        pricing: How runs without dollars get them.
        dollars: Dollars from another file, for runs without their own.

    Raises:
        OutcomesError: If the file or a record is malformed; with file, line, field and remedy.
        UnpricedAgentError: If an agent without dollars has no price.
    """
    form, pricing = form or Form(), pricing or Pricing()
    if path.suffix.lower() in (".csv", ".tsv"):
        tally = Tally()
        try:
            batches = [_table(each, path.name, pricing, dollars) for each in csv_batches(path, form, tally)]
            return stacked(batches).with_notes(tally.notes(path, form))
        except (Irregular, OutcomesError, UnpricedAgentError):
            # What is irregular or to be refused is read again, record by record, which knows the line of each.
            pass
    tally = Tally()
    parts = []
    for part in _parts(raw_runs(path, form, tally)):
        try:
            parts.append(_table(_as_columns(part), path.name, pricing, dollars))
        except UnpricedAgentError:
            raise
        except BadRow as error:
            said = str(error).rstrip(".")
            raise OutcomesError(f"{path}:{part[error.row].line}: {said[:1].lower() + said[1:]}.") from error
    return stacked(parts).with_notes(tally.notes(path, form))


def _parts(records: Iterator[RawRun]) -> Iterator[list[RawRun]]:
    """The records, some at a time. Those before a malformed one come first: they may have faults."""
    while True:
        part: list[RawRun] = []
        try:
            for raw_run in records:
                part.append(raw_run)
                if len(part) == _RECORDS:
                    break
        except OutcomesError:
            if part:
                yield part
            raise
        if not part:
            return
        yield part


def _as_columns(part: Sequence[RawRun]) -> dict[str, list[Any]]:
    names = dict.fromkeys(name for raw_run in part for name in raw_run.values)
    return {name: [raw_run.values.get(name) for raw_run in part] for name in names}


def _table(
    columns: Mapping[str, pa.Array | list[Any]], log: str, pricing: Pricing, dollars: Dollars | None
) -> OutcomeTable:
    """Rows from the cells of a file.

    Raises:
        BadRow: At the first row that cannot be read.
        UnpricedAgentError: If that row's agent has no price.
    """
    rows = len(next(iter(columns.values())))
    faults: list[tuple[int, int, SaleError]] = []
    read: dict[str, pa.Array] = {}
    for place, (name, raw) in enumerate(columns.items()):
        if name == "text_hash":
            continue
        if name == "log" and isinstance(raw, list):
            raw = [log if value is None else value for value in raw]
        one = cells(name, raw)
        read[name] = one.values
        if one.bad is not None and one.error is not None:
            faults.append((one.bad, place, one.error))
    made = _filled(read, rows, log)
    _price(made, read, pricing, dollars, faults)
    empty = np.isnan(_numbers(made["correct"]))
    if empty.any():
        said = "field correct: it is empty. Give a score from 0 to 1, or leave the record out"
        faults.append((int(empty.argmax()), _SCORE, OutcomesError(said)))
    stop = min(faults, key=lambda fault: fault[:2], default=None)
    if stop is not None:
        _check_before(made, stop[0])
        if isinstance(stop[2], UnpricedAgentError):
            raise stop[2]
        raise BadRow(stop[0], str(stop[2]))
    return checked(made)


def _check_before(made: Mapping[str, pa.Array], row: int) -> None:
    """Raise what a row before the one with another fault has, so that the first row in the file is named."""
    checked({name: array.slice(0, row) for name, array in made.items()})


def _filled(read: Mapping[str, pa.Array], rows: int, log: str) -> dict[str, pa.Array]:
    """All columns of a table; those that the file lacks have the value of no cell."""
    import pyarrow as pa
    import pyarrow.compute as pc

    made: dict[str, pa.Array] = {}
    for column in _STORED:
        array = read.get(column.name)
        if column.type == "text":
            default = log if column.name == "log" else _NOT_EMPTY.get(column.name, "")
            if array is None:
                array = text_column(np.zeros(rows, dtype=np.int64), [default])
            elif column.name in _NOT_EMPTY:
                codes, values = array.indices.to_numpy(zero_copy_only=False), array.dictionary.to_pylist()
                array = text_column(codes, [value or default for value in values])
        elif array is None:
            type_ = {"number": pa.float64(), "whole": pa.int64(), "yes/no": pa.bool_()}[column.type]
            array = pa.nulls(rows, type_)
        made[column.name] = array
    made["epoch"] = pc.fill_null(made["epoch"], 1)
    made["simulated"] = pc.fill_null(made["simulated"], False)
    return made


def _price(
    made: dict[str, pa.Array],
    read: Mapping[str, pa.Array],
    pricing: Pricing,
    dollars: Dollars | None,
    faults: list[tuple[int, int, SaleError]],
) -> None:
    """Fill in dollars, tokens, basis and date of the prices."""
    import pyarrow as pa

    rows = len(made["task"])
    agents, agent_names = _codes(made["agent"])
    spent_dollars = _numbers(made["dollars"])
    if dollars is not None:
        tasks, task_names = _codes(made["task"])
        spent_dollars = spent_dollars.copy()
        for row in np.flatnonzero(np.isnan(spent_dollars)).tolist():
            run = task_names[tasks[row]], agent_names[agents[row]]
            if run not in dollars:
                said = f"field dollars: --dollars-from has none for agent {run[1]!r} on task {run[0]!r}. Add them there"
                faults.append((row, _DOLLARS_FROM, OutcomesError(said)))
                break
            spent_dollars[row] = dollars[run]
    unknown = np.full(rows, np.nan)
    texts, task_texts = _codes(made["text"])
    spent = pricing.spent(
        Known(
            agents=agents, agent_names=agent_names, texts=texts, task_texts=task_texts, dollars=spent_dollars,
            tokens=_numbers(made["tokens"]),
            input_tokens=_numbers(read["input_tokens"]) if "input_tokens" in read else unknown,
            output_tokens=_numbers(read["output_tokens"]) if "output_tokens" in read else unknown,
        )
    )  # fmt: skip
    if spent.bad is not None and spent.error is not None:
        faults.append((spent.bad, _SPENT, spent.error))
    made["dollars"] = pa.array(spent.dollars, pa.float64(), from_pandas=True)
    made["tokens"] = pa.array(spent.tokens, pa.float64(), from_pandas=True)
    if spent.priced.any():
        codes, values = _codes(made["basis"])
        priced = np.where(spent.estimated, len(values), len(values) + 1)
        made["basis"] = text_column(np.where(spent.priced, priced, codes), [*values, "estimated", "recorded"])
        codes, values = _codes(made["price_date"])
        made["price_date"] = text_column(
            np.where(spent.priced, agents + len(values), codes), [*values, *spent.price_dates]
        )


def _codes(column: pa.Array) -> tuple[np.ndarray[tuple[int], np.dtype[np.int64]], list[str]]:
    return column.indices.to_numpy(zero_copy_only=False).astype(np.int64), column.dictionary.to_pylist()


def _numbers(column: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    numbers: np.ndarray[tuple[int], np.dtype[np.float64]] = column.to_numpy(zero_copy_only=False).astype(np.float64)
    return numbers


def read_dollars(path: Path, columns: Mapping[str, str] | None = None) -> dict[tuple[str, str], float]:
    """Dollars by task id and agent, from a long file (task, agent, dollars) or a wide one (`dollars: {agent: x}`).

    Raises:
        OutcomesError: If the file or a record is malformed, or a run's dollars come twice and differ.
    """
    found: dict[tuple[str, str], float] = {}
    for raw_run in raw_runs(path, Form(columns=columns or {}), Tally(), by="dollars"):
        where = f"{path}:{raw_run.line}"
        try:
            amount = cell("dollars", raw_run.values.get("dollars"))
            run = cell("task", raw_run.values.get("task")), cell("agent", raw_run.values.get("agent"))
        except OutcomesError as error:
            raise OutcomesError(f"{where}: {error}.") from error
        if amount is None or not all(run):
            raise OutcomesError(f"{where}: needs a task (or its text), an agent and dollars.")
        if found.setdefault(run, amount) != amount:
            raise OutcomesError(
                f"{where}: agent {run[1]!r} on task {run[0]!r} has {found[run]:g} and {amount:g} dollars."
            )
    return found


def write_text_table(table: OutcomeTable, path: Path) -> None:
    r"""Write the table as .csv, .tsv or .jsonl. Numbers keep all their digits; notes are not in the file.

    In CSV and TSV a cell that a spreadsheet would compute has a `'` before it, and characters that cannot be seen
    are written as `\u202e`; line ends of texts and answers stay. Reading such a file gives the texts as they were.

    Raises:
        FileWriteError: If the file cannot be written.
        OutcomesError: If the suffix is another one.
    """
    suffix = path.suffix.lower()
    if suffix in (".jsonl", ".ndjson"):
        text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in _plain(table))
    elif suffix in (".csv", ".tsv"):
        out = io.StringIO(newline="")
        writer = csv.writer(out, delimiter="\t" if suffix == ".tsv" else ",", lineterminator="\r\n")
        writer.writerow([column.name for column in COLUMNS])
        writer.writerows([_csv_cell(name, value) for name, value in record.items()] for record in _plain(table))
        text = out.getvalue()
    else:
        raise OutcomesError(f"{path}: tables of outcomes are written as .parquet, .csv, .tsv or .jsonl.")
    write_file(path, text)


def _plain(table: OutcomeTable) -> Iterator[dict[str, Any]]:
    for row in table.rows:
        yield {column.name: getattr(row, column.name) for column in COLUMNS}


def _csv_cell(name: str, value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return csv_cell(value, keep="\n\t" if name in _LONG else "")
    return "" if value is None else str(value)
