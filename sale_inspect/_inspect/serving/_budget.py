"""The budget of a server: dollars are reserved before a request is passed on, so that many at once cannot pass it."""

from __future__ import annotations

import anyio

from sale_inspect._inspect.serving._requests import Refused

__all__ = ["ServedBudget"]

_ROUNDING = 1e-12


class ServedBudget:
    """Dollars that may be spent, are spent, and are reserved for requests that run.

    A request reserves the most that it can cost. When its answer is there, what it did cost is booked and the rest is
    free again. Where nobody knows what was billed, the whole reservation is booked.

    Args:
        cap: Most dollars; None for no cap.
        spent: Dollars of earlier runs that count against it.
        wait: Longest wait for dollars that other requests hold, seconds.
    """

    def __init__(self, cap: float | None, spent: float = 0.0, wait: float = 30.0) -> None:
        self.cap, self.spent, self.reserved = cap, spent, 0.0
        self.wait = wait
        self._settled = anyio.Event()

    async def reserve(self, usd: float) -> None:
        """Hold dollars for a request, once they are free.

        Raises:
            Refused: If they are spent, or others hold them for too long. Nothing is held then.
        """
        with anyio.move_on_after(self.wait):
            while not self._fits(usd):
                if self.reserved <= _ROUNDING:
                    break
                await self._settled.wait()
        if not self._fits(usd):
            # No sum of others' money in the answer: who asks need not know what the server's owner has.
            raise Refused(
                402,
                "budget_spent",
                "The budget of this server does not allow the request: it may cost more than is left. Ask for fewer "
                "tokens (max_tokens), or ask the server's owner.",
            )
        self.reserved += usd

    def settle(self, reserved: float, spent: float) -> None:
        """Book what a request cost in place of what was held for it."""
        self.reserved = max(0.0, self.reserved - reserved)
        self.spent += spent
        self._settled.set()
        self._settled = anyio.Event()

    def _fits(self, usd: float) -> bool:
        return self.cap is None or self.spent + self.reserved + usd <= self.cap * (1 + _ROUNDING)
