"""`sale-inspect outcomes`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console
from rich.progress import Progress

from sale_inspect._cli._draw import draw_table
from sale_inspect._edge import clean_errors
from sale_inspect._errors import OutcomesError
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
    outcomes_summary,
    read_dollars,
    read_outcomes,
    read_price_list,
    read_text_table,
    write_outcomes,
)

if TYPE_CHECKING:
    from sale_inspect._inspect.logs import LogOptions, TaskIds

__all__ = ["outcomes"]

_SUFFIXES = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson")
_LEAST_CAP = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class _TableOptions:
    """How tables from elsewhere become rows."""

    columns: dict[str, str]
    pricing: Pricing
    dollars: Dollars | None


@dataclass(kw_only=True, slots=True)
class _Read:
    """What all inputs hold."""

    rows: list[OutcomeRow]
    left_out: Sequence[RunLeftOut] = ()
    faults: Sequence[str] = ()
    notes: list[str]


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="LOGS...")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the table: .parquet, .csv, .tsv or .jsonl. Without it, only the summary is shown.",
)  # fmt: skip
@click.option(
    "--score", "scores", multiple=True, metavar="NAME",
    help="Score that says what is correct; NAME.KEY for one that is a dictionary. May be repeated: the first that a "
    "sample has counts. Default: pass_and_cost, the task's headline score, or the only one.",
)  # fmt: skip
@click.option(
    "--agent-from", default="", metavar="SOURCE",
    help="What names an agent: model, solver, task_arg:NAME, solver_arg:NAME or metadata:NAME. Default: the agent of "
    "sale_inspect/single, else the model.",
)  # fmt: skip
@click.option(
    "--policy-from", default="", metavar="SOURCE",
    help="What tells runs of SALE or of one router apart, for instance solver_arg:knob; it is added to the name.",
)  # fmt: skip
@click.option(
    "--task-ids", type=click.Choice(["sample", "qualified"]), default="sample", show_default=True,
    help="qualified: put the name of the Inspect task before the sample's id.",
)  # fmt: skip
@click.option(
    "--prices", metavar="FILE",
    help="Prices for runs without dollars: a pool, or YAML of model: {input, output} in dollars per million tokens.",
)  # fmt: skip
@click.option("--answers", is_flag=True, help="Keep the answers too; cascades need them.")
@click.option(
    "--answer-cap", type=click.IntRange(min=_LEAST_CAP), default=ANSWER_CAP, show_default=True,
    help="Longest answer to keep, characters; longer ones are cut in their middle.",
)  # fmt: skip
@click.option(
    "--on-duplicate", type=click.Choice(["error", "last", "mean"]), default="error", show_default=True,
    help="The same agent, task and epoch in two runs: refuse, keep the later one, or average.",
)  # fmt: skip
@click.option("--allow-missing", is_flag=True, help="Keep the tasks that every agent has, and say what was left out.")
@click.option(
    "--columns", multiple=True, metavar="OURS=THEIRS,...",
    help="Tables: names that they have for our columns, for instance task=prompt_id,agent=model.",
)  # fmt: skip
@click.option(
    "--dollars-from", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Tables: another table with the dollars, by task and agent.",
)  # fmt: skip
@click.option(
    "--output-tokens", multiple=True, metavar="[AGENT=]N",
    help="Tables without dollars and tokens: output tokens of a run to assume. Its dollars are marked as estimated.",
)  # fmt: skip
def outcomes(
    inputs: tuple[str, ...],
    output: Path | None,
    scores: tuple[str, ...],
    agent_from: str,
    policy_from: str,
    task_ids: TaskIds,
    prices: str | None,
    answers: bool,
    answer_cap: int,
    on_duplicate: OnDuplicate,
    allow_missing: bool,
    columns: tuple[str, ...],
    dollars_from: Path | None,
    output_tokens: tuple[str, ...],
) -> None:
    """Gather what agents did on tasks in one table, which `train` and `replay` read.

    LOGS are evaluation logs of Inspect, ours or not, folders of them, and tables from elsewhere (.csv, .tsv, .jsonl,
    .json, .parquet). A log of one model, or of sale_inspect/single, gives one row for each sample: task, agent, score,
    dollars, tokens, seconds. Logs of sale_inspect/sale and sale_inspect/routed on the same tasks give rows of
    policies, which `replay` compares with routers.

    Every agent must have every task. If logs do not line up, one report says where; --allow-missing keeps what does.
    A run without dollars is an error, never free: give --prices.

    \b
    Examples:
      sale-inspect outcomes logs -o outcomes.parquet
      sale-inspect outcomes logs --score match --prices prices.yaml -o outcomes.parquet
      sale-inspect outcomes logs --agent-from task_arg:variant -o outcomes.parquet
      sale-inspect outcomes runs.csv --columns task=prompt_id,agent=model -o outcomes.parquet
      sale-inspect outcomes wide.json --prices qwen3 --output-tokens 300 -o outcomes.parquet

    \b
    Then:
      sale-inspect train outcomes.parquet -o routers
      sale-inspect replay outcomes.parquet
    """  # noqa: D301 - click reads \b
    from sale_inspect._inspect.logs import LogOptions

    _check_output(output)
    with clean_errors():
        listed = None if prices is None else read_price_list(prices)
        how = _TableOptions(
            columns=_pairs("--columns", columns),
            pricing=Pricing(prices=listed, output_tokens=_counts(output_tokens)),
            dollars=None if dollars_from is None else read_dollars(dollars_from),
        )
        options = LogOptions(
            scores=scores,
            agent_from=agent_from,
            policy_from=policy_from,
            task_ids=task_ids,
            prices=listed,
            answers=answers,
            answer_cap=answer_cap,
        )
        tables = [Path(name) for name in inputs if Path(name).is_file() and is_table_file(Path(name))]
        if not tables and (columns or output_tokens or dollars_from is not None):
            raise click.UsageError("--columns, --dollars-from and --output-tokens are for tables, and none is given.")
        found = _read_all([name for name in inputs if Path(name) not in tables], tables, options, how)
        table = join(
            found.rows,
            left_out=found.left_out,
            faults=found.faults,
            notes=found.notes,
            on_duplicate=on_duplicate,
            allow_missing=allow_missing,
        )
        if output is not None:
            write_outcomes(table, output)
    draw_table(outcomes_summary(table))
    click.echo(_next(table, output))


def _check_output(output: Path | None) -> None:
    if output is None:
        return
    if output.suffix.lower() not in _SUFFIXES:
        raise click.UsageError(f"-o {output}: give a name that ends in {', '.join(_SUFFIXES)}.")
    if not output.parent.is_dir():
        raise click.UsageError(f"-o: there is no folder {output.parent}.")


def _read_all(logs: Sequence[str], tables: Sequence[Path], options: LogOptions, how: _TableOptions) -> _Read:
    """Logs by their age, then tables as they are given."""
    from sale_inspect._inspect.logs import read_outcome_logs

    found = _Read(rows=[], notes=[])
    say = Console(stderr=True, highlight=False)
    with Progress(console=say, transient=True) as progress:
        if logs:
            bar = progress.add_task("reading logs", total=None)
            of_logs = read_outcome_logs(
                logs, options, lambda done, total: progress.update(bar, completed=done, total=total)
            )
            found.rows += of_logs.rows
            found.left_out, found.faults = of_logs.left_out, of_logs.faults
        for path in progress.track(tables, description="reading tables"):
            rows, notes = _table_rows(path, how)
            found.rows += _with_answers(rows, options)
            found.notes += notes
    return found


def _table_rows(path: Path, how: _TableOptions) -> tuple[tuple[OutcomeRow, ...], tuple[str, ...]]:
    if path.suffix.lower() == ".parquet":
        table = read_outcomes(path)
        return table.rows, table.notes
    found = read_text_table(path, columns=how.columns, pricing=how.pricing, dollars=how.dollars)
    return found.rows, found.notes


def _with_answers(rows: Iterable[OutcomeRow], options: LogOptions) -> list[OutcomeRow]:
    if not options.answers:
        return [replace(row, answer="") if row.answer else row for row in rows]
    return [replace(row, answer=cap_answer(row.answer, options.answer_cap)) for row in rows]


def _pairs(flag: str, given: Iterable[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in (part.strip() for each in given for part in each.split(",")):
        ours, mark, theirs = (side.strip() for side in part.partition("="))
        if not (mark and ours and theirs):
            raise OutcomesError(f"{flag}: {part!r} must be OURS=THEIRS, for instance task=prompt_id.")
        if found.setdefault(ours, theirs) != theirs:
            raise OutcomesError(f"{flag}: {ours!r} is given twice, as {found[ours]!r} and {theirs!r}.")
    return found


def _counts(given: Iterable[str]) -> dict[str, float]:
    """Output tokens by agent; "" for all others."""
    found: dict[str, float] = {}
    for part in given:
        agent, _, number = part.rpartition("=")
        if not number.strip().isdecimal():
            raise OutcomesError(f"--output-tokens: {part!r} must be a count of tokens, or AGENT=COUNT.")
        found[agent.strip()] = float(number)
    return found


def _next(table: OutcomeTable, output: Path | None) -> str:
    if output is None:
        return "\nNot written. Give -o outcomes.parquet to write the table."
    place = shlex.quote(str(output))
    said = f"\nWritten to {output}: {len(table)} rows."
    if output.suffix.lower() != ".parquet":
        return f"{said}\nFor train and replay: sale-inspect outcomes {place} -o outcomes.parquet"
    agents = len({row.name for row in table.of("agent")})
    if agents < 2:
        return f"{said}\nRouters choose among agents, and here is {agents}. Add logs of others on the same tasks."
    return f"{said}\nNext: sale-inspect replay {place}, or: sale-inspect train {place} -o routers"
