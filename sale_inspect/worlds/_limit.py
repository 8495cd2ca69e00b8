"""The best that a rule could do on what an auction shows: Bayes' rule in the true world, at the best settings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect.calibrated import auction_gains, cheapest_first, choose, updates_of
from sale_inspect.market import posterior
from sale_inspect.routers.parts import dollar_grid
from sale_inspect.worlds._fresh import Fresh, Point

__all__ = ["Limit", "limit_of"]

_STEPS = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Limit:
    """The oracle at equal information.

    Attributes:
        solved: The most that can be solved.
        kept: The fewest dollars that keep the asked share of the best single agent's pass@1; None if only that agent
            itself does.
    """

    solved: Point
    kept: Point | None


def limit_of(fresh: Fresh, keep: float) -> Limit:
    """By true posteriors, with an auction for every task, for none, or where its expected gain is above its bill.

    The price of a solved task and which of the three are chosen by the truth itself.

    Args:
        fresh: The tasks.
        keep: Share of the best single agent's pass@1.
    """
    before, after = (posterior(fresh.market, fresh.drawn, bids=bids) for bids in (False, True))
    order = cheapest_first(fresh.market.prices.tolist())
    updates = updates_of(before.p, after.p)
    singles = [fresh.alone(agent) for agent in range(fresh.market.agents)]
    best = max(singles, key=lambda point: point.pass_rate)
    every, never = np.ones(len(fresh.bill), dtype=bool), np.zeros(len(fresh.bill), dtype=bool)
    points = []
    for worth in dollar_grid(fresh.usd.mean(axis=0))[::_STEPS]:
        without, with_bids = (choose(each.p, each.usd, worth, order) for each in (before, after))
        pays = auction_gains(before.p[:, order], before.usd[:, order], worth, updates[:, order])[0] > fresh.bill
        points += [fresh.point(np.where(held, with_bids, without), held) for held in (never, every, pays)]
    kept = [point for point in points if point.pass_rate >= keep * best.pass_rate and point.usd < best.usd]
    return Limit(
        solved=max(points, key=lambda point: point.pass_rate),
        kept=min(kept, key=lambda point: point.usd) if kept else None,
    )
