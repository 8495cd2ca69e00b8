"""The decision on one page of A4: what to use, the picture of the front, the table of all policies."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sale_inspect.report.figures._front import front_axes, name_points
from sale_inspect.report.figures._names import shown
from sale_inspect.report.figures._save import save_png
from sale_inspect.report.figures._style import INK, Look, style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

__all__ = ["one_page"]

_SIZE = (8.27, 11.69)
_LEFT, _RIGHT = 0.08, 0.95
_LINE = 0.0155
"""Height of a line of text, as a share of the page."""
_CHARACTERS = 98
_MOST_ROWS = 16
_CELL = 26


def one_page(
    head: str,
    lines: Sequence[str],
    data: pd.DataFrame,
    look: Mapping[str, Look],
    table: Sequence[Sequence[str]],
    *,
    title: str,
) -> tuple[bytes, bytes]:
    """The page as PDF and as PNG; the same data give the same bytes.

    Args:
        head: What to use.
        lines: The sentences below it.
        data: Of the front, as of `front`; without rows no picture is drawn.
        look: Looks of its policies.
        table: Names of the columns, then the rows; the page shows 16 and counts the others.
        title: Of the page.
    """
    from matplotlib.figure import Figure

    with style("one-page"):
        figure = Figure(figsize=_SIZE)
        top = _text(figure, 0.965, title, size=10, most=80)
        top = _text(figure, top - 0.008, head, size=17, most=54, bold=True)
        for line in lines:
            top = _text(figure, top - 0.003, line, size=9, most=_CHARACTERS)
        if len(data):
            height = min(0.36, top - 0.44)
            axes = figure.add_axes((_LEFT + 0.05, top - 0.02 - height, _RIGHT - _LEFT - 0.05, height))
            front_axes(axes, data, look)
            figure.draw_without_rendering()
            name_points(figure, axes, data, look)
            top -= height + 0.075
        _table(figure, top, table)
        pdf = io.BytesIO()
        figure.savefig(pdf, format="pdf", metadata={"CreationDate": None, "Title": shown(title)})
        return pdf.getvalue(), save_png(figure, 160)


def _text(figure: Figure, top: float, text: str, *, size: float, most: int, bold: bool = False) -> float:
    """Text from the left edge, wrapped; gives back where it ends."""
    lines = textwrap.wrap(shown(text), most) or [""]
    figure.text(
        _LEFT, top, "\n".join(lines), fontsize=size, va="top", linespacing=1.3,
        fontweight="bold" if bold else "normal",
    )  # fmt: skip
    return top - len(lines) * _LINE * size / 9


def _table(figure: Figure, top: float, table: Sequence[Sequence[str]]) -> None:
    header, *rows = table
    widths = [max(len(_cut(row[place])) for row in table) for place in range(len(header))]
    room, ends = sum(widths) + 2 * (len(widths) - 1), []
    for place in range(len(widths)):
        ends.append((sum(widths[: place + 1]) + 2 * place) / room)
    size = min(8.0, 8.0 * 105 / room)
    for number, row in enumerate([header, *rows[:_MOST_ROWS]]):
        y = top - number * _LINE * 1.15
        for place, cell in enumerate(row):
            x = _LEFT if not place else _LEFT + (_RIGHT - _LEFT) * ends[place]
            figure.text(
                x, y, shown(_cut(cell)), fontsize=size, va="top", ha="right" if place else "left", color=INK,
                fontweight="normal" if number else "bold",
            )  # fmt: skip
    if len(rows) > _MOST_ROWS:
        y = top - (_MOST_ROWS + 1) * _LINE * 1.15
        figure.text(_LEFT, y, f"{len(rows) - _MOST_ROWS:,} more stand in the report.", fontsize=size, va="top")


def _cut(text: str) -> str:
    return text if len(text) <= _CELL else f"{text[: _CELL // 2]}…{text[-(_CELL // 2) + 1 :]}"
