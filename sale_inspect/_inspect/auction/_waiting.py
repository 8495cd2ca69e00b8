"""Waits for what other samples do: each has a reason that is told, and an end."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import anyio
from inspect_ai.log import transcript

from sale_inspect._errors import AuctionError

__all__ = ["HOPELESS_LOOKS", "Activity"]

TOLD_AFTER_SECONDS = 30.0
"""A wait of this length is told."""

TOLD_AGAIN_AFTER_SECONDS = 600.0
"""The log is told of one wait of a run in this time; each sample's own transcript is told of its own wait."""

_LOOK_EVERY_SECONDS = 1.0
HOPELESS_LOOKS = 5
"""Looks after which a wait that nobody works on ends."""

_logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Activity:
    """What happens in one run, for those that wait for it.

    A sample may rightly wait for hours while the samples before it work. So the bound of a wait is not its length but
    the time in which nothing at all happens in the run: no sample begins or ends, and no model is called or replies.
    """

    _last: float = field(default_factory=time.monotonic)
    _acted: bool = False
    _told: float | None = None
    _changed: anyio.Event = field(default_factory=anyio.Event)

    def note(self) -> None:
        """Something happened in the run."""
        self._last = time.monotonic()
        self._acted = True

    def wake(self) -> None:
        """Something happened that those who wait may wait for."""
        self._acted = True
        self.hear()

    def acted(self) -> bool:
        """Whether anything happened in this process since this was asked last."""
        acted, self._acted = self._acted, False
        return acted

    def hear(self) -> None:
        """Something happened in another process of the run."""
        self._last = time.monotonic()
        changed, self._changed = self._changed, anyio.Event()
        changed.set()

    async def until_or_silence(
        self,
        condition: Callable[[], bool],
        *,
        reason: Callable[[], str],
        silence: float,
        hopeless: Callable[[], bool] = lambda: False,
        looks: int = HOPELESS_LOOKS,
    ) -> bool:
        """Wait until a condition holds; tell of a long wait; give up when the run is silent.

        Args:
            condition: What is waited for. What it raises ends the wait.
            reason: Who waits for what, as a sentence without its full stop.
            silence: Seconds without any activity in the run after which nothing more will come.
            hopeless: Whether nobody works on what is waited for. If that is so for `looks` looks, in which nothing
                happens, the wait ends. Looks are counted, and not seconds, because a machine that is too busy for
                the evaluation is too busy for the looks too.
            looks: How many.

        Returns:
            Whether the condition holds; False if the wait was hopeless.

        Raises:
            AuctionError: If the run is silent for so long.
        """
        began, told, looked = time.monotonic(), False, 0
        while not condition():
            changed, last = self._changed, self._last
            with anyio.move_on_after(min(_LOOK_EVERY_SECONDS, silence)):
                await changed.wait()
            now = time.monotonic()
            looked = looked + 1 if self._last == last and hopeless() else 0
            if looked >= looks and not condition():
                return False
            if not told and now - began >= TOLD_AFTER_SECONDS:
                told = True
                self._tell(f"{reason()}, for {now - began:.0f} s so far.", now)
            if now - max(began, self._last) >= silence and not condition():
                raise AuctionError(
                    f"{reason()}, and nothing has happened in this run for {silence:g} s. Give a larger -S memory_lag, "
                    "-S memory=off, or a larger -S memory_wait if a single step of a sample takes so long."
                )
        return True

    def _tell(self, text: str, now: float) -> None:
        transcript().info(text, source="sale memory")
        if self._told is None or now - self._told >= TOLD_AGAIN_AFTER_SECONDS:
            self._told = now
            _logger.warning("%s", text)
