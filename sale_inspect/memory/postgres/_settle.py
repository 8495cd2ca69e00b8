"""Settling a place of a run: once, by the one process that holds it, and for all to hear."""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection

from sale_inspect.memory._contract import Place
from sale_inspect.memory.postgres._owner import Owner
from sale_inspect.memory.postgres._server import Server
from sale_inspect.memory.postgres._watch import channel_of, payload_of

__all__ = ["Settling"]

# One statement, so that one way to the server and back does all of it or nothing.
_SETTLE = """
WITH place AS (
    UPDATE places SET state = CASE WHEN %(held)s::boolean THEN 'settled' ELSE 'failed' END, settled_at = now(),
        auction = CASE WHEN %(held)s::boolean THEN nextval('auction_numbers') END
    WHERE run = %(run)s::bigint AND epoch = %(epoch)s::integer AND position = %(position)s::bigint
        AND state = 'open' AND owner = %(owner)s::uuid
    RETURNING auction
), kept AS (
    INSERT INTO auctions (id, run, identity, task, plans, provisional_winner, winner, solved, prices)
    SELECT auction, %(run)s::bigint, %(identity)s::text, %(task)s::text, %(plans)s::text,
        %(provisional)s::text, %(winner)s::text, %(solved)s::boolean, %(prices)s::text
    FROM place WHERE auction IS NOT NULL RETURNING id
), searched AS (
    INSERT INTO vectors (embedder, auction, run, epoch, position, identity, vector)
    SELECT %(embedder)s::text, id, %(run)s::bigint, %(epoch)s::integer, %(position)s::bigint, %(identity)s::text,
        %(vector)s::vector FROM kept
)
SELECT count(*) FROM place
"""
_CONTENT = ("identity", "task", "plans", "provisional", "winner", "solved", "prices")

_logger = logging.getLogger(__name__)


class Settling:
    """What one process settles of one run.

    Args:
        server: The memory's server.
        run: Number of the run.
        owner: This process.
        embedder: Name of the run's embedder.
    """

    def __init__(self, server: Server, run: int, owner: Owner, embedder: str) -> None:
        self._server, self._run, self._owner, self._embedder = server, run, owner, embedder
        self._channel = channel_of(server.address.schema, run)

    def settle(self, place: Place, content: tuple[object, ...] | None, vector: NDArray[np.float32] | None) -> None:
        """Settle a place with the columns of its auction, or as failed.

        Raises:
            MemoryFencedError: If another process holds the place now.
            MemoryFileError: If the server stays away, or cannot keep it.
        """
        values: dict[str, object] = dict.fromkeys(_CONTENT)
        if content is not None:
            values |= dict(zip(_CONTENT, content, strict=True))
        values |= {
            "held": content is not None,
            "run": self._run,
            "epoch": place[0],
            "position": place[1],
            "owner": self._owner.id,
            "embedder": self._embedder,
            "vector": vector,
        }

        def work(connection: Connection[Any]) -> None:
            row = connection.execute(_SETTLE, values).fetchone()
            if row is None or row[0] != 1:
                self._known(connection, place)
            # By itself, and not in the transaction: a notification makes commits wait for each other.
            connection.execute("SELECT pg_notify(%s, %s)", (self._channel, payload_of(place)))

        self._server.call(work)

    def _known(self, connection: Connection[Any], place: Place) -> None:
        """A place that is settled already stays as it is; one that another process holds is not ours."""
        row = connection.execute(
            "SELECT state, owner FROM places WHERE run = %s AND epoch = %s AND position = %s", (self._run, *place)
        ).fetchone()
        alive = connection.execute("SELECT 1 FROM owners WHERE id = %s", (self._owner.id,)).fetchone()
        if row is None or alive is None or (row[0] == "open" and row[1] != self._owner.id):
            raise self._owner.fenced()

    def reopen(self, places: Collection[Place]) -> None:
        """Forget how places were settled, with their auctions; this process does them again."""
        epochs, positions = [epoch for epoch, _ in places], [position for _, position in places]

        def work(connection: Connection[Any]) -> None:
            with connection.transaction():
                rows = connection.execute(
                    "WITH asked AS (SELECT * FROM unnest(%(epochs)s::int[], %(positions)s::bigint[]) AS asked (epoch, "
                    "position)), before AS (SELECT auction FROM places JOIN asked USING (epoch, position) WHERE run = "
                    "%(run)s AND auction IS NOT NULL), opened AS (UPDATE places SET state = 'open', auction = NULL, "
                    "settled_at = NULL, owner = %(owner)s, attempt = attempt + 1 FROM asked WHERE places.run = %(run)s "
                    "AND places.epoch = asked.epoch AND places.position = asked.position) SELECT auction FROM before",
                    {"epochs": epochs, "positions": positions, "run": self._run, "owner": self._owner.id},
                ).fetchall()
                connection.execute("DELETE FROM auctions WHERE id = ANY(%s)", ([number for (number,) in rows],))

        self._server.call(work)
