"""The order of complexity bins."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from statistics import median

__all__ = ["bin_order"]

_NUMBER = re.compile(r"(\d+)")


def bin_order(bins: Sequence[str], taus: Sequence[float] | None = None) -> tuple[str, ...]:
    """The bins of some tasks, from quick to long tasks.

    Bins with human times stand by the median of their tasks' times; those without any come after them, in natural
    order (`b2` before `b10`).

    Args:
        bins: The bin of each task; empty for none, which is left out.
        taus: Human time of each task, minutes; NaN where it is not known.
    """
    times: dict[str, list[float]] = {}
    for place, name in enumerate(bins):
        if name:
            times.setdefault(name, [])
            if taus is not None and not math.isnan(taus[place]):
                times[name].append(taus[place])
    return tuple(sorted(times, key=lambda name: (median(times[name]) if times[name] else math.inf, _natural(name))))


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    parts = _NUMBER.split(name)
    return tuple((int(part), "") if part.isdecimal() and part.isascii() else (-1, part) for part in parts)
