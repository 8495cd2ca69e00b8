"""The tables of an auction memory, and which files have them."""

from __future__ import annotations

import sqlite3
from functools import cache
from pathlib import Path

from sale_inspect.memory._files import MemoryFileError, damaged

__all__ = ["SCHEMA_VERSION", "require_schema"]

SCHEMA_VERSION = 2
"""Version of the tables, kept in SQLite's `user_version`."""

_APPLICATION_ID = 0x53414C45
_NAME_WIDTH = 60
_TABLES = """
CREATE TABLE runs (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    pool TEXT NOT NULL,
    agents TEXT NOT NULL,
    embedder TEXT NOT NULL,
    created TEXT NOT NULL
);
CREATE TABLE auctions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    task TEXT NOT NULL,
    plans TEXT NOT NULL,
    provisional_winner TEXT NOT NULL,
    winner TEXT NOT NULL,
    solved INTEGER NOT NULL CHECK (solved IN (0, 1)),
    prices TEXT
);
CREATE TABLE places (
    run INTEGER NOT NULL REFERENCES runs (id),
    epoch INTEGER NOT NULL,
    position INTEGER NOT NULL,
    sample_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('settled', 'failed', 'dropped')),
    auction INTEGER UNIQUE REFERENCES auctions (id),
    PRIMARY KEY (run, epoch, position),
    CHECK ((state = 'settled') = (auction IS NOT NULL))
) WITHOUT ROWID;
CREATE TABLE vectors (
    auction INTEGER NOT NULL REFERENCES auctions (id),
    embedder TEXT NOT NULL,
    vector BLOB NOT NULL,
    PRIMARY KEY (auction, embedder)
);
"""


def require_schema(connection: sqlite3.Connection, path: Path, *, create: bool) -> None:
    """Check that the file is a memory of this version; make the tables in an empty one if `create`.

    Raises:
        MemoryFileError: If it is another program's file, an older or newer version's, or its tables are not a memory's.
    """
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if create and not application and not version and not tables:
        _create(connection)
        return
    if application != _APPLICATION_ID:
        raise MemoryFileError(
            f"{path}: is a SQLite file of another program, not an auction memory. Name a file that a run wrote."
        )
    if version > SCHEMA_VERSION:
        raise MemoryFileError(
            f"{path}: was written by a newer sale-inspect (schema {version}, this one reads {SCHEMA_VERSION}). "
            "Upgrade sale-inspect, or use an export of it."
        )
    if version < SCHEMA_VERSION:
        raise MemoryFileError(
            f"{path}: was written by an older sale-inspect (schema {version}, this one reads {SCHEMA_VERSION}): it has "
            "only the last plan of each agent, and not which model wrote it. Give the run a new file, or delete this "
            "one."
        )
    if odd := sorted(name for _, name, _ in _objects(connection) ^ _objects_of_a_memory()):
        raise damaged(path, f"its {odd[0][:_NAME_WIDTH]!r} is missing, changed or not of a memory")


@cache
def _objects_of_a_memory() -> frozenset[tuple[str, str, str]]:
    connection = sqlite3.connect(":memory:")
    try:
        connection.executescript(_TABLES)
        return _objects(connection)
    finally:
        connection.close()


def _objects(connection: sqlite3.Connection) -> frozenset[tuple[str, str, str]]:
    """Tables, indices, views and triggers with their definitions, without those that SQLite makes for itself."""
    rows = connection.execute("SELECT type, name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite!_%' ESCAPE '!'")
    return frozenset((kind, name, " ".join(str(sql).split())) for kind, name, sql in rows)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in _TABLES.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
