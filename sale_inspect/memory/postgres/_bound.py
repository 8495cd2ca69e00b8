"""A bound for every call: a server that neither answers nor refuses must not hold a run for ever."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from psycopg import Connection

__all__ = ["BOUND", "CALL_SECONDS", "CallBound"]

CALL_SECONDS = 60.0
"""Seconds after which a call counts as lost (ours). An exact search of a million vectors takes a few."""

_LOOK_SECONDS = 0.5


class CallBound:
    """Cuts the connections of calls that take too long, by one thread for the process.

    libpq waits for an answer without a bound, and the system's own bounds do not see a server that stands still.
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._until: dict[int, tuple[float, Connection[Any]]] = {}
        self._thread: threading.Thread | None = None

    @contextlib.contextmanager
    def on(self, connection: Connection[Any], seconds: float | None = None) -> Iterator[None]:
        """Cut a connection unless the block ends in time; what waits on it then raises an error of a lost connection.

        Args:
            connection: The connection.
            seconds: `CALL_SECONDS`, if None.
        """
        key = id(connection)
        with self._guard:
            if key in self._until:
                # The outer block's bound holds.
                key = -1
            else:
                seconds = CALL_SECONDS if seconds is None else seconds
                self._until[key] = time.monotonic() + seconds, connection
            if self._thread is None:
                self._thread = threading.Thread(target=self._look, name="sale-inspect memory bound", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._guard:
                self._until.pop(key, None)

    def _look(self) -> None:
        while True:
            time.sleep(_LOOK_SECONDS)
            with self._guard:
                if not self._until:
                    self._thread = None
                    return
                over = [(key, each) for key, (until, each) in self._until.items() if until <= time.monotonic()]
                for key, connection in over:
                    del self._until[key]
                    _cut(connection)


def _cut(connection: Connection[Any]) -> None:
    with contextlib.suppress(OSError, ValueError), socket.socket(fileno=os.dup(connection.fileno())) as ours:
        ours.shutdown(socket.SHUT_RDWR)


BOUND = CallBound()
"""Of this process."""
