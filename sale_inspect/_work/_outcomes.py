"""One table of what agents did, from logs and from tables of others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sale_inspect._errors import OutcomesError
from sale_inspect._inspect.serving import is_served_log, read_served
from sale_inspect._work._logs import ComparedLogsRequest, read_logs, set_options
from sale_inspect._work._places import Places, listed
from sale_inspect._work._progress import Progress, silent
from sale_inspect.outcomes import (
    ANSWER_CAP,
    Condition,
    Form,
    OutcomeTable,
    Pricing,
    condition,
    in_pool,
    is_table_file,
    join,
    kept,
    read_dollars,
    read_price_list,
    read_text_table,
    renamed,
    stacked,
    table_of,
    write_outcomes,
)
from sale_inspect.outcomes import read_outcomes as read_outcomes_file
from sale_inspect.pools import load_pool
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
        where: Tables: what a record must have to count, `FIELD=VALUE` or `FIELD!=VALUE`; all must hold.
        rename: Other names of agents and policies, by those of the logs and tables.
        pool: A pool of the same models, by file or packaged name: agents get its names, by name or model string.
    """

    answers: bool = False
    answer_cap: int = ANSWER_CAP
    columns: Mapping[str, str] = field(default_factory=dict)
    dollars_from: Path | None = None
    output_tokens: Mapping[str, float] = field(default_factory=dict)
    where: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)
    pool: str | None = None


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
            .parquet). A table of one agent may be given as `NAME=FILE`, if its records name nobody.
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
    tables, logs = _apart(listed(places))
    if not tables and (request.columns or request.output_tokens or request.where or request.dollars_from is not None):
        raise OutcomesError("--columns, --where, --dollars-from and --output-tokens are for tables, and none is given.")
    if not logs and (flags := [flag for flag in set_options(request) if flag not in _OF_TABLES_TOO]):
        raise OutcomesError(f"{', '.join(flags)} is for logs, and none is given.")
    parts: list[OutcomeTable] = []
    if logs:
        runs = read_logs(logs, request, line_up=True, progress=progress)
        rows = outcome_rows(runs, answers=request.answers, answer_cap=request.answer_cap)
        parts.append(table_of(rows, [*left_out_notes(runs.left_out), *runs.notes, *runs.health]))
    if tables:
        prices = None if request.prices is None else read_price_list(request.prices)
        pricing = Pricing(prices=prices, output_tokens=dict(request.output_tokens))
        parts += _from_tables(tables, request, pricing, progress)
    table = join(
        renamed(stacked(parts), request.rename),
        on_duplicate=request.on_duplicate,
        allow_missing=request.common_tasks,
    )
    if request.pool is not None:
        table = in_pool(table, load_pool(request.pool)).in_order()
    if file is not None:
        write_outcomes(table, Path(file))
    return table


def _apart(places: Sequence[str]) -> tuple[list[tuple[str, Path]], list[str]]:
    """The tables, each with the name of its agent if it was given as NAME=FILE, and the logs."""
    tables: list[tuple[str, Path]] = []
    logs: list[str] = []
    for place in places:
        name, mark, rest = place.partition("=")
        agent, path = ("", Path(place)) if not mark or Path(place).exists() else (name.strip(), Path(rest))
        if path.is_file() and is_table_file(path):
            tables.append((agent, path))
        else:
            logs.append(place)
    return tables, logs


def _from_tables(
    paths: Sequence[tuple[str, Path]], request: OutcomesRequest, pricing: Pricing, progress: Progress
) -> list[OutcomeTable]:
    """Tables, in the order in which they are given."""
    dollars = None if request.dollars_from is None else read_dollars(request.dollars_from)
    where = tuple(condition(each) for each in request.where)
    tables = []
    for number, (agent, path) in enumerate(paths):
        progress("reading tables", number, len(paths))
        if path.suffix.lower() == ".parquet":
            table = _of_ours(path, agent, where)
        elif is_served_log(path):
            table = read_served(path)
        else:
            form = Form(columns=request.columns, where=where, agent=agent)
            table = read_text_table(path, form=form, pricing=pricing, dollars=dollars)
        tables.append(table.with_answers(request.answer_cap if request.answers else None))
    return tables


def _of_ours(path: Path, agent: str, where: Sequence[Condition]) -> OutcomeTable:
    if agent:
        raise OutcomesError(f"{agent}={path}: a table of outcomes names its agents. --rename gives them other names.")
    table = read_outcomes_file(path)
    if not where:
        return table
    part, gone = kept(table, where)
    said = " ".join(f"--where {each}" for each in where)
    return part.with_notes([*table.notes, f"{path.name}: {gone} of {len(table)} rows are left out by {said}."])
