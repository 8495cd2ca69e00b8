"""Dev auctions of a simulated market."""

from __future__ import annotations

from typing import Any

import numpy as np

from sale_inspect.auction import TOKENIZER
from sale_inspect.calibrated import Bids, DevAuctions, TaskFacts
from sale_inspect.market import Market, auction_usd, draw_auctions

__all__ = ["dev"]


def dev(market: Market, count: int, seed: int = 0, **changes: Any) -> DevAuctions:
    """`count` auctions of a market as dev data."""
    drawn = draw_auctions(market, 0, count, np.random.default_rng(seed))
    names = tuple(f"a{place}" for place in range(market.agents))
    values: dict[str, Any] = {
        "pool": "market",
        "agents": names,
        "prices": dict(zip(names, market.prices.tolist(), strict=True)),
        "strategy_tokens": 300,
        "tokenizer": TOKENIZER,
        "entropy_kinds": ("logprobs",),
        "ids": tuple(f"t{seed}-{row}" for row in range(count)),
        "texts": ("",) * count,
        "tasks": TaskFacts(features=drawn.features, letters=np.full(count, 100.0), domains=("",) * count),
        "bids": Bids(
            valid=np.ones((count, market.agents), dtype=bool),
            ratings=drawn.ratings / 5,
            entropy=drawn.entropy,
            lengths=drawn.lengths,
            cut=drawn.lengths >= 300,
        ),
        "solved": drawn.solved.astype(np.float64),
        "usd": drawn.trace * market.prices / 1e6,
        "overhead": auction_usd(drawn, market),
        "simulated": True,
    }
    return DevAuctions(**{**values, **changes})
