"""What keeps the auctions of one run: the one interface of all kinds of memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sale_inspect.auction import PastAuction

__all__ = ["AuctionMemory", "Found", "Heard", "NotSettledError", "Place", "Recalled", "RunIdentity"]

Place = tuple[int, int]
"""Epoch (from 1) and position (from 0) of a sample in a run."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunIdentity:
    """A run, by what its records depend on.

    Attributes:
        key: What stays the same when the run is retried or resumed, and what all processes of it share.
        pool: Name of the agents' pool.
        agents: What each of its agents is, by name (`pools.agent_identity`).
        samples: Id of each sample that this process does, by its position in the whole run, over all processes.
        size: Samples of the whole run.
        epochs: How often each of them is done.
        lag: `memory_lag`: the sample at position i sees the auctions at positions up to i - lag.
    """

    key: str
    pool: str
    agents: Mapping[str, str]
    samples: Mapping[int, str] = field(default_factory=dict)
    size: int = 0
    epochs: int = 1
    lag: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class Recalled:
    """A past auction with the similarity of its task, and the run that it is from (empty: this one)."""

    past: PastAuction
    similarity: float
    run: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What a memory holds for one task.

    Attributes:
        visible: Number of auctions that it may see.
        own_left_out: Number of auctions on this very task, of earlier runs, that it may not see.
        neighbours: The nearest of the visible ones, best first.
    """

    visible: int
    own_left_out: int
    neighbours: tuple[Recalled, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """News of other processes of a run.

    Attributes:
        settled: Places that they settled.
        active: One of them has done something.
        fault: Why this process cannot go on with the memory.
    """

    settled: tuple[Place, ...] = ()
    active: bool = False
    fault: Exception | None = None


class NotSettledError(ValueError):
    """A search that would show less than the rule of visibility says.

    Args:
        epoch: Epoch of the search.
        before: Its bound.
        opened: Places that are open again, because another process does them again.
    """

    def __init__(self, epoch: int, before: int, opened: tuple[Place, ...] = ()) -> None:
        super().__init__(f"not all places below {before} of epoch {epoch} are settled.")
        self.opened = opened


class AuctionMemory(Protocol):
    """The auctions of one run, kept for the samples of this process, and those of earlier runs.

    Opening one takes the run's places that this process holds. Calls may come from any thread.

    The rule of visibility (ours): a sample at position i is shown exactly the settled auctions of its epoch at
    positions up to i - lag, whoever settled them and whenever, and those of earlier runs that were there when this run
    began.
    """

    frozen: bool
    """All of it is seen, nothing is added, and nobody waits."""

    shared: bool
    """Other processes may settle places of this run. Calls then take as long as the network: make them in a thread."""

    def settled(self) -> Mapping[Place, PastAuction | None]:
        """The settled places of this run; None where it failed, or where the auction is kept elsewhere."""

    def settle(self, place: Place, sample_id: str, past: PastAuction | None) -> None:
        """Settle a place with its auction, or as failed (None), for good. The first one wins; again is no fault.

        Raises:
            MemoryFencedError: If another process has taken the place over since this one began.
            MemoryFileError: If it cannot be kept.
        """

    def reopen(self, places: Collection[Place]) -> None:
        """Forget how places that this process holds were settled: it does them again."""

    def nearest(self, task: str, k: int, *, epoch: int, before: int, own: bool) -> Found:
        """What may be seen of this run's epoch at positions below `before`, and of earlier runs, most alike first.

        Equal similarities (to 6 digits) are in the order of the memory: earlier runs first, as they began, then by
        epoch and position.

        Args:
            task: The task's text.
            k: How many, at most.
            epoch: The sample's epoch.
            before: Bound of the positions.
            own: Auctions of earlier runs on this very task may be among them.

        Raises:
            NotSettledError: If a place below the bound is not settled, or no longer.
        """

    def news(self, epoch: int, before: int) -> list[int]:
        """Positions of an epoch below `before` that others have settled by now, and this process has not heard of."""

    def heed(self, heard: Callable[[Heard], None], acted: Callable[[], bool]) -> None:
        """Have this process and the others of the run hear of each other. Nothing, if the memory is not shared.

        Args:
            heard: Called with news, in a thread of the memory.
            acted: Whether anything has happened in this process's part of the run since it was called last.
        """

    def who(self, places: Collection[Place]) -> str:
        """Who holds some places that are not settled, as the end of a sentence; empty if that is this process."""

    def close(self, *, finished: bool) -> None:
        """Give up the places that this process holds. May be called twice.

        Args:
            finished: The run has succeeded.
        """
