"""`sale-inspect table`."""

from __future__ import annotations

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import show_table
from sale_inspect._edge import clean_errors
from sale_inspect._work import policy_table

__all__ = ["table"]


@click.command()
@click.argument("logs", nargs=-1, required=True)
@options.markdown
def table(logs: tuple[str, ...], markdown: bool) -> None:
    """Show what the policies in LOGS solved and spent, by bin and overall.

    LOGS are evaluation logs or folders of them. Logs of one policy are joined.

    \b
      sale-inspect table logs/
    """  # noqa: D301 - click reads \b
    with clean_errors():
        shown = policy_table(logs)
    show_table(shown, markdown=markdown)
