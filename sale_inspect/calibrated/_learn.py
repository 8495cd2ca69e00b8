"""Learning on the way: outcomes of a run shift a fit's probabilities, and a few tasks try another agent (ours)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sale_inspect.routers import Floats

__all__ = ["EXPLORE", "Learner", "drawn_explorer"]

EXPLORE = 0.02
"""Share of tasks that go to another agent than the chosen one, unless told otherwise."""

_SHARED, _OWN, _SLOPE = 0.5, 0.25, 0.1
# Standard deviations of what a run may differ by from dev, log-odds: of all agents alike, of one agent, and of how much
# its log-odds are stretched. They are beside what dev tasks leave open.
_LOWEST = 1e-6


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Learner:
    """What a run's outcomes say of a fit: log-odds of agent i become o + a_i + b_i (o - center_i).

    a and b are normal with mean 0 before the first outcome, so that the fit is as it was. An agent's own a has the
    variance 1 / (T v) of T dev tasks, v = q (1 - q) at its chance q, and `_OWN` squared; all a share a part with
    `_SHARED` squared, so that harder tasks are not taken for a worse agent. Each outcome is one step:

        S' = S - w S h h' S / (1 + w h' S h), w = p (1 - p), and mean' = mean + S' h (y - p),

    h picks a_i and, times o - center_i, b_i; p is what was expected, y 1 if it was solved. One outcome costs (2N)^2
    numbers, whatever was seen before. Source: Spiegelhalter and Lauritzen (1990), the normal approximation of logistic
    regression, one case at a time; the prior is ours.

    Attributes:
        agents: The N agents.
        center: (N,) log-odds at the mean of the dev tasks.
        mean: (2N,) of a, then of b.
        spread: (2N, 2N) covariance of them.
        outcomes: How many were learnt from.
    """

    agents: tuple[str, ...]
    center: Floats
    mean: Floats
    spread: Floats
    outcomes: int = 0

    @classmethod
    def before_a_run(cls, agents: Sequence[str], level: Floats, tasks: int) -> Self:
        """Before the first outcome.

        Args:
            agents: The N agents.
            level: (N,) log-odds of each at the mean of the dev tasks: `Model.level` without bids.
            tasks: T, dev tasks.
        """
        from scipy.special import expit

        chance = np.clip(expit(level), _LOWEST, 1.0 - _LOWEST)
        known = 1.0 / (tasks * chance * (1.0 - chance))
        n = len(agents)
        spread = np.diag(np.concatenate([known + _OWN**2, np.full(n, _SLOPE**2)]))
        spread[:n, :n] += _SHARED**2
        return cls(
            agents=tuple(agents), center=np.asarray(level, dtype=np.float64), mean=np.zeros(2 * n), spread=spread
        )

    @property
    def shifts(self) -> dict[str, float]:
        """Of each agent a: by how much its log-odds are other than the fit's, at the mean of the dev tasks."""
        return {agent: float(self.mean[at]) for at, agent in enumerate(self.agents)}

    @property
    def stretches(self) -> dict[str, float]:
        """Of each agent 1 + b: what its log-odds are multiplied by around that mean."""
        return {agent: 1.0 + float(self.mean[len(self.agents) + at]) for at, agent in enumerate(self.agents)}

    def forecast(self, p: Floats) -> Floats:
        """(A, N) probabilities of success after what was learnt, from (A, N) of the fit; without outcomes the same."""
        from scipy.special import expit

        if not self.outcomes:
            return p
        n = len(self.agents)
        odds = _odds(p)
        return np.asarray(expit(odds + self.mean[:n] + self.mean[n:] * (odds - self.center)), dtype=np.float64)

    def learn(self, agent: str, p: float, solved: bool) -> Self:
        """What is known after one more outcome.

        Args:
            agent: Who did the task, alone.
            p: Probability of success that the fit itself gave it.
            solved: Whether it solved the task.
        """
        at, n = self.agents.index(agent), len(self.agents)
        own = float(_odds(np.array(p)))
        apart = own - float(self.center[at])
        odds = own + float(self.mean[at]) + float(self.mean[n + at]) * apart
        expected = 1.0 / (1.0 + math.exp(-odds)) if odds >= 0.0 else math.exp(odds) / (1.0 + math.exp(odds))
        weight = expected * (1.0 - expected)
        along = self.spread[:, at] + apart * self.spread[:, n + at]
        open_ = float(along[at] + apart * along[n + at])
        part = 1.0 / (1.0 + weight * open_)
        # S' h = S h / (1 + w h' S h).
        return type(self)(
            agents=self.agents,
            center=self.center,
            mean=self.mean + along * (part * (float(solved) - expected)),
            spread=self.spread - (weight * part) * np.outer(along, along),
            outcomes=self.outcomes + 1,
        )


def drawn_explorer(chosen: str, able: Sequence[str], share: float, key: str) -> str:
    """The agent that does a task in place of the chosen one, to see how it does; "" for nobody.

    Drawn from the key alone: with probability `share` one of the others, all alike.

    Args:
        chosen: Who was chosen.
        able: Who may be, the chosen one too, in pool order.
        share: Probability, 0 to 1.
        key: Hexadecimal digits, 16 or more, drawn for this task.
    """
    others = [agent for agent in able if agent != chosen]
    drawn = int(key[:16], 16) / 16.0**16
    return others[int(drawn / share * len(others))] if others and drawn < share else ""


def _odds(p: Floats) -> Floats:
    inside = np.clip(p, _LOWEST, 1.0 - _LOWEST)
    return np.asarray(np.log(inside / (1.0 - inside)), dtype=np.float64)
