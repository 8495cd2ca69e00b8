"""Past auctions for tests: first plans only, of agents whose identity follows from their names."""

from __future__ import annotations

from collections.abc import Mapping

from sale_inspect.auction import PastAuction, PastPlan


def identity_of(agent: str) -> str:
    return f"what {agent} is"


def past_of(
    strategies: Mapping[str, str], *, epoch: int, position: int, task: str, winner: str, solved: bool
) -> PastAuction:
    """An auction without a refinement, from each agent's plan."""
    plans = [
        PastPlan(agent=agent, identity=identity_of(agent), refined=False, text=text)
        for agent, text in strategies.items()
    ]
    return PastAuction(
        epoch=epoch,
        position=position,
        task=task,
        plans=tuple(plans),
        provisional_winner=winner,
        winner=winner,
        solved=solved,
    )
