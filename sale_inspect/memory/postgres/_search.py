"""The nearest past tasks by pgvector, ranked again as the embedded memory ranks them.

pgvector chooses the rows that can be among the best; its distances are sums of float32, so rows within their rounding
of the last one are taken too, and the same functions rank them as for a file. So an exact search has the answers of a
file, to the last digit that a record keeps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection, sql

from sale_inspect.embedding import Hit, nearest
from sale_inspect.memory._address import Search
from sale_inspect.memory._index import NeighbourIndex

__all__ = ["EF_SEARCH", "Scope", "count_rows", "earlier_runs", "own_run", "search_rows"]

EF_SEARCH = 200
"""How many candidates HNSW keeps while it searches (pgvector's `hnsw.ef_search`; its default is 40)."""

_SPARE = 24
_MORE = 4
_SAME = 2e-5

Vector = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True)
class Scope:
    """Which vectors a search may see.

    Attributes:
        where: Condition in SQL.
        values: Its values.
        double: Rank by sums of float64, as an index of a file's earlier runs does, and not of float32.
    """

    where: str
    values: tuple[object, ...]
    double: bool


def own_run(run: int, epoch: int, before: int) -> Scope:
    """The auctions of a run's epoch at positions below `before`."""
    return Scope(where="run = %s AND epoch = %s AND position < %s", values=(run, epoch, before), double=False)


def earlier_runs(run: int | None, horizon: int, without: str | None = None) -> Scope:
    """The auctions with numbers up to `horizon` that are not of a run, and not on a task of that identity."""
    where, values = ["auction <= %s"], [horizon]
    extra: list[object] = []
    if run is not None:
        where.append("run <> %s")
        extra.append(run)
    if without is not None:
        where.append("identity <> %s")
        extra.append(without)
    return Scope(where=" AND ".join(where), values=(*values, *extra), double=True)


def count_rows(connection: Connection[Any], embedder: str, scope: Scope) -> int:
    """How many vectors there are in a scope."""
    row = connection.execute(
        f"SELECT count(*) FROM vectors WHERE embedder = %s AND {scope.where}",
        (embedder, *scope.values),
    ).fetchone()
    return 0 if row is None else int(row[0])


def search_rows(
    connection: Connection[Any], embedder: str, query: Vector, k: int, scope: Scope, search: Search
) -> list[tuple[int, float]]:
    """Numbers of the k auctions most like `query`, with their similarities, best first; equal ones by place.

    Args:
        connection: The database.
        embedder: Name of the embedder.
        query: Unit vector of shape (d,).
        k: How many, at most.
        scope: Which auctions.
        search: `exact`: compared with all. `hnsw`: with those that the index finds; what it does not find is missing.
    """
    if k < 1:
        return []
    margin = _SAME + len(query) * 2.0**-22
    limit = k + _SPARE
    while True:
        rows = _candidates(connection, embedder, query, limit, scope, search)
        if len(rows) < limit or rows[-1].distance > rows[k - 1].distance + margin:
            break
        limit *= _MORE
    inside = [row for row in rows if len(rows) <= k or row.distance <= rows[k - 1].distance + margin]
    inside.sort(key=lambda row: row.place)
    matrix = np.stack([row.vector for row in inside]) if inside else np.empty((0, len(query)), dtype=np.float32)
    return [(inside[hit.row].auction, hit.similarity) for hit in _ranked(query, matrix, k, scope.double)]


def _ranked(query: Vector, rows: Vector, k: int, double: bool) -> list[Hit]:
    if not double:
        return nearest(query, rows, k)
    index = NeighbourIndex(rows.shape[1])
    index.add(rows)
    return index.search(query, k)


class _Row(NamedTuple):
    auction: int
    distance: float
    place: tuple[int, int, int]
    vector: Vector


def _candidates(
    connection: Connection[Any], embedder: str, query: Vector, limit: int, scope: Scope, search: Search
) -> list[_Row]:
    """The rows that are nearest by pgvector, nearest first."""
    size = sql.Literal(len(query))
    # An exact search must not be taken for one that an index may answer.
    distance = sql.SQL("(vector::vector({})) <#> %s" if search == "hnsw" else "(vector <#> %s) + 0")
    statement = sql.SQL(
        "SELECT auction, {} AS distance, run, epoch, position, vector FROM vectors WHERE embedder = {} AND "
        + scope.where
        + " ORDER BY distance LIMIT {}"
    ).format(distance.format(size) if search == "hnsw" else distance, sql.Literal(embedder), sql.Literal(limit))
    # A statement that was planned for all values cannot use an index over one embedder.
    rows = connection.execute(statement, (query, *scope.values), prepare=False).fetchall()
    return [_Row(row[0], row[1], (row[2], row[3], row[4]), _array(row[5])) for row in rows]


def _array(value: Any) -> Vector:
    return np.asarray(value.to_numpy() if hasattr(value, "to_numpy") else value, dtype=np.float32)
