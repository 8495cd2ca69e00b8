"""A table with notes, and how tables and lines are written as Markdown, as HTML and as aligned text.

Every text is escaped here, once, for the place where it goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from sale_inspect.texts._escape import LINE_WIDTH, NAME_WIDTH, html, markdown, plain, visible

__all__ = [
    "Sentence",
    "Table",
    "aligned",
    "html_list",
    "html_rows",
    "markdown_rows",
    "paragraphs",
    "to_html",
    "to_markdown",
]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table with notes, before it is drawn. A notebook draws it by itself.

    Attributes:
        title: What it shows.
        header: Names of the columns.
        sections: For each policy, its rows.
        notes: Lines below it.
        needed: Names of the columns of numbers that a narrow terminal leaves out last.
    """

    title: str
    header: tuple[str, ...]
    sections: tuple[tuple[tuple[str, ...], ...], ...]
    notes: tuple[str, ...]
    needed: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        return to_html(self)

    def _repr_markdown_(self) -> str:
        return to_markdown(self)


class Sentence:
    """What a notebook shows as its one sentence: a base of claims and verdicts that have a `sentence`."""

    __slots__ = ()
    sentence: str

    def _repr_html_(self) -> str:
        return f"<p>{html(self.sentence, LINE_WIDTH)}</p>"

    def _repr_markdown_(self) -> str:
        return markdown(self.sentence, LINE_WIDTH)


def to_markdown(table: Table) -> str:
    """The table in Markdown."""
    rows = [row for section in table.sections for row in section]
    lines = [f"**{markdown(table.title)}**", "", *markdown_rows(table.header, rows, left=2), ""]
    return "\n".join([*lines, *[f"- {markdown(note, LINE_WIDTH)}" for note in table.notes]])


def markdown_rows(header: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> list[str]:
    """The lines of a Markdown table. Long cells are cut in their middle.

    Args:
        header: Names of the columns.
        rows: The cells.
        left: How many columns are texts; the others are numbers.
    """
    marks = ["---"] * min(left, len(header)) + ["---:"] * (len(header) - left)
    escaped = ([markdown(cell, NAME_WIDTH) if cell != "-" else cell for cell in row] for row in (header, *rows))
    first, *others = ("| " + " | ".join(cells) + " |" for cells in escaped)
    return [first, "| " + " | ".join(marks) + " |", *others]


def to_html(table: Table) -> str:
    """The table as a piece of HTML: a caption, a body for each section, its notes."""
    bodies = (html_rows(section) for section in table.sections)
    head = "".join(f"<th>{html(name)}</th>" for name in table.header)
    drawn = (
        f"<table><caption>{html(table.title)}</caption><thead><tr>{head}</tr></thead>"
        + "".join(f"<tbody>{body}</tbody>" for body in bodies)
        + "</table>"
    )
    return drawn + html_list(table.notes)


def html_rows(rows: Iterable[Sequence[str]]) -> str:
    """Rows of cells. Long cells are cut in their middle."""
    return "".join("<tr>" + "".join(f"<td>{html(cell, NAME_WIDTH)}</td>" for cell in row) + "</tr>" for row in rows)


def html_list(lines: Iterable[str]) -> str:
    """Lines as a list; nothing if there is none."""
    items = "".join(f"<li>{html(line, LINE_WIDTH)}</li>" for line in lines)
    return f"<ul>{items}</ul>" if items else ""


def aligned(header: Sequence[str], rows: Iterable[Sequence[str]], *, right: Collection[int] | None = None) -> list[str]:
    """The lines of a table in columns of plain text, for `paragraphs`. Long cells are cut in their middle.

    Args:
        header: Names of the columns.
        rows: The cells.
        right: Columns that stand to the right; None for all but the first.
    """
    lines = [[_cut(cell) for cell in row] for row in (header, *rows)]
    widths = [max(len(visible(line[column])) for line in lines) for column in range(len(header))]
    lines.insert(1, ["-" * width for width in widths])
    to_right = range(1, len(header)) if right is None else right
    return [
        "  ".join(_padded(cell, widths[at], at in to_right) for at, cell in enumerate(line)).rstrip(" ")
        for line in lines
    ]


def _cut(cell: str) -> str:
    tail = (NAME_WIDTH - 1) // 2
    return cell if len(cell) <= NAME_WIDTH else f"{cell[: NAME_WIDTH - 1 - tail]}…{cell[-tail:]}"


def _padded(cell: str, width: int, right: bool) -> str:
    # A character that is hidden takes more room once it is shown.
    blanks = " " * (width - len(visible(cell)))
    return f"{blanks}{cell}" if right else f"{cell}{blanks}"


def paragraphs(parts: Iterable[Iterable[str]]) -> str:
    """Plain text: paragraphs of lines, an empty line between them. No text of a line can begin another."""
    return "\n\n".join("\n".join(plain(line, LINE_WIDTH) for line in lines) for lines in parts)
