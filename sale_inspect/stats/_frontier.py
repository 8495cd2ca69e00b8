"""Curves of dollars against pass@1: the Pareto front, the hull, and the area below it (AIQ).

A point is (c, q): dollars a task and pass@1 of a router at one setting of its knob, or of an agent. Overhead of
the router belongs in c. A line between two points is a mix of the two settings, drawn by chance.

NDCH, the non-decreasing convex hull, is the least function that is concave, never falls and lies on or above all
points. Every height of it can be had by a mix of two points, at no more dollars.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sale_inspect.stats._measured import Measured, unknown
from sale_inspect.stats.batch import hulls

__all__ = [
    "Floats",
    "Over",
    "Rows",
    "aiq",
    "area_below",
    "checked_points",
    "hull",
    "hull_at",
    "hull_heights",
    "pareto_front",
]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]
Over = Literal["span", "zero_to_max"]
Left = Literal["hold", "null"]


def checked_points(dollars: ArrayLike, correct: ArrayLike) -> tuple[Floats, Floats]:
    """The points as arrays of floats.

    Args:
        dollars: (P,), dollars a task, at least 0.
        correct: (P,), pass@1.

    Raises:
        ValueError: If there is no point, shapes differ, or a number is not finite. An unpriced point (NaN
            dollars) is refused; it is never taken as free.
    """
    c, q = np.asarray(dollars, dtype=np.float64), np.asarray(correct, dtype=np.float64)
    if c.ndim != 1 or c.shape != q.shape or len(c) == 0:
        raise ValueError(f"A curve needs as many dollars as pass rates, at least one; got {c.shape} and {q.shape}.")
    bad = ~(np.isfinite(c) & (c >= 0) & np.isfinite(q))
    if bad.any():
        point = int(np.flatnonzero(bad)[0])
        raise ValueError(
            f"Point {point} of the curve has {c[point]!r} dollars and pass@1 {q[point]!r}. Both must be finite and the "
            "dollars at least 0: price what is unpriced, it is not free."
        )
    return c, q


def pareto_front(dollars: ArrayLike, correct: ArrayLike, *, prefer: ArrayLike | None = None) -> Rows:
    """Numbers of the points that no other point beats, by rising dollars.

    A point is beaten by one with no more dollars and no less pass@1 that is strictly better in one of them. Numbers are
    compared as they are: who gets them from sums in different orders rounds them first.

    Args:
        dollars: (P,).
        correct: (P,).
        prefer: (P,), of equal points the one with the least of these counts, and then the first; by default the first.

    Raises:
        ValueError: See `checked_points`.
    """
    c, q = checked_points(dollars, correct)
    order = np.lexsort((-q, c) if prefer is None else (np.asarray(prefer, dtype=np.float64), -q, c))
    before = np.concatenate([[-np.inf], np.maximum.accumulate(q[order])[:-1]])
    return np.asarray(order[q[order] > before], dtype=np.intp)


def hull(dollars: ArrayLike, correct: ArrayLike) -> Rows:
    """Numbers of the corners of the NDCH, by rising dollars.

    The first is the cheapest point, the last the cheapest of those with the highest pass@1; between them the hull is
    straight, after the last it is flat. A point on the line between two corners is no corner. One point and two points
    are hulls too (RouterBench's code fails on two).

    Raises:
        ValueError: See `checked_points`.
    """
    c, q = checked_points(dollars, correct)
    front = pareto_front(c, q)
    return front[_corners(c[front].tolist(), q[front].tolist())]


def _corners(c: list[float], q: list[float]) -> list[int]:
    """Places of the corners among points whose dollars and pass@1 both rise strictly."""
    kept: list[int] = []
    for point in range(len(c)):
        while len(kept) >= 2:
            a, b = kept[-2], kept[-1]
            if (q[b] - q[a]) * (c[point] - c[a]) > (q[point] - q[a]) * (c[b] - c[a]):
                break
            kept.pop()
        kept.append(point)
    return kept


def hull_heights(dollars: ArrayLike, correct: ArrayLike, at: ArrayLike) -> Floats:
    """Heights of the NDCH of one set of points at many dollars: flat beyond its ends.

    Args:
        dollars: (P,), finite.
        correct: (P,).
        at: (A,), dollars. Left of the cheapest point nothing can be had; its height is given there all the same.

    Returns:
        (A,), heights.

    Raises:
        ValueError: See `checked_points`.
    """
    c, q = checked_points(dollars, correct)
    corners = hull(c, q)
    wanted = np.asarray(at, dtype=np.float64)
    return np.asarray(np.interp(wanted, c[corners], q[corners]), dtype=np.float64)


def hull_at(dollars: Floats, correct: Floats, at: Floats) -> Floats:
    """Height of the NDCH at some dollars, for many sets of points at once.

    It is the most that a mix of two points reaches for no more dollars. Left of the cheapest point nothing can be had
    for the dollars; there the height of the hull's left end is given.

    Args:
        dollars: (..., P), finite.
        correct: (..., P).
        at: (...), one number for each set; shapes may broadcast.

    Returns:
        (...), heights.
    """
    return hulls(dollars, correct).heights(at)


def aiq(
    dollars: ArrayLike,
    correct: ArrayLike,
    *,
    low: float | None = None,
    high: float | None = None,
    over: Over = "span",
    left: Left = "hold",
) -> Measured:
    """Average improvement in quality (RouterBench): the mean height of the NDCH over a range of dollars.

    `span`, the paper's:         AIQ = 1 / (c_max - c_min) * integral from c_min to c_max of NDCH(c) dc
    `zero_to_max`, as its code:  1 / c_max * integral from c_1 to c_max of NDCH(c) dc, where c_1 is the cheapest point

    The second is lower for the same curve, by the part of the range that is left of c_1; it is there to compare with
    figures made by that code. Compare routers over one and the same range only.

    Args:
        dollars: (P,), dollars a task.
        correct: (P,), pass@1.
        low: c_min; the cheapest point by default. Points left of it still shape the hull. Not used by `zero_to_max`.
        high: c_max; the dearest point by default. Right of the curve the hull is flat.
        over: Which of the two.
        left: The hull between c_min and the cheapest point, where the curve has nothing: `hold` takes the height of
            the cheapest point (it flatters a curve that starts dear; `reason` says when this happened), `null` mixes
            with an agent that answers nothing for nothing: the line from (0, 0) to the cheapest point.

    Returns:
        The mean height, between the lowest and the highest pass@1 for `span` with `hold`. No value if the range is
        empty, for instance when all points cost the same.

    Raises:
        ValueError: See `checked_points`.
    """
    c, q = checked_points(dollars, correct)
    corners = hull(c, q)
    x, y = c[corners], q[corners]
    end = float(c.max()) if high is None else float(high)
    if over == "zero_to_max":
        if end <= 0:
            return unknown("the greatest dollars are 0, so nothing can be divided by them")
        start = min(float(x[0]), end)
        return Measured(value=area_below(x, y, start, end) / end)
    start = float(c.min()) if low is None else float(low)
    if end <= start:
        return unknown(f"the range of dollars is empty: from {start:g} to {end:g}")
    reason = ""
    if start < x[0]:
        reason = "the curve starts right of the range; its first height counts to the left of it"
        if left == "null":
            reason = "the curve starts right of the range; left of it, it is mixed with an agent that answers nothing"
            x, y = np.concatenate([[0.0], x]), np.concatenate([[0.0], y])
    return Measured(value=area_below(x, y, start, end) / (end - start), reason=reason)


def area_below(x: Floats, y: Floats, start: float, end: float) -> float:
    """Area below the line through points from `start` to `end`, flat beyond its ends.

    Args:
        x: (P,), rising.
        y: (P,), heights.
        start: Left end.
        end: Right end, not left of `start`.
    """
    inside = x[(x > start) & (x < end)]
    knots = np.concatenate([[start], inside, [end]])
    height = np.interp(knots, x, y)
    # numpy 1.26 has no `trapezoid` and numpy 2 warns of `trapz`.
    return float((np.diff(knots) * (height[1:] + height[:-1])).sum() / 2.0)
