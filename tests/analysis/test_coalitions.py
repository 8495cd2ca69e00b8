"""Shapley values against brute force over every order in which agents can join."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect import AuctionError
from sale_inspect.auction import AuctionRecord, redecide
from sale_inspect.report.analysis import agent_values
from sale_inspect.routers import Outcomes
from tests.auction.test_redecide import POOL, auctions


def outcomes(correct: np.ndarray) -> Outcomes:
    return Outcomes(
        agents=POOL, tasks=tuple(f"t{row}" for row in range(len(correct))), texts=("",) * len(correct),
        correct=correct, dollars=np.ones_like(correct) * (1.0, 2.0, 3.0),
    )  # fmt: skip


def worth(record: AuctionRecord, members: frozenset[str], correct: dict[str, float]) -> float:
    if not any(bid.agent in members for bid in record.bids):
        return 0.0
    try:
        return correct[redecide(record, without=tuple(name for name in POOL if name not in members)).winner]
    except AuctionError:
        return 0.0


@settings(max_examples=30)
@given(st.lists(auctions(), min_size=1, max_size=3), st.integers(0, 2**16))
def test_values_are_the_mean_over_all_orders(records: list[AuctionRecord], seed: int) -> None:
    correct = np.random.default_rng(seed).integers(0, 2, (len(records), len(POOL))).astype(float)
    expected = dict.fromkeys(POOL, 0.0)
    for row, record in enumerate(records):
        solved = dict(zip(POOL, correct[row], strict=True))
        orders = list(itertools.permutations(POOL))
        for order in orders:
            for place, name in enumerate(order):
                before = frozenset(order[:place])
                gain = worth(record, before | {name}, solved) - worth(record, before, solved)
                expected[name] += gain / len(orders) / len(records)
    found = agent_values([(f"t{row}", record) for row, record in enumerate(records)], outcomes(correct))
    assert {each.agent: each.value for each in found} == pytest.approx(expected)
    known = [dict(zip(POOL, row, strict=True)) for row in correct]
    whole = np.mean([worth(record, frozenset(POOL), known[row]) for row, record in enumerate(records)])
    assert sum(each.value for each in found) == pytest.approx(whole)
    assert all(each.low <= each.value + 1e-9 and each.value <= each.high + 1e-9 for each in found)


@settings(max_examples=5)
@given(auctions())
def test_auctions_of_unknown_tasks_are_left_out(record: AuctionRecord) -> None:
    assert agent_values([("other", record)], outcomes(np.ones((1, 3)))) == ()
