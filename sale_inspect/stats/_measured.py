"""A number, or the reason why there is none."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Measured", "over", "unknown"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """The value of a metric. Never a silent 0 where it is not defined.

    Attributes:
        value: The number; None where it is not defined.
        reason: Why it is not, or what a reader must know of the number; "" otherwise.
    """

    value: float | None
    reason: str = ""


def unknown(reason: str) -> Measured:
    """No value, with the reason."""
    return Measured(value=None, reason=reason)


def over(above: float, below: float, reason: str) -> Measured:
    """A quotient; no value, with the reason, where that is not a finite number."""
    if below == 0 or not (math.isfinite(above) and math.isfinite(below)):
        return unknown(reason)
    return Measured(value=above / below)
