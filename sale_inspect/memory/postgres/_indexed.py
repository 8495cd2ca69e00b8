"""pgvector's approximate index, by choice, with the share of the nearest that it finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from psycopg import Connection, sql

from sale_inspect.memory._address import ServerAddress
from sale_inspect.memory._files import MemoryFileError
from sale_inspect.memory.postgres._search import earlier_runs, search_rows
from sale_inspect.memory.postgres._server import Server

__all__ = ["UNLESS_SET", "IndexMade", "kept_recall", "make_index", "set_for_index"]

_MOST_DIMENSIONS = 2_000
_NEIGHBOURS = 8
_ALL = 2**62
_INDEX_SECONDS = 86_400.0

UNLESS_SET = {"maintenance_work_mem": "1GB", "max_parallel_maintenance_workers": "0"}
"""What an index is made with, unless the server, the database or the address (`options`) says otherwise. Beyond the
memory it is made on disk, far slower; its workers share memory of the system, of which a container may have little."""


@dataclass(frozen=True, kw_only=True, slots=True)
class IndexMade:
    """An HNSW index, and how much of the truth it finds.

    Attributes:
        embedder: Whose vectors it is over.
        rows: How many there were.
        queries: With how many of them it was asked.
        recall: Share of the 8 nearest by exact search that it found.
    """

    embedder: str
    rows: int
    queries: int
    recall: float


def make_index(
    address: ServerAddress, *, queries: int = 100, m: int = 16, ef_construction: int = 64,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[IndexMade, ...]:  # fmt: skip
    """Make an HNSW index over the vectors of each embedder of a memory, anew if there is one, and measure its recall.

    Args:
        address: The memory.
        queries: Stored vectors, drawn at equal steps, whose 8 nearest are asked for both ways.
        m: Links of a node.
        ef_construction: Candidates while it is made.
        tell: Is told what happens.

    Raises:
        MemoryFileError: If the server cannot be used, or the memory is empty.
    """
    server = Server(address, create=False)
    try:
        made = []
        for embedder, dimensions in server.call(_embedders):
            if dimensions > _MOST_DIMENSIONS:
                raise MemoryFileError(
                    f"{address}: vectors of {embedder} have {dimensions} dimensions, and an index of pgvector takes at "
                    f"most {_MOST_DIMENSIONS}. Use search=exact."
                )
            tell(f"index over the vectors of {embedder}")
            server.call(partial(_build, embedder, dimensions, m, ef_construction), bound=_INDEX_SECONDS)
            made.append(server.call(partial(_measure, embedder, queries), bound=_INDEX_SECONDS))
        if not made:
            raise MemoryFileError(f"{address}: has no auctions yet, so there is nothing to index.")
        return tuple(made)
    finally:
        server.close()


def kept_recall(connection: Connection[Any], address: ServerAddress, embedder: str) -> IndexMade:
    """What was measured when the index was made.

    Raises:
        MemoryFileError: If there is none.
    """
    row = connection.execute("SELECT rows, queries, recall FROM recalls WHERE embedder = %s", (embedder,)).fetchone()
    if row is None:
        raise MemoryFileError(
            f"{address}: search=hnsw needs an index over the vectors of {embedder}, and there is none. Make it: "
            f"sale-inspect memory index {address}"
        )
    return IndexMade(embedder=embedder, rows=row[0], queries=row[1], recall=row[2])


def _embedders(connection: Connection[Any]) -> list[tuple[str, int]]:
    names = connection.execute("SELECT DISTINCT embedder FROM vectors ORDER BY embedder").fetchall()
    found = []
    for (name,) in names:
        row = connection.execute(
            "SELECT vector_dims(vector) FROM vectors WHERE embedder = %s LIMIT 1", (name,)
        ).fetchone()
        found.append((name, 0 if row is None else int(row[0])))
    return found


def _build(embedder: str, dimensions: int, m: int, ef_construction: int, connection: Connection[Any]) -> None:
    name = sql.Identifier(f"hnsw_{embedder}"[:60])
    with connection.transaction():
        connection.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(name))
        set_for_index(connection)
        connection.execute(
            sql.SQL(
                "CREATE INDEX {} ON vectors USING hnsw ((vector::vector({})) vector_ip_ops) WITH (m = {}, "
                "ef_construction = {}) WHERE embedder = {}"
            ).format(name, sql.Literal(dimensions), sql.Literal(m), sql.Literal(ef_construction), sql.Literal(embedder))
        )
    connection.execute("ANALYZE vectors")


def set_for_index(connection: Connection[Any]) -> None:
    """Set, for the transaction, what an index is made with."""
    for setting, value in UNLESS_SET.items():
        connection.execute(
            "SELECT set_config(name, %s, true) FROM pg_settings WHERE name = %s AND source = 'default'",
            (value, setting),
        )


def _measure(embedder: str, queries: int, connection: Connection[Any]) -> IndexMade:
    scope = earlier_runs(None, _ALL)
    numbers = [
        n
        for (n,) in connection.execute("SELECT auction FROM vectors WHERE embedder = %s ORDER BY auction", (embedder,))
    ]
    asked = numbers[:: max(1, len(numbers) // queries)][:queries]
    found = wanted = 0
    for number in asked:
        row = connection.execute(
            "SELECT vector FROM vectors WHERE embedder = %s AND auction = %s", (embedder, number)
        ).fetchone()
        if row is None:
            continue
        query = row[0].to_numpy() if hasattr(row[0], "to_numpy") else row[0]
        exact = {n for n, _ in search_rows(connection, embedder, query, _NEIGHBOURS, scope, "exact")}
        near = {n for n, _ in search_rows(connection, embedder, query, _NEIGHBOURS, scope, "hnsw")}
        found, wanted = found + len(exact & near), wanted + len(exact)
    made = IndexMade(embedder=embedder, rows=len(numbers), queries=len(asked), recall=found / max(1, wanted))
    connection.execute(
        "INSERT INTO recalls (embedder, rows, queries, recall) VALUES (%s, %s, %s, %s) ON CONFLICT (embedder) DO "
        "UPDATE SET rows = excluded.rows, queries = excluded.queries, recall = excluded.recall",
        (made.embedder, made.rows, made.queries, made.recall),
    )
    return made
