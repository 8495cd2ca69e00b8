"""What an auction memory holds, and how it stands in the tables."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from sale_inspect._bounds import json_value
from sale_inspect.auction import PastAuction, PastPlan

__all__ = [
    "COLUMNS",
    "Counts",
    "Run",
    "RunPosition",
    "Settled",
    "StoredAuction",
    "WinnerTally",
    "auction_of",
    "counts_of",
    "dumps",
    "from_column",
    "plans_as_data",
    "plans_of_data",
    "runs_of",
    "to_column",
]

Row = tuple[int, str, int, int, str | bytes, str | bytes, str, str | bytes, str | bytes, int, str | None]
COLUMNS = (
    "auctions.id, runs.key, places.epoch, places.position, places.sample_id, "
    "auctions.task, auctions.plans, auctions.provisional_winner, auctions.winner, auctions.solved, auctions.prices"
)
"""Columns that `auction_of` reads, of places joined with runs and auctions."""

_PLAN_FIELDS = {"agent": str, "identity": str, "refined": bool, "text": str}
_CHANCE = "fitted_p"


class RunPosition(NamedTuple):
    """A sample's place in its run: epoch from 1, position from 0."""

    epoch: int
    position: int


class Settled(NamedTuple):
    """What `MemoryStore.settle` did.

    Attributes:
        outcome: `new`: it was stored. `known`: the place was settled in the same way, or its
            auction has been dropped since. `conflict`: the place was settled in another way, which stays.
        auction: Number of the auction that the place has now; None if it failed or was dropped.
    """

    outcome: Literal["new", "known", "conflict"]
    auction: int | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Run:
    """One run that wrote into a memory.

    Attributes:
        key: What stays the same when the run is retried or resumed (Inspect's task_id).
        pool: Name of the agents' pool.
        agents: What each of its agents is, by name: `pools.agent_identity`.
        embedder: Name of the embedder that the run retrieved with.
        created: When it first wrote, ISO 8601 with its offset.
    """

    key: str
    pool: str
    agents: Mapping[str, str]
    embedder: str
    created: str


@dataclass(frozen=True, kw_only=True, slots=True)
class StoredAuction:
    """An auction with where it stands.

    Attributes:
        id: Its number in the memory, never used again.
        run: Key of its run.
        sample_id: The sample that it was about.
        past: The auction.
        prices: Dollars per million tokens of each agent at that time; None if not known.
    """

    id: int
    run: str
    sample_id: str
    past: PastAuction
    prices: Mapping[str, float] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """How much a memory holds: runs, auctions, failed places, places whose auction was dropped, vectors."""

    runs: int
    auctions: int
    failed: int
    dropped: int
    vectors: int


@dataclass(frozen=True, kw_only=True, slots=True)
class WinnerTally:
    """Auctions of one run that one agent won, and how many of them were solved."""

    run: str
    winner: str
    auctions: int
    solved: int


def to_column(text: str) -> str | bytes:
    """The text as SQLite takes it. Lone surrogates, which a model can write, are kept as bytes."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def from_column(value: str | bytes) -> str:
    """The text that `to_column` was given."""
    return value.decode("utf-8", "surrogatepass") if isinstance(value, bytes) else value


def runs_of(rows: Iterable[tuple[Any, ...]]) -> list[Run]:
    """The runs of rows of key, pool, agents, embedder and created.

    Raises:
        ValueError: If the agents of one are no object of JSON.
        TypeError: If they are none.
    """
    return [
        Run(key=key, pool=pool, agents=dict(json_value(agents)), embedder=embedder, created=created)
        for key, pool, agents, embedder, created in rows
    ]


def counts_of(states: Mapping[str, int], runs: int, vectors: int) -> Counts:
    """How much a memory holds, from the number of its places by state, of its runs and of its vectors."""
    return Counts(
        runs=runs,
        auctions=states.get("settled", 0),
        failed=states.get("failed", 0),
        dropped=states.get("dropped", 0),
        vectors=vectors,
    )


def dumps(data: object) -> str:
    """JSON in ASCII on one line, in the order of the data; it holds every text of Python exactly.

    Raises:
        ValueError: If a number is not finite.
    """
    return json.dumps(data, allow_nan=False)


def plans_as_data(plans: Sequence[PastPlan]) -> list[dict[str, object]]:
    """The plans as objects of JSON."""
    return [
        {"agent": plan.agent, "identity": plan.identity, "refined": plan.refined, "text": plan.text}
        | ({} if plan.fitted_p is None else {_CHANCE: plan.fitted_p})
        for plan in plans
    ]


def plans_of_data(data: object) -> tuple[PastPlan, ...] | None:
    """The plans that `plans_as_data` was given; None if the data is something else."""
    if not isinstance(data, list):
        return None
    plans = []
    for each in data:
        if not isinstance(each, dict) or each.keys() - {_CHANCE} != _PLAN_FIELDS.keys():
            return None
        if _CHANCE in each and not (isinstance(each[_CHANCE], float) and 0.0 <= each[_CHANCE] <= 1.0):
            return None
        if not all(isinstance(each[name], kind) for name, kind in _PLAN_FIELDS.items()):
            return None
        plans.append(PastPlan(**each))
    return tuple(plans)


def auction_of(row: Row) -> StoredAuction:
    """The auction of a row of `COLUMNS`.

    Raises:
        ValueError: If the row is not what `MemoryStore` writes.
    """
    number, run, epoch, position, sample_id, task, plans, provisional_winner, winner, solved, prices = row
    read_plans = plans_of_data(json.loads(plans))
    if read_plans is None:
        raise ValueError("its plans are not a list of plans")
    past = PastAuction(
        epoch=epoch,
        position=position,
        task=from_column(task),
        plans=read_plans,
        provisional_winner=from_column(provisional_winner),
        winner=from_column(winner),
        solved=bool(solved),
    )
    return StoredAuction(
        id=number,
        run=run,
        sample_id=from_column(sample_id),
        past=past,
        prices=None if prices is None else json.loads(prices),
    )
