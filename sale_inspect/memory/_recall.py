"""The past tasks of a memory that are most like a task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.embedding import Embedder
from sale_inspect.memory._index import NeighbourIndex
from sale_inspect.memory._rows import StoredAuction
from sale_inspect.memory._store import MemoryStore
from sale_inspect.memory._vectors import Vectors

__all__ = ["Remembered", "TaskIndex", "fill_vectors", "task_vectors"]

# Small, because a batch is padded to its longest text: 256 long ones took 10 GB with MiniLM.
_BATCH = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class Remembered:
    """A past auction and the cosine similarity of its task to the one asked about."""

    auction: StoredAuction
    similarity: float


def fill_vectors(store: MemoryStore, embedder: Embedder) -> int:
    """Embed and store the tasks that have no vector of this embedder yet; returns how many."""
    missing = store.vectors(embedder.name).missing
    for start in range(0, len(missing), _BATCH):
        ids = missing[start : start + _BATCH]
        store.put_vectors(embedder.name, ids, _embedded(store, embedder, ids))
    return len(missing)


def task_vectors(store: MemoryStore, embedder: Embedder) -> Vectors:
    """The vectors of all auctions, in order; missing ones are embedded, and stored if the store can be written."""
    if store.mode == "write":
        fill_vectors(store, embedder)
    there = store.vectors(embedder.name)
    if not there.missing:
        return there
    more = [
        _embedded(store, embedder, there.missing[start : start + _BATCH])
        for start in range(0, len(there.missing), _BATCH)
    ]
    known = [there.rows] if len(there.ids) else []
    row_of = {number: row for row, number in enumerate([*there.ids.tolist(), *there.missing])}
    ids = [each.id for each in store.auctions() if each.id in row_of]
    rows = np.concatenate([*known, *more])[[row_of[number] for number in ids]]
    return Vectors(ids=np.array(ids, dtype=np.int64), rows=rows, missing=())


def _embedded(store: MemoryStore, embedder: Embedder, ids: tuple[int, ...]) -> NDArray[np.float32]:
    tasks = [each.past.task for each in store.get(ids)]
    row_of = {task: row for row, task in enumerate(dict.fromkeys(tasks))}
    return embedder.embed(list(row_of))[[row_of[task] for task in tasks]]


class TaskIndex:
    """The nearest auctions of a memory that no longer changes, such as a frozen one.

    Auctions that are added later are not seen. Without a vector of this embedder, tasks are
    embedded first, which takes a while for a large memory.

    Args:
        store: The memory.
        embedder: What turns tasks into vectors.
    """

    def __init__(self, store: MemoryStore, embedder: Embedder) -> None:
        self._store = store
        self._embedder = embedder
        vectors = task_vectors(store, embedder)
        self._ids = vectors.ids
        self._index = NeighbourIndex(vectors.rows.shape[1])
        self._index.add(vectors.rows)

    def __len__(self) -> int:
        return len(self._ids)

    def nearest(self, task: str, k: int) -> list[Remembered]:
        """The k auctions whose tasks are most like `task`, best first; equal ones in the memory's order."""
        if not len(self._ids):
            return []
        hits = self._index.search(self._embedder.embed([task])[0], k)
        found = self._store.get(self._ids[hit.row] for hit in hits)
        return [
            Remembered(auction=auction, similarity=hit.similarity) for auction, hit in zip(found, hits, strict=True)
        ]
