"""A table with notes, and how it is written as Markdown and as HTML."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Sentence", "Table", "html_list", "html_rows", "markdown_text", "to_html", "to_markdown"]

_MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\`*_[]<>|"})


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table with notes, before it is drawn. A notebook draws it by itself.

    Attributes:
        title: What it shows.
        header: Names of the columns.
        sections: For each policy, its rows.
        notes: Lines below it.
    """

    title: str
    header: tuple[str, ...]
    sections: tuple[tuple[tuple[str, ...], ...], ...]
    notes: tuple[str, ...]

    def _repr_html_(self) -> str:
        return to_html(self)

    def _repr_markdown_(self) -> str:
        return to_markdown(self)


class Sentence:
    """What a notebook shows as its one sentence: a base of claims and verdicts that have a `sentence`."""

    __slots__ = ()
    sentence: str

    def _repr_html_(self) -> str:
        return f"<p>{html.escape(self.sentence)}</p>"

    def _repr_markdown_(self) -> str:
        return markdown_text(self.sentence)


def to_markdown(table: Table) -> str:
    """The table in markdown."""
    lines = [f"**{table.title}**", "", _row(table.header), _row(["---"] * 2 + ["---:"] * (len(table.header) - 2))]
    lines += [_row(row) for section in table.sections for row in section]
    return "\n".join([*lines, "", *[f"- {note}" for note in table.notes]])


def to_html(table: Table) -> str:
    """The table as a piece of HTML: a caption, a body for each section, its notes. All texts are escaped."""
    bodies = (html_rows(section) for section in table.sections)
    head = "".join(f"<th>{html.escape(name)}</th>" for name in table.header)
    drawn = (
        f"<table><caption>{html.escape(table.title)}</caption><thead><tr>{head}</tr></thead>"
        + "".join(f"<tbody>{body}</tbody>" for body in bodies)
        + "</table>"
    )
    return drawn + html_list(table.notes)


def html_rows(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells, escaped."""
    return "".join("<tr>" + "".join(f"<td>{html.escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)


def html_list(lines: Iterable[str]) -> str:
    """Lines as a list, escaped; nothing if there is none."""
    items = "".join(f"<li>{html.escape(line)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def markdown_text(text: str) -> str:
    """A text that Markdown shows as it is."""
    return text.translate(_MARKS)


def _row(cells: Sequence[str]) -> str:
    # A bar or a line break in a name must not end the cell.
    return "| " + " | ".join(" ".join(cell.splitlines()).replace("|", "\\|") for cell in cells) + " |"
