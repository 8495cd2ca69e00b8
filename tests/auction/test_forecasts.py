"""A calibrated fit's choice, decided again from the record alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect import AuctionError
from sale_inspect.auction import (
    AgentForecast,
    AuctionRecord,
    CalibratedDecision,
    CalibratedRecord,
    Switches,
    card,
    redecide,
    select_by_value,
)
from sale_inspect.calibrated import cheapest_first, choose, decide
from tests.auction.test_redecide import bid_record, record

WORTH = 0.5


def decided(p: tuple[float, float], *, winner: str, fallback: bool = False) -> CalibratedDecision:
    forecasts = tuple(
        AgentForecast(agent=agent, p=chance, usd=usd, value_usd=WORTH * chance - usd)
        for agent, chance, usd in zip(("14b", "32b"), p, (0.012, 0.031), strict=True)
    )
    return CalibratedDecision(winner=winner, worth=WORTH, forecasts=forecasts, fallback=fallback, reason="14b: p 0.71")


def by_fit(*bidders: str, fallback: bool = False) -> AuctionRecord:
    """The worked example: p .71 and .74 after the bids, .71 and .80 before; dollars .012 and .031."""
    prices = {"14b": 0.1, "32b": 0.3}
    held = bool(bidders)
    made = CalibratedRecord(
        file="auction.npz",
        data="0" * 64,
        auction="auto",
        held=held,
        gain_usd=0.01,
        bill_usd=0.001,
        gate="Because.",
        before=decided((0.71, 0.80), winner="32b", fallback=fallback),
        after=decided((0.71, 0.74), winner="14b" if "14b" in bidders else "32b") if held else None,
    )
    whole = record(*(bid_record(agent, price) for agent, price in prices.items()))
    winner = made.decision.winner
    return whole.model_copy(
        update={
            "bids": tuple(bid for bid in whole.bids if bid.agent in bidders),
            "calibrated": made,
            "winner": winner,
            "provisional_winner": winner,
        }
    )


def test_the_worked_example_from_its_record() -> None:
    """w = $.50: .343 and .339, the first; at $1: .698 and .709, the second; before the bids .343 and .369."""
    held = by_fit("14b", "32b")
    assert redecide(held).winner == "14b"
    assert redecide(held, worth=1.0).winner == "32b"
    assert redecide(held, rule="before").winner == "32b"
    assert redecide(held, without=["14b"]).winner == "32b"
    assert set(redecide(held).z) == {"14b", "32b"}
    assert "**14b** is chosen after the bids" in card(held) and "14b: p 0.71" in card(held)
    assert "| 14b | 0.710 | 0.710 | 0.012 | 0.343 | **chosen** |" in card(held)


def test_who_made_no_bid_cannot_be_chosen_after_the_bids() -> None:
    alone = by_fit("32b")
    assert redecide(alone).winner == "32b"
    assert "no valid bid" in card(alone)
    with pytest.raises(AuctionError, match="No bid is left"):
        redecide(alone, without=["32b"])


def test_without_an_auction_the_forecasts_before_it_decide_among_all() -> None:
    skipped = by_fit()
    assert not skipped.held and redecide(skipped).winner == "32b" and redecide(skipped, worth=0.1).winner == "14b"
    assert "**32b** is chosen without an auction" in card(skipped) and "Because" in card(skipped)
    with pytest.raises(AuctionError, match="no bids to decide by"):
        redecide(skipped, rule="z")
    with pytest.raises(AuctionError, match="no bids to decide by"):
        redecide(skipped, switches=Switches())
    with pytest.raises(ValueError, match="No auction was held"):
        _ = skipped.winning_bid


def test_a_fallback_is_chosen_at_any_price_unless_it_is_left_out() -> None:
    fallen = by_fit(fallback=True)
    assert [redecide(fallen, worth=worth).winner for worth in (0.0, 0.1, 9.0)] == ["32b"] * 3
    assert redecide(fallen, without=["32b"]).winner == "14b"


def test_what_a_rule_does_not_read_is_refused() -> None:
    plain = record(bid_record("14b", 0.1), bid_record("32b", 0.3))
    with pytest.raises(AuctionError, match="No calibrated fit decided"):
        redecide(plain, rule="forecasts")
    with pytest.raises(ValueError, match="worth is read by forecasts alone"):
        redecide(plain, worth=1.0)
    with pytest.raises(ValueError, match="reads neither weights nor switches"):
        redecide(by_fit("14b"), rule="before", switches=Switches())


@given(st.data(), st.integers(1, 5), st.sampled_from([0.0, 0.1, 1.0, 100.0]))
def test_one_task_is_decided_as_many_are(data: st.DataObject, count: int, worth: float) -> None:
    """The record's rule, the fit's choice and the arrays of the fit are one rule; ties go to the cheaper agent."""
    few = st.sampled_from([0.0, 0.1, 0.25, 0.5, 1.0])
    agents = [f"a{place}" for place in range(count)]
    p, usd, prices = (data.draw(st.lists(few, min_size=count, max_size=count)) for _ in range(3))
    order = cheapest_first(prices)
    in_arrays = agents[int(choose(np.array([p]), np.array([usd]), worth, order)[0])]
    value = {agent: worth * p[at] - usd[at] for at, agent in enumerate(agents)}
    assert select_by_value(value, dict(zip(agents, prices, strict=True)), agents) == in_arrays
    assert decide(agents, p, usd, worth, order=order).winner == in_arrays
