"""The memory of one run in PostgreSQL, for one of the processes that do its samples."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from sale_inspect.auction import PastAuction, task_identity
from sale_inspect.embedding import Embedder
from sale_inspect.memory._address import ServerAddress
from sale_inspect.memory._contract import Found, Heard, NotSettledError, Place, Recalled, RunIdentity
from sale_inspect.memory._embedded import DIGITS
from sale_inspect.memory._files import MemoryFileError
from sale_inspect.memory._run_past import RunPast
from sale_inspect.memory.postgres._content import auctions_by_number, content_of
from sale_inspect.memory.postgres._indexed import kept_recall
from sale_inspect.memory.postgres._owner import Owner
from sale_inspect.memory.postgres._runs import begin_run
from sale_inspect.memory.postgres._search import Scope, count_rows, earlier_runs, own_run, search_rows
from sale_inspect.memory.postgres._server import Server
from sale_inspect.memory.postgres._settle import Settling
from sale_inspect.memory.postgres._store import fill_server_vectors, require_finished
from sale_inspect.memory.postgres._watch import Watch, channel_of

__all__ = ["PostgresMemory"]

_KEPT_VECTORS = 512

Vector = NDArray[np.float32]

_logger = logging.getLogger(__name__)


class PostgresMemory:
    """One run's part of a memory that many processes write. See `AuctionMemory`.

    What a process needs to know of the run are the places that are settled, which it reads; the auctions themselves
    stay in the database, which searches them.

    Args:
        address: The memory.
        run: The run, with the samples that this process does.
        embedder: What turns tasks into vectors.
        past: The run's places, as this process knows them.
        frozen: Only read: all auctions that are there now are seen, and nothing is added.

    Raises:
        MemoryBusyError: If a living process does one of this one's samples.
        MemoryFileError: If the server cannot be used, or the run began otherwise.
    """

    def __init__(
        self, address: ServerAddress, run: RunIdentity, embedder: Embedder, past: RunPast, *, frozen: bool
    ) -> None:
        self.frozen, self.shared = frozen, True
        self._embedder, self._past, self._address = embedder, past, address
        self._embedding = threading.Lock()
        self._vectors: dict[str, Vector] = {}
        self._asked: dict[int, int] = {}
        self._counted: dict[int, tuple[int, int]] = {}
        self._owner: Owner | None = None
        self._watch: Watch | None = None
        self._closed = False
        self._server = Server(address, create=not frozen)
        try:
            self._run, self._horizon = self._server.call(partial(self._begin, run))
            fill_server_vectors(self._server, embedder, self._horizon, store=not frozen)
            if self._run is not None:
                # Last of what takes long: from here on, the lease runs.
                self._owner = Owner(self._server, self._run, run)
                self._owner.take()
                self._settling = Settling(self._server, self._run, self._owner, self._embedder.name)
            if address.search == "hnsw":
                found = self._server.call(lambda c: kept_recall(c, address, embedder.name))
                _logger.warning(
                    "The auction memory is searched by an index, which on %d of its %d auctions found %.1f%% of the 8 "
                    "nearest. Which it misses depends on the order in which they came.",
                    found.queries,
                    found.rows,
                    100 * found.recall,
                )
            self._earlier = self._server.call(
                lambda c: count_rows(c, embedder.name, earlier_runs(self._run, self._horizon))
            )
        except BaseException:
            self.close(finished=False)
            raise

    def _begin(self, run: RunIdentity, connection: Connection[Any]) -> tuple[int | None, int]:
        if self.frozen:
            require_finished(connection, self._address)
            row = connection.execute("SELECT coalesce(max(id), 0) FROM auctions").fetchone()
            return None, 0 if row is None else int(row[0])
        return begin_run(connection, self._address, run, self._embedder.name)

    @property
    def earlier(self) -> int:
        """Number of auctions of earlier runs."""
        return self._earlier

    def settled(self) -> Mapping[Place, PastAuction | None]:
        """All places of the run that are settled, by whomever; their auctions stay in the database."""
        if self._run is None:
            return {}
        rows = self._server.call(
            lambda c: c.execute(
                "SELECT epoch, position FROM places WHERE run = %s AND state <> 'open'", (self._run,)
            ).fetchall()
        )
        return {(epoch, position): None for epoch, position in rows}

    def settle(self, place: Place, sample_id: str, past: PastAuction | None) -> None:
        """See `AuctionMemory.settle`. When it returns, the place is on the server's disk, and others are told."""
        if self._run is None:
            self._past.settle(*place, None)
            return
        content = None if past is None else content_of(past)
        self._settling.settle(place, content, None if past is None else self._vector(past.task))
        self._past.settle(*place, None)

    def reopen(self, places: Collection[Place]) -> None:
        """Forget how places of this process were settled."""
        if self._run is not None and places:
            self._settling.reopen(places)
            for epoch, position in places:
                below, _ = self._counted.get(epoch, (0, 0))
                if position < below:
                    self._counted.pop(epoch, None)
        self._past.reopen(places)

    def nearest(self, task: str, k: int, *, epoch: int, before: int, own: bool) -> Found:
        """See `AuctionMemory.nearest`."""
        if before > self._past.settled_up_to(epoch):
            raise NotSettledError(epoch, before)
        query, identity = self._vector(task), task_identity(task)

        def work(connection: Connection[Any]) -> Found:
            # What is settled, counted and found is of one moment.
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            try:
                if before:
                    self._require_settled(connection, epoch, before)
                return self._nearest(connection, query, identity, k, epoch, before, own)
            finally:
                if not connection.broken:
                    connection.execute("ROLLBACK")

        return self._server.call(work)

    def _require_settled(self, connection: Connection[Any], epoch: int, before: int) -> None:
        """Another process may do a place again that it had settled, because its log has lost it."""
        rows = connection.execute(
            "SELECT position FROM places WHERE run = %s AND epoch = %s AND position < %s AND state = 'open'",
            (self._run, epoch, before),
        ).fetchall()
        if rows:
            self._counted.pop(epoch, None)
            raise NotSettledError(epoch, before, tuple((epoch, position) for (position,) in rows))

    def _nearest(
        self, connection: Connection[Any], query: Vector, identity: str, k: int, epoch: int, before: int, own: bool
    ) -> Found:
        name, search = self._embedder.name, self._address.search
        visible = left_out = 0
        hits: list[tuple[int, float]] = []
        if self._earlier:
            left_out = 0 if own else self._own_auctions(connection, identity)
            visible = self._earlier - left_out
            scope = earlier_runs(self._run, self._horizon, None if own or not left_out else identity)
            hits += search_rows(connection, name, query, k, scope, search)
        of_run: set[int] = set()
        if self._run is not None and before:
            visible += self._count(connection, epoch, before)
            found = search_rows(connection, name, query, k, own_run(self._run, epoch, before), search)
            of_run = {number for number, _ in found}
            hits += found
        hits = sorted(hits, key=lambda hit: -round(hit[1], DIGITS))[:k]
        auctions = auctions_by_number(connection, [number for number, _ in hits])
        return Found(
            visible=visible,
            own_left_out=left_out,
            neighbours=tuple(
                Recalled(
                    past=auctions[number].past,
                    similarity=similarity,
                    run="" if number in of_run else auctions[number].run,
                )
                for number, similarity in hits
            ),
        )

    def _own_auctions(self, connection: Connection[Any], identity: str) -> int:
        row = connection.execute(
            "SELECT count(*) FROM auctions WHERE identity = %s AND id <= %s AND run IS DISTINCT FROM %s",
            (identity, self._horizon, self._run),
        ).fetchone()
        return 0 if row is None else int(row[0])

    def _count(self, connection: Connection[Any], epoch: int, before: int) -> int:
        """Auctions below a position. Those that were counted once need not be counted again."""
        below, counted = self._counted.get(epoch, (0, 0))
        if before < below:
            return count_rows(connection, self._embedder.name, own_run(self._run or 0, epoch, before))
        scope = Scope(
            where="run = %s AND epoch = %s AND position >= %s AND position < %s",
            values=(self._run, epoch, below, before),
            double=False,
        )
        counted += count_rows(connection, self._embedder.name, scope)
        self._counted[epoch] = before, counted
        return counted

    def _vector(self, task: str) -> Vector:
        """The embedding of a task's text, one text at a time, as for a file."""
        with self._embedding:
            found = self._vectors.get(task)
            if found is None:
                if len(self._vectors) >= _KEPT_VECTORS:
                    self._vectors.clear()
                found = self._vectors[task] = np.asarray(self._embedder.embed([task])[0], dtype=np.float32)
            return found

    def news(self, epoch: int, before: int) -> list[int]:
        """See `AuctionMemory.news`."""
        self._asked[epoch] = max(before, self._asked.get(epoch, 0))
        return [] if self._run is None else self._server.call(partial(self._news, epoch, before))

    def _news(self, epoch: int, before: int, connection: Connection[Any]) -> list[int]:
        rows = connection.execute(
            "SELECT position FROM places WHERE run = %s AND epoch = %s AND position >= %s AND position < %s AND "
            "state <> 'open'",
            (self._run, epoch, self._past.settled_up_to(epoch), before),
        ).fetchall()
        return [position for (position,) in rows if (epoch, position) not in self._past]

    def _news_of_all(self) -> list[Place]:
        asked = {epoch: before for epoch, before in self._asked.items() if self._past.settled_up_to(epoch) < before}
        return [(epoch, position) for epoch, before in asked.items() for position in self.news(epoch, before)]

    def heed(self, heard: Callable[[Heard], None], acted: Callable[[], bool]) -> None:
        """See `AuctionMemory.heed`."""
        if self._run is None or self._owner is None or self._watch is not None:
            return
        channel = channel_of(self._address.schema, self._run)
        self._watch = Watch(self._server, self._owner, channel, self._news_of_all, heard, acted)
        self._watch.start()

    def who(self, places: Collection[Place]) -> str:
        """See `AuctionMemory.who`."""
        if self._owner is None:
            return ""
        try:
            return self._owner.who(list(places))
        except MemoryFileError as error:
            return str(error)

    def close(self, *, finished: bool) -> None:
        """Give up what is left of this process's places. What is settled stays, for this run and for later ones."""
        if self._closed:
            return
        self._closed = True
        if self._watch is not None:
            self._watch.stop()
        if self._owner is not None:
            # A server that is gone gives them up by itself, after the lease.
            with contextlib.suppress(MemoryFileError):
                self._owner.leave()
        self._server.close()
