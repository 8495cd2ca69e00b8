"""The grid of worlds, written down before any was run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect.market import Market

__all__ = ["GRID", "WorldCase"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WorldCase:
    """A world, and how many dev tasks a user has in it.

    Attributes:
        number: Its place in the grid, from 1.
        market: The world.
        dev: Dev tasks.
    """

    number: int
    market: Market
    dev: int

    @property
    def name(self) -> str:
        """How tables name it."""
        return f"w{self.number:02d}"


def _grid() -> tuple[WorldCase, ...]:
    """48 worlds: insight x fit x dev tasks in full, twice; the other factors balanced, put beside them by lot."""
    crossed = [
        (insight, fit, dev) for insight in (0.0, 0.3, 0.6, 0.9) for fit in (0.25, 0.75) for dev in (60, 200, 600)
    ]
    rng = np.random.default_rng(19)

    def dealt(*levels: float) -> list[float]:
        return [float(value) for value in rng.permutation(np.resize(levels, 2 * len(crossed)))]

    noise, ratio, agents = dealt(0.5, 1.0, 2.0), dealt(1.3, 1.93, 3.0), dealt(2, 3, 4, 6)
    spread, trace, topic = dealt(0.3, 1.0), dealt(3_000, 20_000, 60_000), dealt(0.0, 0.25, 0.5)
    return tuple(
        WorldCase(
            number=place + 1,
            market=Market(
                insight=insight, fit=fit, noise=noise[place], price_ratio=ratio[place], agents=int(agents[place]),
                skill_spread=spread[place], trace_tokens=trace[place], topic=topic[place],
            ),
            dev=dev,
        )
        for place, (insight, fit, dev) in enumerate(2 * crossed)
    )  # fmt: skip


GRID: tuple[WorldCase, ...] = _grid()
"""48 worlds. Chances of the largest agent are the paper's in all; a skill spread of 0.3 brings the others near it."""
