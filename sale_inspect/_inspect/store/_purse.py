"""How many dollars this process may still spend: one purse for all evaluations that run in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sale_inspect._errors import SpendingCapError

__all__ = ["Purse", "money_left", "note_spent", "require_money", "spending_from"]


def _nothing(spent: float) -> None:
    """Tell nobody."""


@dataclass(kw_only=True, slots=True)
class Purse:
    """Dollars that were spent, and the most that may be.

    Attributes:
        cap: Most dollars; None for no cap.
        spent: Dollars so far, by all ledgers.
        begun: Samples that were begun.
        refused: Samples that were not begun, since the dollars are spent.
        on_spent: Is told the sum after each call that was paid.
    """

    cap: float | None
    spent: float = 0.0
    begun: int = 0
    refused: int = 0
    on_spent: Callable[[float], None] = _nothing

    @property
    def empty(self) -> bool:
        """Whether nothing may be begun."""
        return self.cap is not None and self.spent >= self.cap


_current: ContextVar[Purse | None] = ContextVar("sale_inspect_purse", default=None)


@contextmanager
def spending_from(purse: Purse) -> Iterator[None]:
    """Let all samples that begin inside spend from a purse."""
    token = _current.set(purse)
    try:
        yield
    finally:
        _current.reset(token)


def note_spent(usd: float) -> None:
    """Take dollars that a ledger booked from the purse, if there is one."""
    purse = _current.get()
    if purse is not None:
        purse.spent += usd
        purse.on_spent(purse.spent)


def money_left() -> bool:
    """Whether a sample may begin."""
    purse = _current.get()
    return purse is None or not purse.empty


def require_money() -> None:
    """Begin a sample, if its purse has money left. What has begun is finished, so the cap is passed by that at most.

    Raises:
        SpendingCapError: If the dollars are spent. The sample has cost nothing.
    """
    purse = _current.get()
    if purse is None:
        return
    if purse.empty:
        purse.refused += 1
        raise SpendingCapError(
            f"Not begun: ${purse.spent:,.4g} of the cap of ${purse.cap:,.4g} are spent. Raise the cap and run the "
            "same command again."
        )
    purse.begun += 1
