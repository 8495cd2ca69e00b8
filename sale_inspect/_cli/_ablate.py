"""`sale-inspect ablate`."""

from __future__ import annotations

import click

from sale_inspect._cli._draw import draw_table
from sale_inspect._edge import clean_errors
from sale_inspect._errors import LogError
from sale_inspect._inspect.logs import Alone, Runs, left_out_notes, read_runs
from sale_inspect.report.analysis import RecordedAuction, ablations
from sale_inspect.stats import mean
from sale_inspect.texts import to_markdown

__all__ = ["ablate"]


@click.command()
@click.argument("logs", nargs=-1, required=True)
@click.option("--markdown", is_flag=True, help="Write markdown instead of drawing the table.")
def ablate(logs: tuple[str, ...], markdown: bool) -> None:
    """Decide recorded auctions again without a term, a kind of rating, a judge or an agent.

    LOGS are logs of `sale`, and logs of `single` on the same tasks, which say how other winners
    would have done. No model is called. Variants that would need new calls are counted: to know
    those, run `sale` with the switch itself, for instance -S drop=price or -S judges=peers.

    \b
      sale-inspect ablate logs/sale logs/single
    """  # noqa: D301 - click reads \b
    with clean_errors():
        found = read_runs(logs)
        auctions = _auctions(found)
    table = ablations(auctions)
    if markdown:
        click.echo(to_markdown(table))
    else:
        draw_table(table)
    for note in [*found.notes, *left_out_notes(found)]:
        click.echo(f"- {note}")


def _auctions(found: Runs) -> list[RecordedAuction]:
    if not found.held:
        raise LogError("No log holds an auction. Give logs of the solver `sale`.")
    first = found.held[0].record
    for held in found.held:
        record = held.record
        for name in ("pool", "agents", "drop", "judges", "defences"):
            mine, theirs = getattr(first, name), getattr(record, name)
            if mine != theirs:
                raise LogError(
                    f"{held.where}: its auction has {name} {theirs}, the first one has {mine}. Decide logs of one pool "
                    "and variant at a time."
                )
    return [
        RecordedAuction(
            record=held.record,
            correct=held.correct,
            usd=held.execute_usd,
            overhead_usd=held.overhead_usd,
            alone=_means(found.alone.get(held.key, [])),
        )
        for held in found.held
    ]


def _means(runs: list[Alone]) -> dict[str, tuple[float, float]]:
    by_agent: dict[str, list[Alone]] = {}
    for run in runs:
        by_agent.setdefault(run.agent, []).append(run)
    return {
        agent: (mean([r.correct for r in own]) or 0.0, mean([r.usd for r in own]) or 0.0)
        for agent, own in by_agent.items()
    }
