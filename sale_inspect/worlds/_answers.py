"""Escalation in a simulated world: a scorer of stated AUC looks at the answer, and a second agent may run."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

import numpy as np

from sale_inspect.calibrated import DevAuctions, Forecasts
from sale_inspect.routers import Floats, Rows

__all__ = ["Escalated", "SimulatedScorer", "escalate"]

_NODES = 9


@dataclass(frozen=True, kw_only=True, slots=True)
class SimulatedScorer:
    """What is known of answers: the scorer, and how success of two agents hangs together. Simulated; ours.

    Attributes:
        auc: Of the scorer: how often it puts a right answer above a wrong one. Scores of wrong answers are standard
            normal; of right ones they are higher by sqrt(2) Phi^-1(auc).
        right: What is added to the log-odds of another agent if the first one's answer is right.
        wrong: The same if it is wrong.
    """

    auc: float
    right: float = 0.0
    wrong: float = 0.0

    @classmethod
    def fitted(cls, data: DevAuctions, held_out: Forecasts, auc: float) -> Self:
        """How success hangs together, on dev auctions by held-out forecasts: two shifts, each by a few Newton steps."""
        p = np.clip(held_out.p, 1e-3, 1.0 - 1e-3)
        odds = np.log(p / (1.0 - p))
        n = p.shape[1]
        shifts = []
        for right in (True, False):
            first = data.solved if right else 1.0 - data.solved
            weight = np.where(np.eye(n, dtype=bool)[None], 0.0, first[:, :, None])
            shifts.append(_shift(odds[:, None, :], data.solved[:, None, :], weight))
        return cls(auc=auc, right=shifts[0], wrong=shifts[1])

    @property
    def apart(self) -> float:
        """By how much scores of right answers are higher, in standard deviations."""
        from scipy.special import ndtri

        return math.sqrt(2.0) * float(ndtri(self.auc))

    def scores(self, solved: Floats, noise: Floats) -> Floats:
        """Scores of answers, from whether they are right and standard normal noise."""
        return np.asarray(noise + self.apart * solved, dtype=np.float64)

    def right_given(self, p: Floats, score: Floats) -> Floats:
        """P(the answer is right | its score), from the chance before."""
        odds = np.log(np.clip(p, 1e-9, 1.0) / np.clip(1.0 - p, 1e-9, 1.0)) + self.apart * (score - self.apart / 2.0)
        return _chance(odds)

    def others(self, p: Floats, right: Floats) -> Floats:
        """P(another agent solves it), from its chance before and the probability that the first answer is right."""
        odds = np.log(np.clip(p, 1e-9, 1.0) / np.clip(1.0 - p, 1e-9, 1.0))
        return np.asarray(right * _chance(odds + self.right) + (1.0 - right) * _chance(odds + self.wrong))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Escalated:
    """(A,) first agent, (A,) agent whose answer stands, (A,) whether a second one ran."""

    first: Rows
    last: Rows
    twice: np.ndarray


def escalate(known: SimulatedScorer, found: Forecasts, worth: float, solved: Floats, noise: Floats) -> Escalated:
    """At most one escalation: who runs first is chosen for what the scorer lets happen after it.

    An answer is given up if another agent is worth more: worth * (its chance - that of the answer) > its dollars. The
    value of running an agent first is the mean of what then happens over its answer's score (Gauss-Hermite).

    Args:
        known: Scorer and shifts.
        found: Forecasts for A tasks and N agents.
        worth: Dollars of a solved task.
        solved: (A, N) outcomes; only that of the agent that runs first is looked at, through its score.
        noise: (A, N) standard normal noise of the scores.
    """
    count, n = found.p.shape
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    weights = weights / weights.sum()
    value = -found.usd.copy()
    for first in range(n):
        p = found.p[:, first]
        for right, share in ((1.0, p), (0.0, 1.0 - p)):
            for node, weight in zip(nodes, weights, strict=True):
                kept, other, _ = _after(known, found, worth, first, np.full(count, node + known.apart * right))
                value[:, first] += share * weight * np.maximum(kept, other)
    chosen = np.argmax(value, axis=1).astype(np.intp)
    rows = np.arange(count)
    last = chosen.copy()
    scores = known.scores(solved[rows, chosen], noise[rows, chosen])
    for first in range(n):
        inside = np.flatnonzero(chosen == first)
        if len(inside):
            part = Forecasts(p=found.p[inside], usd=found.usd[inside])
            kept, other, who = _after(known, part, worth, first, scores[inside])
            last[inside] = np.where(other > kept, who, first)
    return Escalated(first=chosen, last=last, twice=last != chosen)


def _after(
    known: SimulatedScorer, found: Forecasts, worth: float, first: int, score: Floats
) -> tuple[Floats, Floats, Rows]:
    """Value of keeping the answer, value of the best other agent, and who that is."""
    right = known.right_given(found.p[:, first], score)
    others = worth * known.others(found.p, right[:, None]) - found.usd
    others[:, first] = -np.inf
    who = np.argmax(others, axis=1).astype(np.intp)
    return worth * right, others[np.arange(len(who)), who], who


def _shift(odds: Floats, solved: Floats, weight: Floats) -> float:
    """The number that, added to the log-odds, makes the weighted mean forecast the weighted mean outcome."""
    total, moved = float(weight.sum()), 0.0
    if total <= 0.0:
        return 0.0
    wanted = float((weight * solved).sum())
    for _ in range(20):
        p = _chance(odds + moved)
        slope = float((weight * p * (1.0 - p)).sum())
        if slope < 1e-9:
            break
        moved = float(np.clip(moved + (wanted - float((weight * p).sum())) / slope, -5.0, 5.0))
    return moved


def _chance(odds: Floats) -> Floats:
    from scipy.special import expit

    return np.asarray(expit(odds), dtype=np.float64)
