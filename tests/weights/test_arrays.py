"""Many weight vectors at once must decide as the auction's own code does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect.auction import BidFeatures, score
from sale_inspect.weights import FitData
from sale_inspect.weights._arrays import on_simplex, stack, true_winners, weights_of

MakeData = Callable[..., FitData]


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), abstain=st.sampled_from([0.0, 0.3, 0.9, 1.0]), zeros=st.booleans())
def test_z_and_winners_are_those_of_the_auction(data: MakeData, seed: int, abstain: float, zeros: bool) -> None:
    own = data(12, seed=seed, abstain=abstain, absent=0.3)
    points = np.random.default_rng(seed).dirichlet(np.ones(6), 5)
    if zeros:
        points[:, 2:5] = 0.0
    bids = stack(own)
    z, winners = bids.z(points), bids.winners(points)
    for number, point in enumerate(points):
        weights = weights_of(point, own.agents, "test")
        for row, task in enumerate(own.tasks):
            for column, agent in enumerate(bids.order):
                expected = score(task.features[agent], weights).z if agent in task.features else np.inf
                assert z[number, row, column] == pytest.approx(expected, abs=1e-12)
        assert [bids.order[column] for column in winners[number]] == [name for name, _ in true_winners(own, weights)]


def test_a_tie_goes_to_the_cheaper_agent_then_to_pool_order(data: MakeData) -> None:
    own = data(1)
    same = BidFeatures(price_length=0.3, entropy=0.4, ratings=dict.fromkeys(own.agents, 0.6))
    task = replace(own.tasks[0], features=dict.fromkeys(own.agents, same))
    prices = {"4b": 0.2, "8b": 0.1, "14b": 0.1, "32b": 0.3}
    bids = stack(replace(own, tasks=(task,), prices=prices))
    assert {bids.order[column] for column in bids.winners(np.full((1, 6), 1 / 6))[0]} == {"8b"}


@given(seed=st.integers(0, 100), floor=st.floats(0.0, 0.16))
def test_points_on_the_simplex_stay_over_the_floor_and_sum_to_one(seed: int, floor: float) -> None:
    moved = on_simplex(np.random.default_rng(seed).dirichlet(np.ones(6), 20), floor)
    assert moved.min() >= floor and moved.sum(axis=1) == pytest.approx(1.0)


def test_a_floor_that_leaves_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match=r"floor must be between 0 and 0\.1667 \(1 / 6 weights\), got 0\.2"):
        on_simplex(np.eye(6), 0.2)
