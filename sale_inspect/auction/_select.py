"""Who wins, who may refine, and when a refined bid is accepted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["accept_refined", "may_refine", "select", "select_by_value"]

_EQUAL = 1e-12


def select(z: Mapping[str, float], prices: Mapping[str, float], pool_order: Sequence[str]) -> str:
    """The agent with the lowest z; ties go to the lower price, then to pool order (ours).

    Args:
        z: C - V of each valid bid, by agent.
        prices: Blended price pi of each agent, dollars per million tokens.
        pool_order: Names of the pool's agents in order.
    """
    return min(z, key=lambda agent: (z[agent], prices[agent], pool_order.index(agent)))


def select_by_value(value: Mapping[str, float], prices: Mapping[str, float], pool_order: Sequence[str]) -> str:
    """The agent with the highest value; ties go to the lower price, then to pool order (ours).

    Values that differ by rounding alone are equal.

    Args:
        value: Dollars of each agent that may be chosen: worth * p - $.
        prices: Blended price pi of each agent, dollars per million tokens.
        pool_order: Names of the pool's agents in order.
    """
    least = max(value.values()) - _EQUAL * max(1.0, *map(abs, value.values()))
    equal = [agent for agent in value if value[agent] >= least]
    return min(equal, key=lambda agent: (prices[agent], pool_order.index(agent)))


def may_refine(provisional_winner: str, prices: Mapping[str, float], pool_order: Sequence[str]) -> tuple[str, ...]:
    """Agents strictly cheaper than the provisional winner, in pool order (paper)."""
    limit = prices[provisional_winner]
    return tuple(agent for agent in pool_order if prices[agent] < limit)


def accept_refined(
    provisional_winner: str,
    provisional_z: float,
    refined_z: Mapping[str, float],
    prices: Mapping[str, float],
    pool_order: Sequence[str],
) -> str:
    """The final winner: the best refined bid if its z is lower than the provisional winner's (paper).

    An equal z does not replace the provisional winner.
    """
    if not refined_z:
        return provisional_winner
    challenger = select(refined_z, prices, pool_order)
    return challenger if refined_z[challenger] < provisional_z else provisional_winner
