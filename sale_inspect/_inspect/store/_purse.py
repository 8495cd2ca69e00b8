"""How many dollars this process may still spend: one purse for all evaluations that run in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from sale_inspect._errors import SpendingCapError

__all__ = ["Purse", "money_left", "note_ended", "note_spent", "require_money", "spending_from"]


def _nothing(figure: float) -> None:
    """Tell nobody."""


def _none() -> float:
    """No other process spends."""
    return 0.0


@dataclass(kw_only=True, slots=True)
class Purse:
    """Dollars that were spent, and the most that may be.

    Attributes:
        cap: Most dollars; None for no cap.
        spent: Dollars so far, by all ledgers of this process and those before it.
        elsewhere: Says the dollars that other processes of the same whole have spent.
        begun: Samples that were begun.
        refused: Samples that were not begun, since the dollars are spent.
        ended: Samples that came to their end without an error.
        on_spent: Is told the sum after each call that was paid.
        on_ended: Is told how many samples have ended, after each.
        last: By run with an auction memory, the last place (epoch, position) that was begun.
    """

    cap: float | None
    spent: float = 0.0
    elsewhere: Callable[[], float] = _none
    begun: int = 0
    refused: int = 0
    ended: int = 0
    on_spent: Callable[[float], None] = _nothing
    on_ended: Callable[[int], None] = _nothing
    last: dict[str, tuple[int, int]] = field(default_factory=dict)

    @property
    def total(self) -> float:
        """Dollars of the whole so far."""
        return self.spent + self.elsewhere()

    @property
    def empty(self) -> bool:
        """Whether nothing may be begun."""
        return self.cap is not None and self.total >= self.cap


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


def note_ended() -> None:
    """Count a sample that ended well, if there is a purse."""
    purse = _current.get()
    if purse is not None:
        purse.ended += 1
        purse.on_ended(purse.ended)


def money_left() -> bool:
    """Whether a sample may begin."""
    purse = _current.get()
    return purse is None or not purse.empty


def require_money(run: str = "", place: tuple[int, int] | None = None) -> None:
    """Begin a sample, if its purse has money left. What has begun is finished, so the cap is passed by that at most.

    Samples with an auction memory begin in the order of their places: one that others after it wait for begins too.
    Refused, it would be settled without an auction, and those would see another past than without a cap.

    Args:
        run: The run with an auction memory that the sample belongs to.
        place: Its epoch and position there; None without a memory.

    Raises:
        SpendingCapError: If the dollars are spent. The sample has cost nothing.
    """
    purse = _current.get()
    if purse is None:
        return
    if purse.empty and (place is None or run not in purse.last or place > purse.last[run]):
        purse.refused += 1
        raise SpendingCapError(
            f"Not begun: ${purse.total:,.4g} of the cap of ${purse.cap:,.4g} are spent. Raise the cap and run the "
            "same command again."
        )
    purse.begun += 1
    if place is not None:
        purse.last[run] = max(place, purse.last.get(run, place))
