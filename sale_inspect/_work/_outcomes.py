"""One table of what agents did, from logs and from tables of others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sale_inspect._errors import OutcomesError
from sale_inspect._inspect.logs import LogOptions, TaskIds, read_outcome_logs
from sale_inspect._work._places import Places, listed
from sale_inspect._work._progress import Progress, silent
from sale_inspect.outcomes import (
    ANSWER_CAP,
    Dollars,
    OnDuplicate,
    OutcomeRow,
    OutcomeTable,
    Pricing,
    RunLeftOut,
    cap_answer,
    is_table_file,
    join,
    read_dollars,
    read_price_list,
    read_text_table,
    write_outcomes,
)
from sale_inspect.outcomes import read_outcomes as read_outcomes_file

__all__ = ["OutcomesRequest", "read_outcomes"]


@dataclass(frozen=True, kw_only=True, slots=True)
class OutcomesRequest:
    """How logs and tables become one table of outcomes.

    Attributes:
        scores: Scores that say what is correct, `NAME` or `NAME.KEY`; the first that a sample has counts. Empty:
            `pass_and_cost`, the task's headline score, or the only one.
        agent_from: What names an agent: `model`, `solver`, `task_arg:NAME`, `solver_arg:NAME` or `metadata:NAME`.
            Empty: the agent of `single`, else the model.
        policy_from: What tells runs of one policy apart; it is added to the name. Empty: nothing.
        task_ids: `sample`: a task's id is the sample's; `qualified`: after the name of the Inspect task.
        prices: Prices of models for runs without dollars: a YAML file or a packaged pool.
        answers: Whether to keep answers, which cascades need.
        answer_cap: Longest answer to keep, characters.
        on_duplicate: The same agent, task and epoch in two runs: `error`, `last` (the later one) or `mean`.
        allow_missing: Keep the tasks that every agent has, and say what was left out.
        columns: Tables: their names of our columns, for instance `{"task": "prompt_id"}`.
        dollars_from: Tables: another table with the dollars, by task and agent.
        output_tokens: Tables without dollars and tokens: output tokens of a run to assume, by agent; "" for all
            others. Such dollars are marked as estimated.
    """

    scores: tuple[str, ...] = ()
    agent_from: str = ""
    policy_from: str = ""
    task_ids: TaskIds = "sample"
    prices: str | None = None
    answers: bool = False
    answer_cap: int = ANSWER_CAP
    on_duplicate: OnDuplicate = "error"
    allow_missing: bool = False
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
        OutcomesError: If rows do not line up, a table cannot be read, or an option is for tables and none is given.
        LogError: If a place holds no log, or a log cannot be read.
        UnpricedAgentError: If a run has neither dollars nor a price.
    """
    request = request or OutcomesRequest()
    names = listed(places)
    tables = [Path(name) for name in names if Path(name).is_file() and is_table_file(Path(name))]
    logs = [name for name in names if Path(name) not in tables]
    if not tables and (request.columns or request.output_tokens or request.dollars_from is not None):
        raise OutcomesError("--columns, --dollars-from and --output-tokens are for tables, and none is given.")
    of_logs, of_tables = _LogRows(), _TableRows()
    prices = None if request.prices is None else read_price_list(request.prices)
    if logs:
        options = LogOptions(
            scores=request.scores,
            agent_from=request.agent_from,
            policy_from=request.policy_from,
            task_ids=request.task_ids,
            prices=prices,
            answers=request.answers,
            answer_cap=request.answer_cap,
        )
        of_logs = _from_logs(logs, options, progress)
    if tables:
        pricing = Pricing(prices=prices, output_tokens=dict(request.output_tokens))
        of_tables = _from_tables(tables, request, pricing, progress)
    table = join(
        (*of_logs.rows, *of_tables.rows),
        left_out=of_logs.left_out,
        faults=of_logs.faults,
        notes=of_tables.notes,
        on_duplicate=request.on_duplicate,
        allow_missing=request.allow_missing,
    )
    if file is not None:
        write_outcomes(table, Path(file))
    return table


@dataclass(frozen=True, kw_only=True, slots=True)
class _LogRows:
    rows: Sequence[OutcomeRow] = ()
    left_out: Sequence[RunLeftOut] = ()
    faults: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class _TableRows:
    rows: Sequence[OutcomeRow] = ()
    notes: Sequence[str] = ()


def _from_logs(logs: Sequence[str], options: LogOptions, progress: Progress) -> _LogRows:
    """Rows of logs, by the age of the logs."""
    progress("reading logs", 0, None)
    read = read_outcome_logs(logs, options, lambda done, total: progress("reading logs", done, total))
    return _LogRows(rows=read.rows, left_out=read.left_out, faults=read.faults)


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
