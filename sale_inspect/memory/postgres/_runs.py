"""Runs in the tables: how one begins, and what may not change while it goes on."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from sale_inspect._bounds import json_value
from sale_inspect.memory._address import ServerAddress
from sale_inspect.memory._contract import RunIdentity
from sale_inspect.memory._files import MemoryFileError
from sale_inspect.memory._rows import dumps

__all__ = ["begin_run"]

_COLUMNS = "id, pool, agents, embedder, size, epochs, lag, search, horizon"


def begin_run(
    connection: Connection[Any], address: ServerAddress, run: RunIdentity, embedder: str, created: str | None = None
) -> tuple[int, int]:
    """Note a run when its first process begins; in the others, see that it is the same.

    Args:
        connection: The database.
        address: The memory.
        run: The run.
        embedder: Name of its embedder.
        created: ISO 8601; now, if None.

    Returns:
        Its number, and the number of the last auction that was there when it began: it sees no later one of others.

    Raises:
        MemoryFileError: If it began with another pool, agents, embedder, size, number of epochs, lag or search.
    """
    with connection.transaction():
        row = _row(connection, run.key)
        if row is None:
            # What is being written now is written before the last number is read.
            connection.execute("LOCK TABLE places IN SHARE ROW EXCLUSIVE MODE")
            connection.execute(
                "INSERT INTO runs (key, pool, agents, embedder, created, size, epochs, lag, search, horizon) "
                "SELECT %s, %s, %s, %s, %s, %s, %s, %s, %s, coalesce(max(auction), 0) FROM places "
                "ON CONFLICT (key) DO NOTHING",
                (
                    *(run.key, run.pool, dumps(dict(run.agents)), embedder, created or _now()),
                    *(run.size, run.epochs, run.lag, address.search),
                ),
            )
            row = _row(connection, run.key)
    if row is None:
        raise MemoryFileError(f"{address}: run {run.key} was removed while it began. Try again.")
    number, pool, agents, _, _, _, _, _, horizon = row
    for name, before, now in (
        ("pool", pool, run.pool),
        ("embedder", row[3], embedder),
        ("number of samples", row[4], run.size),
        ("epochs", row[5], run.epochs),
        ("memory_lag", row[6], run.lag),
        ("search", row[7], address.search),
    ):
        if before != now:
            raise MemoryFileError(
                f"{address}: run {run.key} began with {name} {before} and cannot go on with {now}. Use the same "
                f"{name}, or start a new run."
            )
    known = json_value(agents)
    if known != dict(run.agents):
        changed = sorted({name for name, _ in known.items() ^ run.agents.items()})
        raise MemoryFileError(
            f"{address}: run {run.key} began with other agents in the pool {pool}. Not the same model and config: "
            f"{', '.join(changed)}. Use the pool as it was, or start a new run."
        )
    return int(number), int(horizon)


def _row(connection: Connection[Any], key: str) -> tuple[Any, ...] | None:
    found: tuple[Any, ...] | None = connection.execute(
        f"SELECT {_COLUMNS} FROM runs WHERE key = %s",
        (key,),
    ).fetchone()
    return found


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
