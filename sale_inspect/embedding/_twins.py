"""Texts that ask nearly the same: twins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["TWINS_FROM", "twin_groups", "twins_among"]

TWINS_FROM = 0.8
"""Cosine similarity from which two texts are twins, words and pairs of words weighed by log(n / texts that have them).

Ours. Words that all texts have weigh nothing, so a preamble or a pattern that tasks share makes no twins. Of the 228
LeetCode problems, the 24 pairs from 0.8 on are all problems i and ii of one title; without the weights, 981 pairs are.
"""

_BLOCK = 512
_WORDS = r"(?u)\w+|[^\w\s]"


def twins_among(texts: Sequence[str]) -> list[tuple[int, int]]:
    """The pairs of places (i < j) whose texts are twins, in order. Deterministic, needs no download.

    Args:
        texts: All texts that are held against each other; they also say which words are rare.
    """
    if len(texts) < 2:
        return []
    pairs = {(i, j) for i, j in _equal(texts)}
    rows = _weighed(texts)
    if rows is not None:
        for start in range(0, rows.shape[0], _BLOCK):
            found = (rows[start : start + _BLOCK] @ rows.T).tocoo()
            near = found.data >= TWINS_FROM
            for i, j in zip(found.row[near] + start, found.col[near], strict=True):
                if i < j:
                    pairs.add((int(i), int(j)))
    return sorted(pairs)


def twin_groups(texts: Sequence[str]) -> list[int]:
    """For each text the place of the first text of its group: twins, and twins of twins, are one group."""
    first = list(range(len(texts)))

    def root(place: int) -> int:
        while first[place] != place:
            place = first[place]
        return place

    for i, j in twins_among(texts):
        low, high = sorted((root(i), root(j)))
        first[high] = low
    return [root(place) for place in range(len(texts))]


def _equal(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Equal texts are twins, also where all their words weigh nothing."""
    seen: dict[str, int] = {}
    for place, text in enumerate(texts):
        there = seen.setdefault(text, place)
        if there != place:
            yield there, place


def _weighed(texts: Sequence[str]) -> Any:
    """Sparse unit rows (n, words); None if no text has a word."""
    from scipy.sparse import csr_matrix
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.preprocessing import normalize

    try:
        counts = CountVectorizer(ngram_range=(1, 2), token_pattern=_WORDS, dtype=np.float64).fit_transform(texts)
    except ValueError:
        return None
    have: NDArray[np.float64] = np.bincount(counts.indices, minlength=counts.shape[1]).astype(np.float64)
    weights = np.log(len(texts) / np.maximum(have, 1.0))
    return csr_matrix(normalize(counts.multiply(weights).tocsr()))
