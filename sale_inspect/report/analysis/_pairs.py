"""Do agents fail on the same tasks? What two of them solve that one does not."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from sale_inspect.routers import Outcomes

__all__ = ["AgentPair", "pairs"]


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentPair:
    """Two agents alone on the same tasks.

    Attributes:
        first: The cheaper one by mean dollars.
        second: The other.
        both: Share of the tasks that both solve; of means over runs, the smaller of the two.
        first_only: What the first solves beyond that.
        second_only: What the second solves beyond that.
        neither: The rest.
        phi: Correlation of their results over the tasks; NaN if one of them has no spread.
    """

    first: str
    second: str
    both: float
    first_only: float
    second_only: float
    neither: float
    phi: float


def pairs(alone: Outcomes) -> tuple[AgentPair, ...]:
    """All pairs of agents."""
    found = []
    for one, two in itertools.combinations(range(len(alone.agents)), 2):
        a, b = alone.correct[:, one], alone.correct[:, two]
        both = float(np.minimum(a, b).mean())
        spread = float(a.std() * b.std())
        phi = float(((a - a.mean()) * (b - b.mean())).mean()) / spread if spread > 0 else float("nan")
        found.append(
            AgentPair(
                first=alone.agents[one],
                second=alone.agents[two],
                both=both,
                first_only=float(a.mean()) - both,
                second_only=float(b.mean()) - both,
                neither=1.0 - float(np.maximum(a, b).mean()),
                phi=phi,
            )
        )
    return tuple(found)
