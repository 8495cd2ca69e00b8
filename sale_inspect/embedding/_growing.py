"""The nearest of vectors that come one by one, without an index anew for every search."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sale_inspect.embedding._nearest import SAME, Hit, nearest

__all__ = ["GrowingIndex"]

_BLOCK = 2_048
_FEW = 0.5
"""Share of a query's numbers up to which only those that are not zero are multiplied: hashed texts are mostly zeros."""


class GrowingIndex:
    """Unit vectors to which more are added, and the nearest of any of them.

    The hits are those of `nearest` on the same rows, to the last bit: products of all rows, which are only as exact as
    a sum of float32 in any order is, choose the rows that can be among the best, and `nearest` ranks these.

    Memory is 4 bytes a row and dimension, taken in blocks, so that growing copies nothing.

    Args:
        dimensions: Length d of a row.
    """

    def __init__(self, dimensions: int) -> None:
        self._dimensions = dimensions
        # Dimension by dimension: a query that is mostly zeros then reads only a part of it.
        self._blocks: list[NDArray[np.float32]] = []
        self._count = 0
        # |sum in float32 - true sum| <= d * 2^-24 for unit vectors, in any order; two sums differ by twice that, and so
        # does the k-th best.
        self._margin = SAME + dimensions * 2.0**-22

    def __len__(self) -> int:
        return self._count

    def add(self, row: NDArray[np.float32]) -> int:
        """Append a unit row of shape (d,); returns its number.

        Raises:
            ValueError: If the shape does not fit.
        """
        if row.shape != (self._dimensions,):
            raise ValueError(f"a row must have shape ({self._dimensions},), got {row.shape}.")
        place = self._count % _BLOCK
        if place == 0:
            self._blocks.append(np.empty((self._dimensions, _BLOCK), dtype=np.float32))
        self._blocks[-1][:, place] = row
        self._count += 1
        return self._count - 1

    def row(self, number: int) -> NDArray[np.float32]:
        """The row of a number, shape (d,)."""
        return self._blocks[number // _BLOCK][:, number % _BLOCK].copy()

    def nearest(self, query: NDArray[np.float32], k: int, among: NDArray[np.int64]) -> list[Hit]:
        """The k of some rows that are most similar to `query`, best first; equal similarities by place in `among`.

        Args:
            query: Unit vector of shape (d,).
            k: How many, at most.
            among: Numbers of rows; one may stand there several times.

        Returns:
            Hits whose `row` is the place in `among`.
        """
        if len(among) == 0 or k < 1:
            return []
        places = np.arange(len(among))
        if k < len(among):
            rough = np.concatenate(list(self._products(query)))[among]
            cut = np.partition(rough, len(rough) - k)[len(rough) - k]
            places = np.flatnonzero(rough >= float(cut) - self._margin)
        rows = np.stack([self.row(number) for number in among[places].tolist()])
        return [Hit(int(places[hit.row]), hit.similarity) for hit in nearest(query, rows, k)]

    def _products(self, query: NDArray[np.float32]) -> Iterator[NDArray[np.float32]]:
        used = np.flatnonzero(query)
        few = len(used) <= _FEW * self._dimensions
        for number, block in enumerate(self._blocks):
            filled = block[:, : self._count - number * _BLOCK]
            # Not `query @ filled`: its threads wait for each other, which costs more than they gain on a busy machine.
            if few:
                yield np.einsum("i,ij->j", query[used], filled[used])
            else:
                yield np.einsum("i,ij->j", query, filled)
