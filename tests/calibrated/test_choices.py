"""The choice between a probability and a bill, by hand; the gate, by hand."""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.calibrated import Gate, auction_gains, cheapest_first, choose, decide, gate, reliability, updates_of

ORDER = np.array([0, 1])
# Two agents: p .71 and .74, $.012 and $.031.
P, USD = (0.71, 0.74), (0.012, 0.031)


@pytest.mark.parametrize(
    ("worth", "values", "winner", "sentence"),
    [
        # 0.5 x 0.71 - 0.012 = 0.343; 0.5 x 0.74 - 0.031 = 0.339.
        (
            *(0.5, (0.343, 0.339), "14b"),
            "14b: p 0.71, $0.012; 32b: 0.74, $0.031; 3 points are not worth $0.019 at this setting",
        ),
        # 1 x 0.71 - 0.012 = 0.698; 1 x 0.74 - 0.031 = 0.709.
        (
            *(1.0, (0.698, 0.709), "32b"),
            "32b: p 0.74, $0.031; 14b: 0.71, $0.012; 3 points are worth $0.019 at this setting",
        ),
    ],
)  # fmt: skip
def test_the_worked_example(worth: float, values: tuple[float, float], winner: str, sentence: str) -> None:
    found = decide(("14b", "32b"), P, USD, worth, order=ORDER)
    assert found.winner == winner
    assert [each.value_usd for each in found.forecasts] == pytest.approx(values)
    assert found.reason == sentence
    assert not found.fallback and found.worth == worth


def test_the_price_at_which_the_choice_turns() -> None:
    """lambda = (.74 - .71) / (.031 - .012) = 1.579 of pass@1 a dollar, so w = .019 / .03 = 63.3 cents."""
    just_below, just_above = (
        decide(("14b", "32b"), P, USD, 0.019 / 0.03 + step, order=ORDER) for step in (-1e-6, 1e-6)
    )
    assert (just_below.winner, just_above.winner) == ("14b", "32b")


def test_an_agent_that_is_better_and_cheaper_needs_no_price() -> None:
    found = decide(("a", "b"), (0.8, 0.5), (0.01, 0.02), 0.5, order=ORDER)
    assert found.reason == "a: p 0.80, $0.01; b: 0.50, $0.02; a is at least as likely to solve it, and no dearer"


def test_only_those_who_bid_may_be_chosen_and_the_others_forecasts_are_kept() -> None:
    found = decide(("14b", "32b"), P, USD, 0.5, order=ORDER, bidders=("32b",))
    assert found.winner == "32b" and len(found.forecasts) == 2
    assert found.reason.endswith("nobody else may be chosen")
    with pytest.raises(ValueError, match="Nobody may be chosen"):
        decide(("14b", "32b"), P, USD, 0.5, order=ORDER, bidders=())


def test_equal_values_go_to_the_cheaper_agent_then_to_the_pools_order() -> None:
    order = cheapest_first([0.3, 0.1, 0.1])
    assert order.tolist() == [1, 2, 0]
    assert choose(np.full((1, 3), 0.5), np.zeros((1, 3)), 1.0, order).tolist() == [1]


@given(
    p=st.lists(st.floats(0, 1), min_size=3, max_size=3),
    usd=st.lists(st.floats(0, 1), min_size=3, max_size=3),
    worth=st.floats(0, 100),
)
def test_no_agent_has_a_higher_value_than_the_chosen_one(p: list[float], usd: list[float], worth: float) -> None:
    found = decide(("a", "b", "c"), p, usd, worth, order=cheapest_first([1, 2, 3]))
    value = {each.agent: each.value_usd for each in found.forecasts}
    assert value[found.winner] >= max(value.values()) - 1e-9 * max(1, worth)


# With w = $1, p (.5, .6), $ (.0, .05): values .50 and .55, the second is best before the bids.
# Update (+.2, 0): .70 and .55, the first is worth .15 more. Update (0, +.1): .50 and .65, nothing is gained.
UPDATES = np.array([[0.2, 0.0], [0.0, 0.1]])
BEFORE = (np.array([0.5, 0.6]), np.array([0.0, 0.05]))


