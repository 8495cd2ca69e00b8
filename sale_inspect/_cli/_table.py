"""`sale-inspect table`."""

from __future__ import annotations

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import progress_shown, show_table
from sale_inspect._edge import clean_errors
from sale_inspect._work import ComparedLogsRequest, policy_table

__all__ = ["table"]


@click.command()
@click.argument("logs", nargs=-1, required=True)
@options.markdown
@options.compares_logs
@options.gathers(ComparedLogsRequest)
def table(logs: tuple[str, ...], request: ComparedLogsRequest, markdown: bool) -> None:
    """Show what the policies in LOGS solved and spent, by bin and overall.

    LOGS are evaluation logs or folders of them (NAME=FOLDER names what ran there). Logs of one policy are joined.
    Policies are compared on the tasks that all of them finished. What was left out, and what did not work as meant, is
    below the table.

    \b
      sale-inspect table logs/
      sale-inspect table before=logs/monday after=logs/tuesday --score includes
    """  # noqa: D301 - click reads \b
    with clean_errors(), progress_shown() as progress:
        shown = policy_table(logs, request, progress=progress)
    show_table(shown, markdown=markdown)
