"""Candidate weights and what they reach on a dev set. Ours; seeded, vectorised, no gradient."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import pareto_front
from sale_inspect.weights._arrays import BidArrays, Floats, Selections, on_simplex, stack
from sale_inspect.weights._problem import FitData

__all__ = ["CandidateScores", "Candidates", "DevSet", "Rows", "dev_set", "frontier", "refined", "sampled", "tally"]

Rows = NDArray[np.intp]

_EDGE_STEPS = 20
_REFINED_ROUNDS = (0.3, 0.1, 0.03)
_REFINED_PARENTS = 16
_REFINED_CHILDREN = 64
_SAME = 12


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DevSet:
    """The auctions and every agent's outcome.

    Attributes:
        bids: The auctions as arrays.
        solved: (T, N), share of runs that solved the task.
        usd: (T, N), dollars of execution and of the auction.
        execute_usd: (T, N), dollars of execution.
        group: (T,), number of the task; several auctions of one task have the same.
        groups: Number of tasks.
    """

    bids: BidArrays
    solved: Floats
    usd: Floats
    execute_usd: Floats
    group: Rows
    groups: int

    def shares(self, rows: Rows) -> Floats:
        """Weight of each of the rows in a mean over tasks: every task counts once, however many auctions it has."""
        sizes = np.bincount(self.group[rows], minlength=self.groups)
        return 1.0 / (sizes[self.group[rows]] * np.count_nonzero(sizes))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Candidates:
    """Weight vectors (K, n) and the column that each selects in each auction (K, T).

    Of vectors that select alike, the one nearest to equal weights is kept.
    """

    weights: Floats
    selected: Selections


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CandidateScores:
    """What candidates reach: (K,) pass@1, dollars per task, distance to equal weights."""

    passed: Floats
    usd: Floats
    distance: Floats

    def best_first(self) -> Rows:
        """Order by pass@1, then dollars, then nearness to equal weights."""
        return np.lexsort((self.distance, self.usd, -self.passed))

    def cheapest_first(self) -> Rows:
        """Order by dollars, then pass@1, then nearness to equal weights."""
        return np.lexsort((self.distance, -self.passed, self.usd))


def dev_set(data: FitData) -> DevSet:
    """Arrays of `data`, in which every agent must have an outcome on every task."""
    bids = stack(data)
    solved = np.array([[task.solved[agent] for agent in bids.order] for task in data.tasks], dtype=np.float64)
    execute = np.array([[task.usd[agent] for agent in bids.order] for task in data.tasks], dtype=np.float64)
    overhead = np.array([task.usd_overhead for task in data.tasks])
    _, group = np.unique([task.task_id for task in data.tasks], return_inverse=True)
    return DevSet(
        bids=bids,
        solved=solved,
        usd=execute + overhead[:, None],
        execute_usd=execute,
        group=group.astype(np.intp),
        groups=data.task_count,
    )


def sampled(bids: BidArrays, *, size: int, floor: float, rng: np.random.Generator) -> Candidates:
    """Candidates that do not depend on outcomes.

    Equal weights, the simplex' corners, 19 points on each edge, and `size` Dirichlet draws: three
    quarters with concentration 1 (uniform), a quarter with 0.3 (near the faces).
    """
    n = bids.signed.shape[2]
    corners = np.eye(n)
    steps = np.arange(1, _EDGE_STEPS) / _EDGE_STEPS
    edges = [
        step * corners[i] + (1 - step) * corners[j] for i, j in itertools.combinations(range(n), 2) for step in steps
    ]
    near_faces = size // 4
    points = [
        np.full((1, n), 1.0 / n),
        corners,
        np.array(edges),
        rng.dirichlet(np.ones(n), size - near_faces),
        rng.dirichlet(np.full(n, 0.3), near_faces),
    ]
    return _distinct(bids, on_simplex(np.concatenate(points), floor))


def refined(dev: DevSet, rows: Rows, candidates: Candidates, *, floor: float, rng: np.random.Generator) -> Candidates:
    """More candidates around the best and the frontier of the known ones, on some rows.

    Three rounds; each mixes up to 16 parents with 64 Dirichlet draws each, at 0.3, 0.1 and 0.03.
    """
    for scale in _REFINED_ROUNDS:
        scores = tally(dev, rows, candidates)
        front = frontier(scores)
        spread = front[np.unique(np.linspace(0, len(front) - 1, _REFINED_PARENTS - 1).round().astype(np.intp))]
        parents = candidates.weights[np.concatenate([scores.best_first()[:1], spread])]
        draws = on_simplex(rng.dirichlet(np.ones(parents.shape[1]), len(parents) * _REFINED_CHILDREN), floor)
        children = (1.0 - scale) * np.repeat(parents, _REFINED_CHILDREN, axis=0) + scale * draws
        more = _distinct(dev.bids, children)
        candidates = _merged(
            np.concatenate([candidates.weights, more.weights]), np.concatenate([candidates.selected, more.selected])
        )
    return candidates


def tally(dev: DevSet, rows: Rows, candidates: Candidates) -> CandidateScores:
    """pass@1 and dollars of each candidate on some rows, rounded so that equal ones compare equal."""
    shares = dev.shares(rows)
    selected = candidates.selected[:, rows]
    scale = float(dev.usd.max()) or 1.0
    return CandidateScores(
        passed=np.round(dev.solved[rows, selected] @ shares, _SAME),
        usd=np.round((dev.usd[rows, selected] @ shares) / scale, _SAME) * scale,
        distance=np.round(_distance(candidates.weights), _SAME),
    )


def frontier(scores: CandidateScores) -> Rows:
    """Candidates that no other beats in both pass@1 and dollars, cheapest first; one for each outcome."""
    return pareto_front(scores.usd, scores.passed, prefer=scores.distance)


def _distance(weights: Floats) -> Floats:
    distance: Floats = np.linalg.norm(weights - 1.0 / weights.shape[1], axis=1)
    return distance


def _distinct(bids: BidArrays, weights: Floats) -> Candidates:
    return _merged(weights, bids.winners(weights))


def _merged(weights: Floats, selected: Selections) -> Candidates:
    near_first = np.argsort(_distance(weights), kind="stable")
    rows = np.ascontiguousarray(selected[near_first])
    keys = rows.view(np.dtype((np.void, rows.shape[1]))).ravel()
    _, first = np.unique(keys, return_index=True)
    kept = near_first[np.sort(first)]
    return Candidates(weights=weights[kept], selected=selected[kept])
