"""What the calibrated auction is fitted to: bids and tasks as arrays, and how each agent does on them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import LogError
from sale_inspect.auction import EntropyKind
from sale_inspect.calibrated._form import AuctionForm
from sale_inspect.routers import Features, Floats, Outcomes, Rows

__all__ = ["Bids", "DevAuctions", "TaskFacts"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Bids:
    """First-round bids of A auctions among N agents, in pool order.

    Attributes:
        valid: (A, N), whether the agent made a valid bid.
        ratings: (A, N, N) of bidder by judge, gamma / 5 in [0, 1]; NaN where the judge did not rate.
        entropy: (A, N), H in [0, 1]; not read where there is no bid.
        lengths: (A, N), |s| in tokens of the plan.
        cut: (A, N), whether the plan was cut at the cap.
    """

    valid: NDArray[np.bool_]
    ratings: Floats
    entropy: Floats
    lengths: Floats
    cut: NDArray[np.bool_]

    def take(self, rows: Rows) -> Self:
        """Some auctions, in the order of `rows`."""
        return type(self)(**{each.name: getattr(self, each.name)[rows] for each in fields(self)})


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TaskFacts:
    """What is known of A tasks before anything is bid.

    Attributes:
        features: (A, D) unit embeddings of their texts.
        letters: (A,) length of the texts in characters.
        domains: Domain of each, "" where none is stated.
    """

    features: Features
    letters: Floats
    domains: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.domains)

    def take(self, rows: Rows) -> Self:
        """Some tasks, in the order of `rows`."""
        return type(self)(
            features=self.features[rows],
            letters=self.letters[rows],
            domains=tuple(self.domains[row] for row in rows),
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class DevAuctions:
    """A auctions of one pool of N agents, with every agent's outcome on their tasks.

    Attributes:
        pool: Name of the pool.
        agents: Its agents, in pool order.
        prices: Blended price of each, dollars per million tokens.
        strategy_tokens: Cap of a plan, tokens.
        tokenizer: Tokenizer of |s|.
        entropy_kinds: Kinds of entropy that occur.
        ids: Task of each auction; several auctions of one task (epochs) share it.
        texts: Text of each task.
        tasks: What is known before a bid.
        bids: The bids.
        solved: (A, N) share of the agent's runs on the task that solved it.
        usd: (A, N) dollars of a run.
        overhead: (A,) dollars of the auction.
        simulated: Whether the agents are simulated.
        notes: What a reader must know of how the data came about.
        form: How the auctions were held.

    Raises:
        LogError: If shapes disagree, or a number is out of its range.
    """

    pool: str
    agents: tuple[str, ...]
    prices: Mapping[str, float]
    strategy_tokens: int
    tokenizer: str
    entropy_kinds: tuple[EntropyKind, ...]
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    tasks: TaskFacts
    bids: Bids
    solved: Floats
    usd: Floats
    overhead: Floats
    simulated: bool = False
    notes: tuple[str, ...] = ()
    form: AuctionForm = field(default_factory=AuctionForm)

    def __post_init__(self) -> None:
        count, n = len(self.ids), len(self.agents)
        if set(self.prices) != set(self.agents):
            raise LogError(f"Pool {self.pool!r}: prices must name the pool's agents, {', '.join(self.agents)}.")
        shapes = {
            "solved": (self.solved, (count, n)),
            "usd": (self.usd, (count, n)),
            "overhead": (self.overhead, (count,)),
            "letters": (self.tasks.letters, (count,)),
            "ratings": (self.bids.ratings, (count, n, n)),
            **{name: (getattr(self.bids, name), (count, n)) for name in ("valid", "entropy", "lengths", "cut")},
        }
        for name, (array, shape) in shapes.items():
            if array.shape != shape:
                raise LogError(f"Auctions: {name} has the shape {array.shape}, must be {shape}.")
        if not (len(self.texts) == len(self.tasks) == len(self.tasks.features) == count):
            raise LogError(f"Auctions: texts and embeddings must be of {count} auctions.")
        limits = {"solved": (self.solved, 1.0), "usd": (self.usd, np.inf), "overhead": (self.overhead, np.inf)}
        rated = self.bids.ratings[~np.isnan(self.bids.ratings)]
        limits |= {"ratings": (rated, 1.0), "entropy": (self.bids.entropy[self.bids.valid], 1.0)}
        for name, (array, high) in limits.items():
            if not (np.isfinite(array) & (array >= 0.0) & (array <= high)).all():
                raise LogError(f"Auctions: {name} must be finite, at least 0 and at most {high:g}.")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Rows) -> Self:
        """Some auctions, in the order of `rows`."""
        return replace(
            self,
            ids=tuple(self.ids[row] for row in rows),
            texts=tuple(self.texts[row] for row in rows),
            tasks=self.tasks.take(rows),
            bids=self.bids.take(rows),
            solved=self.solved[rows],
            usd=self.usd[rows],
            overhead=self.overhead[rows],
        )

    @property
    def groups(self) -> Rows:
        """(A,) number of each auction's task; tasks with the same text count as one, for one tells of the other."""
        numbers: dict[str, int] = {}
        keys = [f"text {text}" if text else f"task {task}" for task, text in zip(self.ids, self.texts, strict=True)]
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp)

    def outcomes(self) -> Outcomes:
        """One row a task: what each agent does alone."""
        first = list(dict.fromkeys(self.ids))
        places = [self.ids.index(task) for task in first]
        return Outcomes(
            agents=self.agents,
            tasks=tuple(first),
            texts=tuple(self.texts[place] for place in places),
            correct=task_means(self.ids, self.solved),
            dollars=task_means(self.ids, self.usd),
        )

    @property
    def data_hash(self) -> str:
        """sha256 of everything that a fit reads; the same for any order of auctions."""
        head = [self.agents, sorted(self.prices.items()), self.strategy_tokens, self.tokenizer, self.entropy_kinds]
        rows = [self._row(row) for row in range(len(self))]
        return hashlib.sha256("\n".join([json.dumps(head), *sorted(rows)]).encode()).hexdigest()

    def _row(self, row: int) -> str:
        arrays = (*(getattr(self.bids, each.name) for each in fields(self.bids)), self.solved, self.usd, self.overhead)
        content = [np.asarray(array[row]).tolist() for array in arrays]
        return json.dumps([self.ids[row], self.texts[row], self.tasks.domains[row], content])


def task_means(ids: Sequence[str], values: Floats) -> Floats:
    """Means over the auctions of each task, tasks in the order of their first auction; (A, ...) to (T, ...)."""
    numbers: dict[str, int] = {}
    group = np.array([numbers.setdefault(task, len(numbers)) for task in ids], dtype=np.intp)
    sums = np.zeros((len(numbers), *values.shape[1:]))
    np.add.at(sums, group, values)
    counts = np.bincount(group).reshape(-1, *([1] * (values.ndim - 1)))
    return np.asarray(sums / counts, dtype=np.float64)
