"""Dollars from tokens, and the ledger of a sample."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.money import Entry, Phase, Price, TokenUsage, book, overhead_share, overhead_usd, total_usd, usd

PRICE = Price(input=1.0, output=5.0, cache_read=0.1, cache_write=1.25, as_of="2026-03-21", source="a test")
counts = st.integers(0, 10**7)
usages = st.builds(TokenUsage, input=counts, output=counts, cache_read=counts, cache_write=counts)


def entry(phase: Phase, dollars: float, *, agent: str = "4b", tokens: int = 10, cached: int = 0) -> Entry:
    return Entry(
        phase=phase,
        agent=agent,
        model=f"sim/{agent}",
        calls=1,
        cached_calls=cached,
        usage=TokenUsage(input=tokens, output=1),
        usd=dollars,
        seconds=0.5,
    )


def test_dollars_by_hand() -> None:
    """(1000*1 + 200*5 + 4000*0.1 + 800*1.25) / 1e6 = (1000 + 1000 + 400 + 1000) / 1e6 = 0.0034."""
    usage = TokenUsage(input=1000, output=200, cache_read=4000, cache_write=800)
    assert usd(usage, PRICE) == pytest.approx(0.0034)


def test_a_million_output_tokens_cost_the_output_price() -> None:
    assert usd(TokenUsage(output=1_000_000), PRICE) == pytest.approx(5.0)


def test_the_blended_price_is_three_parts_input_to_one_part_output() -> None:
    """(3*1 + 5) / 4 = 2."""
    assert PRICE.blended() == pytest.approx(2.0)


def test_the_blend_can_be_chosen() -> None:
    """0.5*1 + 0.5*5 = 3; a share of 1 is the input price alone, a share of 0 the output price alone."""
    assert [PRICE.blended(share) for share in (0.5, 1.0, 0.0)] == pytest.approx([3.0, 1.0, 5.0])


def test_the_total_of_tokens_counts_cached_ones() -> None:
    assert TokenUsage(input=1, output=2, cache_read=4, cache_write=8).total == 15


@given(a=usages, b=usages)
def test_dollars_and_tokens_add_up(a: TokenUsage, b: TokenUsage) -> None:
    assert usd(a + b, PRICE) == pytest.approx(usd(a, PRICE) + usd(b, PRICE))
    assert (a + b).total == a.total + b.total


@given(usage=usages)
def test_dollars_grow_with_every_kind_of_token(usage: TokenUsage) -> None:
    for more in (
        TokenUsage(input=1),
        TokenUsage(output=1),
        TokenUsage(cache_read=1),
        TokenUsage(cache_write=1),
    ):
        assert usd(usage + more, PRICE) > usd(usage, PRICE)


def test_booking_merges_calls_of_one_phase_and_agent_and_orders_by_phase() -> None:
    """Two bids of 4b: 0.1 + 0.2 dollars, 10 + 30 tokens in, 0.5 + 0.5 seconds."""
    booked = book(
        [
            entry("execute", 1.0),
            entry("bid", 0.1, tokens=10, cached=1),
            entry("bid", 0.3, agent="8b"),
            entry("bid", 0.2, tokens=30),
        ]
    )
    assert [(e.phase, e.agent) for e in booked] == [("bid", "4b"), ("bid", "8b"), ("execute", "4b")]
    first = booked[0]
    assert (first.calls, first.cached_calls, first.seconds) == (2, 1, 1.0)
    assert first.usd == pytest.approx(0.3)
    assert first.usage == TokenUsage(input=40, output=2)


@given(st.lists(st.tuples(st.sampled_from(["bid", "jury", "refine", "execute", "grade"]), st.integers(0, 9))))
def test_booking_loses_no_dollar_and_no_call(calls: list[tuple[Phase, int]]) -> None:
    entries = [entry(phase, float(dollars)) for phase, dollars in calls]
    booked = book(entries)
    assert sum(e.usd for e in booked) == pytest.approx(sum(e.usd for e in entries))
    assert sum(e.calls for e in booked) == len(entries)
    assert len({e.phase for e in booked}) == len(booked)


@given(st.lists(st.tuples(st.sampled_from(["bid", "jury"]), st.floats(1e-9, 1)), max_size=9), st.randoms())
def test_the_order_in_which_calls_come_back_changes_no_digit(calls: list[tuple[Phase, float]], draw: Any) -> None:
    entries = [
        Entry(phase=phase, agent="a", model="m", calls=1, usage=TokenUsage(), usd=dollars, seconds=dollars)
        for phase, dollars in calls
    ]
    again = draw.sample(entries, len(entries))
    assert book(again) == book(entries)
    assert (total_usd(again), overhead_usd(again)) == (total_usd(entries), overhead_usd(entries))


def test_the_total_leaves_grading_out() -> None:
    """0.1 + 0.2 + 0.3 + 1.4 = 2.0; the grader's 5 dollars are not the policy's."""
    entries = [
        entry("bid", 0.1),
        entry("jury", 0.2),
        entry("refine", 0.3),
        entry("execute", 1.4),
        entry("grade", 5.0),
    ]
    assert total_usd(entries) == pytest.approx(2.0)


def test_the_overhead_is_the_auctions_share_of_the_total() -> None:
    """(0.1 + 0.2 + 0.3) / 2.0 = 0.3; grading changes nothing."""
    entries = [
        entry("bid", 0.1),
        entry("jury", 0.2),
        entry("refine", 0.3),
        entry("execute", 1.4),
        entry("grade", 5.0),
    ]
    assert overhead_share(iter(entries)) == pytest.approx(0.3)


def test_the_overhead_of_nothing_is_unknown_and_not_zero() -> None:
    assert overhead_share([]) is None
    assert overhead_share([entry("grade", 1.0)]) is None


def test_one_agent_alone_has_no_overhead() -> None:
    assert overhead_share([entry("execute", 1.0)]) == 0.0
