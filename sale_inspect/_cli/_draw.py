"""Tables on the terminal."""

from __future__ import annotations

import rich.table
from rich.console import Console

from sale_inspect.checks import Check
from sale_inspect.texts import Table

__all__ = ["draw_checks", "draw_table"]

_MARKS = {"ok": "[green]fine[/]", "missing": "[bold red]missing[/]", "optional": "[yellow]optional[/]"}
_PIPE_WIDTH = 150


def console() -> Console:
    """Standard output; wide when it is not a terminal, so that rows are not broken."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=_PIPE_WIDTH)


def draw_table(table: Table) -> None:
    """Print a report's table."""
    drawn = rich.table.Table(title=table.title, title_justify="left")
    for number, name in enumerate(table.header):
        drawn.add_column(name, justify="left" if number < 2 else "right", no_wrap=number > 1)
    for section in table.sections:
        for row in section:
            drawn.add_row(*row)
        drawn.add_section()
    out = console()
    out.print(drawn)
    for note in table.notes:
        out.print(f"- {note}", markup=False, highlight=False)


def draw_checks(checks: list[Check]) -> None:
    """Print findings, one row each."""
    drawn = rich.table.Table("what", "state", "found", "what mends it")
    for check in checks:
        drawn.add_row(check.name, _MARKS[check.status], check.detail, check.remedy)
    console().print(drawn)
