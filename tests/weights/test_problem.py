"""What may be fitted to, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sale_inspect import LogError
from sale_inspect.auction import BidFeatures
from sale_inspect.weights import FitData

MakeData = Callable[..., FitData]


def changed(data: FitData, *, agent: str = "8b", **features: object) -> FitData:
    first = data.tasks[0]
    bid = replace(first.features[agent], **features)  # type: ignore[arg-type]
    return replace(data, tasks=(replace(first, features={**first.features, agent: bid}), *data.tasks[1:]))


def test_without_an_auction_there_is_nothing_to_fit(data: MakeData) -> None:
    with pytest.raises(LogError, match=r"no auction to fit weights to.*sale_inspect/sale"):
        replace(data(1), tasks=())


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -0.1, 1.1])
def test_a_feature_outside_0_to_1_is_named_with_its_task_and_agent(data: MakeData, value: float) -> None:
    with pytest.raises(LogError, match=r"'t000': entropy of the bid of '8b' must be in \[0, 1\]"):
        changed(data(3), entropy=value)


def test_a_rating_outside_0_to_1_is_named_with_its_judge(data: MakeData) -> None:
    ratings: dict[str, float | None] = dict.fromkeys(("4b", "8b", "14b", "32b"), 0.5)
    with pytest.raises(LogError, match=r"the rating by '14b' of the bid of '8b' must be in \[0, 1\], got 4"):
        changed(data(3), ratings={**ratings, "14b": 4.0})


def test_a_judge_that_did_not_rate_must_be_said_to(data: MakeData) -> None:
    with pytest.raises(LogError, match="'t000': the bid of '8b' needs a rating or None of every agent"):
        changed(data(3), ratings={"4b": 0.5})


def test_a_task_of_another_pool_is_refused(data: MakeData) -> None:
    own = data(2)
    bid = BidFeatures(price_length=0.1, entropy=0.1, ratings=dict.fromkeys(own.agents, 0.2))
    other = replace(own.tasks[1], features={"70b": bid})
    with pytest.raises(LogError, match=r"'t001' names 70b, not an agent of the pool \(4b, 8b, 14b, 32b\)"):
        replace(own, tasks=(own.tasks[0], other))


def test_dollars_must_be_known_to_be_dollars(data: MakeData) -> None:
    own = data(1)
    with pytest.raises(LogError, match="usd_overhead must be finite and at least 0, got nan"):
        replace(own, tasks=(replace(own.tasks[0], usd_overhead=float("nan")),))


def test_one_instance_of_a_task_occurs_once(data: MakeData) -> None:
    own = data(1)
    with pytest.raises(LogError, match="'t000' has two auctions with the instance number 1"):
        replace(own, tasks=(own.tasks[0], own.tasks[0]))


def test_the_hash_is_of_the_content_and_not_of_its_order(data: MakeData) -> None:
    own = data(5)
    assert replace(own, tasks=own.tasks[::-1]).data_hash == own.data_hash
    assert changed(own, entropy=0.123).data_hash != own.data_hash
    failed = replace(own.tasks[0], solved={**own.tasks[0].solved, "4b": 0.25})
    assert replace(own, tasks=(failed, *own.tasks[1:])).data_hash != own.data_hash
    assert replace(own, strategy_tokens=200).data_hash != own.data_hash


def test_missing_outcomes_are_listed_by_agent(data: MakeData) -> None:
    own = data(3)
    tasks = (replace(own.tasks[0], solved={**own.tasks[0].solved, "14b": None}), *own.tasks[1:])
    assert replace(own, tasks=tasks).missing == {"14b": ("t000",)}
