"""A metric as a ratio of two sums over tasks, with its interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sale_inspect.stats._dollars import Dollars, dollars_intervals
from sale_inspect.stats._frontier import Floats, Rows
from sale_inspect.stats._measured import Measured, over
from sale_inspect.stats._paired import unit_means
from sale_inspect.stats._power import CONFIDENCE
from sale_inspect.stats._rates import rate

__all__ = ["Ends", "Ratio", "ratio_ends"]

_EQUAL = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ratio:
    """sum(above) / sum(below).

    Attributes:
        kind: `share` of tasks, `dollars`, or `points` (differences of pass@1): how its interval is made.
        above: (T,).
        below: (T,).
        reason: Why there is no value when sum(below) is 0.
    """

    kind: Literal["share", "dollars", "points"]
    above: Floats
    below: Floats
    reason: str

    def value(self) -> Measured:
        """The ratio over all tasks."""
        return over(float(self.above.sum()), float(self.below.sum()), self.reason)

    def ends(self, unit: Rows, *, confidence: float = CONFIDENCE, seed: int = 0) -> Ends:
        """The interval of the ratio over tasks.

        Shares by `rate`, over the tasks that can count; dollars by `dollars_interval`, those that may be negative as
        the difference of two (MOVER, Zou and Donner 2008, wider than need be); points, and shares of sums, by Student's
        interval of the linearised ratio (delta method), with +1 and -1 of half a task added as in `mean_interval`.

        Args:
            unit: (T,), number of each row's task; runs of a task count as one.
            confidence: In (0, 1).
            seed: Of the bootstrap of dollars.
        """
        return ratio_ends([self], unit, confidence=confidence, seed=seed)[0]


@dataclass(frozen=True, kw_only=True, slots=True)
class Ends:
    """Ends of an interval and the standard error (of dollars: of their log); None and a reason if there is none."""

    low: float | None
    high: float | None
    error: float | None
    reason: str = ""


def ratio_ends(
    ratios: Sequence[Ratio], unit: Rows, *, confidence: float = CONFIDENCE, seed: int = 0
) -> tuple[Ends, ...]:
    """`Ratio.ends` of many ratios over the same tasks; all that are dollars share one pass over the resamples."""
    # Policies share columns (ones, solved tasks, the oracle's dollars), which are averaged once.
    known: dict[int, Floats] = {}
    columns = [(_averaged(each.above, unit, known), _averaged(each.below, unit, known)) for each in ratios]
    figures: list[tuple[Floats, Floats]] = []
    for each, (above, below) in zip(ratios, columns, strict=True):
        if each.kind == "dollars":
            figures += [(part, below) for part in _parts(above)]
    found = iter(dollars_intervals(figures, confidence=confidence, seed=seed))
    return tuple(
        _joined([next(found) for _ in _parts(above)])
        if each.kind == "dollars"
        else _plain_ends(each, above, below, confidence)
        for each, (above, below) in zip(ratios, columns, strict=True)
    )


def _averaged(column: Floats, unit: Rows, known: dict[int, Floats]) -> Floats:
    means = known.get(id(column))
    return known.setdefault(id(column), unit_means(column, unit)) if means is None else means


def _plain_ends(ratio: Ratio, above: Floats, below: Floats, confidence: float) -> Ends:
    if ratio.kind == "share" and ((below == 0) | (below == 1)).all() and (above <= below + _EQUAL).all():
        counted = above[below > 0]
        found = rate(counted, confidence=confidence)
        spread = float(counted.std(ddof=1)) if len(counted) > 1 else 0.0
        return Ends(low=found.low, high=found.high, error=spread / math.sqrt(len(counted)))
    return _linear_ends(above, below, confidence)


def _linear_ends(above: Floats, below: Floats, confidence: float) -> Ends:
    from scipy.special import stdtrit

    count, size = len(above), float(below.mean())
    if count < 2:
        return Ends(low=None, high=None, error=None, reason="one task has no interval")
    value = float(above.sum() / below.sum())
    pull = (above - value * below) / size
    error = math.sqrt((float((pull**2).sum()) + 1 / size**2) / (count + 1) / (count + 1))
    t = float(stdtrit(count - 1, (1 + confidence) / 2))
    return Ends(low=value - t * error, high=value + t * error, error=error)


def _parts(above: Floats) -> tuple[Floats, ...]:
    """The dollars, or, where some are negative, what is above 0 and what is below."""
    return (above,) if (above >= 0).all() else (np.maximum(above, 0.0), np.maximum(-above, 0.0))


def _joined(found: Sequence[Dollars]) -> Ends:
    if len(found) == 1:
        return Ends(low=found[0].low, high=found[0].high, error=found[0].error, reason=found[0].reason)
    more, less = found
    if more.low is None or more.high is None or less.low is None or less.high is None:
        return Ends(low=None, high=None, error=None, reason=more.reason or less.reason)
    value = more.value - less.value
    return Ends(
        low=value - math.hypot(more.value - more.low, less.high - less.value),
        high=value + math.hypot(more.high - more.value, less.value - less.low),
        error=None,
    )
