"""One thread of a process that says that it lives, and hears what the others settle."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

import psycopg
from psycopg import Connection, sql

from sale_inspect._errors import SaleError
from sale_inspect.memory._contract import Heard, Place
from sale_inspect.memory.postgres._bound import BOUND
from sale_inspect.memory.postgres._owner import RENEW_SECONDS, Owner
from sale_inspect.memory.postgres._server import PATIENCE_SECONDS, Server, connected, fault_of, is_lost

__all__ = ["Watch", "channel_of", "payload_of"]

_AGAIN_SECONDS = 0.5
_ONE_WAIT_SECONDS = 1.0

_logger = logging.getLogger(__name__)


def channel_of(schema: str, run: int) -> str:
    """The channel on which a run's processes tell each other what they settled."""
    return f"{schema}_{run}"


def payload_of(place: Place) -> str:
    """What they tell: a place."""
    return f"{place[0]} {place[1]}"


class Watch(threading.Thread):
    """Listens, and leaves a sign of life, until it is told to stop, also over a loss of the connection.

    A notification can be lost with its connection, or when its sender dies between the commit and the telling. So what
    is waited for is read again at every sign of life.

    Args:
        server: The memory's server.
        owner: This process.
        channel: What to listen to.
        read_again: Places that are waited for and are settled by now.
        heard: Is told.
        acted: Whether anything happened in this process since it was called last.
    """

    def __init__(
        self,
        server: Server,
        owner: Owner,
        channel: str,
        read_again: Callable[[], list[Place]],
        heard: Callable[[Heard], None],
        acted: Callable[[], bool],
    ) -> None:
        super().__init__(name="sale-inspect memory", daemon=True)
        self._server, self._owner, self._channel = server, owner, channel
        self._read_again, self._heard, self._acted = read_again, heard, acted
        self._stop_asked = threading.Event()
        self._latest: Any = None

    def stop(self) -> None:
        """Have it end soon. It is not waited for: it may be telling the caller's own thread something."""
        self._stop_asked.set()

    def run(self) -> None:
        """Listen until stopped, taken over, or without a server for too long."""
        lost_at: float | None = None
        while not self._stop_asked.is_set():
            try:
                with contextlib.closing(connected(self._server.address)) as connection:
                    self._server.prepare(connection)
                    connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
                    lost_at = None
                    self._listen(connection)
            except (SaleError, psycopg.Error) as error:
                cause = error.__cause__ if isinstance(error, SaleError) else error
                lost_at = lost_at or time.monotonic()
                over = time.monotonic() - lost_at >= PATIENCE_SECONDS
                if not isinstance(cause, Exception) or not is_lost(cause) or over:
                    self._tell(Heard(fault=fault_of(error, self._server.address)))
                    return
                self._stop_asked.wait(_AGAIN_SECONDS)

    def _listen(self, connection: Connection[Any]) -> None:
        beat_at = time.monotonic()
        while not self._stop_asked.is_set():
            if time.monotonic() >= beat_at:
                with BOUND.on(connection):
                    latest = self._owner.beat(connection, self._acted())
                active = latest is not None and self._latest is not None and latest > self._latest
                self._latest = latest or self._latest
                beat_at = time.monotonic() + RENEW_SECONDS
                self._tell(Heard(settled=tuple(self._read_again()), active=active))
            wait = max(0.01, min(_ONE_WAIT_SECONDS, beat_at - time.monotonic()))
            settled = [_place(told.payload) for told in connection.notifies(timeout=wait, stop_after=1)]
            self._tell(Heard(settled=tuple(place for place in settled if place is not None)))

    def _tell(self, heard: Heard) -> None:
        if (heard.settled or heard.active or heard.fault) and not self._stop_asked.is_set():
            self._heard(heard)


def _place(payload: str) -> Place | None:
    epoch, _, position = payload.partition(" ")
    return (int(epoch), int(position)) if epoch.isdecimal() and position.isdecimal() else None
