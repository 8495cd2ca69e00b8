"""Connections to the server of a memory: lost ones are made anew for a while, and faults are said in one sentence."""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

import psycopg
from psycopg import Connection, errors
from psycopg_pool import ConnectionPool, PoolTimeout

from sale_inspect._errors import SaleError
from sale_inspect.memory._address import ServerAddress
from sale_inspect.memory._files import MemoryFileError
from sale_inspect.memory.postgres._bound import BOUND
from sale_inspect.memory.postgres._tables import prepare_connection, require_tables

__all__ = ["PATIENCE_SECONDS", "Server", "check_server", "connected", "fault_of", "is_lost", "said"]

PATIENCE_SECONDS = 120.0
"""How long a run that has begun waits for its server to come back (ours)."""

_CONNECT_SECONDS = 10
_AGAIN_SECONDS = 0.5
_LEAST_SECONDS = 2.0
_CONNECTIONS = 4
_LOST = ("08", "57P", "53300")
_SETTINGS: dict[str, Any] = {
    "autocommit": True,
    "connect_timeout": _CONNECT_SECONDS,
    "application_name": "sale-inspect",
    # A machine that is gone says nothing: without these a call could wait for hours.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}

_logger = logging.getLogger(__name__)
# What it would say, we say, once.
logging.getLogger("psycopg.pool").setLevel(logging.ERROR)

Result = TypeVar("Result")


class Server:
    """The database of a memory, for calls from any thread.

    Args:
        address: The memory.
        create: Make it, if it is missing.

    Raises:
        MemoryFileError: If the server does not answer now, or has no memory of this version.
    """

    def __init__(self, address: ServerAddress, *, create: bool) -> None:
        self.address = address
        check_server(address, create=create)
        self._pool: ConnectionPool[Connection[Any]] = ConnectionPool(
            address.conninfo,
            kwargs=_SETTINGS,
            configure=self.prepare,
            min_size=1,
            max_size=_CONNECTIONS,
            reconnect_timeout=_CONNECT_SECONDS,
            name="sale-inspect memory",
            open=True,
        )
        try:
            # It answered a moment ago. If it is slow now, it is waited for: an error would be a sample's.
            self.call(lambda _: None)
        except BaseException:
            self.close()
            raise

    def prepare(self, connection: Connection[Any]) -> None:
        """Have a connection find the memory's tables."""
        with BOUND.on(connection):
            prepare_connection(connection, self.address)

    def call(
        self,
        work: Callable[[Connection[Any]], Result],
        *,
        patience: float = PATIENCE_SECONDS,
        bound: float | None = None,
    ) -> Result:
        """Do some work on a connection, again on another one if it is lost: the work must bear being done twice.

        Args:
            work: The work.
            patience: Seconds for which a lost server is waited for.
            bound: Seconds after which the call counts as lost; `CALL_SECONDS`, if None.

        Raises:
            MemoryFileError: If the server stays away, or refuses the work.
        """
        until, told = time.monotonic() + patience, False
        while True:
            try:
                timeout = max(_LEAST_SECONDS, min(_CONNECT_SECONDS, until - time.monotonic()))
                with self._pool.connection(timeout=timeout) as found, BOUND.on(found, bound):
                    return work(found)
            except (psycopg.Error, PoolTimeout) as error:
                if not is_lost(error) or time.monotonic() >= until:
                    raise fault_of(error, self.address) from error
                if not told:
                    told = True
                    _logger.warning(
                        "The auction memory's server does not answer (%s). The run waits for it, at most %.0f s.",
                        self.address,
                        patience,
                    )
                time.sleep(_AGAIN_SECONDS)

    @contextlib.contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """A connection for more than one call; if it is lost, so is the work."""
        with self._pool.connection(timeout=_CONNECT_SECONDS) as found:
            yield found

    def close(self) -> None:
        """Close all connections. May be called twice."""
        self._pool.close(timeout=0.0)


def check_server(address: ServerAddress, *, create: bool) -> None:
    """See that a memory's server answers, and has the memory in this version.

    Raises:
        MemoryFileError: If it does not.
    """
    with contextlib.closing(connected(address)) as connection, said(address), BOUND.on(connection):
        require_tables(connection, address, create=create)


def connected(address: ServerAddress) -> Connection[Any]:
    """A connection of its own.

    Raises:
        MemoryFileError: If there is none to be had.
    """
    try:
        return psycopg.connect(address.conninfo, **_SETTINGS)
    except psycopg.Error as error:
        raise fault_of(error, address) from error


@contextlib.contextmanager
def said(address: ServerAddress) -> Iterator[None]:
    """Turn psycopg's errors into the sentence of `fault_of`."""
    try:
        yield
    except (psycopg.Error, PoolTimeout) as error:
        raise fault_of(error, address) from error


def is_lost(error: Exception) -> bool:
    """Whether a connection is lost, and another one may be had by and by."""
    if isinstance(error, PoolTimeout):
        return True
    state = getattr(error, "sqlstate", None)
    if state is None:
        return isinstance(error, psycopg.OperationalError | psycopg.InterfaceError)
    return str(state).startswith(_LOST)


def fault_of(error: Exception, address: ServerAddress) -> SaleError:
    """One error that says what is wrong with a memory's server, and what helps."""
    if isinstance(error, SaleError):
        return error
    told = " ".join(str(error).split())
    if isinstance(error, errors.DiskFull):
        return MemoryFileError(f"{address}: the disk of the server is full ({told}). Make room there.")
    if isinstance(error, errors.InsufficientPrivilege | errors.ReadOnlySqlTransaction):
        return MemoryFileError(
            f"{address}: this user may not write an auction memory there ({told}). Use another user or database, or "
            "open the memory frozen."
        )
    if is_lost(error) or getattr(error, "sqlstate", None) is None:
        return MemoryFileError(
            f"{address}: the server of the auction memory cannot be reached ({told}). See that it runs and that this "
            "machine and user may connect; a password is taken from PGPASSWORD or .pgpass."
        )
    return MemoryFileError(f"{address}: cannot be used as an auction memory: {told}.")
