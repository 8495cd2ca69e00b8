"""What past auctions teach: which of them a new auction may see, and contrastive pairs from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

__all__ = ["ContrastivePair", "PastAuction", "contrastive_pairs", "visible"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PastAuction:
    """One finished, scored auction.

    Attributes:
        epoch: Epoch of the sample, from 1.
        position: Place of the sample in the run's order, from 0.
        task: The task's text.
        strategies: The latest strategy of each agent (the refined one if there is one).
        winner: The agent that executed its strategy.
        solved: True if the execution solved the task.
    """

    epoch: int
    position: int
    task: str
    strategies: Mapping[str, str]
    winner: str
    solved: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class ContrastivePair:
    """A losing and a winning strategy for the same past task."""

    task: str
    losing: str
    losing_agent: str
    winning: str
    winning_agent: str
    solved: bool


def visible(past: Iterable[PastAuction], *, epoch: int, position: int, lag: int) -> list[PastAuction]:
    """The auctions that the sample at `position` may see, in order of position.

    Exactly those of the same epoch at positions <= position - lag, lag >= 1 (ours). The rule does
    not depend on timing, so scheduling and retries change nothing.

    Raises:
        ValueError: If `lag` is less than 1.
    """
    if lag < 1:
        raise ValueError(f"memory_lag must be at least 1, got {lag}.")
    seen = [a for a in past if a.epoch == epoch and a.position <= position - lag]
    return sorted(seen, key=lambda a: a.position)


def contrastive_pairs(agent: str, neighbours: Sequence[PastAuction]) -> list[ContrastivePair]:
    """(losing, winning) pairs for `agent`, nearest task first; one strategy of each pair is its own.

    Where the agent won, its strategy stands against that of one loser (the first in the record's
    order); where it lost, against the winner's. Auctions without both sides give no pair.
    Winning means winning the auction; whether the task was then solved goes with the pair.

    Source: the paper's pairs, at least one side one's own; the choice of the loser is ours.
    """
    pairs = []
    for past in neighbours:
        own = past.strategies.get(agent)
        winning = past.strategies.get(past.winner)
        if own is None or winning is None:
            continue
        loser = agent
        if past.winner == agent:
            others = [name for name in past.strategies if name != agent]
            if not others:
                continue
            loser = others[0]
        pairs.append(
            ContrastivePair(
                task=past.task,
                losing=past.strategies[loser],
                losing_agent=loser,
                winning=winning,
                winning_agent=past.winner,
                solved=past.solved,
            )
        )
    return pairs
