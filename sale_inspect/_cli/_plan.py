"""`sale-inspect plan`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from sale_inspect import _work
from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import show_table, write_json
from sale_inspect._edge import clean_errors
from sale_inspect._errors import ForecastError
from sale_inspect._work import PlanRequest
from sale_inspect.forecast import Assumptions

__all__ = ["plan"]

Command = TypeVar("Command", bound=Callable[..., Any])
_DEFAULT = Assumptions()


def _assumed(name: str, text: str) -> Callable[[Command], Command]:
    """An option for one assumption, with its default."""
    return click.option(
        f"--{name.replace('_', '-')}", type=float, default=getattr(_DEFAULT, name), show_default=True, help=text
    )


@click.command()
@click.option(
    "--tasks", "planned", multiple=True, help="How many, or SOURCE=N; may be repeated. Default: all of --texts-of."
)
@click.option(
    "--texts-of", multiple=True, metavar="TASK",
    help="With --pool: a task of yours, such as quiz.py@quiz, whose texts are counted. May be repeated.",
)  # fmt: skip
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True, help="How often each task is run.")
@click.option("--like", multiple=True, help="Logs of the same policies on a few tasks: their means are taken.")
@options.pool
@click.option(
    "--jury", type=click.Choice(["individual", "panel"]), default="individual", show_default=True,
    help="One call a rating, or one call a judge.",
)  # fmt: skip
@click.option("--memory/--no-memory", default=True, show_default=True, help="Whether cheaper agents refine.")
@_assumed("task_tokens", "Tokens of a task's text with its tools.")
@_assumed("plan_tokens", "Tokens of a plan.")
@_assumed("rating_tokens", "Output tokens of one rating.")
@_assumed("trace_input", "Input tokens of one execution.")
@_assumed("trace_output", "Output tokens of one execution.")
@_assumed("trace_calls", "Calls of one execution.")
@_assumed("cached", "Share of an execution's input that the provider's cache has.")
@options.seed
@options.markdown
@options.json_file
@options.reads_logs
@options.gathers(Assumptions, "assumed")
@options.gathers(PlanRequest)
def plan(planned: tuple[str, ...], request: PlanRequest, markdown: bool, json_file: Path | None) -> None:
    """State calls, tokens and dollars of a run by phase and agent, before anything is spent.

    With --like, every policy in the logs is forecast from its recorded means, with an interval; give tasks by source
    (--tasks mbpp=300) if the mix is another. Without logs, --pool and the assumptions give a rough range for SALE and
    for each agent alone; --texts-of counts the texts of your own tasks. Nothing is called. All figures are estimates.

    \b
      sale-inspect plan --tasks 753 --pool qwen3 --jury panel
      sale-inspect plan --texts-of quiz.py@quiz --pool mine.yaml
      inspect eval sale_inspect/hst_coding --solver sale_inspect/sale \\
        -S pool=POOL --limit 20 --log-dir few
      sale-inspect plan --tasks 399 --like few
    """  # noqa: D301 - click reads \b
    with clean_errors():
        made = _work.plan(_counts(planned) if planned else None, request)
    show_table(made.table, markdown=markdown)
    write_json(json_file, made.json())


def _counts(planned: Sequence[str]) -> dict[str, int]:
    """Tasks by source; "" for all sources."""
    counts: dict[str, int] = {}
    for each in planned:
        source, _, number = each.rpartition("=")
        if not number.isdigit():
            raise ForecastError(
                f"--tasks {each}: give a number, such as 100, or a source and a number, such as mbpp=100."
            )
        if source in counts:
            raise ForecastError(f"--tasks {each}: {source or 'a number without a source'} is given twice.")
        counts[source] = int(number)
    return counts
