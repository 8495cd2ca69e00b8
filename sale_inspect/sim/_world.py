"""The world that `sim` and `market` share: what decides a success, and how much of it a plan shows.

An agent solves a task if its draw is below its chance. On the normal scale, with cut = Phi^-1(chance):

    success  iff  draw < cut
    draw     =    sqrt(shared) * T + sqrt(1 - shared) * E
    E        =    sqrt(fit) * F + sqrt(1 - fit) * luck
    shown    =    P(success | S),  S = insight * F + sqrt(1 - insight^2) * noise

T is one normal number for a task (a hardness that human time does not tell), E one for each agent and task. Of E, F
is how badly the agent suits the task, which could be known before it runs; the rest is the luck of the run. A plan
shows S. So what a plan shows is a chance of success that is true on average, whatever the insight: at 0 it is the
chance by agent, domain and human time alone; at 1 it is all that fit can tell. `shared` is set so that the cheapest
agent that solves a task solves as much more than the largest as the paper's oracle: 14.1 points in deep search, 10.0 in
coding (77.9 - 63.8 and 68.4 - 58.4). `fit`, `insight` and the noise are ours; nothing is published to set them by, and
none was set to make any policy look good.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

__all__ = ["JUDGE_NOISE", "PLAN_NOISE", "SHARED", "World"]

SHARED = MappingProxyType({"deep_search": 0.4244, "coding": 0.5873})
"""Part of the draw's variance that all agents share on a task, by domain."""

PLAN_NOISE = 0.25
"""A plan's quality is off the chance that it shows by up to this, for all judges alike (uniform)."""

JUDGE_NOISE = MappingProxyType({"4b": 0.30, "8b": 0.24, "14b": 0.18, "32b": 0.12})
"""A judge's view of a plan's quality is off by up to this (uniform), at noise 1."""

_Number = TypeVar("_Number", float, NDArray[np.float64])


@dataclass(frozen=True, kw_only=True, slots=True)
class World:
    """How much of a success can be known before an agent runs, and how much of that plans show. Simulated; ours.

    Attributes:
        insight: Correlation, 0 to 1, of what a plan shows with how well its agent suits the task.
        fit: Part, 0 to 1, of an agent's own draw on a task that is how well it suits the task; the rest is luck.
        noise: Noise of judges, in times the usual one (`JUDGE_NOISE`).

    Raises:
        ValueError: If a number is out of its range.
    """

    insight: float = 0.0
    fit: float = 0.5
    noise: float = 1.0

    def __post_init__(self) -> None:
        for name in ("insight", "fit"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ValueError(f"{name} must be a number from 0 to 1, got {getattr(self, name)!r}.")
        if not (math.isfinite(self.noise) and self.noise >= 0.0):
            raise ValueError(f"noise must be a number of at least 0, got {self.noise!r}.")

    @property
    def name(self) -> str:
        """How tables name the world."""
        return f"insight {self.insight:g}, fit {self.fit:g}, noise {self.noise:g}"

    def draw(self, task: _Number, own: _Number, domain: str) -> _Number:
        """The draw on the normal scale, from T and E; numbers or arrays of normal draws."""
        shared = SHARED[domain]
        return math.sqrt(shared) * task + math.sqrt(1.0 - shared) * own

    def misfit(self, own: _Number, other: _Number) -> _Number:
        """F, from E and independent normal draws: correlated by sqrt(fit), so E and outcomes stay as they are."""
        return math.sqrt(self.fit) * own + math.sqrt(1.0 - self.fit) * other

    def seen(self, misfit: _Number, other: _Number) -> _Number:
        """S, from F and independent normal draws."""
        return self.insight * misfit + math.sqrt(1.0 - self.insight**2) * other

    def known(self, cut: _Number, misfit: _Number, domain: str) -> _Number:
        """Phi^-1 of P(success | F), from Phi^-1 of the chance."""
        return self._given(cut, misfit, (1.0 - SHARED[domain]) * self.fit)

    def shown(self, cut: _Number, seen: _Number, domain: str) -> _Number:
        """Phi^-1 of P(success | S), from Phi^-1 of the chance."""
        return self._given(cut, seen, (1.0 - SHARED[domain]) * self.fit * self.insight**2)

    def _given(self, cut: _Number, signal: _Number, part: float) -> _Number:
        """Of a draw whose variance is 1, a normal signal explains `part`; 1 - part of it is left unknown."""
        return (cut - math.sqrt(part) * signal) / math.sqrt(1.0 - part)
