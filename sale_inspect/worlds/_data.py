"""Auctions of a simulated market in the form that fits read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from sale_inspect.auction import TOKENIZER, BidFeatures
from sale_inspect.calibrated import Bids, DevAuctions, TaskFacts
from sale_inspect.market import CAP, Auctions, Market, auction_usd, draw_auctions
from sale_inspect.weights import FitData, FitTask

__all__ = ["dev_auctions", "drawn_bids", "drawn_facts", "weights_data"]

_LETTERS = 100.0


def drawn_facts(drawn: Auctions) -> TaskFacts:
    """What is known of each task before anything is bid; texts are alike but for their embeddings."""
    count = len(drawn.minutes)
    return TaskFacts(features=drawn.features, letters=np.full(count, _LETTERS), domains=("",) * count)


def drawn_bids(drawn: Auctions) -> Bids:
    """First-round bids; every agent makes a valid one."""
    return Bids(
        valid=np.ones(drawn.lengths.shape, dtype=bool),
        ratings=drawn.ratings / 5,
        entropy=drawn.entropy,
        lengths=drawn.lengths,
        cut=drawn.lengths >= CAP,
    )


def dev_auctions(market: Market, count: int, seed: int | Sequence[int] = 0, **changes: Any) -> DevAuctions:
    """Dev auctions of a market, with every agent's outcome.

    Args:
        market: The pool and the tasks.
        count: Auctions.
        seed: Of all draws.
        changes: Fields of `DevAuctions` that are other than drawn.
    """
    drawn = draw_auctions(market, 0, count, np.random.default_rng(seed))
    names = tuple(f"a{place}" for place in range(market.agents))
    values: dict[str, Any] = {
        "pool": "market",
        "agents": names,
        "prices": dict(zip(names, market.prices.tolist(), strict=True)),
        "strategy_tokens": CAP,
        "tokenizer": TOKENIZER,
        "entropy_kinds": ("logprobs",),
        "ids": tuple(f"t{seed}-{row:05d}" for row in range(count)),
        "texts": ("",) * count,
        "tasks": drawn_facts(drawn),
        "bids": drawn_bids(drawn),
        "solved": drawn.solved.astype(np.float64),
        "usd": drawn.trace * market.prices / 1e6,
        "overhead": auction_usd(drawn, market),
        "simulated": True,
    }
    return DevAuctions(**{**values, **changes})


def weights_data(data: DevAuctions) -> FitData:
    """The same auctions for fits of weights."""
    agents, bids = data.agents, data.bids
    dearest = max(data.prices.values())

    def features(row: int, place: int) -> BidFeatures:
        spent = data.prices[agents[place]] * bids.lengths[row, place] / (dearest * data.strategy_tokens)
        ratings = dict(zip(agents, bids.ratings[row, place].tolist(), strict=True))
        return BidFeatures(price_length=min(1.0, spent), entropy=float(bids.entropy[row, place]), ratings=ratings)

    tasks = tuple(
        FitTask(
            task_id=data.ids[row],
            features={agent: features(row, place) for place, agent in enumerate(agents)},
            solved=dict(zip(agents, data.solved[row].tolist(), strict=True)),
            usd=dict(zip(agents, data.usd[row].tolist(), strict=True)),
            usd_overhead=float(data.overhead[row]),
        )
        for row in range(len(data))
    )
    return FitData(
        pool=data.pool,
        agents=agents,
        prices=data.prices,
        strategy_tokens=data.strategy_tokens,
        tokenizer=data.tokenizer,
        entropy_kinds=data.entropy_kinds,
        tasks=tasks,
        simulated=data.simulated,
    )
