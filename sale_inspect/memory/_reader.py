"""What can be asked of an open auction memory."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sale_inspect.auction import PastAuction
from sale_inspect.memory._files import damaged, readable
from sale_inspect.memory._rows import (
    COLUMNS,
    Counts,
    Run,
    RunPosition,
    StoredAuction,
    WinnerTally,
    auction_of,
    counts_of,
    from_column,
    runs_of,
)
from sale_inspect.memory._vectors import Vectors, read_vectors

__all__ = ["StoreReader"]

_JOINED = "FROM places JOIN runs ON runs.id = places.run JOIN auctions ON auctions.id = places.auction"
_PAGE = 500


class StoreReader:
    """The reading half of `MemoryStore`, over one connection."""

    path: Path
    _connection: sqlite3.Connection
    _guard: threading.RLock

    def settled(self, run: str) -> dict[RunPosition, PastAuction | None]:
        """Every settled place of a run, in order; None where it failed or its auction was dropped."""
        rows = self._all(
            "SELECT epoch, position FROM places JOIN runs ON runs.id = places.run WHERE key = ? "
            "ORDER BY epoch, position",
            run,
        )
        places: dict[RunPosition, PastAuction | None] = dict.fromkeys(RunPosition(*row) for row in rows)
        return places | {RunPosition(each.past.epoch, each.past.position): each.past for each in self.auctions(run)}

    def auctions(self, run: str | None = None) -> Iterator[StoredAuction]:
        """All auctions, or those of one run, in the order of runs (as they began), epochs and positions."""
        after: tuple[int, int, int] = (-1, 0, 0)
        chosen = "" if run is None else "AND runs.key = ? "
        query = (
            f"SELECT places.run, {COLUMNS} {_JOINED} WHERE (places.run, places.epoch, places.position) > (?, ?, ?) "
            f"{chosen}ORDER BY places.run, places.epoch, places.position LIMIT {_PAGE}"
        )
        while rows := self._all(query, *after, *(() if run is None else (run,))):
            for _, *row in rows:
                yield self._auction(tuple(row))
            after = rows[-1][0], rows[-1][3], rows[-1][4]

    def past(self, run: str | None = None) -> list[PastAuction]:
        """As `auctions`, without where they stand."""
        return [each.past for each in self.auctions(run)]

    def get(self, ids: Iterable[int]) -> list[StoredAuction]:
        """Auctions by number, in the order of `ids`.

        Raises:
            KeyError: If there is no such auction.
        """
        found = []
        for number in ids:
            rows = self._all(f"SELECT {COLUMNS} {_JOINED} WHERE auctions.id = ?", int(number))
            if not rows:
                raise KeyError(int(number))
            found.append(self._auction(rows[0]))
        return found

    def vectors(self, embedder: str, run: str | None = None) -> Vectors:
        """The vectors of an embedder, of all auctions or of those of one run."""
        with self._guard, readable(self.path), self._snapshot():
            try:
                return read_vectors(self._connection, embedder, run)
            except (ValueError, TypeError) as error:
                raise damaged(self.path, f"vectors of {embedder}: {error}") from error

    def runs(self) -> list[Run]:
        """The runs in the order in which they began."""
        rows = self._all("SELECT key, pool, agents, embedder, created FROM runs ORDER BY id")
        try:
            return runs_of(rows)
        except (ValueError, TypeError) as error:
            raise damaged(self.path, f"agents of a run: {error}") from error

    def counts(self) -> Counts:
        """How much the memory holds."""
        states = dict(self._all("SELECT state, count(*) FROM places GROUP BY state"))
        ((runs, vectors),) = self._all("SELECT (SELECT count(*) FROM runs), (SELECT count(*) FROM vectors)")
        return counts_of(states, runs, vectors)

    def tallies(self) -> list[WinnerTally]:
        """Auctions by run and winner, runs in order, most wins first."""
        rows = self._all(
            f"SELECT runs.key, auctions.winner, count(*), sum(auctions.solved) {_JOINED} "
            "GROUP BY places.run, auctions.winner ORDER BY places.run, count(*) DESC, auctions.winner"
        )
        return [
            WinnerTally(run=run, winner=from_column(winner), auctions=n, solved=solved)
            for run, winner, n, solved in rows
        ]

    @contextmanager
    def _snapshot(self) -> Iterator[None]:
        """Let several queries see one state, whatever other connections write."""
        if self._connection.in_transaction:
            yield
            return
        self._connection.execute("BEGIN")
        try:
            yield
        finally:
            self._connection.execute("COMMIT")

    def _auction(self, row: tuple[Any, ...]) -> StoredAuction:
        try:
            return auction_of(row)
        except (ValueError, TypeError, AttributeError) as error:
            raise damaged(self.path, f"auction {row[0]}: {error}") from error

    def _all(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self._guard, readable(self.path):
            return self._connection.execute(query, values).fetchall()
