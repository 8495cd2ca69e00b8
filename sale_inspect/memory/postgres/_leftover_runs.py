"""Runs in PostgreSQL that nobody is at work on and that did not end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from psycopg import Connection

from sale_inspect.memory._address import ServerAddress
from sale_inspect.memory._files import MemoryBusyError
from sale_inspect.memory.postgres._server import Server

__all__ = ["LeftoverRun", "leftover_runs", "remove_run"]

_DAY_SECONDS = 86_400
_LIVING = "EXISTS (SELECT 1 FROM owners WHERE owners.run = runs.id AND lease_until > now())"


@dataclass(frozen=True, kw_only=True, slots=True)
class LeftoverRun:
    """A run of which places are not settled.

    Attributes:
        key: The run.
        created: When it began, ISO 8601.
        auctions: How many it left.
        missing: Places that are not settled.
        days: Days since something was last settled, or since it began.
        kept: Why it is not removed; empty if it may go.
    """

    key: str
    created: str
    auctions: int
    missing: int
    days: float
    kept: str = ""


def leftover_runs(address: ServerAddress) -> tuple[LeftoverRun, ...]:
    """The runs of a memory that did not end, in the order in which they began. Nothing is changed."""
    server = Server(address, create=False)
    try:
        rows = server.call(_rows, patience=0.0)
    finally:
        server.close()
    return tuple(
        LeftoverRun(
            key=key,
            created=created,
            auctions=auctions,
            missing=missing,
            days=float(seconds) / _DAY_SECONDS,
            kept="a process is at work on it" if living else "",
        )
        for key, created, auctions, missing, seconds, living in rows
    )


def _rows(connection: Connection[Any]) -> list[tuple[Any, ...]]:
    return connection.execute(
        "SELECT key, created, count(*) FILTER (WHERE state = 'settled'), size * epochs - count(*) FILTER (WHERE state "
        "<> 'open'), extract(epoch FROM now() - coalesce(max(settled_at), created::timestamptz)), "
        f"{_LIVING} FROM runs LEFT JOIN places ON places.run = runs.id GROUP BY runs.id "
        "HAVING size * epochs > count(*) FILTER (WHERE state <> 'open') ORDER BY runs.id"
    ).fetchall()


def remove_run(address: ServerAddress, key: str) -> None:
    """Remove a run with its places and auctions.

    Raises:
        MemoryBusyError: If a process is at work on it.
        MemoryFileError: If the server cannot be used.
    """
    server = Server(address, create=False)
    try:
        gone = server.call(
            lambda c: c.execute(
                f"DELETE FROM runs WHERE key = %s AND NOT {_LIVING} RETURNING 1",
                (key,),
            ).fetchone()
        )
    finally:
        server.close()
    if gone is None:
        raise MemoryBusyError(f"{address}: run {key} is not removed: a process is at work on it, or it is gone.")
