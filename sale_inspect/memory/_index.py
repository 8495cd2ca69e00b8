"""The nearest past tasks among many: exact when they are few, over faiss's short codes when they are a million."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from hashlib import blake2b
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sale_inspect.embedding import Hit

__all__ = ["EXACT_UP_TO", "NeighbourIndex"]

EXACT_UP_TO = 16_384
"""Rows up to which every search compares the query with all of them."""

_BLOCK = 16_384
_DIGITS = 5
_TIE = 2 * 10.0**-_DIGITS

# Measured with benchmarks/memory.py. Scanning all codes beats inverted lists and HNSW here: on real task embeddings
# these found 97% and 94% of the neighbours (64 of 512 lists, M=32), and all codes with 256 candidates 100%.
_FETCH = 1_024
_MOST_FETCHED = 16_384
_CODE_BITS = 4
_TRAINING_ROWS = 16_384


class NeighbourIndex:
    """Nearest rows by inner product, best first; equal similarities (to 5 digits) by row number.

    The answers are a function of the rows and their order alone, however they were added. Up to
    `exact_up_to` rows, and always when `among` is given, the search is exact. Above, a scan of all
    rows' codes (faiss's product quantiser with 4 bits for 2 dimensions) finds 1,024 candidates or
    more, and the exact similarities of these decide (ours). The quantiser learns from the first
    rows, as many as the largest `exact_up_to` * 2**i that there are, so adding rows makes the codes
    anew only when the number of rows has doubled.

    Memory is 4 bytes a row and dimension, and above `exact_up_to` a quarter byte more and about 200
    bytes a row. Equal rows share one code.

    Args:
        dimensions: Length d of a row.
        exact_up_to: Rows up to which every search is exact.
    """

    def __init__(self, dimensions: int, *, exact_up_to: int = EXACT_UP_TO) -> None:
        self._dimensions = dimensions
        self._exact_up_to = exact_up_to
        self._blocks: list[NDArray[np.float32]] = []
        self._count = 0
        self._codes: Any = None
        self._trained_on = 0
        self._coded = 0
        self._first_rows = array("q")
        self._code_of: dict[bytes, int] = {}
        self._twins: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return self._count

    def add(self, rows: NDArray[np.float32]) -> None:
        """Append unit rows of shape (n, d). Whole blocks of a C-contiguous float32 array are kept, not copied.

        Raises:
            ValueError: If the shape does not fit.
        """
        if rows.ndim != 2 or rows.shape[1] != self._dimensions:
            raise ValueError(f"rows must have shape (n, {self._dimensions}), got {rows.shape}.")
        rows = np.ascontiguousarray(rows, dtype=np.float32)
        while len(rows):
            used = self._count % _BLOCK
            taken, rows = rows[: _BLOCK - used], rows[_BLOCK - used :]
            if used == 0 and len(taken) == _BLOCK:
                self._blocks.append(taken)
            else:
                if used == 0:
                    self._blocks.append(np.empty((_BLOCK, self._dimensions), dtype=np.float32))
                self._blocks[-1][used : used + len(taken)] = taken
            self._count += len(taken)

    def search(self, query: NDArray[np.float32], k: int, among: Sequence[int] | None = None) -> list[Hit]:
        """The k rows most like `query`.

        Args:
            query: Unit vector of shape (d,).
            k: How many, at most.
            among: Only these rows, compared exactly; equal similarities by place in this sequence.

        Raises:
            ValueError: If the query's shape does not fit.
        """
        query = np.ascontiguousarray(query, dtype=np.float32)
        if query.shape != (self._dimensions,):
            raise ValueError(f"query must have shape ({self._dimensions},), got {query.shape}.")
        if k < 1:
            return []
        if among is not None:
            numbers = np.asarray(among, dtype=np.int64)
            rough = [_products(self._take(numbers[i : i + _BLOCK]), query) for i in range(0, len(numbers), _BLOCK)]
            return self._best(query, numbers[_near(rough, k)], k)
        if self._count <= self._exact_up_to:
            return self._best(query, _near([_products(block, query) for block in self._filled()], k), k)
        return self._approximate(query, k)

    def _filled(self) -> Iterator[NDArray[np.float32]]:
        for number, block in enumerate(self._blocks):
            yield block[: self._count - number * _BLOCK]

    def _take(self, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
        rows = np.empty((len(numbers), self._dimensions), dtype=np.float32)
        for number in np.unique(numbers // _BLOCK):
            inside = numbers // _BLOCK == number
            rows[inside] = self._blocks[number][numbers[inside] % _BLOCK]
        return rows

    def _similarities(self, query: NDArray[np.float32], numbers: NDArray[np.int64]) -> NDArray[np.float64]:
        # Row by row in double precision: a matrix product's rounding depends on a row's place, which would break ties.
        return np.asarray((self._take(numbers) * query.astype(np.float64)).sum(axis=1), dtype=np.float64)

    def _best(self, query: NDArray[np.float32], numbers: NDArray[np.int64], k: int) -> list[Hit]:
        similarities = self._similarities(query, numbers)
        order = np.argsort(-similarities.round(_DIGITS), kind="stable")[:k]
        return [Hit(int(numbers[i]), float(similarities[i])) for i in order]

    def _approximate(self, query: NDArray[np.float32], k: int) -> list[Hit]:
        self._grow()
        fetch = max(_FETCH, 4 * k)
        while True:
            scores, found = self._codes.search(query[None, :], min(fetch, len(self._first_rows)))
            codes, scores = found[0][found[0] >= 0], scores[0][found[0] >= 0]
            rows = np.asarray(self._first_rows)[codes]
            rough = _products(self._take(rows), query)
            enough = np.partition(rough, len(rough) - k)[len(rough) - k] - _TIE if k < len(rough) else -np.inf
            # Rows much like a candidate have its score. Where such a group is cut, its best rows may be missing.
            cut_off = rough[scores == scores.min()].max() >= enough
            if not cut_off or fetch >= min(max(_MOST_FETCHED, 4 * k), len(self._first_rows)):
                twins = [row for code in codes[rough >= enough] for row in self._twins.get(int(code), ())[:k]]
                return self._best(query, np.sort(np.concatenate([rows[rough >= enough], twins]).astype(np.int64)), k)
            fetch *= 4

    def _grow(self) -> None:
        size = self._exact_up_to
        while 2 * size <= self._count:
            size *= 2
        with _one_thread():
            if size != self._trained_on:
                self._codes = self._trained(size)
                self._trained_on = size
                self._codes_from_scratch()
            for start in range(self._coded, self._count, _BLOCK):
                self._encode(np.arange(start, min(start + _BLOCK, self._count)))

    def _codes_from_scratch(self) -> None:
        self._coded = 0
        self._first_rows = array("q")
        self._code_of.clear()
        self._twins.clear()

    def _encode(self, numbers: NDArray[np.int64]) -> None:
        """Give each row that is new a code. The same task comes again with every run over a benchmark."""
        rows = self._take(numbers)
        fresh = []
        for i, row in enumerate(rows):
            code = self._code_of.setdefault(blake2b(row.tobytes(), digest_size=16).digest(), len(self._first_rows))
            if code < len(self._first_rows):
                self._twins.setdefault(code, []).append(int(numbers[i]))
            else:
                self._first_rows.append(int(numbers[i]))
                fresh.append(i)
        if fresh:
            self._codes.add(rows[fresh])
        self._coded += len(numbers)

    def _trained(self, size: int) -> Any:
        import faiss

        parts = self._dimensions // 2 if self._dimensions % 2 == 0 else self._dimensions
        codes = faiss.IndexPQFastScan(self._dimensions, parts, _CODE_BITS, faiss.METRIC_INNER_PRODUCT)
        codes.pq.cp.seed = 1
        sample = min(size, _TRAINING_ROWS)
        codes.train(self._take(np.arange(sample) * size // sample))
        return codes


def _products(rows: NDArray[np.float32], query: NDArray[np.float32]) -> NDArray[np.float32]:
    # Not `rows @ query`: its threads wait for each other, which costs more than they gain on a busy machine.
    return np.asarray(np.einsum("ij,j->i", rows, query), dtype=np.float32)


def _near(rough: list[NDArray[np.float32]], k: int) -> NDArray[np.int64]:
    """Places of all similarities that can be among the best k, in order."""
    joined = np.concatenate([*rough, np.empty(0, dtype=np.float32)])
    if len(joined) <= k:
        return np.arange(len(joined))
    cut = np.partition(joined, len(joined) - k)[len(joined) - k]
    return np.flatnonzero(joined >= cut - _TIE)


@contextmanager
def _one_thread() -> Iterator[None]:
    """The order of sums, and so the codes, must not depend on how many threads there are."""
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        yield
    finally:
        faiss.omp_set_num_threads(threads)
