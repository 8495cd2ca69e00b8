"""`sale-inspect table`."""

from __future__ import annotations

import click

from sale_inspect._cli._draw import draw_table
from sale_inspect._edge import clean_errors
from sale_inspect._inspect.logs import policy_runs
from sale_inspect.bench import BINS
from sale_inspect.report.summary import PolicyRun, summary
from sale_inspect.texts import to_markdown

__all__ = ["bin_labels", "table"]


def bin_labels(runs: list[PolicyRun]) -> dict[str, str]:
    """Labels of the bins that occur in the runs, in order."""
    present = {row.bin for run in runs for row in run.rows}
    return {b.name: f"{b.name} <={b.high:g}min" for b in BINS if b.name in present}


@click.command()
@click.argument("logs", nargs=-1, required=True)
@click.option("--markdown", is_flag=True, help="Write markdown instead of drawing the table.")
def table(logs: tuple[str, ...], markdown: bool) -> None:
    """Show what the policies in LOGS solved and spent, by bin and overall.

    LOGS are evaluation logs or folders of them. Logs of one policy are joined.

    \b
      sale-inspect table logs/
    """  # noqa: D301 - click reads \b
    with clean_errors():
        runs = policy_runs(logs)
    drawn = summary(runs, bin_labels(runs))
    if markdown:
        click.echo(to_markdown(drawn))
    else:
        draw_table(drawn)
