"""The places of a run's samples: which have begun, which are settled, and the wait for those before one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field

from sale_inspect._inspect.auction._slots import lent_slot
from sale_inspect._inspect.auction._waiting import Activity

__all__ = ["Place", "Places"]

Place = tuple[int, int]
"""Epoch (from 1) and position (from 0) of a sample in a run."""

_NAMED = 3


@dataclass(kw_only=True)
class Places:
    """What is known of each place of a run.

    Args:
        run: Inspect's id of the task, the same in all its retries.
        positions: Position of each sample id.
        started: Places whose samples have begun.
        ended: Those of them that have ended, also if they are not settled by that.
        settled: Places of which nothing more will come.
        activity: What happens in the run, for those that wait.
    """

    run: str
    positions: dict[str, int]
    started: set[Place] = field(default_factory=set)
    ended: set[Place] = field(default_factory=set)
    settled: set[Place] = field(default_factory=set)
    activity: Activity = field(default_factory=Activity)
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
        self, place: Place, last: int, *, check: Callable[[], None], silence: float
    ) -> tuple[str, ...]:  # fmt: skip
        """Wait until all places of an epoch up to one are settled.

        Args:
            place: Who waits.
            last: Position of the last place that is waited for.
            check: What ends the wait by what it raises.
            silence: Seconds without any activity in the run after which the wait ends.

        Returns:
            The samples among them that never began, and were given up.

        Raises:
            AuctionError: If the run is silent for so long.
        """
        places = {(place[0], position) for position in range(last + 1)}

        def settled() -> bool:
            check()
            return places <= self.settled

        self._waiting.add(place)
        with ExitStack() as undo:
            undo.callback(self._waiting.discard, place)
            undo.callback(self._lent.discard, place)
            while not await self.activity.until_or_silence(
                settled, reason=lambda: self._why(places), silence=silence, hopeless=self._all_wait
            ):
                if not self._waiting <= self._lent:
                    # They may have no slot to begin in, because those that wait hold them all.
                    if place not in self._lent:
                        self._lent.add(place)
                        undo.enter_context(lent_slot(self.run))
                    continue
                # Cancelled in the queue, or left out by the task's early stopping: Inspect tells nobody of those.
                never = places - self.settled - (self.started - self.ended)
                self._given_up |= never
                self.settled |= never
                self.activity.wake()
        ids = self._ids()
        return tuple(ids[position] for _, position in sorted(places & self._given_up))

    def _all_wait(self) -> bool:
        """Whether no sample works: then only those that have not begun could bring anything."""
        return self.started <= self.settled | self.ended | self._waiting

    def _why(self, places: set[Place]) -> str:
        """Who waits for what."""
        ids = self._ids()
        open_places = sorted(places - self.settled)
        named = ", ".join(ids[position] for _, position in open_places[:_NAMED])
        more = f" and {len(open_places) - _NAMED} more" if len(open_places) > _NAMED else ""
        return f"A refinement waits for the samples before it to be scored ({named}{more})"

    def _ids(self) -> dict[int, str]:
        return {position: sample for sample, position in self.positions.items()}
