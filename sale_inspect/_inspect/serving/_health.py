"""Which agents were down a moment ago, so that not every request waits for them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from time import monotonic

__all__ = ["Health"]

_FIRST_SECONDS, _MOST_SECONDS = 1.0, 60.0


class Health:
    """Rests an agent that gave no answer: 1 second, then twice as long each time, up to 60 (ours).

    Args:
        clock: Seconds, for tests.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._rests: dict[str, tuple[float, float]] = {}

    def failed(self, agent: str) -> None:
        """Note that an agent gave no answer. While it rests, more of that is no news."""
        until, rest = self._rests.get(agent, (0.0, _FIRST_SECONDS / 2))
        if self._clock() >= until:
            rest = min(2 * rest, _MOST_SECONDS)
            self._rests[agent] = (self._clock() + rest, rest)

    def worked(self, agent: str) -> None:
        """Note that an agent answered."""
        self._rests.pop(agent, None)

    def order(self, agents: Sequence[str]) -> list[str]:
        """The agents, those that rest behind the others: they are still asked if nobody else answers."""
        now = self._clock()
        return sorted(agents, key=lambda agent: self._rests.get(agent, (0.0, 0.0))[0] > now)
