"""What memory shows one sample."""

from __future__ import annotations

from dataclasses import dataclass

from sale_inspect.auction import PastAuction

__all__ = ["Recall", "Recalled"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Recalled:
    """A past auction with the similarity of its task, and the run that it is from (empty: this one)."""

    past: PastAuction
    similarity: float
    run: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recall:
    """What memory shows one sample.

    Attributes:
        visible: Number of auctions that it may see.
        neighbours: The nearest of them, best first.
        own_left_out: Number of auctions on this very task, of earlier runs, that it may not see.
        given_up: Samples that it should have waited for, but that never began.
    """

    visible: int
    neighbours: list[Recalled]
    own_left_out: int = 0
    given_up: tuple[str, ...] = ()
