"""`sale-inspect ablate`."""

from __future__ import annotations

from pathlib import Path

import click

from sale_inspect import _work
from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import progress_shown, show_table, table_values, write_json
from sale_inspect._edge import clean_errors
from sale_inspect._work import LogsRequest

__all__ = ["ablate"]


@click.command()
@click.argument("logs", nargs=-1, required=True)
@options.markdown
@options.json_file
@options.reads_logs
@options.gathers(LogsRequest)
def ablate(logs: tuple[str, ...], request: LogsRequest, markdown: bool, json_file: Path | None) -> None:
    """Decide recorded auctions again without a term, a kind of rating, a judge or an agent.

    LOGS are logs of `sale`, and logs of `single` on the same tasks, which say how other winners
    would have done. No model is called. Variants that would need new calls are counted: to know
    those, run `sale` with the switch itself, for instance -S drop=price or -S judges=peers.
    With --reprice, auctions are decided again at other prices.

    \b
      sale-inspect ablate logs/sale logs/single
    """  # noqa: D301 - click reads \b
    with clean_errors(), progress_shown() as progress:
        table = _work.ablate(logs, request, progress=progress)
    show_table(table, markdown=markdown)
    write_json(json_file, table_values(table))
