"""A table with notes, and how it is written as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Table", "to_markdown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A table with notes, before it is drawn.

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


def to_markdown(table: Table) -> str:
    """The table in markdown."""
    lines = [f"**{table.title}**", "", _row(table.header), _row(["---"] * 2 + ["---:"] * (len(table.header) - 2))]
    lines += [_row(row) for section in table.sections for row in section]
    return "\n".join([*lines, "", *[f"- {note}" for note in table.notes]])


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"
