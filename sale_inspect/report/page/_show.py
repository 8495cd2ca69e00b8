"""How a value looks, and by what it is sorted."""

from __future__ import annotations

import math

from sale_inspect.report.page._model import IntervalValue, Kind, Link, Value
from sale_inspect.texts import fmt_count, fmt_rate, fmt_usd

__all__ = ["show", "sort_key"]

_HOUR = 60.0
_TENTH = 0.1


def show(value: Value, kind: Kind) -> str:
    """The value as a reader sees it; `-` if it is not known."""
    if isinstance(value, Link):
        return value.text
    if isinstance(value, IntervalValue):
        if math.isnan(value.value):
            return "-"
        if math.isnan(value.low) or math.isnan(value.high):
            return show(value.value, kind)
        ends = [show(end, kind).removesuffix("%") for end in (value.low, value.high)]
        return f"{show(value.value, kind)} [{ends[0]}, {ends[1]}]"
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "-"
    return value if isinstance(value, str) else _number(float(value), kind)


def sort_key(value: Value) -> str | float | None:
    """What a table sorts by: a number where there is one; None (last) if the value is not known."""
    if isinstance(value, Link):
        return value.text if value.value is None else value.value
    if isinstance(value, IntervalValue):
        value = value.value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return value


def _number(value: float, kind: Kind) -> str:
    if kind == "share":
        return fmt_rate(value)
    if kind == "points":
        return f"{100 * value:+.1f}"
    if kind == "usd":
        return f"-{fmt_usd(-value)}" if value < 0 else fmt_usd(value)
    if kind == "minutes":
        return _minutes(value)
    if kind == "p":
        return "<0.001" if value < 0.001 else f"{value:.3f}"
    return fmt_count(value) if kind == "count" else f"{value:.3g}"


def _minutes(value: float) -> str:
    if math.isinf(value):
        return "all"
    if value == 0:
        return "0"
    if value < _TENTH:
        return f"{60 * value:.2g} s"
    return f"{value:.2g} min" if value < _HOUR else f"{value / _HOUR:.2g} h"
