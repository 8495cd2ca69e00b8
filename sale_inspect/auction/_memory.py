"""What past auctions teach: all their plans, and contrastive pairs from them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Literal, get_args

from sale_inspect.auction._record import AuctionRecord

__all__ = [
    "MAX_PAIRS",
    "ContrastivePair",
    "Pairs",
    "PastAuction",
    "PastPlan",
    "Winning",
    "contrastive_pairs",
    "task_identity",
]

Winning = Literal["auction", "outcome"]
"""What makes a past strategy a winning one; see `contrastive_pairs`."""

MAX_PAIRS = 3
"""Pairs that one request for a refined bid holds, at most (ours)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PastPlan:
    """One plan of a past auction.

    Attributes:
        agent: Name of the agent that bid it, in the auction's pool.
        identity: What the agent is, by content (`pools.agent_identity`); empty if it is not known.
        refined: True for a bid of the refinement stage.
        text: The plan; empty for an agent that did the task without an auction.
        fitted_p: The probability of success that a calibrated fit gave the agent, if it did the task alone in a run
            that learns from outcomes; None otherwise.
    """

    agent: str
    identity: str
    refined: bool
    text: str
    fitted_p: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class PastAuction:
    """One finished, scored auction.

    Attributes:
        epoch: Epoch of the sample, from 1.
        position: Place of the sample in the run's order, from 0.
        task: The task's text.
        plans: Every plan of the auction: the first bids, then the refined ones, each in the record's order. Where a
            run that learns from outcomes held no auction, one of the agent that did the task, with no text.
        provisional_winner: The agent that led before the refinement.
        winner: The agent that executed its plan: its refined one if it is not the provisional winner. After an
            escalation, the agent whose answer counts, since `solved` is said of that answer.
        solved: True if the execution solved the task.
    """

    epoch: int
    position: int
    task: str
    plans: tuple[PastPlan, ...]
    provisional_winner: str
    winner: str
    solved: bool

    @classmethod
    def of(cls, record: AuctionRecord, *, epoch: int, position: int, solved: bool) -> PastAuction:
        """A finished auction as the memory keeps it: every plan, who won, and what came of it.

        Args:
            record: The auction.
            epoch: Epoch of the sample, from 1.
            position: Place of the sample in the run's order, from 0.
            solved: Whether the execution solved the task.
        """
        plans = [
            PastPlan(
                agent=bid.agent, identity=record.identities.get(bid.agent, ""), refined=bid.refined, text=bid.strategy
            )
            for bid in (*record.bids, *record.refined)
        ]
        plans = _with_lesson(record, plans)
        return cls(
            epoch=epoch,
            position=position,
            task=record.task,
            plans=tuple(plans),
            provisional_winner=record.provisional_winner,
            winner=record.worker,
            solved=solved,
        )

    def latest_plans(self) -> dict[str, PastPlan]:
        """The last plan of each agent by name, in the order of the first bids."""
        return {plan.agent: plan for plan in self.plans}

    @property
    def was_held(self) -> bool:
        """Whether there was an auction, with plans to learn from."""
        return any(plan.text for plan in self.plans)

    @property
    def lesson(self) -> tuple[str, float] | None:
        """Who did the task alone, and the chance that a calibrated fit gave it; None where nothing is learnt of it."""
        return next(((plan.agent, plan.fitted_p) for plan in self.plans if plan.fitted_p is not None), None)


def _with_lesson(record: AuctionRecord, plans: list[PastPlan]) -> list[PastPlan]:
    """The plans, that of who did the task alone with what the fit had foreseen of it, if the run learns from that.

    After an escalation the outcome is that of an answer which was chosen among several, so it teaches nothing.
    """
    made = record.calibrated
    if made is None or made.learnt is None or not record.winner_alone:
        return plans
    worker = record.worker
    foreseen = next((each.fitted_p for each in made.decision.forecasts if each.agent == worker), None)
    if not record.held:
        identity = record.identities.get(worker, "")
        return [PastPlan(agent=worker, identity=identity, refined=False, text="", fitted_p=foreseen)]
    return [replace(plan, fitted_p=foreseen) if plan.agent == worker else plan for plan in plans]


@dataclass(frozen=True, kw_only=True, slots=True)
class ContrastivePair:
    """A losing and a winning strategy for the same past task."""

    task: str
    losing: str
    losing_agent: str
    winning: str
    winning_agent: str
    solved: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Pairs:
    """What past auctions give one agent to learn from.

    Attributes:
        used: The pairs that its request holds, nearest task first; `MAX_PAIRS` at most.
        found: Number of past auctions that give it a pair.
        without: Number of past auctions that give it none, by reason.
    """

    used: tuple[ContrastivePair, ...]
    found: int
    without: Mapping[str, int]


def task_identity(text: str) -> str:
    """What a task is, by content (ours): a digest of its text in NFKC with white space folded."""
    folded = " ".join(unicodedata.normalize("NFKC", text).split())
    return blake2b(folded.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def contrastive_pairs(
    agent: str, identity: str, neighbours: Sequence[PastAuction], winning: Winning = "auction"
) -> Pairs:
    """(losing, winning) pairs for an agent, nearest task first; one strategy of each pair is its own.

    A past auction gives one pair, of the agents' last plans. Where the agent won, its strategy stands against that of
    one loser (the first in the record's order); where it lost, against the winner's. Auctions without both sides give
    no pair. Whether the task was then solved goes with the pair.

    Args:
        agent: Name of the agent that will learn from the pairs.
        identity: What it is, by content. Plans of another identity are not its own, whatever their agent is called.
        neighbours: Past auctions, nearest first.
        winning: What makes a strategy a winning one. `auction`: it won its auction. `outcome`: it
            won and its execution solved the task, so an unsolved auction gives no pair (no other
            strategy was executed, so none can take its place).

    Source: the paper's pairs, at least one side one's own, with `auction` its likelier reading;
    the choice of the plans, of the loser and `outcome` are ours.

    Raises:
        ValueError: If `winning` is unknown.
    """
    if winning not in get_args(Winning):
        raise ValueError(f"winning must be auction or outcome, got {winning!r}.")
    outcomes = [_pair(agent, identity, past, winning) for past in neighbours]
    pairs = [outcome for outcome in outcomes if isinstance(outcome, ContrastivePair)]
    without = Counter(outcome for outcome in outcomes if isinstance(outcome, str))
    return Pairs(used=tuple(pairs[:MAX_PAIRS]), found=len(pairs), without=dict(without))


def _pair(agent: str, identity: str, past: PastAuction, winning: Winning) -> ContrastivePair | str:
    """The pair of one past auction, or why it has none."""
    if not past.solved and winning == "outcome":
        return "not solved"
    latest = past.latest_plans()
    own_names = [name for name, plan in latest.items() if identity and plan.identity == identity]
    if not own_names:
        return f"its {agent} is another model or config" if agent in latest else f"no plan of {agent}"
    own = agent if agent in own_names else own_names[0]
    won = latest.get(past.winner)
    if won is None:
        return "no plan of its winner"
    losers = [name for name in latest if name != own] if past.winner == own else [own]
    if not losers:
        return "nobody lost"
    return ContrastivePair(
        task=past.task,
        losing=latest[losers[0]].text,
        losing_agent=losers[0],
        winning=won.text,
        winning_agent=past.winner,
        solved=past.solved,
    )
