"""The k nearest training tasks, the same for a task alone and in any batch."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sale_inspect.routers.parts._base import Features
from sale_inspect.routers.parts._checked import Reader, same_width
from sale_inspect.routers.parts._outcomes import Floats, Rows

__all__ = ["NeighbourMeans", "nearest_rows"]

_BLOCK = 512
_PRODUCTS = 1 << 22
_WORKERS = min(4, os.cpu_count() or 1)
_NAMED = 3
# The limit is the process's: two that overlap would leave the lower one behind.
_LOCK = threading.Lock()


def nearest_rows(queries: Features, rows: Features, k: int, longest: float = 1.0) -> Rows:
    """(T, k) numbers of the k rows with the greatest inner product, in ascending order of row number.

    Inner products are those in float64, ties go to the lower row number. Products in float32 of all
    rows find the candidates; only those within the float32 error of the k-th are computed again. So
    the answer does not depend on the batch, the BLAS or its threads.

    Args:
        queries: (T, D).
        rows: (n, D).
        k: How many; at most n.
        longest: At least the length of the longest row.
    """
    if k >= len(rows):
        return np.tile(np.arange(len(rows), dtype=np.intp), (len(queries), 1))
    # Twice the bound D * u * |q| * |r| on the error of a float32 product, u = 2**-24, and as much again for safety.
    error = queries.shape[1] * 2.0**-22 * max(longest, 1.0)
    size = max(1, min(_BLOCK, _PRODUCTS // len(rows)))
    blocks = [queries[start : start + size] for start in range(0, len(queries), size)]
    with _one_blas_thread():
        if len(blocks) <= 1:
            parts = [_nearest_block(block, rows, k, error) for block in blocks]
        else:
            with ThreadPoolExecutor(min(_WORKERS, len(blocks))) as workers:
                parts = list(workers.map(lambda block: _nearest_block(block, rows, k, error), blocks))
    return np.concatenate([np.empty((0, k), dtype=np.intp), *parts])


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """One thread for each BLAS call.

    On a busy machine the threads of BLAS wait for each other: a search took up to 20 times longer.
    """
    with _LOCK, _blas().limit(limits=1):
        yield


@lru_cache(maxsize=1)
def _blas() -> Any:
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController().select(user_api="blas")


def _nearest_block(queries: Features, rows: Features, k: int, error: float) -> Rows:
    products = (rows @ queries[0])[None, :] if len(queries) == 1 else queries @ rows.T
    kth = np.partition(products, len(rows) - k, axis=1)[:, len(rows) - k].astype(np.float64)
    margin = error * np.linalg.norm(queries, axis=1).astype(np.float64) + np.finfo(np.float32).tiny
    near = products >= (kth - margin)[:, None].astype(np.float32)
    for query in np.flatnonzero(np.count_nonzero(near, axis=1) > k):
        candidates = np.flatnonzero(near[query])
        unsure = candidates[products[query, candidates] <= kth[query] + margin[query]]
        exact = (rows[unsure].astype(np.float64) * queries[query].astype(np.float64)).sum(axis=1)
        wanted = k - (len(candidates) - len(unsure))
        near[query, unsure[np.argsort(-exact, kind="stable")[wanted:]]] = False
    return np.asarray(np.flatnonzero(near).reshape(len(queries), k) % len(rows), dtype=np.intp)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class NeighbourMeans:
    """k-nearest-neighbour regression with uniform weights (scikit-learn's KNeighborsRegressor, metric cosine).

    Attributes:
        features: (n, D) unit embeddings of the training tasks, sorted by task id.
        values: (n, C) what is averaged.
        ids: The n task ids.
        k: How many neighbours, at most n.
        longest: Length of the longest row of `features`.
    """

    features: Features
    values: Floats
    ids: tuple[str, ...]
    k: int
    longest: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "longest", float(np.linalg.norm(self.features, axis=1).max()))

    def predict(self, features: Features) -> Floats:
        """(T, C) means over the k nearest training tasks.

        Raises:
            OutcomesError: If the features are not those of the fit's embedder.
        """
        asked = same_width(features, self.features.shape[1])
        rows = nearest_rows(asked, self.features, self.k, self.longest)
        found = np.empty((len(asked), self.values.shape[1]))
        for start in range(0, len(asked), _BLOCK):
            # In ascending order of rows, one after another: the same sum for any batch.
            near = self.values[rows[start : start + _BLOCK]]
            found[start : start + _BLOCK] = np.add.reduce(near, axis=1) / self.k
        return found

    def basis(self, feature: Features) -> str:
        """What a prediction rests on, in one sentence."""
        asked = same_width(feature[None, :], self.features.shape[1])[0].astype(np.float64)
        rows = nearest_rows(feature[None, :], self.features, self.k, self.longest)[0]
        similar = (self.features[rows].astype(np.float64) * asked).sum(axis=1)
        best = np.argsort(-similar, kind="stable")[:_NAMED]
        named = ", ".join(f"{self.ids[rows[each]]} ({similar[each]:.2f})" for each in best)
        return f"It is the mean over the {len(rows)} nearest of {len(self.ids)} training tasks, first {named}."

    def to_arrays(self, prefix: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Plain values and arrays, their names after `prefix` and a dot."""
        meta = {f"{prefix}.kind": "neighbours", f"{prefix}.ids": list(self.ids), f"{prefix}.k": self.k}
        return meta, {f"{prefix}.features": self.features, f"{prefix}.values": self.values}

    @classmethod
    def read(cls, reader: Reader, *, columns: int, low: float, high: float) -> NeighbourMeans:
        """From checked values and arrays.

        Raises:
            OutcomesError: If one does not fit.
        """
        ids = reader.texts("ids", unique=True)
        return cls(
            features=reader.features("features", (len(ids), None)),
            values=reader.array("values", (len(ids), columns), low=low, high=high),
            ids=ids,
            k=reader.whole("k", 1, len(ids)),
        )
