"""What memory shows one sample."""

from __future__ import annotations

from dataclasses import dataclass

from sale_inspect.memory import AuctionMemory, Recalled

__all__ = ["Recall", "shown_to"]

_DIGITS = 6


@dataclass(frozen=True, kw_only=True, slots=True)
class Recall:
    """What memory shows one sample.

    Attributes:
        visible: Number of auctions that it may see.
        neighbours: The nearest of them, best first.
        own_left_out: Number of auctions on this very task, of earlier runs, that it may not see.
        above_ceiling: Number of visible auctions that are not among the neighbours because they are too much alike.
        given_up: Samples that it should have waited for, but that never began.
    """

    visible: int
    neighbours: list[Recalled]
    own_left_out: int = 0
    above_ceiling: int = 0
    given_up: tuple[str, ...] = ()


def shown_to(
    memory: AuctionMemory, task: str, k: int, *, epoch: int, before: int, own: bool, ceiling: float
) -> Recall:  # fmt: skip
    """What a task may see now. Those above the ceiling are the first found, so looking further finds the others.

    Args:
        memory: The memory.
        task: The task's text.
        k: How many neighbours, at most.
        epoch: Epoch of the sample.
        before: Bound of the positions.
        own: See `AuctionMemory.nearest`.
        ceiling: Auctions on tasks more alike than this are left out and counted.

    Raises:
        NotSettledError: See `AuctionMemory.nearest`.
    """
    wanted = k
    while True:
        found = memory.nearest(task, wanted, epoch=epoch, before=before, own=own)
        near = [each for each in found.neighbours if round(each.similarity, _DIGITS) <= ceiling]
        above = len(found.neighbours) - len(near)
        if len(near) >= k or len(found.neighbours) < wanted:
            return Recall(
                visible=found.visible, neighbours=near[:k], own_left_out=found.own_left_out, above_ceiling=above
            )
        wanted = 2 * wanted + above
