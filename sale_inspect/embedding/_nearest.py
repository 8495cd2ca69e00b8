"""The nearest past tasks by cosine similarity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAME", "Hit", "nearest"]

_DIGITS = 5
SAME = 2 * 10.0**-_DIGITS
"""Similarities that differ by less may be equal in the digits that rank them."""


class Hit(NamedTuple):
    """Row of the matrix and its cosine similarity to the query."""

    row: int
    similarity: float


def nearest(query: NDArray[np.float32], rows: NDArray[np.float32], k: int) -> list[Hit]:
    """The k rows most similar to `query`, best first; equal similarities by row number.

    Args:
        query: Unit vector of shape (d,).
        rows: Unit vectors of shape (n, d).
        k: How many, at most.
    """
    if len(rows) == 0 or k < 1:
        return []
    import faiss

    index = faiss.IndexFlatIP(rows.shape[1])
    index.add(np.ascontiguousarray(rows))
    similarities, _ = index.search(query[None, :], min(k, len(rows)))
    # All rows as good as the last one, so that a tie at the cut is decided by row number.
    _, similarities, numbers = index.range_search(query[None, :], float(similarities[0, -1]) - SAME)
    hits = [Hit(int(row), float(s)) for row, s in zip(numbers, similarities, strict=True)]
    return sorted(hits, key=lambda hit: (-round(hit.similarity, _DIGITS), hit.row))[:k]
