"""Fresh tasks of a world, where the true chance of every agent is known, and what a policy does on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from sale_inspect.calibrated import CalibratedFit, auction_gains, cheapest_first, choose
from sale_inspect.market import Auctions, Market, auction_usd, draw_auctions
from sale_inspect.routers import Floats, Rows
from sale_inspect.sim import SHARED
from sale_inspect.worlds._data import drawn_bids, drawn_facts

__all__ = ["Chosen", "Fresh", "Point", "decide_all"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Point:
    """What a policy comes to on fresh tasks of a world.

    Attributes:
        pass_rate: Expected pass@1, by the true chances.
        usd: Dollars a task, auctions included.
        auction_usd: Part of it that is auctions.
        held: Share of tasks with an auction.
        dearest: Share of tasks that the dearest agent does.
    """

    pass_rate: float
    usd: float
    auction_usd: float = 0.0
    held: float = 0.0
    dearest: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Chosen:
    """(A,) agent of each task, and (A,) whether an auction is held."""

    agent: Rows
    held: np.ndarray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Fresh:
    """A fresh tasks of a market.

    Attributes:
        market: The market.
        drawn: Tasks, bids and outcomes.
        usd: (A, N) dollars of an execution.
        bill: (A,) dollars of an auction without refinement.
    """

    market: Market
    drawn: Auctions
    usd: Floats
    bill: Floats

    @classmethod
    def of(cls, market: Market, count: int, seed: int | Sequence[int], *, start: int = 0) -> Self:
        """Draw.

        Args:
            market: The market.
            count: A.
            seed: Of all draws.
            start: Auctions before the first, for the age of the memory.
        """
        drawn = draw_auctions(market, start, count, np.random.default_rng(seed))
        return cls(market=market, drawn=drawn, usd=drawn.trace * market.prices / 1e6, bill=auction_usd(drawn, market))

    @property
    def chance(self) -> Floats:
        """(A, N) true chance of success given all that could be known before a run: luck is averaged out."""
        return self.drawn.known

    @property
    def refined_chance(self) -> Floats:
        """(A, N) the same by the refined plan."""
        from scipy.special import expit, ndtr, ndtri

        drawn, market = self.drawn, self.market
        left = np.sqrt(1.0 - (1.0 - SHARED[market.domain]) * market.fit)
        moved = ndtri(expit(drawn.refined_log_odds)) - ndtri(expit(drawn.log_odds))
        return np.asarray(ndtr(ndtri(drawn.known) + moved / left), dtype=np.float64)

    def alone(self, agent: int) -> Point:
        """One agent does every task."""
        return self.point(np.full(len(self.bill), agent, dtype=np.intp))

    def point(self, agent: Rows, held: np.ndarray | None = None, *, extra: Floats | None = None) -> Point:
        """What a choice comes to.

        Args:
            agent: (A,) who does each task.
            held: (A,) whether an auction is held; None for never.
            extra: (A,) more dollars of the auction.
        """
        rows = np.arange(len(agent))
        there = np.zeros(len(agent)) if held is None else held.astype(np.float64)
        auctions = there * self.bill + (0.0 if extra is None else extra)
        return Point(
            pass_rate=float(self.chance[rows, agent].mean()),
            usd=float((self.usd[rows, agent] + auctions).mean()),
            auction_usd=float(np.mean(auctions)),
            held=float(there.mean()),
            dearest=float((agent == self.market.agents - 1).mean()),
        )


def decide_all(
    fit: CalibratedFit, fresh: Fresh, *, gated: bool | None = None, most_share: float | None = None
) -> Chosen:
    """What `before_bids` and `after_bids` decide for every fresh task, all at once.

    Args:
        fit: A calibrated fit of dev auctions of the same market.
        fresh: The tasks.
        gated: Whether the gate decides which auctions are held; None for what the fit was set to.
        most_share: Beside the gate, hold no auction whose bill is more than this share of the dollars that are expected
            of the execution; None for no such rule, as in a live run.
    """
    setting, count = fit.setting, len(fresh.bill)
    if setting.fallback:
        place = fit.after.agents.index(setting.single)
        return Chosen(agent=np.full(count, place, dtype=np.intp), held=np.zeros(count, dtype=bool))
    order = cheapest_first(fresh.market.prices.tolist())
    facts = drawn_facts(fresh.drawn)
    after = fit.after.forecast(facts, drawn_bids(fresh.drawn))
    chosen = choose(after.p, after.usd, setting.worth, order)
    if not (setting.auction == "auto" if gated is None else gated):
        return Chosen(agent=chosen, held=np.ones(count, dtype=bool))
    prior = fit.prior.forecast(facts)
    gains, before = auction_gains(prior.p[:, order], prior.usd[:, order], setting.worth, fit.gate.updates[:, order])
    held = fit.gate.reliability * gains > fit.gate.bill_usd
    if most_share is not None:
        held &= fit.gate.bill_usd <= most_share * prior.usd[np.arange(count), order[before]]
    return Chosen(agent=np.where(held, chosen, order[before]), held=held)
