"""Hulls of many sets of points at once, by their corners.

Work grows with the points of a set, not with their pairs: the points are sorted, and one pass over them keeps the
corners, for all sets in step.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Hulls", "hulls"]

Floats = NDArray[np.float64]
Counts = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Hulls:
    """The corners of S hulls, of at most C corners each; the rest of a row repeats the last corner.

    Attributes:
        dollars: (S, C), rising to the last corner.
        correct: (S, C).
        corners: (S,), how many there are.
        lead: Shape of the sets as they were given; S is its product.
    """

    dollars: Floats
    correct: Floats
    corners: Counts
    lead: tuple[int, ...]

    def heights(self, at: Floats) -> Floats:
        """Heights at some dollars: straight between corners, flat beyond the first and the last.

        Args:
            at: (...), dollars; its shape may broadcast with `lead`.

        Returns:
            (...), the two shapes broadcast.
        """
        wanted = np.asarray(at, dtype=np.float64)
        shape = np.broadcast_shapes(self.lead, wanted.shape)
        wanted = np.broadcast_to(wanted, shape)
        row = np.broadcast_to(np.arange(len(self.corners)).reshape(self.lead), shape)
        most = self.dollars.shape[1]
        last = self.corners[row] - 1
        left = np.zeros(shape, dtype=np.intp)
        for corner in range(1, most):
            # The repeated corners at a row's end are not counted.
            left += (corner <= last) & (self.dollars[row, corner] <= wanted)
        right = np.minimum(left + 1, last)
        c, q = self.dollars[row, left], self.correct[row, left]
        gap, rise = self.dollars[row, right] - c, self.correct[row, right] - q
        share = np.divide(wanted - c, gap, out=np.zeros(shape), where=(right > left) & (wanted > c))
        return np.asarray(q + rise * share, dtype=np.float64)

    def mean_heights(self, low: Floats, high: Floats) -> Floats:
        """Mean height between two dollars, (S,); NaN where `high` is not above `low`.

        Args:
            low: (S,).
            high: (S,).
        """
        start, end = np.asarray(low, dtype=np.float64).ravel(), np.asarray(high, dtype=np.float64).ravel()
        width = end - start
        some = width > 0
        c, q = self.dollars, self.correct
        area = np.maximum(np.minimum(c[:, 0], end) - start, 0.0) * q[:, 0]
        area += np.maximum(end - np.maximum(c[:, -1], start), 0.0) * q[:, -1]
        for corner in range(c.shape[1] - 1):
            x0, y0, gap = c[:, corner], q[:, corner], c[:, corner + 1] - c[:, corner]
            slope = np.divide(q[:, corner + 1] - y0, gap, out=np.zeros_like(gap), where=gap > 0)
            a, b = np.clip(x0, start, end), np.clip(c[:, corner + 1], start, end)
            area += np.maximum(b - a, 0.0) * (y0 + slope * ((a + b) / 2.0 - x0))
        return np.asarray(np.divide(area, width, out=np.full(len(width), np.nan), where=some), dtype=np.float64)


def hulls(dollars: Floats, correct: Floats) -> Hulls:
    """The non-decreasing convex hulls of many sets of points, as `stats.hull` has each.

    Args:
        dollars: (..., P), finite.
        correct: (..., P); the shapes may broadcast.
    """
    shape = np.broadcast_shapes(dollars.shape, correct.shape)
    lead, points = shape[:-1], shape[-1]
    c = np.broadcast_to(dollars, shape).reshape(-1, points)
    q = np.broadcast_to(correct, shape).reshape(-1, points)
    c, q, many = _fronts(c, q)
    kept_c, kept_q = np.empty_like(c), np.empty_like(q)
    size = np.zeros(len(c), dtype=np.intp)
    for point in range(c.shape[1]):
        rows = np.flatnonzero(point < many)
        _drop(rows, c[:, point], q[:, point], kept_c, kept_q, size)
        kept_c[rows, size[rows]], kept_q[rows, size[rows]] = c[rows, point], q[rows, point]
        size[rows] += 1
    most = int(size.max(initial=1))
    place = np.minimum(np.arange(most)[None, :], size[:, None] - 1)
    every = np.arange(len(c))[:, None]
    return Hulls(dollars=kept_c[every, place], correct=kept_q[every, place], corners=size, lead=lead)


def _fronts(c: Floats, q: Floats) -> tuple[Floats, Floats, Counts]:
    """Points that no cheaper or equally cheap one beats, by rising dollars, at the left of each row; how many."""
    order = np.lexsort((-q, c), axis=-1)
    c, q = np.take_along_axis(c, order, axis=1), np.take_along_axis(q, order, axis=1)
    on = np.ones(c.shape, dtype=bool)
    on[:, 1:] = q[:, 1:] > np.maximum.accumulate(q, axis=1)[:, :-1]
    many = on.sum(axis=1)
    first = np.argsort(~on, axis=1, kind="stable")[:, : int(many.max(initial=1))]
    return np.take_along_axis(c, first, axis=1), np.take_along_axis(q, first, axis=1), many


def _drop(rows: Counts, c: Floats, q: Floats, kept_c: Floats, kept_q: Floats, size: Counts) -> None:
    """Take from each row's corners those that the next point puts below the hull."""
    left = rows[size[rows] >= 2]
    while len(left):
        a, b = size[left] - 2, size[left] - 1
        ca, qa = kept_c[left, a], kept_q[left, a]
        turns = (kept_q[left, b] - qa) * (c[left] - ca) > (q[left] - qa) * (kept_c[left, b] - ca)
        left = left[~turns]
        size[left] -= 1
        left = left[size[left] >= 2]
