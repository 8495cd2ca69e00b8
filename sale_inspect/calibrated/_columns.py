"""What the model reads of a task and a bid, as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect.calibrated._data import Bids, TaskFacts
from sale_inspect.routers import Features, Floats, Rows

__all__ = ["Neighbours", "column_names", "columns", "of_the_task", "own_slopes"]

_PRIOR = 1.0
"""Weight of the agent's mean beside its outcomes on similar tasks, whose weights are their cosines."""

_TASK = ("text length", "own success on similar tasks", "pool's success on similar tasks")
# What bids say of the task stands apart from what they say of one agent, so that each is shrunk by itself: ratings tell
# how hard the task is better than who will solve it.
_BID = (
    *(
        "auction's mean rating",
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
        weights = np.maximum(0.0, cosine[np.arange(len(near))[:, None], near])
        found = (weights[:, None, :] @ self.apart[near])[:, 0] / (_PRIOR + weights.sum(axis=1, keepdims=True))
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


def of_the_task(names: tuple[str, ...]) -> Rows:
    """Places of the columns that are the same for all agents: they tell how hard the task is, not who will solve it."""
    alike = (_TASK[0], _TASK[2], _BID[0])
    return np.array([place for place, name in enumerate(names) if name in alike or name.startswith("domain ")], np.intp)


def own_slopes(names: tuple[str, ...]) -> Rows:
    """Places of the columns that each agent has a slope of its own for."""
    return np.array([place for place, name in enumerate(names) if name in _OWN or name.startswith("domain ")], np.intp)


def columns(tasks: TaskFacts, bids: Bids | None, similar: Floats, domains: tuple[str, ...]) -> Floats:
    """(A, N, P) numbers.

    A bid that nobody rated counts as rated at the middle of the scale, and an agent without a bid has zeros, with
    `no bid` set.

    Args:
        tasks: A tasks.
        bids: Their bids; None to read none.
        similar: (A, N) of `Neighbours.look`.
        domains: Of the dev tasks.
    """
    count, n = similar.shape
    told = _told(domains)
    few = len(_TASK) + len(told)
    # Filled in place: for one task, putting small arrays together takes longer than all that is computed.
    found = np.zeros((count, n, few + (0 if bids is None else len(_BID) + n)))
    found[:, :, 0] = np.log1p(tasks.letters)[:, None]
    found[:, :, 1] = similar
    found[:, :, 2] = similar.mean(axis=1)[:, None]
    for place, domain in enumerate(told, start=len(_TASK)):
        found[:, :, place] = np.array([float(own == domain) for own in tasks.domains])[:, None]
    if bids is not None:
        _bid_columns(bids, found[:, :, few:])
    return found


def _bid_columns(bids: Bids, found: Floats) -> None:
    """Write the columns of bids into (A, N, B + N) zeros."""
    valid = bids.valid
    there = ~np.isnan(bids.ratings) & valid[:, :, None]
    ratings = np.where(there, bids.ratings, 0.0)
    rated = there.sum(axis=2)
    least_one = np.maximum(rated, 1)
    mean = np.where(rated > 0, ratings.sum(axis=2) / least_one, 0.5)
    apart = np.where(there, bids.ratings - mean[:, :, None], 0.0)
    among = np.where(valid, mean, 0.0).sum(axis=1) / np.maximum(valid.sum(axis=1), 1)
    found[:, :, 0] = among[:, None]
    found[:, :, 1] = mean - among[:, None]
    found[:, :, 2] = _best_other(np.where(valid, mean, -np.inf), among)
    found[:, :, 3] = np.sqrt((apart**2).sum(axis=2) / least_one)
    found[:, :, 4] = np.diagonal(apart, axis1=1, axis2=2)
    found[:, :, 5] = bids.entropy
    found[:, :, 6] = np.log1p(bids.lengths)
    found[:, :, 7] = bids.cut
    found[:, :, len(_BID) :] = apart
    found[~valid] = 0.0
    found[:, :, 8] = ~valid


def _best_other(mean: Floats, among: Floats) -> Floats:
    """(A, N) the highest mean rating among the others' bids; the auction's mean where there is no other.

    Args:
        mean: (A, N), -inf where there is no bid.
        among: (A,) the auction's mean.
    """
    rows = np.arange(len(mean))
    top = mean.argmax(axis=1)
    rest = mean.copy()
    rest[rows, top] = -np.inf
    others = np.repeat(mean.max(axis=1)[:, None], mean.shape[1], axis=1)
    others[rows, top] = rest.max(axis=1)
    return np.where(np.isfinite(others), others, among[:, None])


def _told(domains: tuple[str, ...]) -> tuple[str, ...]:
    return domains if len(domains) > 1 else ()
