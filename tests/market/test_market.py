"""Simulated auctions on arrays, against the mechanism itself."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect.auction import (
    BidFeatures,
    Weights,
    accept_refined,
    may_refine,
    price_length,
    price_ranks,
    score,
    select,
)
from sale_inspect.market import (
    STUDIES,
    Market,
    auction_usd,
    decide,
    draw_auctions,
    jury_auc,
    run_market,
    run_study,
)
from sale_inspect.sim import probability


@settings(max_examples=15)
@given(
    agents=st.integers(1, 6),
    ratio=st.sampled_from([1.0, 1.3, 2.0]),
    seed=st.integers(0, 1000),
    memory=st.booleans(),
    mean=st.booleans(),
    prefer=st.sampled_from([0.0, 0.1, 1.0]),
    raw=st.lists(st.floats(0.0, 1.0), min_size=8, max_size=8),
)
def test_it_decides_as_the_mechanism_does(
    agents: int, ratio: float, seed: int, memory: bool, mean: bool, prefer: float, raw: list[float]
) -> None:
    market = Market(agents=agents, price_ratio=ratio)
    drawn = draw_auctions(market, 0, 20, np.random.default_rng(seed))
    given_weights = np.array(raw[: agents + 2])
    winner, refined = decide(
        drawn, market.prices, given_weights, memory=memory, refined="mean" if mean else "paper", prefer=prefer
    )
    names = [f"a{number}" for number in range(agents)]
    prices = dict(zip(names, market.prices.tolist(), strict=True))
    judges = dict(zip(names, given_weights[2:].tolist(), strict=True))
    weights = Weights(price=raw[0], entropy=raw[1], judges=judges, origin="test")

    def z(row: int, place: int, again: bool) -> float:
        lengths = drawn.refined_lengths if again else drawn.lengths
        entropy = drawn.refined_entropy if again else drawn.entropy
        ratings = drawn.refined_ratings if again else drawn.ratings
        if again and mean:
            ratings = (drawn.ratings + drawn.refined_ratings) / 2
        features = BidFeatures(
            price_length=price_length(
                usd_per_mtok=prices[names[place]],
                length=int(lengths[row, place]),
                dearest_usd_per_mtok=max(prices.values()),
                cap=300,
            ),
            entropy=float(entropy[row, place]),
            ratings={name: ratings[row, place, judge] / 5 for judge, name in enumerate(names)},
            prior=prefer * price_ranks(prices)[names[place]],
        )
        return score(features, weights).z

    for row in range(20):
        first = {name: z(row, place, False) for place, name in enumerate(names)}
        leader = select(first, prices, names)
        after = {name: z(row, names.index(name), True) for name in may_refine(leader, prices, names)} if memory else {}
        final = accept_refined(leader, first[leader], after, prices, names)
        close = sorted([*first.values(), *after.values()])
        if min(np.diff(close), default=1.0) < 1e-9:
            continue  # Sums in another order may break a tie of rounded numbers otherwise.
        assert names[winner[row]] == final
        assert bool(refined[row]) == (final != leader)


def test_a_better_jury_never_hurts_by_much_and_a_blind_one_is_near_random() -> None:
    points = run_study(STUDIES["noise"], auctions=20_000)
    passed = [point.no_memory.pass_rate for point in points]
    assert all(left >= right - 0.005 for left, right in itertools.pairwise(passed))
    blind = points[-1].no_memory
    assert blind.pass_rate < points[0].no_memory.pass_rate - 0.04
    assert abs(blind.pass_rate - blind.random_pass) < 0.03


def test_dollars_and_shares_add_up() -> None:
    market = Market(agents=3, judge_tokens=0.0, plan_tokens=1e-9)
    found = run_market(market, auctions=5_000, memory=False)
    assert found.shares.sum() == pytest.approx(1.0)
    assert found.overhead_usd == pytest.approx(market.prices.sum() / 1e6), "plans of one token, ratings of none"
    assert found.oracle_pass >= max(found.singles_pass.max(), found.pass_rate)
    one = run_market(Market(agents=1), auctions=2_000)
    assert one.pass_rate == one.singles_pass[0] == one.oracle_pass
    assert one.refined_share == 0


def test_weights_on_price_alone_buy_the_cheapest() -> None:
    market = Market(price_ratio=50.0)
    found = run_market(market, auctions=2_000, weights=np.array([1.0, 0, 0, 0, 0, 0]))
    assert found.shares[0] > 0.99


def test_the_memory_moves_work_to_cheaper_agents_only_if_it_helps() -> None:
    kept, helped = (run_market(replace(Market(), memory_gain=gain), auctions=20_000, seed=3) for gain in (0.0, 2.0))
    assert helped.dearest_share < kept.dearest_share - 0.1
    assert helped.pass_rate > kept.pass_rate


def test_the_same_seed_gives_the_same_figures() -> None:
    first, second = (run_market(Market(), auctions=12_000, seed=5) for _ in range(2))
    assert (first.shares == second.shares).all() and first.usd == second.usd
    assert run_market(Market(), auctions=12_000, seed=6).usd != first.usd


@pytest.mark.parametrize(
    "bad", [{"agents": 0}, {"price_ratio": 0.5}, {"insight": 2.0}, {"trace_tokens": 0.0}, {"topic": 2.0}]
)
def test_a_market_that_cannot_be_is_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must|needs"):
        Market(**bad)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="weights"):
        run_market(Market(), auctions=10, weights=np.ones(3))


@pytest.mark.parametrize(("domain", "largest", "gap"), [("deep_search", 63.8, 14.1), ("coding", 58.4, 10.0)])
def test_singles_and_the_oracles_gap_are_those_of_the_paper(domain: str, largest: float, gap: float) -> None:
    """Times are spread over the bins here, so half a point is allowed; 200,000 tasks have an error of 0.1 points."""
    found = run_market(Market(domain=domain), auctions=200_000, memory=False)  # type: ignore[arg-type]
    assert 100 * found.singles_pass[-1] == pytest.approx(largest, abs=0.5)
    assert 100 * (found.oracle_pass - found.singles_pass[-1]) == pytest.approx(gap, abs=0.5)


@pytest.mark.parametrize("domain", ["deep_search", "coding"])
def test_agents_have_the_chances_of_the_simulated_models(domain: str) -> None:
    drawn = draw_auctions(Market(domain=domain), 0, 200, np.random.default_rng(0))  # type: ignore[arg-type]
    for row in range(200):
        expected = [probability(agent, domain, float(drawn.minutes[row])) for agent in ("4b", "8b", "14b", "32b")]
        assert 1 / (1 + np.exp(-drawn.log_odds[row])) == pytest.approx(expected)


def test_what_is_known_of_the_fit_is_true_on_average_and_insight_changes_no_outcome() -> None:
    drawn = draw_auctions(Market(fit=0.8), 0, 40_000, np.random.default_rng(1))
    for low in np.arange(0.0, 1.0, 0.1):
        inside = (drawn.known >= low) & (drawn.known < low + 0.1)
        assert drawn.solved[inside].mean() == pytest.approx(drawn.known[inside].mean(), abs=0.03)
    other = draw_auctions(Market(fit=0.8, insight=0.0), 0, 40_000, np.random.default_rng(1))
    assert (other.solved == drawn.solved).all()


def test_judges_tell_the_better_agent_only_as_far_as_plans_show_it() -> None:
    """On one task the largest agent succeeds more often and writes better plans, so even insight 0 is above a coin."""
    blind, half, full = (jury_auc(Market(fit=1.0, insight=insight), seed=1) for insight in (0.0, 0.5, 1.0))
    assert 0.5 < blind.one_task < half.one_task < full.one_task < 1
    assert blind.all_plans > 0.7, "easy tasks get good plans"
    equal = jury_auc(Market(fit=1.0, insight=0.0, skill_spread=0.0), auctions=20_000)
    assert equal.one_task == pytest.approx(0.5, abs=0.02)


def test_the_auction_is_paid_for_bids_and_ratings() -> None:
    """By hand: 2 agents at $1 and $3 per million; plans of the drawn lengths; 2 x 2 ratings of 100 tokens: $0.0008."""
    market = Market(agents=2, cheapest_usd_per_mtok=1.0, price_ratio=3.0, judge_tokens=100.0)
    drawn = draw_auctions(market, 0, 5, np.random.default_rng(0))
    expected = (drawn.lengths[:, 0] + 3 * drawn.lengths[:, 1]) / 1e6 + 0.0008
    assert auction_usd(drawn, market) == pytest.approx(expected)
