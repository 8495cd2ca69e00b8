"""Tables and progress on the terminal."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import rich.table
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID

from sale_inspect._edge import clean_errors
from sale_inspect._files import write_file
from sale_inspect._work import Progress
from sale_inspect.checks import Check
from sale_inspect.texts import Table, to_markdown

__all__ = ["console", "draw_checks", "progress_shown", "show_table", "write_json"]

_MARKS = {"ok": "[green]fine[/]", "missing": "[bold red]missing[/]", "optional": "[yellow]optional[/]"}
_PIPE_WIDTH = 150


def console() -> Console:
    """Standard output; wide when it is not a terminal, so that rows are not broken."""
    plain = Console()
    return plain if plain.is_terminal else Console(width=_PIPE_WIDTH)


def show_table(table: Table, *, markdown: bool = False) -> None:
    """Print a table with its notes, drawn or as Markdown."""
    if markdown:
        click.echo(to_markdown(table))
        return
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


def draw_checks(checks: Sequence[Check]) -> None:
    """Print findings, one row each."""
    drawn = rich.table.Table("what", "state", "found", "what mends it")
    for check in checks:
        drawn.add_row(check.name, _MARKS[check.status], check.detail, check.remedy)
    console().print(drawn)


def write_json(file: Path | None, figures: Mapping[str, Any]) -> None:
    """Write figures as JSON, if a file is given."""
    if file is not None:
        with clean_errors():
            write_file(file, json.dumps(figures, indent=1) + "\n")


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """What work tells of itself, as a bar on standard error that is gone when the work is done."""
    err = Console(stderr=True, highlight=False)
    # Without a terminal, a bar would leave an empty line behind.
    with Bars(console=err, transient=True, disable=not err.is_terminal) as bars:
        bar: TaskID | None = None

        def show(doing: str, done: int, total: int | None) -> None:
            nonlocal bar
            if bar is None:
                bar = bars.add_task(doing, total=total)
            bars.update(bar, description=doing, completed=done, total=total)

        yield show
