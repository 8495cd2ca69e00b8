"""How numbers look in every table."""

from __future__ import annotations

import math

__all__ = ["fmt_count", "fmt_rate", "fmt_usd"]

_SIGNIFICANT = 3


def fmt_usd(value: float | None) -> str:
    """Dollars with three significant figures, in plain decimals down to a ten-thousandth."""
    if value is None or math.isnan(value):
        return "-"
    if value == 0:
        return "$0"
    if abs(value) < 1e-4:
        return f"${value:.{_SIGNIFICANT - 1}e}"
    decimals = max(2, _SIGNIFICANT - 1 - math.floor(math.log10(abs(value))))
    return f"${value:,.{decimals}f}"


def fmt_rate(value: float | None) -> str:
    """A share as a percentage with one decimal."""
    return "-" if value is None or math.isnan(value) else f"{100 * value:.1f}%"


def fmt_count(value: float | None) -> str:
    """A count, rounded, with thousands apart."""
    return "-" if value is None or math.isnan(value) else f"{value:,.0f}"
