"""The nearest past tasks by cosine similarity."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Hit", "nearest"]


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
    similarities, numbers = index.search(query[None, :], min(k, len(rows)))
    hits = [Hit(int(row), float(s)) for row, s in zip(numbers[0], similarities[0], strict=True)]
    return sorted(hits, key=lambda hit: (-round(hit.similarity, 6), hit.row))
