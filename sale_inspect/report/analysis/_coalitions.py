"""Shapley values of agents: what each adds to the auction, over all coalitions of the pool."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import AuctionError
from sale_inspect.auction import AuctionRecord, redecide
from sale_inspect.routers import Outcomes
from sale_inspect.stats import MOST_EXACT, mean_interval, shapley_exact, shapley_sampled, unit_means

__all__ = ["AgentValue", "agent_values"]

Floats = NDArray[np.float64]

_ORDERS = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentValue:
    """What an agent adds to the pass@1 of the auction.

    Attributes:
        agent: The agent.
        value: Its Shapley value; the values of all agents add up to the pass@1 of the whole pool.
        low: Lower end of the 95% interval over tasks, see `stats.mean_interval`.
        high: Upper end.
        error: Standard error of drawing orders; 0 if all coalitions were valued.
        auctions: Auctions behind it.
    """

    agent: str
    value: float
    low: float
    high: float
    error: float
    auctions: int


def agent_values(
    records: Sequence[tuple[str, AuctionRecord]], alone: Outcomes, *, seed: int = 0
) -> tuple[AgentValue, ...]:
    """Value each coalition by deciding the recorded auctions again among its agents (ours).

    The winner counts with its run alone, without its plan: an estimate. An empty coalition solves nothing. Up to 8
    agents all coalitions are valued; above, drawn orders. Plans that agents would have refined in a smaller pool are
    not known, so they refine as recorded.

    Args:
        records: Auctions with their tasks.
        alone: From `alone`; auctions of other tasks or agents are left out.
        seed: Of drawn orders.

    Returns:
        One for each agent, in the pool's order; empty if no auction can be used.
    """
    rows = {task: row for row, task in enumerate(alone.tasks)}
    known = [(task, record) for task, record in records if task in rows and set(record.agents) <= set(alone.agents)]
    if not known:
        return ()
    pools = {record.agents for _, record in known}
    agents = max(sorted(pools), key=lambda pool: sum(record.agents == pool for _, record in known))
    known = [(task, record) for task, record in known if record.agents == agents]
    column = {agent: place for place, agent in enumerate(alone.agents)}

    def value(mask: int) -> Floats:
        left = tuple(agent for place, agent in enumerate(agents) if not mask >> place & 1)
        solved = [_solved(record, left, alone.correct[rows[task]], column) for task, record in known]
        return np.array(solved, dtype=np.float64)

    if len(agents) <= MOST_EXACT:
        found, errors = shapley_exact(len(agents), value), np.zeros((len(agents), len(known)))
    else:
        sampled = shapley_sampled(len(agents), value, orders=_ORDERS, seed=seed)
        found, errors = sampled.values, sampled.error
    task_of = np.unique([task for task, _ in known], return_inverse=True)[1]
    results = []
    for place, agent in enumerate(agents):
        by_task = unit_means(found[place], task_of)
        low, high, _ = mean_interval(by_task)
        results.append(
            AgentValue(
                agent=agent, value=float(by_task.mean()), low=low, high=high,
                error=float(np.sqrt((errors[place] ** 2).sum()) / len(known)), auctions=len(known),
            )
        )  # fmt: skip
    return tuple(results)


def _solved(record: AuctionRecord, left: tuple[str, ...], correct: Floats, column: dict[str, int]) -> float:
    try:
        winner = redecide(record, without=left).winner
    except AuctionError:
        return 0.0
    return float(correct[column[winner]])
