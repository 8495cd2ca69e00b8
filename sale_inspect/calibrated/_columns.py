"""What the model reads of a task and a bid, as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect.calibrated._data import Bids, TaskFacts
from sale_inspect.routers import Features, Floats, Rows

__all__ = ["Neighbours", "column_names", "columns", "own_slopes"]

_PRIOR = 1.0
"""Weight of the agent's mean beside its outcomes on similar tasks, whose weights are their cosines."""

_TASK = ("text length", "own success on similar tasks", "pool's success on similar tasks")
_BID = (
    *(
        "mean rating",
        "rating over the auction's mean",
        "best other rating",
        "spread of ratings",
        "own rating of itself",
    ),
    *("entropy", "plan length", "plan cut", "no bid"),
)
# What an agent has slopes of its own for, shrunk to those of all.
_OWN = ("text length", "own success on similar tasks", "pool's success on similar tasks", *_BID[:2])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Neighbours:
    """Outcomes on the k dev tasks that are most like a task.

    Attributes:
        features: (T, D) unit embeddings of the dev tasks.
        apart: (T, N) each agent's outcome less its mean.
        k: How many, at most T.
    """

    features: Features
    apart: Floats
    k: int

    def look(self, features: Features, *, own: Rows | None = None, groups: Rows | None = None) -> Floats:
        """(A, N) by how much each agent does better on similar tasks than on all: weighted by cosine, shrunk to 0.

        sum_j max(0, cos_j) * apart_j / (1 + sum_j max(0, cos_j)) over the k nearest.

        Args:
            features: (A, D).
            own: (A,) group of each row, left out of its own neighbours; None for new tasks.
            groups: (T,) group of each dev task.
        """
        cosine = np.asarray(features @ self.features.T, dtype=np.float64)
        if own is not None and groups is not None:
            cosine[own[:, None] == groups[None, :]] = -np.inf
        k = min(self.k, len(self.features))
        near = np.argpartition(-cosine, k - 1, axis=1)[:, :k]
        weights = np.maximum(0.0, np.take_along_axis(cosine, near, axis=1))
        found = np.einsum("ak,akn->an", weights, self.apart[near]) / (_PRIOR + weights.sum(axis=1, keepdims=True))
        return np.asarray(found, dtype=np.float64)


def column_names(agents: tuple[str, ...], domains: tuple[str, ...], *, bids: bool) -> tuple[str, ...]:
    """Names of the P columns.

    Args:
        agents: The N agents, who are also the judges.
        domains: Domains of the dev tasks; one that is alone has no column.
        bids: Whether bids are read.
    """
    named = [*_TASK, *(f"domain {domain}" for domain in _told(domains))]
    if bids:
        named += [*_BID, *(f"rating by {agent} over the mean" for agent in agents)]
    return tuple(named)


def own_slopes(names: tuple[str, ...]) -> Rows:
    """Places of the columns that each agent has a slope of its own for."""
    return np.array([place for place, name in enumerate(names) if name in _OWN or name.startswith("domain ")], np.intp)


def columns(tasks: TaskFacts, bids: Bids | None, similar: Floats, domains: tuple[str, ...]) -> Floats:
    """(A, N, P) numbers.

    A bid that nobody rated has the middle of the scale as its mean rating, and an agent without a bid has zeros, with
    `no bid` set.

    Args:
        tasks: A tasks.
        bids: Their bids; None to read none.
        similar: (A, N) of `Neighbours.look`.
        domains: Of the dev tasks.
    """
    count, n = similar.shape
    letters = np.log1p(tasks.letters)[:, None] * np.ones((1, n))
    told = np.array([[float(own == domain) for domain in _told(domains)] for own in tasks.domains])
    parts = [
        letters[:, :, None],
        similar[:, :, None],
        np.broadcast_to(similar.mean(axis=1)[:, None, None], (count, n, 1)),
        np.broadcast_to(told.reshape(count, 1, -1), (count, n, told.size // max(count, 1))),
    ]
    if bids is not None:
        parts.append(_bid_columns(bids))
    return np.concatenate(parts, axis=2)


def _bid_columns(bids: Bids) -> Floats:
    there = ~np.isnan(bids.ratings) & bids.valid[:, :, None]
    ratings = np.where(there, bids.ratings, 0.0)
    rated = there.sum(axis=2)
    mean = np.where(rated > 0, ratings.sum(axis=2) / np.maximum(rated, 1), 0.5)
    apart = np.where(there, bids.ratings - mean[:, :, None], 0.0)
    spread = np.sqrt((apart**2).sum(axis=2) / np.maximum(rated, 1))
    valid = bids.valid
    among = np.where(valid, mean, 0.0).sum(axis=1) / np.maximum(valid.sum(axis=1), 1)
    itself = np.diagonal(apart, axis1=1, axis2=2)
    single = [
        mean,
        mean - among[:, None],
        _best_other(np.where(valid, mean, -np.inf), among),
        spread,
        itself,
        bids.entropy,
        np.log1p(bids.lengths),
        bids.cut.astype(np.float64),
    ]
    stacked = np.stack([np.where(valid, each, 0.0) for each in single] + [1.0 - valid], axis=2)
    return np.concatenate([stacked, np.where(valid[:, :, None], apart, 0.0)], axis=2)


def _best_other(mean: Floats, among: Floats) -> Floats:
    """(A, N) the highest mean rating among the others' bids; the auction's mean where there is no other."""
    n = mean.shape[1]
    others = np.where(np.eye(n, dtype=bool)[None], -np.inf, mean[:, None, :]).max(axis=2, initial=-np.inf)
    return np.where(np.isfinite(others), others, among[:, None])


def _told(domains: tuple[str, ...]) -> tuple[str, ...]:
    return domains if len(domains) > 1 else ()
