"""Tables and progress on the terminal."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import click
import rich.table
from rich.cells import cell_len
from rich.console import Console
from rich.progress import Progress as Bars
from rich.progress import TaskID
from rich.text import Text

from sale_inspect._edge import clean_errors
from sale_inspect._files import write_file
from sale_inspect._work import Finding, Progress
from sale_inspect.checks import Check
from sale_inspect.texts import (
    LINE_WIDTH,
    NAME_WIDTH,
    Table,
    hidden_values,
    hider,
    plain,
    rich_text,
    to_markdown,
    visible,
    without_secrets,
)
from sale_inspect.texts import markdown as escaped

__all__ = [
    "CONDITION_HOLDS",
    "draw_checks",
    "draw_rows",
    "end_with",
    "progress_shown",
    "say",
    "say_escaped",
    "say_wrapped",
    "show_table",
    "table_values",
    "write_json",
]

_STATES = {
    "ok": ("fine", "green"),
    "missing": ("missing", "bold red"),
    "optional": ("optional", "yellow"),
    "unchecked": ("not checked", "yellow"),
}
_PIPE_WIDTH = 150
# A word that is wider than its column goes on in the next line: a command that is cut could not be typed.
_WHOLE: Literal["fold"] = "fold"
CONDITION_HOLDS = 3
"""Exit status where a condition of --fail-if holds; 1 is an error and 2 a wrong use."""
_FRAME = 3
"""What a column takes beside its cells: a blank on each side, and a line."""
_SENTENCE = 30
"""Columns of a terminal in which a sentence still reads well."""


def _console() -> Console:
    """Standard output; wide when it is not a terminal, so that rows are not broken."""
    plain_console = Console()
    return plain_console if plain_console.is_terminal else Console(width=_PIPE_WIDTH)


def say(*lines: str, err: bool = False, end: bool = True) -> None:
    """Print lines. What they quote of others begins no line of its own and hides nothing.

    Args:
        lines: The lines; an empty one is an empty line.
        err: To standard error.
        end: Whether the last line ends.
    """
    click.echo("\n".join(plain(without_secrets(line), LINE_WIDTH) for line in lines), err=err, nl=end)


def say_wrapped(*lines: str) -> None:
    """Print lines, in a terminal broken between words and not where its width ends."""
    width = _terminal_width()
    for line in lines:
        shown = plain(without_secrets(line), LINE_WIDTH)
        parts = textwrap.wrap(shown, width, break_long_words=False, break_on_hyphens=False) if width else []
        click.echo("\n".join(parts or [shown]))


def _terminal_width() -> int:
    """Columns of the terminal; 0 if the output goes elsewhere."""
    console = Console()
    return console.width if console.is_terminal else 0


def say_escaped(text: str) -> None:
    """Print a text whose maker has escaped what it quotes: Markdown, or `texts.paragraphs`."""
    click.echo(text)


def show_table(table: Table, *, markdown: bool = False) -> None:
    """Print a table with its notes, drawn or as Markdown."""
    if markdown:
        say_escaped(to_markdown(_shareable(table)))
        return
    draw_rows(
        table.header,
        table.sections,
        title=table.title,
        right=range(2, len(table.header)),
        needed=[table.header.index(name) for name in table.needed],
        notes=table.notes,
    )


def _shareable(table: Table) -> Table:
    hide = hider()
    return replace(
        table,
        header=tuple(map(hide, table.header)),
        sections=tuple(tuple(tuple(map(hide, row)) for row in section) for section in table.sections),
        notes=tuple(map(hide, table.notes)),
    )


def draw_rows(
    header: Sequence[str],
    sections: Iterable[Iterable[Sequence[str | Sequence[str]]]],
    *,
    title: str = "",
    right: Collection[int] = (),
    whole: Collection[int] = (),
    needed: Collection[int] = (),
    bold: Callable[[Sequence[str | Sequence[str]]], bool] = lambda _: False,
    notes: Iterable[str] = (),
) -> None:
    """Draw a table in a terminal. Nothing in a cell is markup; long cells are cut in their middle.

    Labels are never cut. Where a table is too wide, headers stand in several lines, then columns of numbers are left
    out from the right, and a line says which.

    Args:
        header: Names of the columns.
        sections: Rows, with a line below each section. A cell is a text, or several lines of texts.
        title: Above it.
        right: Columns of numbers, which stand to the right and are not wrapped.
        whole: Columns whose cells are sentences, which are wrapped and not cut.
        needed: Columns of numbers that are left out after all others.
        bold: Which rows are sums.
        notes: Sentences below it.
    """
    hide, out = hider(), _console()
    sections = [list(section) for section in sections]
    cells = [
        [[_cell(cell, None if at in whole else NAME_WIDTH, hide) for at, cell in enumerate(row)] for row in section]
        for section in sections
    ]
    styles = [["bold" if bold(row) else None for row in section] for section in sections]
    names, shown = _fitted([visible(name) for name in header], cells, right, whole, needed, out.width)
    drawn = rich.table.Table(title=Text(visible(hide(title)), style="italic") if title else None, title_justify="left")
    for at in shown:
        justify: Literal["left", "right"] = "right" if at in right else "left"
        drawn.add_column(Text(names[at]), justify=justify, no_wrap=at in right, overflow=_WHOLE)
    for rows, its_styles in zip(cells, styles, strict=True):
        for row, style in zip(rows, its_styles, strict=True):
            drawn.add_row(*(row[at] for at in shown), style=style)
        drawn.add_section()
    out.print(drawn)
    if left_out := [name for at, name in enumerate(header) if at not in shown]:
        notes = [*notes, f"Too narrow for all columns: {', '.join(left_out)} would be shown in a wider window."]
    for note in notes:
        out.print(Text(plain(without_secrets(f"- {note}"), LINE_WIDTH)))


def _fitted(
    header: Sequence[str],
    sections: Sequence[Sequence[Sequence[Text]]],
    right: Collection[int],
    whole: Collection[int],
    needed: Collection[int],
    width: int,
) -> tuple[list[str], list[int]]:
    """Headers, in several lines where that is needed, and the numbers of the columns that fit."""
    rows = [row for section in sections for row in section]
    cells = [max((_widest(row[at].plain) for row in rows), default=0) for at in range(len(header))]

    def total(names: Sequence[str], shown: Collection[int]) -> int:
        # A sentence can stand in a column of its longest word, but reads better in some more.
        of_sentences = {at: min(cells[at], _SENTENCE) for at in whole}
        return 1 + sum(_FRAME + max(_widest(names[at]), of_sentences.get(at, cells[at])) for at in shown)

    shown = list(range(len(header)))
    if total(header, shown) <= width:
        return list(header), shown
    names = [
        "\n".join(textwrap.wrap(name, max(1, cells[at]), break_long_words=False, break_on_hyphens=False)) or name
        if at in right
        else name
        for at, name in enumerate(header)
    ]
    order = sorted((at for at in shown if at in right), key=lambda at: (at not in needed, at))
    while total(names, shown) > width and len(order) > 1:
        shown.remove(order.pop())
    return names, shown


def _widest(text: str) -> int:
    return max((cell_len(line) for line in text.splitlines()), default=0)


def _cell(cell: str | Sequence[str], width: int | None, hide: Callable[[str], str]) -> Text:
    lines = [hide(line) for line in ([cell] if isinstance(cell, str) else cell)]
    return Text("\n".join(visible(line) if width is None else plain(line, width) for line in lines))


def draw_checks(checks: Sequence[Check]) -> None:
    """Print findings, one row each."""
    drawn = rich.table.Table()
    for column in ("what", "state", "found", "remedy"):
        drawn.add_column(column, overflow=_WHOLE)
    for check in checks:
        word, style = _STATES[check.status]
        name, detail, remedy = (
            Text(visible(without_secrets(text))) for text in (check.name, check.detail, check.remedy)
        )
        drawn.add_row(name, Text(word, style=style), detail, remedy)
    _console().print(drawn)


def write_json(file: Path | None, figures: Mapping[str, Any]) -> None:
    """Write figures as JSON, if a file is given."""
    if file is not None:
        with clean_errors():
            write_file(file, json.dumps(hidden_values(figures, by_name=False), indent=1) + "\n")


def end_with(findings: Sequence[Finding], *, markdown: bool = False) -> None:
    """Say what became of the conditions of --fail-if, and end with status 3 if one holds."""
    if not findings:
        return
    say("")
    for each in findings:
        line = f"{'FAILS' if each.met else 'ok'} ({each.condition}): {each.sentence}"
        if markdown:
            say_escaped(f"- {escaped(without_secrets(line), LINE_WIDTH)}")
        else:
            say_wrapped(line)
    if any(each.met for each in findings):
        raise SystemExit(CONDITION_HOLDS)


def table_values(table: Table) -> dict[str, Any]:
    """A table as plain JSON values: its cells as they are shown."""
    return {
        "title": table.title,
        "columns": list(table.header),
        "rows": [list(row) for section in table.sections for row in section],
        "notes": list(table.notes),
    }


@contextmanager
def progress_shown() -> Iterator[Progress]:
    """What work tells of itself, as a bar on standard error that is gone when the work is done."""
    err = Console(stderr=True, highlight=False)
    # Without a terminal, a bar would leave an empty line behind.
    with Bars(console=err, transient=True, disable=not err.is_terminal) as bars:
        bar: TaskID | None = None

        def show(doing: str, done: int, total: int | None) -> None:
            nonlocal bar
            shown = rich_text(doing)
            if bar is None:
                bar = bars.add_task(shown, total=total)
            bars.update(bar, description=shown, completed=done, total=total)

        yield show
