"""How a value looks, and by what it is sorted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from sale_inspect.report.page._model import IntervalValue, Kind, Link, PageColumn, PageTable, Value
from sale_inspect.texts import fmt_count, fmt_rate, fmt_usd, fmt_usd_thousand

__all__ = ["column_units", "minutes_unit", "show", "shown_rows", "sort_key"]

_UNITS = (("s", 1 / 60), ("min", 1.0), ("h", 60.0))
_TENTH = 0.1


def minutes_unit(values: Iterable[Value]) -> str:
    """The one unit of human times that stand together: s, min or h, by the middle one."""
    known = sorted(each for value in values for each in _numbers(value) if math.isfinite(each) and each > 0)
    middle = known[(len(known) - 1) // 2] if known else 1.0
    return "s" if middle < _TENTH else "min" if middle < _UNITS[2][1] else "h"


def _numbers(value: Value) -> Iterator[float]:
    if isinstance(value, IntervalValue):
        yield value.value
    elif isinstance(value, int | float):
        yield float(value)


def column_units(columns: Sequence[PageColumn], rows: Sequence[Sequence[Value]]) -> tuple[str, ...]:
    """The unit of each column of human times, and "" for the others."""
    return tuple(
        minutes_unit(row[place] for row in rows) if column.kind == "minutes" else ""
        for place, column in enumerate(columns)
    )


def shown_rows(grid: PageTable) -> list[list[str]]:
    """A table as it is read: the titles of its columns, then all rows."""
    units = column_units(grid.columns, grid.rows)
    return [
        [column.title for column in grid.columns],
        *([show(v, c.kind, unit) for v, c, unit in zip(row, grid.columns, units, strict=True)] for row in grid.rows),
    ]


def show(value: Value, kind: Kind, unit: str = "") -> str:
    """The value as a reader sees it; `-` if it is not known.

    Args:
        value: The value.
        kind: What it is.
        unit: Of human times, from `minutes_unit`; "" for the one that suits this value.
    """
    if isinstance(value, Link):
        return value.text
    if isinstance(value, IntervalValue):
        if math.isnan(value.value):
            return "-"
        if math.isnan(value.low) or math.isnan(value.high):
            return show(value.value, kind, unit)
        ends = [show(end, kind, unit).removesuffix("%") for end in (value.low, value.high)]
        return f"{show(value.value, kind, unit)} [{ends[0]}, {ends[1]}]"
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return value if isinstance(value, str) else _number(float(value), kind, unit)


def sort_key(value: Value) -> str | float | None:
    """What a table sorts by: a number where there is one; None (last) if the value is not known."""
    if isinstance(value, Link):
        return value.text if value.value is None else value.value
    if isinstance(value, IntervalValue):
        value = value.value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return value


def _number(value: float, kind: Kind, unit: str) -> str:
    if kind == "share":
        return fmt_rate(value)
    if kind == "points":
        return f"{100 * value:+.1f}"
    if kind == "usd":
        return f"-{fmt_usd(-value)}" if value < 0 else fmt_usd(value)
    if kind == "thousand":
        return f"-{fmt_usd_thousand(-value)}" if value < 0 else fmt_usd_thousand(value)
    if kind == "times":
        return f"{value:.2f}"
    if kind == "minutes":
        return _minutes(value, unit or minutes_unit([value]))
    if kind == "p":
        return "<0.001" if value < 0.001 else f"{value:.3f}"
    return fmt_count(value) if kind == "count" else _figures(value, 3)


def _minutes(value: float, unit: str) -> str:
    if math.isinf(value):
        return "all"
    if value == 0:
        return "0"
    return f"{_figures(value / dict(_UNITS)[unit], 2)} {unit}"


def _figures(value: float, significant: int) -> str:
    """So many figures, without zeros at the end, and never a power of ten."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    text = f"{value:,.{max(0, significant - 1 - math.floor(math.log10(abs(value))))}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
