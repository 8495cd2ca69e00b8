"""What past auctions teach: which of them a new auction may see, and contrastive pairs from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["ContrastivePair", "PastAuction", "Winning", "contrastive_pairs", "visible"]

Winning = Literal["auction", "outcome"]
"""What makes a past strategy a winning one; see `contrastive_pairs`."""


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


def contrastive_pairs(
    agent: str, neighbours: Sequence[PastAuction], winning: Winning = "auction"
) -> list[ContrastivePair]:
    """(losing, winning) pairs for `agent`, nearest task first; one strategy of each pair is its own.

    Where the agent won, its strategy stands against that of one loser (the first in the record's
    order); where it lost, against the winner's. Auctions without both sides give no pair.
    Whether the task was then solved goes with the pair.

    Args:
        agent: The agent that will learn from the pairs.
        neighbours: Past auctions, nearest first.
        winning: What makes a strategy a winning one. `auction`: it won its auction. `outcome`: it
            won and its execution solved the task, so an unsolved auction gives no pair (no other
            strategy was executed, so none can take its place).

    Source: the paper's pairs, at least one side one's own, with `auction` its likelier reading;
    the choice of the loser and `outcome` are ours.

    Raises:
        ValueError: If `winning` is unknown.
    """
    if winning not in get_args(Winning):
        raise ValueError(f"winning must be auction or outcome, got {winning!r}.")
    usable = [past for past in neighbours if past.solved or winning == "auction"]
    return [pair for past in usable for pair in _pair(agent, past)]


def _pair(agent: str, past: PastAuction) -> list[ContrastivePair]:
    own = past.strategies.get(agent)
    won = past.strategies.get(past.winner)
    losers = [name for name in past.strategies if name != agent] if past.winner == agent else [agent]
    if own is None or won is None or not losers:
        return []
    return [
        ContrastivePair(
            task=past.task,
            losing=past.strategies[losers[0]],
            losing_agent=losers[0],
            winning=won,
            winning_agent=past.winner,
            solved=past.solved,
        )
    ]
