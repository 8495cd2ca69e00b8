"""The places of a run's samples: which have begun, which are settled, and the wait for those before one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import anyio.to_thread

from sale_inspect._inspect.auction._slots import lent_slot
from sale_inspect._inspect.auction._waiting import HOPELESS_LOOKS, Activity
from sale_inspect.memory import AuctionMemory, Place, RunPast

__all__ = ["Places"]

_NAMED = 3
_LENT_LOOKS = 25


@dataclass(kw_only=True)
class Places:
    """What is known of each place of a run.

    Args:
        run: Inspect's id of the task, the same in all its retries.
        positions: Position of each sample id.
        started: Places whose samples have begun.
        ended: Those of them that have ended, also if they are not settled by that.
        past: Places of which nothing more will come, each with its auction or with none.
        activity: What happens in the run, for those that wait.
        others: The memory by which other processes of the run tell what they settle; None if there are none.
    """

    run: str
    positions: dict[str, int]
    started: set[Place] = field(default_factory=set)
    ended: set[Place] = field(default_factory=set)
    past: RunPast = field(default_factory=RunPast)
    activity: Activity = field(default_factory=Activity)
    others: AuctionMemory | None = None
    _waiting: set[Place] = field(default_factory=set)
    _lent: set[Place] = field(default_factory=set)
    _given_up: set[Place] = field(default_factory=set)

    def start(self, place: Place) -> None:
        """A sample begins."""
        self.started.add(place)
        self.ended.discard(place)
        self.activity.wake()

    def end(self, place: Place) -> None:
        """A sample has ended."""
        self.ended.add(place)
        self.activity.wake()

    async def settled_up_to(
        self,
        place: Place,
        before: int,
        *,
        check: Callable[[], None],
        silence: float,
        give_up: Callable[[Place], Awaitable[None]],
        who: str = "A refinement",
    ) -> tuple[str, ...]:
        """Wait until all places of an epoch at positions below one are settled.

        Args:
            place: Who waits.
            before: Positions below this one are waited for.
            check: What ends the wait by what it raises.
            silence: Seconds without any activity in the run after which the wait ends.
            give_up: Settles the place of a sample that never begins.
            who: What waits, as the user is told.

        Returns:
            The samples among them that never began, and were given up.

        Raises:
            AuctionError: If the run is silent for so long.
        """
        epoch = place[0]

        def settled() -> bool:
            check()
            return self.past.settled_up_to(epoch) >= before

        if self.others is not None and not settled():
            # What others tell from now on is heard; what they told before must be read.
            for position in await anyio.to_thread.run_sync(self.others.news, epoch, before):
                self.past.settle(epoch, position, None)
        self._waiting.add(place)
        with ExitStack() as undo:
            undo.callback(self._waiting.discard, place)
            undo.callback(self._lent.discard, place)
            while not await self.activity.until_or_silence(
                settled,
                reason=lambda: self._why(who, epoch, before),
                silence=silence,
                hopeless=partial(self._hopeless, epoch, before),
                # Once a slot is lent, Inspect needs a while to begin a sample in it.
                looks=_LENT_LOOKS if place in self._lent else HOPELESS_LOOKS,
            ):
                if not self._waiting <= self._lent:
                    # They may have no slot to begin in, because those that wait hold them all.
                    if place not in self._lent:
                        self._lent.add(place)
                        undo.enter_context(lent_slot(self.run))
                    continue
                await self._give_up(epoch, before, give_up)
        if not self._given_up:
            return ()
        return self.ids(position for at, position in sorted(self._given_up) if at == epoch and position < before)

    async def _give_up(self, epoch: int, before: int, give_up: Callable[[Place], Awaitable[None]]) -> None:
        """Settle the places of samples that never begin."""
        # Cancelled in the queue, or left out by the task's early stopping: Inspect tells nobody of those.
        for position in self._own_open(epoch, before):
            place = epoch, position
            if place not in self.started or place in self.ended:
                await give_up(place)
                self._given_up.add(place)
        self.activity.wake()

    def _open(self, epoch: int, before: int) -> list[int]:
        """Positions that are not settled."""
        first = self.past.settled_up_to(epoch)
        return [position for position in range(first, before) if (epoch, position) not in self.past]

    def _own_open(self, epoch: int, before: int) -> list[int]:
        """Those of them that this process does."""
        held = set(self.positions.values())
        return [position for position in self._open(epoch, before) if position in held]

    def _hopeless(self, epoch: int, before: int) -> bool:
        """Whether no sample works: then only those that have not begun could bring anything.

        What other processes do is not known here; but if nothing is waited for here, it is for them to bring it.
        """
        if self.others is not None and not self._own_open(epoch, before):
            return False
        return all(place in self.ended or place in self._waiting or place in self.past for place in self.started)

    def _why(self, who: str, epoch: int, before: int) -> str:
        """Who waits for what."""
        positions = self._open(epoch, before)
        named = ", ".join(self.ids(positions[:_NAMED]))
        more = f" and {len(positions) - _NAMED} more" if len(positions) > _NAMED else ""
        whose = "" if self.others is None else self.others.who([(epoch, position) for position in positions])
        done_by = f"; {whose}" if whose else ""
        return f"{who} waits for the samples before it to be scored ({named}{more}{done_by})"

    def ids(self, positions: Iterable[int]) -> tuple[str, ...]:
        """The samples at some positions; by their number where another process does them."""
        ids = {position: sample for sample, position in self.positions.items()}
        return tuple(ids.get(position, f"number {position + 1} of the run") for position in positions)
