"""Embeddings of the tasks of a memory, as they stand in its file."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Vectors", "put_vectors", "read_vectors"]

_FILE_TYPE = np.dtype("<f4")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Vectors:
    """Embeddings of auctions' tasks, in the order of runs, epochs and positions.

    Attributes:
        ids: Numbers of the auctions, shape (n,).
        rows: Their vectors, shape (n, d), float32; d is 0 when there are none.
        missing: Numbers of the auctions without a vector of that embedder, in the same order.
    """

    ids: NDArray[np.int64]
    rows: NDArray[np.float32]
    missing: tuple[int, ...]


def put_vectors(connection: sqlite3.Connection, embedder: str, ids: Sequence[int], rows: NDArray[np.float32]) -> None:
    """Store one vector for each auction, over the one that is there. Call inside a transaction.

    Raises:
        ValueError: If there is no such auction, or the shapes do not fit each other or the embedder's
            other vectors.
    """
    if rows.ndim != 2 or len(rows) != len(ids):
        raise ValueError(f"rows must have shape ({len(ids)}, dimensions), got {rows.shape}.")
    known = _dimensions(connection, embedder)
    if known and len(ids) and rows.shape[1] != known:
        raise ValueError(f"vectors of {embedder} have {known} dimensions in this memory, got {rows.shape[1]}.")
    values = [(int(number), embedder, row.astype(_FILE_TYPE).tobytes()) for number, row in zip(ids, rows, strict=True)]
    try:
        connection.executemany("INSERT OR REPLACE INTO vectors (auction, embedder, vector) VALUES (?, ?, ?)", values)
    except sqlite3.IntegrityError as error:
        raise ValueError("a vector is of an auction that is not in this memory.") from error


def read_vectors(connection: sqlite3.Connection, embedder: str, run: str | None) -> Vectors:
    """All vectors of an embedder, of one run or of all, in one pass that holds each vector once."""
    chosen = "" if run is None else " AND runs.key = :run"
    names = {"embedder": embedder, "run": run}
    count = connection.execute(
        "SELECT count(*) FROM places JOIN runs ON runs.id = places.run "
        f"JOIN vectors ON vectors.auction = places.auction AND vectors.embedder = :embedder WHERE 1{chosen}",
        names,
    ).fetchone()[0]
    ids = np.empty(count, dtype=np.int64)
    rows = np.empty((count, _dimensions(connection, embedder)), dtype=np.float32)
    missing: list[int] = []
    filled = 0
    cursor = connection.execute(
        "SELECT places.auction, vectors.vector FROM places JOIN runs ON runs.id = places.run "
        "LEFT JOIN vectors ON vectors.auction = places.auction AND vectors.embedder = :embedder "
        f"WHERE places.auction IS NOT NULL{chosen} ORDER BY places.run, places.epoch, places.position",
        names,
    )
    for number, blob in cursor:
        if blob is None:
            missing.append(number)
            continue
        ids[filled] = number
        rows[filled] = np.frombuffer(blob, dtype=_FILE_TYPE)
        filled += 1
    return Vectors(ids=ids, rows=rows, missing=tuple(missing))


def _dimensions(connection: sqlite3.Connection, embedder: str) -> int:
    found = connection.execute("SELECT length(vector) FROM vectors WHERE embedder = ? LIMIT 1", (embedder,)).fetchone()
    return 0 if found is None else int(found[0]) // _FILE_TYPE.itemsize
