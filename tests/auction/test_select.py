"""Who wins, who may refine, and when a refined bid is accepted."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.auction import accept_refined, may_refine, select

POOL = ("4b", "8b", "14b", "32b")
PRICES = {"4b": 0.05, "8b": 0.09, "14b": 0.16, "32b": 0.36}
few_scores = st.sampled_from([-0.5, -0.25, 0.0])
few_prices = st.fixed_dictionaries({name: st.sampled_from([0.05, 0.16, 0.36]) for name in POOL})


def test_the_lowest_z_wins_even_if_it_is_the_dearest() -> None:
    assert select({"4b": -0.1, "8b": 0.2, "32b": -0.3}, PRICES, POOL) == "32b"


def test_a_tie_goes_to_the_lower_price() -> None:
    assert select({"32b": -0.3, "8b": -0.3}, PRICES, POOL) == "8b"


def test_a_tie_at_one_price_goes_to_the_first_of_the_pool() -> None:
    prices = {"x": 0.1, "y": 0.1}
    assert select({"x": 0.0, "y": 0.0}, prices, ["y", "x"]) == "y"


def test_one_valid_bid_is_enough() -> None:
    assert select({"14b": 3.0}, PRICES, POOL) == "14b"


def test_only_strictly_cheaper_agents_may_refine_in_pool_order() -> None:
    assert may_refine("14b", PRICES, POOL) == ("4b", "8b")
    assert may_refine("14b", PRICES, tuple(reversed(POOL))) == ("8b", "4b")


def test_an_agent_of_the_same_price_may_not_refine() -> None:
    assert may_refine("x", {"x": 0.1, "y": 0.1, "z": 0.09}, ("x", "y", "z")) == ("z",)


def test_nobody_may_refine_when_the_cheapest_agent_leads() -> None:
    assert may_refine("4b", PRICES, POOL) == ()


def test_the_best_refined_bid_replaces_the_provisional_winner() -> None:
    assert accept_refined("32b", -0.3, {"8b": -0.35, "4b": -0.4}, PRICES, POOL) == "4b"


def test_an_equal_refined_bid_does_not_replace_the_provisional_winner() -> None:
    assert accept_refined("32b", -0.3, {"8b": -0.3}, PRICES, POOL) == "32b"


def test_without_refined_bids_the_provisional_winner_stays() -> None:
    assert accept_refined("32b", -0.3, {}, PRICES, POOL) == "32b"


@given(prices=few_prices, leader=st.sampled_from(POOL))
def test_those_who_may_refine_are_exactly_the_cheaper_agents(prices: dict[str, float], leader: str) -> None:
    assert set(may_refine(leader, prices, POOL)) == {name for name in POOL if prices[name] < prices[leader]}


@given(
    prices=few_prices,
    provisional_z=few_scores,
    refined=st.dictionaries(st.sampled_from(POOL[:3]), few_scores),
)
def test_a_refined_bid_wins_if_and_only_if_its_z_is_lower(
    prices: dict[str, float], provisional_z: float, refined: dict[str, float]
) -> None:
    winner = accept_refined("32b", provisional_z, refined, prices, POOL)
    if refined and min(refined.values()) < provisional_z:
        assert refined[winner] == min(refined.values())
        equals = [name for name, z in refined.items() if z == refined[winner]]
        assert prices[winner] == min(prices[name] for name in equals)
    else:
        assert winner == "32b"
