"""One table of what agents did, from logs and from tables of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sale_inspect._errors import OutcomesError
from sale_inspect._work._logs import ComparedLogsRequest, read_logs, set_options
from sale_inspect._work._places import Places, listed
from sale_inspect._work._progress import Progress, silent
from sale_inspect.outcomes import (
    ANSWER_CAP,
    Dollars,
    OutcomeRow,
    OutcomeTable,
    Pricing,
    cap_answer,
    is_table_file,
    join,
    read_dollars,
    read_price_list,
    read_text_table,
    write_outcomes,
)
from sale_inspect.outcomes import read_outcomes as read_outcomes_file
from sale_inspect.runs import left_out_notes, outcome_rows

__all__ = ["OutcomesRequest", "read_outcomes"]

_OF_TABLES_TOO = ("--prices", "--on-duplicate", "--common-tasks")


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomesRequest(ComparedLogsRequest):
    """How logs and tables become one table of outcomes.

    Attributes:
        answers: Whether to keep answers, which cascades need.
        answer_cap: Longest answer to keep, characters.
        columns: Tables: their names of our columns, for instance `{"task": "prompt_id"}`.
        dollars_from: Tables: another table with the dollars, by task and agent.
        output_tokens: Tables without dollars and tokens: output tokens of a run to assume, by agent; "" for all
            others. Such dollars are marked as estimated.
    """

    answers: bool = False
    answer_cap: int = ANSWER_CAP
    columns: Mapping[str, str] = field(default_factory=dict)
    dollars_from: Path | None = None
    output_tokens: Mapping[str, float] = field(default_factory=dict)


def read_outcomes(
    places: Places,
    request: OutcomesRequest | None = None,
    file: str | Path | None = None,
    *,
    progress: Progress = silent,
) -> OutcomeTable:
    """Gather what agents did on tasks in one table, which `train_router` and `replay` read.

        table = sale_inspect.read_outcomes("logs", file="outcomes.parquet")
        print(len(table), "rows", *table.notes)

    Args:
        places: Evaluation logs of Inspect, folders of them, and tables from elsewhere (.csv, .tsv, .jsonl, .json,
            .parquet).
        request: How they become one table.
        file: Where to write it: .parquet, .csv, .tsv or .jsonl; None to write nothing.
        progress: Is told what is being done.

    Raises:
        OutcomesError: If rows do not line up, a table cannot be read, or an option is for tables or logs and none is
            given.
        LogError: If a place holds no log, a log cannot be read, a choice must be made, or logs do not line up.
        UnpricedAgentError: If a run has neither dollars nor a price.
    """
    request = request or OutcomesRequest()
    names = listed(places)
    tables = [Path(name) for name in names if Path(name).is_file() and is_table_file(Path(name))]
    logs = [name for name in names if Path(name) not in tables]
    if not tables and (request.columns or request.output_tokens or request.dollars_from is not None):
        raise OutcomesError("--columns, --dollars-from and --output-tokens are for tables, and none is given.")
    if not logs and (flags := [flag for flag in set_options(request) if flag not in _OF_TABLES_TOO]):
        raise OutcomesError(f"{', '.join(flags)} is for logs, and none is given.")
    rows: list[OutcomeRow] = []
    notes: list[str] = []
    if logs:
        runs = read_logs(logs, request, line_up=True, progress=progress)
        rows += outcome_rows(runs, answers=request.answers, answer_cap=request.answer_cap)
        notes += [*left_out_notes(runs.left_out), *runs.notes, *runs.health]
    if tables:
        prices = None if request.prices is None else read_price_list(request.prices)
        pricing = Pricing(prices=prices, output_tokens=dict(request.output_tokens))
        of_tables = _from_tables(tables, request, pricing, progress)
        rows += of_tables.rows
        notes += of_tables.notes
    table = join(rows, notes=notes, on_duplicate=request.on_duplicate, allow_missing=request.common_tasks)
    if file is not None:
        write_outcomes(table, Path(file))
    return table


@dataclass(frozen=True, kw_only=True, slots=True)
class _TableRows:
    rows: Sequence[OutcomeRow] = ()
    notes: Sequence[str] = ()


def _from_tables(paths: Sequence[Path], request: OutcomesRequest, pricing: Pricing, progress: Progress) -> _TableRows:
    """Rows of tables, in the order in which they are given."""
    dollars = None if request.dollars_from is None else read_dollars(request.dollars_from)
    rows: list[OutcomeRow] = []
    notes: list[str] = []
    for number, path in enumerate(paths):
        progress("reading tables", number, len(paths))
        its_rows, its_notes = _table_rows(path, request.columns, pricing, dollars)
        rows += _with_answers(its_rows, request)
        notes += its_notes
    return _TableRows(rows=rows, notes=notes)


def _table_rows(
    path: Path, columns: Mapping[str, str], pricing: Pricing, dollars: Dollars | None
) -> tuple[tuple[OutcomeRow, ...], tuple[str, ...]]:
    if path.suffix.lower() == ".parquet":
        table = read_outcomes_file(path)
        return table.rows, table.notes
    read = read_text_table(path, columns=columns, pricing=pricing, dollars=dollars)
    return read.rows, read.notes


def _with_answers(rows: Iterable[OutcomeRow], request: OutcomesRequest) -> list[OutcomeRow]:
    if not request.answers:
        return [replace(row, answer="") if row.answer else row for row in rows]
    return [replace(row, answer=cap_answer(row.answer, request.answer_cap)) for row in rows]
