"""What can be asked of a memory in PostgreSQL beside a run, and vectors that it lacks."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from types import TracebackType
from typing import Any, Self

import numpy as np
from psycopg import Connection

from sale_inspect._bounds import json_value
from sale_inspect.embedding import Embedder
from sale_inspect.memory._address import ServerAddress
from sale_inspect.memory._files import MemoryBusyError, MemoryFileError
from sale_inspect.memory._recall import Remembered
from sale_inspect.memory._rows import Counts, Run, StoredAuction, WinnerTally, counts_of, runs_of
from sale_inspect.memory.postgres._content import auctions_by_number, pages_of
from sale_inspect.memory.postgres._search import earlier_runs, search_rows
from sale_inspect.memory.postgres._server import Server, check_server, said

__all__ = ["ServerStore", "fill_server_vectors", "require_finished"]

_PAGE = 500
_BATCH = 32


class ServerStore:
    """A memory in PostgreSQL, to be read.

    Args:
        address: The memory.

    Raises:
        MemoryFileError: If the server cannot be used, or has no such memory.
    """

    def __init__(self, address: ServerAddress) -> None:
        self.address = address
        self._server = Server(address, create=False)

    @classmethod
    def check(cls, address: ServerAddress, *, create: bool) -> None:
        """See that a memory can be used; make it, if it is missing and `create`.

        Raises:
            MemoryFileError: If it cannot.
        """
        check_server(address, create=create)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._server.close()

    def runs(self) -> list[Run]:
        """The runs in the order in which they began."""
        rows = self._all("SELECT key, pool, agents, embedder, created FROM runs ORDER BY id")
        try:
            return runs_of(rows)
        except (ValueError, TypeError) as error:
            raise MemoryFileError(f"The auction memory is damaged: agents of a run: {error}.") from error

    def counts(self) -> Counts:
        """How much the memory holds. Nothing is ever dropped from one."""
        states = dict(self._all("SELECT state, count(*) FROM places GROUP BY state"))
        ((runs, vectors),) = self._all("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM vectors)")
        return counts_of(states, runs, vectors)

    def open_places(self) -> int:
        """Places that a process has taken and not settled."""
        ((count,),) = self._all("SELECT count(*) FROM places WHERE state = 'open'")
        return int(count)

    def size(self) -> int:
        """Bytes on the server's disk."""
        ((size,),) = self._all(
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0) FROM pg_class WHERE relkind = 'r' AND relnamespace = "
            "to_regnamespace(%s)",
            self.address.schema,
        )
        return int(size)

    def tallies(self) -> list[WinnerTally]:
        """Auctions by run and winner, runs in order, most wins first."""
        rows = self._all(
            "SELECT runs.key, winner, count(*), count(*) FILTER (WHERE solved) FROM auctions JOIN runs ON runs.id = "
            "run GROUP BY runs.id, runs.key, winner ORDER BY runs.id, count(*) DESC, winner"
        )
        try:
            return [
                WinnerTally(run=run, winner=json_value(winner), auctions=count, solved=solved)
                for run, winner, count, solved in rows
            ]
        except ValueError as error:
            raise MemoryFileError(f"The auction memory is damaged: the winner of an auction: {error}.") from error

    def auctions(self, run: str | None = None) -> Iterator[StoredAuction]:
        """All auctions, or those of one run, in the order of runs (as they began), epochs and positions."""
        with contextlib.ExitStack() as undo:
            undo.enter_context(said(self.address))
            yield from pages_of(undo.enter_context(self._server.connection()), run, _PAGE)

    def nearest(self, task: str, k: int, embedder: Embedder) -> list[Remembered]:
        """The k auctions whose tasks are most like `task`, best first; equal ones in the memory's order."""
        query = np.asarray(embedder.embed([task])[0], dtype=np.float32)

        def work(connection: Connection[Any]) -> list[Remembered]:
            scope = earlier_runs(None, 2**62)
            hits = search_rows(connection, embedder.name, query, k, scope, self.address.search)
            auctions = auctions_by_number(connection, [number for number, _ in hits])
            return [Remembered(auction=auctions[number], similarity=similarity) for number, similarity in hits]

        return self._server.call(work, patience=0.0)

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self._server.call(
            lambda connection: connection.execute(query, values).fetchall(),
            patience=0.0,
        )


def require_finished(connection: Connection[Any], address: ServerAddress) -> None:
    """Refuse a memory that somebody is writing: what is frozen must not grow.

    Raises:
        MemoryBusyError: If a run is at work on it.
    """
    row = connection.execute(
        "SELECT runs.key, host, process FROM owners JOIN runs ON runs.id = run WHERE lease_until > now() LIMIT 1"
    ).fetchone()
    if row is not None:
        raise MemoryBusyError(
            f"{address}: run {row[0]} is writing this auction memory (process {row[2]} on {row[1]}); a frozen one must "
            "be finished. Wait until it has ended."
        )


def fill_server_vectors(server: Server, embedder: Embedder, horizon: int, *, store: bool) -> int:
    """Embed the tasks up to a number that have no vector of this embedder yet; returns how many.

    Args:
        server: The memory's server.
        embedder: The embedder.
        horizon: The last auction's number.
        store: Keep the vectors.

    Raises:
        MemoryBusyError: If there are some and they may not be kept.
    """
    filled = 0
    while numbers := server.call(lambda connection: _missing(connection, embedder.name, horizon)):
        if not store:
            raise MemoryBusyError(
                f"{server.address}: has auctions without vectors of {embedder.name}, and a frozen memory is not "
                "written. Use the embedder with which it was made, or open it once without frozen."
            )
        server.call(partial(_fill, embedder, numbers))
        filled += len(numbers)
    return filled


def _missing(connection: Connection[Any], embedder: str, horizon: int) -> list[int]:
    rows = connection.execute(
        "SELECT id FROM auctions WHERE id <= %s AND NOT EXISTS (SELECT 1 FROM vectors WHERE auction = id AND embedder "
        f"= %s) ORDER BY id LIMIT {_BATCH}",
        (horizon, embedder),
    ).fetchall()
    return [number for (number,) in rows]


def _fill(embedder: Embedder, numbers: list[int], connection: Connection[Any]) -> None:
    found = auctions_by_number(connection, numbers)
    rows = embedder.embed([found[number].past.task for number in numbers])
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO vectors (embedder, auction, run, epoch, position, identity, vector) SELECT %s, id, "
            "places.run, epoch, position, identity, %s FROM auctions JOIN places ON places.auction = id WHERE id = %s "
            "ON CONFLICT DO NOTHING",
            [
                (embedder.name, np.asarray(row, dtype=np.float32), number)
                for number, row in zip(numbers, rows, strict=True)
            ],
        )
