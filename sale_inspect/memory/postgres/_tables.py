"""The tables of a memory in PostgreSQL, and which databases have them."""

from __future__ import annotations

from typing import Any

from psycopg import Connection, errors, sql

from sale_inspect.memory._address import ServerAddress
from sale_inspect.memory._files import MemoryFileError
from sale_inspect.memory.postgres._search import EF_SEARCH

__all__ = ["TABLES_VERSION", "prepare_connection", "require_tables"]

TABLES_VERSION = 1
"""Version of the tables, kept in their schema."""

_CREATE_LOCK = 0x53414C45
# Texts of others are kept as JSON in ASCII: PostgreSQL takes neither NUL nor lone surrogates, which models can write.
_TABLES = """
CREATE TABLE version (version integer NOT NULL);
CREATE TABLE runs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL UNIQUE,
    pool text NOT NULL,
    agents text NOT NULL,
    embedder text NOT NULL,
    created text NOT NULL,
    size bigint NOT NULL,
    epochs integer NOT NULL,
    lag integer,
    search text NOT NULL,
    horizon bigint NOT NULL
);
CREATE TABLE owners (
    id uuid PRIMARY KEY,
    run bigint NOT NULL REFERENCES runs ON DELETE CASCADE,
    host text NOT NULL,
    process integer NOT NULL,
    lease_until timestamptz NOT NULL,
    active_at timestamptz NOT NULL
);
CREATE TABLE places (
    run bigint NOT NULL REFERENCES runs ON DELETE CASCADE,
    epoch integer NOT NULL,
    position bigint NOT NULL,
    sample_id text NOT NULL,
    state text NOT NULL CHECK (state IN ('open', 'settled', 'failed')),
    owner uuid,
    attempt integer NOT NULL,
    auction bigint UNIQUE,
    settled_at timestamptz,
    PRIMARY KEY (run, epoch, position),
    CHECK ((state = 'settled') = (auction IS NOT NULL))
);
CREATE INDEX places_open ON places (run, epoch, position) WHERE state = 'open';
CREATE SEQUENCE auction_numbers;
CREATE TABLE auctions (
    id bigint PRIMARY KEY,
    run bigint NOT NULL REFERENCES runs ON DELETE CASCADE,
    identity text NOT NULL,
    task text NOT NULL,
    plans text NOT NULL,
    provisional_winner text NOT NULL,
    winner text NOT NULL,
    solved boolean NOT NULL,
    prices text
);
CREATE INDEX auctions_of_run ON auctions (run);
CREATE INDEX auctions_of_task ON auctions (identity);
CREATE TABLE vectors (
    embedder text NOT NULL,
    auction bigint NOT NULL REFERENCES auctions ON DELETE CASCADE,
    run bigint NOT NULL,
    epoch integer NOT NULL,
    position bigint NOT NULL,
    identity text NOT NULL,
    vector vector NOT NULL,
    PRIMARY KEY (embedder, auction)
);
CREATE INDEX vectors_of_run ON vectors (embedder, run, epoch, position);
CREATE TABLE recalls (
    embedder text PRIMARY KEY,
    rows bigint NOT NULL,
    queries integer NOT NULL,
    recall double precision NOT NULL
);
"""


def prepare_connection(connection: Connection[Any], address: ServerAddress) -> None:
    """Have a connection find the memory's tables and pgvector's type.

    Raises:
        MemoryFileError: If the database has no pgvector.
    """
    from pgvector.psycopg import register_vector

    found = connection.execute(
        "SELECT nspname FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'vector'"
    ).fetchone()
    if found is None:
        raise _without_pgvector(address)
    path = sql.SQL(", ").join([sql.Identifier(address.schema), sql.Identifier(found[0])])
    connection.execute(sql.SQL("SET search_path TO {}").format(path))
    register_vector(connection)
    connection.execute(f"SET hnsw.ef_search = {EF_SEARCH}")
    connection.execute("SET hnsw.iterative_scan = strict_order")


def require_tables(connection: Connection[Any], address: ServerAddress, *, create: bool) -> None:
    """Check that a database has a memory of this version; make it where there is none, if `create`.

    Raises:
        MemoryFileError: If there is no pgvector, no memory, or one of another version.
    """
    if create:
        _make(connection, address)
    there = connection.execute("SELECT to_regclass(%s)", (f"{address.schema}.version",)).fetchone()
    if there is None or there[0] is None:
        raise MemoryFileError(f"{address}: there is no auction memory. Name one that a run wrote.")
    row = connection.execute(
        sql.SQL("SELECT version FROM {}").format(sql.Identifier(address.schema, "version"))
    ).fetchone()
    version = 0 if row is None else int(row[0])
    if version > TABLES_VERSION:
        raise MemoryFileError(
            f"{address}: was written by a newer sale-inspect (schema {version}, this one reads {TABLES_VERSION}). "
            "Upgrade sale-inspect, or name another memory with ?memory=NAME."
        )
    if version < TABLES_VERSION:
        raise MemoryFileError(
            f"{address}: was written by an older sale-inspect (schema {version}, this one reads {TABLES_VERSION}). "
            "Name another memory with ?memory=NAME, or export it with the sale-inspect that wrote it."
        )


def _make(connection: Connection[Any], address: ServerAddress) -> None:
    with connection.transaction():
        # One process makes it; the others wait for that and find it.
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATE_LOCK,))
        if connection.execute("SELECT 1 FROM pg_extension WHERE extname = 'vector'").fetchone() is None:
            try:
                with connection.transaction():
                    connection.execute("CREATE EXTENSION vector")
            except (errors.FeatureNotSupported, errors.UndefinedFile, errors.InsufficientPrivilege) as error:
                raise _without_pgvector(address) from error
        there = connection.execute("SELECT to_regnamespace(%s)", (address.schema,)).fetchone()
        if there is not None and there[0] is not None:
            return
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(address.schema)))
        prepare_connection(connection, address)
        for statement in _TABLES.split(";"):
            if statement.strip():
                connection.execute(statement)
        connection.execute("INSERT INTO version VALUES (%s)", (TABLES_VERSION,))


def _without_pgvector(address: ServerAddress) -> MemoryFileError:
    return MemoryFileError(
        f"{address}: the database has no pgvector. Install it on the server and say there, as its administrator: "
        "CREATE EXTENSION vector;"
    )
