"""`sale-inspect plan`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sale_inspect._cli._draw import draw_table
from sale_inspect._edge import clean_errors
from sale_inspect._errors import ForecastError
from sale_inspect._files import write_file
from sale_inspect.forecast import (
    Assumptions,
    Forecast,
    forecast_recorded,
    forecast_sale,
    forecast_single,
    forecast_table,
)
from sale_inspect.texts import to_markdown

if TYPE_CHECKING:
    from sale_inspect.pools import Pool

__all__ = ["plan"]

_DEFAULT = Assumptions()


@click.command()
@click.option("--tasks", "planned", multiple=True, required=True, help="How many, or SOURCE=N; may be repeated.")
@click.option("--epochs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--like", "logs", multiple=True, help="Logs of the same policies on a few tasks: their means are taken.")
@click.option("--pool", help="Pool file or packaged pool: without --like, its prices and stated assumptions are taken.")
@click.option("--jury", type=click.Choice(["individual", "panel"]), default="individual", show_default=True)
@click.option("--memory/--no-memory", default=True, show_default=True, help="Whether cheaper agents refine.")
@click.option("--task-tokens", type=float, default=_DEFAULT.task_tokens, show_default=True, help="Text and tools.")
@click.option("--plan-tokens", type=float, default=_DEFAULT.plan_tokens, show_default=True)
@click.option("--rating-tokens", type=float, default=_DEFAULT.rating_tokens, show_default=True)
@click.option("--trace-input", type=float, default=_DEFAULT.trace_input, show_default=True, help="Of one execution.")
@click.option("--trace-output", type=float, default=_DEFAULT.trace_output, show_default=True, help="Of one execution.")
@click.option("--trace-calls", type=float, default=_DEFAULT.trace_calls, show_default=True, help="Of one execution.")
@click.option("--cached", type=float, default=_DEFAULT.cached, show_default=True, help="Share of an execution's input.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the bootstrap.")
@click.option("--markdown", is_flag=True, help="Write markdown instead of drawing the table.")
@click.option("--json", "json_file", type=click.Path(path_type=Path, dir_okay=False), help="Also write all figures.")
def plan(
    planned: tuple[str, ...],
    epochs: int,
    logs: tuple[str, ...],
    pool: str | None,
    jury: str,
    memory: bool,
    task_tokens: float,
    plan_tokens: float,
    rating_tokens: float,
    trace_input: float,
    trace_output: float,
    trace_calls: float,
    cached: float,
    seed: int,
    markdown: bool,
    json_file: Path | None,
) -> None:
    """State calls, tokens and dollars of a run by phase and agent, before anything is spent.

    With --like, every policy in the logs is forecast from its recorded means, with an interval; give tasks by source
    (--tasks mbpp=300) if the mix is another. Without logs, --pool and the assumptions give a rough range for SALE and
    for each agent alone. Nothing is called. All figures are estimates.

    \b
      sale-inspect plan --tasks 753 --pool qwen3 --jury panel
      inspect eval sale_inspect/hst_coding --solver sale_inspect/sale -S pool=POOL --limit 20 --log-dir few
      sale-inspect plan --tasks 399 --like few
    """  # noqa: D301 - click reads \b
    with clean_errors():
        counts = {group: count * epochs for group, count in _counts(planned)}
        if logs:
            from sale_inspect._inspect.logs import recorded_samples

            found = [forecast_recorded(name, own, counts, seed=seed) for name, own in recorded_samples(logs).items()]
        elif pool is not None:
            from sale_inspect.pools import load_pool

            assumed = Assumptions(
                task_tokens=task_tokens, plan_tokens=plan_tokens, rating_tokens=rating_tokens, trace_input=trace_input,
                trace_output=trace_output, trace_calls=trace_calls, cached=cached,
            )  # fmt: skip
            found = list(_assumed(load_pool(pool), sum(counts.values()), assumed, jury, memory))
        else:
            raise ForecastError("Give --like LOGS of a few tasks, or --pool for a rough range.")
        _show(found, markdown, json_file)


def _counts(planned: Sequence[str]) -> Iterator[tuple[str, int]]:
    for each in planned:
        group, _, number = each.rpartition("=")
        if not number.isdigit():
            raise ForecastError(
                f"--tasks {each}: give a number, such as 100, or a source and a number, such as mbpp=100."
            )
        yield group, int(number)


def _assumed(pool: Pool, tasks: int, assumed: Assumptions, jury: str, memory: bool) -> Iterator[Forecast]:
    prices = {agent.name: agent.price.price() for agent in pool.agents}
    yield forecast_sale(prices, tasks, assumed, jury="panel" if jury == "panel" else "individual", memory=memory)
    for name, price in prices.items():
        yield forecast_single(name, price, tasks, assumed)


def _show(found: Sequence[Forecast], markdown: bool, json_file: Path | None) -> None:
    table = forecast_table(found)
    if markdown:
        click.echo(to_markdown(table))
    else:
        draw_table(table)
    if json_file is not None:
        text = json.dumps({"estimated": True, "forecasts": [asdict(each) for each in found]}, indent=1)
        write_file(json_file, text + "\n")
