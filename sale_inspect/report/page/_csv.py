"""Tables as CSV: whole values, a column for each end of an interval."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator

from sale_inspect.report.page._model import IntervalValue, Link, PageColumn, PageTable, Value
from sale_inspect.texts import csv_cell

__all__ = ["grid_csv"]


def grid_csv(grid: PageTable, *, simulated: bool) -> str:
    """A table as CSV, all its rows.

    An interval takes two more columns, `NAME_low` and `NAME_high`; a link one more, `NAME_url`. The last column says
    whether agents are simulated, or that the figures are the paper's.

    Args:
        grid: The table.
        simulated: Whether agents are simulated.
    """
    made = io.StringIO()
    out = csv.writer(made, lineterminator="\n")
    wide = [_extra(grid, place) for place in range(len(grid.columns))]
    origin = "paper" if grid.paper else "simulated" if simulated else "measured"
    out.writerow([*_header(grid.columns, wide), "origin"])
    for row in grid.rows:
        out.writerow(
            [*(field for value, extra in zip(row, wide, strict=True) for field in _fields(value, extra)), origin]
        )
    return made.getvalue()


def _extra(grid: PageTable, place: int) -> tuple[str, ...]:
    """What a column needs beside its values: the ends of intervals, the addresses of links, or both."""
    kinds = {type(row[place]) for row in grid.rows}
    return (("low", "high") if IntervalValue in kinds else ()) + (("url",) if Link in kinds else ())


def _header(columns: tuple[PageColumn, ...], wide: list[tuple[str, ...]]) -> Iterator[str]:
    for column, extra in zip(columns, wide, strict=True):
        yield column.name
        yield from (f"{column.name}_{part}" for part in extra)


def _fields(value: Value, extra: tuple[str, ...]) -> list[str]:
    parts = dict.fromkeys(extra, "")
    if isinstance(value, IntervalValue):
        parts |= {"low": _plain(value.low), "high": _plain(value.high)}
        return [_plain(value.value), *parts.values()]
    if isinstance(value, Link):
        parts |= {"url": csv_cell(value.url)}
        return [_plain(value.text if value.value is None else value.value), *parts.values()]
    return [_plain(value), *parts.values()]


def _plain(value: str | float | int | None) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return csv_cell(value)
    return repr(float(value)) if isinstance(value, float) else str(value)
