"""Auctions as arrays: z and the winner for many weight vectors at once.

A weight vector is (w_c, w_h, w_1..w_|A|), judges in pool order. Agents are columns in the order that
breaks ties: cheaper first, then pool order.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.auction import BidFeatures, Weights, score, select
from sale_inspect.weights._problem import FitData

__all__ = [
    "BidArrays",
    "Floats",
    "Selections",
    "check_floor",
    "on_simplex",
    "stack",
    "true_winners",
    "vector_of",
    "weights_of",
]

Floats = NDArray[np.float64]
Selections = NDArray[np.int8]

# Two z that differ by less than this are a tie: sums in another order differ in the last digits.
_TIE = 1e-12
_CHUNK = 1000


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BidArrays:
    """The bids of T auctions of N agents; n = N + 2 weights.

    Attributes:
        order: Agents of the columns.
        signed: (T, N, n), so that z = signed . w; with an abstaining judge's rating replaced by the
            mean of the others', which is the auction's rule under equal weights.
        gamma: (T, N, N) ratings in [0, 1], 0 where there is none.
        rated: (T, N, N), 1 where the judge rated.
        valid: (T, N), whether the agent bid.
    """

    order: tuple[str, ...]
    signed: Floats
    gamma: Floats
    rated: Floats
    valid: NDArray[np.bool_]

    @property
    def shared(self) -> NDArray[np.bool_]:
        """(T, N), bids that some judges rated and some did not: there z is not linear in w."""
        some, every = self.rated.any(axis=2), self.rated.all(axis=2)
        mask: NDArray[np.bool_] = self.valid & some & ~every
        return mask

    def z(self, weights: Floats) -> Floats:
        """(K, T, N) for (K, n) weights, by the auction's rule; infinite where an agent did not bid."""
        tasks, agents, size = self.signed.shape
        found = (weights @ self.signed.reshape(-1, size).T).reshape(-1, tasks, agents)
        shared = self.shared
        if shared.any():
            found[:, shared] = self._shared_z(weights, shared)
        found[:, ~self.valid] = np.inf
        return found

    def _shared_z(self, weights: Floats, shared: NDArray[np.bool_]) -> Floats:
        judges = weights[:, 2:]
        rated, gamma = self.rated[shared], self.gamma[shared]
        weighed = judges @ rated.T
        means = gamma.sum(axis=1) / rated.sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            mean = np.where(weighed > 0.0, (judges @ (gamma * rated).T) / weighed, means)
        jury: Floats = judges.sum(axis=1, keepdims=True) * mean
        return weights[:, :2] @ self.signed[shared][:, :2].T - jury

    def winners(self, weights: Floats) -> Selections:
        """(K, T), the column of the lowest z for each of (K, n) weight vectors."""
        parts = [self._winners(weights[start : start + _CHUNK]) for start in range(0, len(weights), _CHUNK)]
        return np.concatenate(parts) if parts else np.zeros((0, len(self.valid)), dtype=np.int8)

    def _winners(self, weights: Floats) -> Selections:
        z = self.z(weights)
        lowest = z.min(axis=2, keepdims=True)
        columns: Selections = (z <= lowest + _TIE).argmax(axis=2).astype(np.int8)
        return columns


def stack(data: FitData) -> BidArrays:
    """The auctions of `data` as arrays, in its order of tasks."""
    order = tuple(sorted(data.agents, key=lambda agent: (data.prices[agent], data.agents.index(agent))))
    count, size = len(data.tasks), len(order)
    signed = np.zeros((count, size, size + 2))
    gamma = np.zeros((count, size, size))
    rated = np.zeros((count, size, size))
    valid = np.zeros((count, size), dtype=np.bool_)
    for row, task in enumerate(data.tasks):
        for column, agent in enumerate(order):
            if agent in task.features:
                bid = task.features[agent]
                valid[row, column] = True
                gamma[row, column], rated[row, column] = _ratings(bid, data.agents)
                signed[row, column] = _signed(bid, gamma[row, column], rated[row, column])
    return BidArrays(order=order, signed=signed, gamma=gamma, rated=rated, valid=valid)


def _ratings(bid: BidFeatures, judges: tuple[str, ...]) -> tuple[Floats, Floats]:
    given = [bid.ratings[judge] for judge in judges]
    gamma = np.array([0.0 if rating is None else rating for rating in given])
    return gamma, np.array([0.0 if rating is None else 1.0 for rating in given])


def _signed(bid: BidFeatures, gamma: Floats, rated: Floats) -> Floats:
    mean = gamma.sum() / rated.sum() if rated.any() else 0.0
    return np.concatenate([[bid.price_length, -bid.entropy], -np.where(rated > 0.0, gamma, mean)])


def check_floor(floor: float, size: int) -> None:
    """Refuse a floor that leaves no room on the simplex.

    Raises:
        ValueError: If the floor is negative, or `size` weights of at least it sum to more than 1.
    """
    if not 0.0 <= floor * size <= 1.0:
        raise ValueError(f"floor must be between 0 and {1 / size:.4g} (1 / {size} weights), got {floor!r}.")


def on_simplex(points: Floats, floor: float) -> Floats:
    """Points of the unit simplex, (K, n), moved to {w >= floor, sum w = 1}."""
    check_floor(floor, points.shape[1])
    moved: Floats = floor + (1.0 - points.shape[1] * floor) * points
    return moved


def weights_of(vector: Floats, agents: tuple[str, ...], origin: str) -> Weights:
    """A weight vector as the auction's weights."""
    values = [max(0.0, float(value)) for value in vector]
    judges = dict(zip(agents, values[2:], strict=True))
    return Weights(price=values[0], entropy=values[1], judges=judges, origin=origin)


def vector_of(weights: Weights, agents: tuple[str, ...]) -> Floats:
    """The auction's weights as a vector."""
    return np.array([weights.price, weights.entropy, *(weights.judges[agent] for agent in agents)])


def true_winners(data: FitData, weights: Weights) -> list[tuple[str, float]]:
    """Winner and its z for each auction of `data`, decided by the auction's own code."""
    found = []
    for task in data.tasks:
        z = {agent: score(bid, weights).z for agent, bid in task.features.items()}
        winner = select(z, data.prices, data.agents)
        found.append((winner, z[winner]))
    return found
