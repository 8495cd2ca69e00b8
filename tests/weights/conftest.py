"""Dev sets that are made up, seeded, in the shape of recorded auctions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from sale_inspect.auction import BidFeatures
from sale_inspect.weights import FitData, FitTask

PRICES = {"4b": 0.05, "8b": 0.09, "14b": 0.16, "32b": 0.36}

MakeData = Callable[..., FitData]


def make_data(count: int, *, agents: int = 4, seed: int = 0, abstain: float = 0.0, absent: float = 0.0) -> FitData:
    """Tasks of different difficulty; dear agents solve more; ratings follow the chance of success."""
    rng = np.random.default_rng(seed)
    names = tuple(PRICES)[:agents]
    tasks = []
    for number in range(count):
        difficulty = rng.uniform()
        chance = {name: float(np.clip(1.0 - difficulty * (0.9 - 0.2 * at), 0, 1)) for at, name in enumerate(names)}
        bidding = [name for at, name in enumerate(names) if at == 0 or rng.uniform() >= absent]
        features = {}
        for name in bidding:
            ratings: dict[str, float | None] = {}
            for judge in names:
                rating = float(np.clip(round(5 * (chance[name] + rng.normal(0, 0.2))), 0, 5)) / 5
                ratings[judge] = None if rng.uniform() < abstain else rating
            length = PRICES[name] / 0.36 * rng.uniform(0.3, 1.0)
            features[name] = BidFeatures(price_length=length, entropy=rng.uniform(0.4, 0.7), ratings=ratings)
        tasks.append(
            FitTask(
                task_id=f"t{number:03d}",
                features=features,
                solved={name: float(rng.uniform() < chance[name]) for name in names},
                usd={name: PRICES[name] * 1e-3 * (1 + difficulty) for name in names},
                usd_overhead=2e-5,
            )
        )
    return FitData(
        pool="made-up",
        agents=names,
        prices={name: PRICES[name] for name in names},
        strategy_tokens=300,
        tokenizer="words-and-marks-1",
        entropy_kinds=("text",),
        tasks=tuple(tasks),
    )


@pytest.fixture(scope="session")
def data() -> MakeData:
    return make_data
