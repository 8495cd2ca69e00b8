"""Who does which places of a run: leases by the server's clock, and fences."""

from __future__ import annotations

import logging
import os
import socket
import time
import uuid
from typing import Any

from psycopg import Connection

from sale_inspect.memory._contract import Place, RunIdentity
from sale_inspect.memory._files import MemoryBusyError, MemoryFencedError, MemoryFileError
from sale_inspect.memory.postgres._content import text_of
from sale_inspect.memory.postgres._server import Server

__all__ = ["LEASE_SECONDS", "RENEW_SECONDS", "Owner"]

LEASE_SECONDS = 20.0
"""Seconds after its last sign of life in which a process keeps its places (ours), by the server's clock."""

RENEW_SECONDS = 5.0
"""Seconds between its signs of life."""

_LOOK_SECONDS = 0.5

_logger = logging.getLogger(__name__)


class Owner:
    """A process that does some places of a run. What it settles is refused once another one has taken them over.

    Args:
        server: The memory's server.
        run: Number of the run.
        identity: The run, with the samples that this process does.
    """

    def __init__(self, server: Server, run: int, identity: RunIdentity) -> None:
        self.id = uuid.uuid4()
        self._server, self._run, self._identity = server, run, identity

    def take(self) -> None:
        """Take all of its places that are not settled, also from a process that has not been heard of for the lease.

        Raises:
            MemoryBusyError: If a living process does one of them.
            MemoryFileError: If a place belongs to another sample: the run began with another order.
        """
        seen: dict[uuid.UUID, Any] = {}
        told = False
        while others := self._server.call(self._take):
            for owner, host, process, lease_until, _ in others:
                if seen.setdefault(owner, lease_until) < lease_until:
                    raise MemoryBusyError(
                        f"{self._server.address}: another process (number {process} on {host}) does samples of this "
                        f"run ({self._identity.key}) that this one was to do. Two of them would pay twice. Wait until "
                        "it has ended, or end it and try again."
                    )
            if not told:
                told = True
                _logger.warning(
                    "Samples of this run were begun by process %s on %s, which was last heard of a while ago. If it "
                    "says nothing for %.0f s, this process takes them over.",
                    others[0][2],
                    others[0][1],
                    max(0.0, float(others[0][4])),
                )
            time.sleep(_LOOK_SECONDS)

    def _take(self, connection: Connection[Any]) -> list[tuple[Any, ...]]:
        positions = sorted(self._identity.samples)
        samples = [text_of(self._identity.samples[position]) for position in positions]
        with connection.transaction():
            connection.execute("SELECT id FROM runs WHERE id = %s FOR UPDATE", (self._run,))
            self._require_order(connection, positions, samples)
            others = connection.execute(
                "SELECT owners.id, host, process, lease_until, extract(epoch FROM lease_until - now()) FROM owners "
                "WHERE run = %(run)s AND id <> %(me)s AND lease_until > now() AND EXISTS (SELECT 1 FROM places WHERE "
                "run = owners.run AND owner = owners.id AND state = 'open' AND position = ANY(%(positions)s))",
                {"run": self._run, "me": self.id, "positions": positions},
            ).fetchall()
            if others:
                return others
            # Who did these places before is dead. If it is not, it is told so by the missing row.
            connection.execute(
                "DELETE FROM owners WHERE run = %(run)s AND id <> %(me)s AND lease_until <= now() AND EXISTS (SELECT 1 "
                "FROM places WHERE run = owners.run AND owner = owners.id AND position = ANY(%(positions)s))",
                {"run": self._run, "me": self.id, "positions": positions},
            )
            connection.execute(
                "INSERT INTO owners (id, run, host, process, lease_until, active_at) VALUES (%s, %s, %s, %s, "
                "now() + make_interval(secs => %s), now()) ON CONFLICT (id) DO UPDATE SET lease_until = "
                "excluded.lease_until",
                (self.id, self._run, socket.gethostname(), os.getpid(), LEASE_SECONDS),
            )
            connection.execute(
                "INSERT INTO places (run, epoch, position, sample_id, state, owner, attempt) SELECT %s, epoch, "
                "position, sample_id, 'open', %s, 1 FROM unnest(%s::bigint[], %s::text[]) AS held (position, "
                "sample_id), generate_series(1, %s) AS epoch ON CONFLICT (run, epoch, position) DO UPDATE SET owner = "
                "excluded.owner, attempt = places.attempt + 1 WHERE places.state = 'open'",
                (self._run, self.id, positions, samples, self._identity.epochs),
            )
        return []

    def _require_order(self, connection: Connection[Any], positions: list[int], samples: list[str]) -> None:
        other = connection.execute(
            "SELECT position, places.sample_id, held.sample_id FROM places JOIN unnest(%s::bigint[], %s::text[]) AS "
            "held (position, sample_id) USING (position) WHERE run = %s AND places.sample_id <> held.sample_id LIMIT 1",
            (positions, samples, self._run),
        ).fetchone()
        if other is not None:
            raise MemoryFileError(
                f"{self._server.address}: run {self._identity.key} began with another order: at position {other[0]} "
                f"stood sample {other[1]}, and now {other[2]}. Use the same tasks in the same order, or start "
                "a new run."
            )

    def beat(self, connection: Connection[Any], acted: bool) -> Any:
        """A sign of life.

        Args:
            connection: Where to leave it.
            acted: Whether anything happened here since the last one.

        Returns:
            When one of the others last did anything; None if there is none.

        Raises:
            MemoryFencedError: If this process's places were taken over.
        """
        still = connection.execute(
            "UPDATE owners SET lease_until = now() + make_interval(secs => %s), active_at = CASE WHEN %s THEN now() "
            "ELSE active_at END WHERE id = %s RETURNING 1",
            (LEASE_SECONDS, acted, self.id),
        ).fetchone()
        if still is None:
            raise self.fenced()
        latest = connection.execute(
            "SELECT max(active_at) FROM owners WHERE run = %s AND id <> %s AND lease_until > now()",
            (self._run, self.id),
        ).fetchone()
        return None if latest is None else latest[0]

    def fenced(self) -> MemoryFencedError:
        """The error of a process that was taken for dead."""
        return MemoryFencedError(
            f"{self._server.address}: another process has taken over this one's samples of run {self._identity.key}, "
            "because it was not heard of for a while. What this one does now is not kept. Let the other one go on."
        )

    def who(self, places: list[Place]) -> str:
        """Who does some places, as the end of a sentence."""

        def ask(connection: Connection[Any]) -> list[tuple[Any, ...]]:
            return connection.execute(
                "SELECT DISTINCT owners.host, owners.process, extract(epoch FROM now() - lease_until) + %s FROM "
                "unnest(%s::int[], %s::bigint[]) AS asked (epoch, position) LEFT JOIN places ON places.run = %s AND "
                "places.epoch = asked.epoch AND places.position = asked.position LEFT JOIN owners ON owners.id = "
                "places.owner WHERE owners.id IS DISTINCT FROM %s LIMIT 4",
                (LEASE_SECONDS, [e for e, _ in places], [p for _, p in places], self._run, self.id),
            ).fetchall()

        said = [
            "no process holds some of them: start or retry its shard"
            if host is None
            else f"process {process} on {host}, last heard of {max(0.0, float(ago)):.0f} s ago"
            for host, process, ago in self._server.call(ask, patience=0.0)
        ]
        return "; ".join(said)

    def leave(self) -> None:
        """Give up what is left of its places."""

        def forget(connection: Connection[Any]) -> None:
            connection.execute("DELETE FROM owners WHERE id = %s", (self.id,))

        self._server.call(forget, patience=_LOOK_SECONDS)