@pytest.mark.parametrize(
    ("bill", "part", "hold"),
    # The mean gain is .15 / 2 = .075 dollars.
    [(0.07, 1.0, True), (0.08, 1.0, False), (0.03, 0.5, True), (0.04, 0.5, False)],
)
def test_the_gate_by_hand(bill: float, part: float, hold: bool) -> None:
    found = gate(("a", "b"), *BEFORE, 1.0, Gate(updates=UPDATES, reliability=part, bill_usd=bill))
    assert found.gain_usd == pytest.approx(0.075 * part)
    assert (found.hold, found.choice, found.bill_usd) == (hold, "b", bill)
    assert found.reason.startswith("The auction is held" if hold else "No auction is held")
    assert "a better choice than b" in found.reason


def test_a_bill_that_is_known_better_replaces_the_dev_mean() -> None:
    known = Gate(updates=UPDATES, reliability=1.0, bill_usd=1.0)
    assert not gate(("a", "b"), *BEFORE, 1.0, known).hold
    assert gate(("a", "b"), *BEFORE, 1.0, known, bill_usd=0.01).hold


def test_probabilities_stay_probabilities_in_the_gate() -> None:
    """p .9 + .5 counts as 1: values 1.0 and .95 after the update, before it .9 and .95, so the gain is .05."""
    gains, best = auction_gains(np.array([[0.9, 0.95]]), np.zeros((1, 2)), 1.0, np.array([[0.5, 0.0]]))
    assert gains == pytest.approx([0.05]) and best.tolist() == [1]


def test_without_updates_nothing_can_be_gained() -> None:
    assert auction_gains(np.array([[0.5, 0.6]]), np.zeros((1, 2)), 1.0, np.zeros((0, 2)))[0].tolist() == [0.0]


@given(seed=st.integers(0, 10_000), worth=st.floats(0, 10), n=st.integers(1, 6))
def test_a_gain_is_never_negative_and_is_that_of_a_plain_loop(seed: int, worth: float, n: int) -> None:
    rng = np.random.default_rng(seed)
    p, usd, updates = rng.random((3, n)), rng.random((3, n)), rng.normal(0, 0.3, (5, n))
    gains, best = auction_gains(p, usd, worth, updates)
    for row in range(3):
        before = [worth * p[row, at] - usd[row, at] for at in range(n)]
        assert best[row] == before.index(max(before))
        total = 0.0
        for update in updates:
            after = [worth * min(1.0, max(0.0, p[row, at] + update[at])) - usd[row, at] for at in range(n)]
            total += max(after) - after[best[row]]
        assert gains[row] == pytest.approx(total / 5) and gains[row] >= 0


def test_a_promise_that_was_not_kept_counts_less() -> None:
    """Promised 2 a task; realised 1 on all: no spread, so half. Realised +-10: within one error of the promise."""
    promised = np.full(100, 2.0)
    assert reliability(promised, np.full(100, 1.0)) == pytest.approx(0.5)
    assert reliability(promised, np.tile([11.0, -9.0], 50)) == pytest.approx((1.0 + 10.05 / 10) / 2, abs=0.01)
    assert reliability(promised, np.full(100, -1.0)) == 0.0
    assert reliability(promised, np.full(100, 5.0)) == 1.0


def test_updates_are_spread_over_the_dev_set() -> None:
    before, after = np.zeros((1_000, 2)), np.arange(2_000.0).reshape(1_000, 2) / 2_000
    found = updates_of(before, after)
    assert len(found) == 200 and found[0, 0] == 0.0 and found[-1, 1] == pytest.approx(1_999 / 2_000)
    assert len(updates_of(before[:7], after[:7])) == 7


def test_the_gate_takes_less_than_5_ms() -> None:
    rng = np.random.default_rng(0)
    known = Gate(updates=rng.normal(0, 0.1, (200, 8)), reliability=1.0, bill_usd=0.01)
    p, usd, names = rng.random(8), rng.random(8), tuple("abcdefgh")
    spent = []
    for _ in range(20):
        start = time.perf_counter()
        gate(names, p, usd, 1.0, known)
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.005
