"""Studentised rounds of many ratios of sums over the same tasks, from one product for all of them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats.batch._shares import resampled_sums

__all__ = ["ColumnPairs", "Studentised", "pairs_of", "studentised_pairs"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]

_TINY = 1e-12
_CELLS = 65_536
"""Numbers worked on at once: as many as stay in a processor's cache."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ColumnPairs:
    """K pairs of columns over the same T tasks; a column that is in many pairs is held once.

    Attributes:
        columns: (M, T), numbers of at least 0.
        above: (K,), row of each pair's first column.
        below: (K,), row of its second.
    """

    columns: Floats
    above: Rows
    below: Rows


def pairs_of(pairs: Sequence[tuple[Floats, Floats]]) -> ColumnPairs:
    """The pairs, with equal columns found and held once.

    Args:
        pairs: At least one, each of two columns (T,).
    """
    known: dict[bytes, int] = {}
    columns: list[Floats] = []
    places = np.empty((len(pairs), 2), dtype=np.intp)
    for row, pair in enumerate(pairs):
        for side, column in enumerate(pair):
            place = known.setdefault(column.tobytes(), len(columns))
            if place == len(columns):
                columns.append(column)
            places[row, side] = place
    return ColumnPairs(columns=np.array(columns, dtype=np.float64), above=places[:, 0], below=places[:, 1])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Studentised:
    """Studentised rounds of some pairs.

    Attributes:
        point: (K,), log of the ratio of sums.
        error: (K,), its standard error.
        t: (K, rounds).
    """

    point: Floats
    error: Floats
    t: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Sums:
    """Sums of the resampled columns, their squares and the products of the pairs; last: share of the added task."""

    plain: Floats
    squares: Floats
    products: Floats
    last: Floats


def studentised_pairs(
    pairs: ColumnPairs, seed: int, rounds: int, *, added: Sequence[tuple[Floats, Floats]] = ()
) -> Iterator[tuple[slice, tuple[Studentised, ...]]]:
    """Of each pair: log of the ratio of sums, its standard error, and studentised rounds; some pairs at a time.

    The columns, their squares and the pairs' products are summed over all resamples by one product of matrices, however
    many pairs there are.

    Args:
        pairs: No column of them may be 0 throughout.
        seed: Of the resamples.
        rounds: Resamples.
        added: For each variant, the numbers (K,) and (K,) of one task more of each pair. Without variants the pairs are
            taken as they are.

    Returns:
        The places of the pairs and what was found, one for each variant.
    """
    scale = pairs.columns.mean(axis=1)
    columns = pairs.columns / scale[:, None]
    sums = _summed(columns, pairs, seed, rounds, more=bool(added))
    variants = [(one / scale[pairs.above], two / scale[pairs.below]) for one, two in added]
    # The scaled means are 1, so the ratio of the means is that of the scales.
    ratio = np.log(scale[pairs.above] / scale[pairs.below])
    step = max(1, _CELLS // sums.plain.shape[1])
    for start in range(0, len(pairs.above), step):
        here = slice(start, start + step)
        above, below = pairs.above[here], pairs.below[here]
        if not added:
            found: tuple[Studentised, ...] = (_as_they_are(columns, above, below, sums, here, ratio[here]),)
        else:
            found = tuple(
                _with_one_more(columns, above, below, sums, here, (one[here], two[here]), ratio[here])
                for one, two in variants
            )
        yield here, found


def _summed(columns: Floats, pairs: ColumnPairs, seed: int, rounds: int, *, more: bool) -> _Sums:
    count = len(columns)
    height = 2 * count + len(pairs.above) + more
    stacked = np.zeros((height, columns.shape[1] + more))
    rows = stacked[:, : columns.shape[1]]
    rows[:count] = columns
    np.square(columns, out=rows[count : 2 * count])
    np.multiply(columns[pairs.above], columns[pairs.below], out=rows[2 * count : height - more])
    if more:
        stacked[-1, -1] = 1.0
    sums = resampled_sums(stacked, seed, rounds)
    return _Sums(
        plain=sums[:count], squares=sums[count : 2 * count], products=sums[2 * count : height - more], last=sums[-1]
    )


def _as_they_are(columns: Floats, above: Rows, below: Rows, sums: _Sums, here: slice, point: Floats) -> Studentised:
    tasks = columns.shape[1]
    error = (columns[above] - columns[below]).std(axis=1) / math.sqrt(tasks)
    t = _rounds(
        sums.plain[above], sums.plain[below], sums.squares[above], sums.squares[below], sums.products[here],
        error=error, tasks=tasks,
    )  # fmt: skip
    return Studentised(point=point, error=error, t=t)


def _with_one_more(
    columns: Floats, above: Rows, below: Rows, sums: _Sums, here: slice, more: tuple[Floats, Floats], ratio: Floats
) -> Studentised:
    tasks = columns.shape[1] + 1
    x, y = (np.column_stack([columns[at], each]) for at, each in zip((above, below), more, strict=True))
    size_x, size_y = x.mean(axis=1, keepdims=True), y.mean(axis=1, keepdims=True)
    error = (x / size_x - y / size_y).std(axis=1) / math.sqrt(tasks)
    one, two, last = more[0][:, None] / size_x, more[1][:, None] / size_y, sums.last
    t = _rounds(
        sums.plain[above] / size_x + last * one,
        sums.plain[below] / size_y + last * two,
        sums.squares[above] / size_x**2 + last * one**2,
        sums.squares[below] / size_y**2 + last * two**2,
        sums.products[here] / (size_x * size_y) + last * (one * two),
        error=error,
        tasks=tasks,
    )
    return Studentised(point=ratio + np.log(size_x / size_y)[:, 0], error=error, t=t)


def _rounds(
    top: Floats, bottom: Floats, top_squares: Floats, bottom_squares: Floats, products: Floats, *,
    error: Floats, tasks: int,
) -> Floats:  # fmt: skip
    """(K, rounds), from the sums of the columns scaled to a mean of 1."""
    known = (top > 0) & (bottom > 0)
    safe_top, safe_bottom = np.where(known, top, 1.0), np.where(known, bottom, 1.0)
    squares = top_squares / safe_top**2 + bottom_squares / safe_bottom**2 - 2.0 * products / (safe_top * safe_bottom)
    floor = 1e-9 * np.maximum(error, _TINY)[:, None]
    spread = np.maximum(np.sqrt(np.maximum(squares, 0.0) / tasks), floor)
    shift = np.log(safe_top / safe_bottom)
    t = np.where(np.abs(shift) <= floor, 0.0, shift / spread)
    # A round without a dollar has a log of minus infinity, one without a divisor of plus infinity.
    t = np.where(known, t, np.where(top > 0, 1e9, -1e9))
    return np.where((error > _TINY)[:, None], t, 0.0)
