"""A page before it is written: sections of sentences, facts, tables and pictures.

Tables hold values, not texts: HTML and Markdown show them rounded, CSV has them whole, and a browser sorts by them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

__all__ = [
    "Callout",
    "Facts",
    "IntervalValue",
    "Kind",
    "Link",
    "PageColumn",
    "PageTable",
    "Picture",
    "ReportPage",
    "Section",
    "Sentences",
    "Value",
    "interval_value",
]

Kind = Literal["text", "share", "points", "usd", "thousand", "times", "count", "number", "minutes", "p"]
"""What a column holds: shares as 0 to 1, points as a difference of shares, dollars, dollars of a task that are shown
for 1,000 tasks, ratios, minutes of human time."""


@dataclass(frozen=True, slots=True)
class Link:
    """A value with somewhere to go: `text` as a reader sees it, `value` to sort by."""

    text: str
    url: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class IntervalValue:
    """A value with the ends of its interval."""

    value: float
    low: float
    high: float


Value = str | float | int | None | Link | IntervalValue


def interval_value(value: float, low: float, high: float) -> IntervalValue | None:
    """A value with its interval; None if it is not known (NaN)."""
    return None if math.isnan(value) else IntervalValue(value, low, high)


@dataclass(frozen=True, kw_only=True, slots=True)
class PageColumn:
    """A column.

    Attributes:
        name: In CSV: lower case words with underscores.
        title: On the page.
        kind: How its values look.
        group: A heading over this column and its neighbours of the same group; "" for none.
    """

    name: str
    title: str
    kind: Kind = "text"
    group: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PageTable:
    """A table.

    Attributes:
        name: Of its CSV file: letters, digits and hyphens.
        title: What it shows, with the unit where columns do not say it.
        columns: The columns.
        rows: The rows, all of them.
        notes: Sentences below it.
        shown: How many rows the page shows; None for all. CSV has all.
        paper: The figures are the paper's; none is measured.
        strong: Number of the row that stands out; None for none.
        empty: Why it has no rows, in one sentence; "" if it has some.
    """

    name: str
    title: str
    columns: tuple[PageColumn, ...]
    rows: tuple[tuple[Value, ...], ...]
    notes: tuple[str, ...] = ()
    shown: int | None = None
    paper: bool = False
    strong: int | None = None
    empty: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """A picture.

    Attributes:
        name: Of its files: letters, digits and hyphens.
        svg: An `<svg>` element whose ids clash with no other picture's.
        alt: What it shows, for who cannot see it.
        caption: How to read it.
    """

    name: str
    svg: str
    alt: str
    caption: str


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences, as a list or as one paragraph."""

    items: tuple[str, ...]
    bullets: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """Names with values."""

    items: tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Callout:
    """A box: what a reader must not miss.

    Attributes:
        head: Its first sentence, large; "" for none.
        lines: The others: a word or two of what each is about ("" for none), and the sentence.
        warning: Whether it warns.
    """

    head: str
    lines: tuple[tuple[str, str], ...]
    warning: bool = False


Block = Callout | Sentences | Facts | PageTable | Picture


@dataclass(frozen=True, kw_only=True, slots=True)
class Section:
    """A part of a page.

    Attributes:
        name: Its anchor.
        title: Its title.
        blocks: What stands in it.
        folded: Whether a reader opens it; what is not folded stands before the list of contents and is printed.
    """

    name: str
    title: str
    blocks: tuple[Block, ...]
    folded: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class ReportPage:
    """A page.

    Attributes:
        title: Its title.
        simulated: Agents are simulated; the page and every table say so.
        sections: Its parts.
    """

    title: str
    simulated: bool
    sections: tuple[Section, ...]

    def grids(self) -> tuple[PageTable, ...]:
        """All tables, in order."""
        return tuple(block for section in self.sections for block in section.blocks if isinstance(block, PageTable))

    def pictures(self) -> tuple[Picture, ...]:
        """All pictures, in order."""
        return tuple(block for section in self.sections for block in section.blocks if isinstance(block, Picture))
