"""What a run has learnt from its outcomes before a place: the same whenever it is asked, in whatever order."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from sale_inspect.memory import RunPast

if TYPE_CHECKING:
    from sale_inspect.calibrated import Learner

__all__ = ["Learning"]

_EVERY = 64


class Learning:
    """The places of one epoch of a run, each learnt from once, in the order of positions.

    Samples at work side by side ask for bounds that are near each other. One state in `_EVERY` is kept, and the newest,
    so that no question costs more than that many outcomes.

    Args:
        past: The run's places.
        epoch: The epoch.
        start: What is known before the first outcome.
    """

    def __init__(self, past: RunPast, epoch: int, start: Learner) -> None:
        self._past, self._epoch = past, epoch
        self._bounds, self._states = [0], [start]
        self._newest = 0, start

    def before(self, bound: int) -> Learner:
        """What the outcomes at positions below `bound` teach; all these places must be settled."""
        kept = bisect_right(self._bounds, bound) - 1
        at, state = self._bounds[kept], self._states[kept]
        if at <= self._newest[0] <= bound:
            at, state = self._newest
        for position in range(at, bound):
            past = self._past.get(self._epoch, position)
            if past is not None and past.lesson is not None:
                agent, foreseen = past.lesson
                state = state.learn(agent, foreseen, past.solved)
            if (position + 1) % _EVERY == 0 and position + 1 > self._bounds[-1]:
                self._bounds.append(position + 1)
                self._states.append(state)
        if bound > self._newest[0]:
            self._newest = bound, state
        return state
