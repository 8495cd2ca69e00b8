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
            [*(field for value, kind in zip(row, wide, strict=True) for field in _fields(value, kind)), origin]
        )
    return made.getvalue()


def _extra(grid: PageTable, place: int) -> str:
    kinds = {type(row[place]) for row in grid.rows}
    return "range" if IntervalValue in kinds else "link" if Link in kinds else ""


def _header(columns: tuple[PageColumn, ...], wide: list[str]) -> Iterator[str]:
    for column, kind in zip(columns, wide, strict=True):
        yield column.name
        if kind == "range":
            yield from (f"{column.name}_low", f"{column.name}_high")
        elif kind == "link":
            yield f"{column.name}_url"


def _fields(value: Value, kind: str) -> list[str]:
    if isinstance(value, IntervalValue):
        return [_plain(value.value), _plain(value.low), _plain(value.high)]
    if isinstance(value, Link):
        return [csv_cell(value.text) if value.value is None else _plain(value.value), csv_cell(value.url)]
    return [_plain(value), *[""] * {"range": 2, "link": 1, "": 0}[kind]]


def _plain(value: str | float | int | None) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str):
        return csv_cell(value)
    return repr(float(value)) if isinstance(value, float) else str(value)
