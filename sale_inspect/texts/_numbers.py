"""How numbers look in every table."""

from __future__ import annotations

import math

__all__ = ["fmt_count", "fmt_rate", "fmt_usd", "fmt_usd_thousand"]

_SIGNIFICANT = 3
_PLAIN = 1e-4
"""Dollars from here on are plain decimals; smaller ones have a prefix."""
_PREFIXES = ((1e-6, "\N{MICRO SIGN}"), (1e-9, "n"))


def fmt_usd(value: float | None) -> str:
    """Dollars with three significant figures: plain decimals down to a ten-thousandth, then with a prefix of SI."""
    if value is None or math.isnan(value):
        return "-"
    if value == 0:
        return "$0"
    if abs(value) < _PLAIN:
        unit, prefix = next((each for each in _PREFIXES if abs(value) >= each[0]), _PREFIXES[-1])
        return f"{_significant(value / unit)} {prefix}$"
    return f"${_significant(value, least=2)}"


def _significant(value: float, *, least: int = 0) -> str:
    """Three significant figures, never as a power of ten; at least so many decimals."""
    decimals = max(least, _SIGNIFICANT - 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def fmt_usd_thousand(value: float | None) -> str:
    """Dollars of 1,000 tasks, for dollars of one task."""
    return fmt_usd(None if value is None else 1000 * value)


def fmt_rate(value: float | None) -> str:
    """A share as a percentage with one decimal."""
    return "-" if value is None or math.isnan(value) else f"{100 * value:.1f}%"


def fmt_count(value: float | None) -> str:
    """A count, rounded, with thousands apart."""
    return "-" if value is None or math.isnan(value) else f"{value:,.0f}"
