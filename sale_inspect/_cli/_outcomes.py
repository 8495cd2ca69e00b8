"""`sale-inspect outcomes`."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import progress_shown, say, show_table
from sale_inspect._edge import clean_errors
from sale_inspect._errors import OutcomesError
from sale_inspect._work import OutcomesRequest, read_outcomes
from sale_inspect.outcomes import ANSWER_CAP, OutcomeTable, outcomes_summary, read_renames

__all__ = ["outcomes"]

_SUFFIXES = (".parquet", ".csv", ".tsv", ".jsonl", ".ndjson")
_LEAST_CAP = 8


def _columns(context: click.Context, parameter: click.Parameter, parts: tuple[str, ...]) -> dict[str, str]:
    with clean_errors():
        return _pairs("--columns", parts)


def _tokens(context: click.Context, parameter: click.Parameter, parts: tuple[str, ...]) -> dict[str, float]:
    with clean_errors():
        return _counts(parts)


def _renames(context: click.Context, parameter: click.Parameter, parts: tuple[str, ...]) -> dict[str, str]:
    with clean_errors():
        return read_renames(parts)


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="LOGS...")
@options.output()
@click.option("--answers", is_flag=True, help="Keep the answers too; cascades need them.")
@click.option(
    "--answer-cap", type=click.IntRange(min=_LEAST_CAP), default=ANSWER_CAP, show_default=True,
    help="Longest answer to keep, characters; longer ones are cut in their middle.",
)  # fmt: skip
@click.option(
    "--columns", multiple=True, metavar="OURS=THEIRS,...", callback=_columns,
    help="Tables: names that they have for our columns, for instance task=prompt_id,agent=model; a.b is b inside a.",
)  # fmt: skip
@click.option(
    "--where", multiple=True, metavar="FIELD=VALUE",
    help="Tables: only records whose field has this value (FIELD!=VALUE: another one). May be repeated: all must hold.",
)  # fmt: skip
@click.option(
    "--dollars-from", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE",
    help="Tables: another table with the dollars, by task and agent.",
)  # fmt: skip
@click.option(
    "--output-tokens", multiple=True, metavar="[AGENT=]N", callback=_tokens,
    help="Tables without dollars and tokens: output tokens of a run to assume. Its dollars are marked as estimated.",
)  # fmt: skip
@click.option(
    "--rename", multiple=True, metavar="OLD=NEW", callback=_renames,
    help="Another name for an agent or policy. May be repeated.",
)  # fmt: skip
@options.pool
@options.compares_logs
@options.gathers(OutcomesRequest)
def outcomes(inputs: tuple[str, ...], output: Path | None, request: OutcomesRequest) -> None:
    """Gather what agents did on tasks in one table, which `train` and `replay` read.

    LOGS are evaluation logs of Inspect, ours or not, folders of them (NAME=FOLDER names what ran there), and tables
    from elsewhere (.csv, .tsv, .jsonl, .json, .parquet). A log of one model, or of sale_inspect/single, gives one row
    for each sample: task, agent, score, dollars, tokens, seconds. Logs of sale_inspect/sale and sale_inspect/routed on
    the same tasks give rows of policies, which `replay` compares with routers. A table whose records name nobody takes
    the name of its agent: small=samples_small.jsonl. With --pool, agents get the names that a pool of the same models
    has for them, so that a router of this table runs live with it.

    Every agent must have every task. If logs do not line up, one error says where; --common-tasks keeps what does.
    A run without dollars is an error, never free: give --prices. -o names the table: .parquet, .csv, .tsv or .jsonl;
    without it, only the summary is shown.

    \b
    Examples:
      sale-inspect outcomes logs -o outcomes.parquet
      sale-inspect outcomes logs --score match --prices prices.yaml \\
        -o outcomes.parquet
      sale-inspect outcomes logs --agent-from task_arg:variant -o outcomes.parquet
      sale-inspect outcomes runs.csv --columns task=prompt_id,agent=model \\
        -o outcomes.parquet
      sale-inspect outcomes small=samples_small.jsonl large=samples_large.jsonl \\
        --columns task=doc.id,text=doc.text,correct=acc,dollars=usd \\
        --where split=test -o outcomes.parquet
      sale-inspect outcomes wide.json --prices qwen3 --output-tokens 300 \\
        -o outcomes.parquet

    \b
    Then:
      sale-inspect train outcomes.parquet -o routers
      sale-inspect replay outcomes.parquet
    """  # noqa: D301 - click reads \b
    if output is not None and output.suffix.lower() not in _SUFFIXES:
        raise click.UsageError(f"-o {output}: give a name that ends in {', '.join(_SUFFIXES)}.")
    with clean_errors(), progress_shown() as progress:
        table = read_outcomes(inputs, request, output, progress=progress)
    show_table(outcomes_summary(table))
    say(*_next(table, output))


def _pairs(flag: str, parts: Iterable[str]) -> dict[str, str]:
    columns: dict[str, str] = {}
    for part in (part.strip() for several in parts for part in several.split(",")):
        ours, mark, theirs = (side.strip() for side in part.partition("="))
        if not (mark and ours and theirs):
            raise OutcomesError(f"{flag}: {part!r} must be OURS=THEIRS, for instance task=prompt_id.")
        if columns.setdefault(ours, theirs) != theirs:
            raise OutcomesError(f"{flag}: {ours!r} is given twice, as {columns[ours]!r} and {theirs!r}.")
    return columns


def _counts(parts: Iterable[str]) -> dict[str, float]:
    """Output tokens by agent; "" for all others."""
    counts: dict[str, float] = {}
    for part in parts:
        agent, _, number = part.rpartition("=")
        if not number.strip().isdecimal():
            raise OutcomesError(f"--output-tokens: {part!r} must be a count of tokens, or AGENT=COUNT.")
        counts[agent.strip()] = float(number)
    return counts


def _next(table: OutcomeTable, output: Path | None) -> list[str]:
    if output is None:
        return ["", "Not written. Give -o outcomes.parquet to write the table."]
    place = shlex.quote(str(output))
    written = ["", f"Written to {output}: {len(table)} rows."]
    if output.suffix.lower() != ".parquet":
        return [*written, f"For train and replay: sale-inspect outcomes {place} -o outcomes.parquet"]
    agents = len(table.names("agent"))
    if agents < 2:
        more = f"Routers choose among agents, and here is {agents}. Add logs of others on the same tasks."
    else:
        more = f"Next: sale-inspect replay {place}, or: sale-inspect train {place} -o routers"
    return [*written, more]
