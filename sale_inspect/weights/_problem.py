"""What weights are fitted to: recorded auctions, and how each agent does on their tasks."""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sale_inspect._errors import LogError
from sale_inspect.auction import BidFeatures, EntropyKind

__all__ = ["FitData", "FitTask"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FitTask:
    """One auction, and what each agent would have made of its task.

    Attributes:
        task_id: The task. Several auctions of one task (epochs) share it.
        instance: Number of the auction among those of the task, from 1.
        features: Features of the first-round bids, by agent; an agent without a valid bid is not in it.
            Every agent of the pool is a key of `ratings`, with None where it did not rate.
        solved: Share of the agent's runs on the task that solved it, in [0, 1]; None if it has no run.
        usd: Dollars of executing the task, mean over the agent's runs; None if it has no run.
        usd_overhead: Dollars of the auction: bids, jury and refinement.
    """

    task_id: str
    features: Mapping[str, BidFeatures]
    solved: Mapping[str, float | None]
    usd: Mapping[str, float | None]
    usd_overhead: float
    instance: int = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class FitData:
    """A dev set of auctions of one pool. Tasks are put in order of (task id, instance).

    Attributes:
        pool: Name of the pool.
        agents: Its agents, in pool order.
        prices: Blended price pi of each agent, dollars per million tokens.
        strategy_tokens: Cap of a strategy, tokens; a part of the cost feature's definition.
        tokenizer: Tokenizer of |s|.
        entropy_kinds: The kinds of entropy that occur.
        tasks: The auctions.
        simulated: Whether the agents are simulated.
        notes: What a reader must know of how the data came about.

    Raises:
        LogError: If there is no task, a task is of another pool, or a number cannot be used.
    """

    pool: str
    agents: tuple[str, ...]
    prices: Mapping[str, float]
    strategy_tokens: int
    tokenizer: str
    entropy_kinds: tuple[EntropyKind, ...]
    tasks: tuple[FitTask, ...]
    simulated: bool = False
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.tasks:
            raise LogError("There is no auction to fit weights to. Give logs of the solver sale_inspect/sale.")
        if set(self.prices) != set(self.agents):
            raise LogError(f"Pool {self.pool!r}: prices must name the pool's agents, {', '.join(self.agents)}.")
        for task in self.tasks:
            _check_task(task, self.agents)
        twice = Counter((task.task_id, task.instance) for task in self.tasks).most_common(1)[0]
        if twice[1] > 1:
            raise LogError(f"Task {twice[0][0]!r} has two auctions with the instance number {twice[0][1]}.")
        object.__setattr__(self, "tasks", tuple(sorted(self.tasks, key=lambda task: (task.task_id, task.instance))))

    @property
    def task_count(self) -> int:
        """Number of tasks; several auctions of one task count once."""
        return len({task.task_id for task in self.tasks})

    @property
    def missing(self) -> dict[str, tuple[str, ...]]:
        """Tasks on which an agent has no outcome, by agent."""
        found: dict[str, tuple[str, ...]] = {}
        for agent in self.agents:
            without = [t.task_id for t in self.tasks if t.solved.get(agent) is None or t.usd.get(agent) is None]
            if without:
                found[agent] = tuple(dict.fromkeys(without))
        return found

    @property
    def data_hash(self) -> str:
        """sha256 of everything that a fit reads. It does not depend on the order of tasks."""
        content = {
            "agents": list(self.agents),
            "prices": {agent: self.prices[agent] for agent in self.agents},
            "strategy_tokens": self.strategy_tokens,
            "tokenizer": self.tokenizer,
            "entropy_kinds": sorted(self.entropy_kinds),
            "tasks": [_plain(task) for task in self.tasks],
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _plain(task: FitTask) -> dict[str, object]:
    return {
        "task_id": task.task_id,
        "features": {agent: [bid.price_length, bid.entropy, dict(bid.ratings)] for agent, bid in task.features.items()},
        "solved": dict(task.solved),
        "usd": dict(task.usd),
        "usd_overhead": task.usd_overhead,
    }


def _check_task(task: FitTask, agents: tuple[str, ...]) -> None:
    pool = set(agents)
    if not task.features:
        raise LogError(f"Task {task.task_id!r} has no bid. Leave it out.")
    named = {*task.features, *task.solved, *task.usd}
    judges = {judge for bid in task.features.values() for judge in bid.ratings}
    strangers = sorted((named | judges) - pool)
    if strangers:
        raise LogError(
            f"Task {task.task_id!r} names {', '.join(strangers)}, not an agent of the pool ({', '.join(agents)}). "
            "Fit the auctions of one pool at a time."
        )
    for agent, bid in task.features.items():
        if set(bid.ratings) != pool:
            raise LogError(f"Task {task.task_id!r}: the bid of {agent!r} needs a rating or None of every agent.")
        for name, value in _numbers(bid):
            if not 0.0 <= value <= 1.0:
                raise LogError(
                    f"Task {task.task_id!r}: {name} of the bid of {agent!r} must be in [0, 1], got {value!r}."
                )
    _check_outcomes(task)


def _numbers(bid: BidFeatures) -> Iterable[tuple[str, float]]:
    yield "price_length", bid.price_length
    yield "entropy", bid.entropy
    for judge, rating in bid.ratings.items():
        if rating is not None:
            yield f"the rating by {judge!r}", rating


def _check_outcomes(task: FitTask) -> None:
    for agent, share in task.solved.items():
        if share is not None and not 0.0 <= share <= 1.0:
            raise LogError(f"Task {task.task_id!r}: solved of {agent!r} must be in [0, 1], got {share!r}.")
    dollars = {**{f"usd of {agent!r}": value for agent, value in task.usd.items()}, "usd_overhead": task.usd_overhead}
    for name, value in dollars.items():
        if value is not None and not (math.isfinite(value) and value >= 0.0):
            raise LogError(f"Task {task.task_id!r}: {name} must be finite and at least 0, got {value!r}.")
