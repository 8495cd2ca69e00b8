"""What a simulated market comes to, against a plain recount of its auctions, one at a time."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import ndtri

from sale_inspect.market import (
    STUDIES,
    Auctions,
    Market,
    MarketResult,
    StudyPoint,
    decide,
    draw_auctions,
    run_market,
    run_study,
    study_rows,
    study_table,
)


def chance(log_odds: float) -> float:
    return 1.0 / (1.0 + math.exp(-log_odds))


def recount(market: Market, drawn: Auctions, weights: list[float], memory: bool) -> dict[str, float]:
    """The figures of a market by loops over auctions, agents and judges; the winners are those of `decide`."""
    n, prices = (
        market.agents,
        [market.cheapest_usd_per_mtok * market.price_ratio**place for place in range(market.agents)],
    )
    winner, refined = decide(drawn, market.prices, np.array(weights), memory=memory)
    sums = dict.fromkeys(("pass", "usd", "overhead", "refined", "oracle", "oracle_usd", "random"), 0.0)
    count = len(drawn.luck)
    for row in range(count):
        first = []
        for place in range(n):
            cost = weights[0] * min(1.0, prices[place] * drawn.lengths[row, place] / (300 * max(prices)))
            value = weights[1] * drawn.entropy[row, place]
            value += sum(weights[2 + judge] * drawn.ratings[row, place, judge] / 5 for judge in range(n))
            first.append(cost - value)
        leader = min(range(n), key=lambda place: (first[place], place))
        tokens = [float(length) for length in drawn.lengths[row]]
        overhead = sum(tokens[place] * prices[place] for place in range(n))
        # Each of n plans is rated once by each judge, who pays the tokens of one rating.
        overhead += sum(n * market.judge_tokens * price for price in prices)
        if memory:
            for place in range(n):
                if prices[place] < prices[leader]:
                    overhead += drawn.refined_lengths[row, place] * prices[place]
                    overhead += sum(market.judge_tokens * price for price in prices)
        solves = [drawn.luck[row, place] < chance(drawn.log_odds[row, place]) for place in range(n)]
        spent = [drawn.trace[row, place] * prices[place] / 1e6 for place in range(n)]
        at = int(winner[row])
        plan = drawn.refined_log_odds if refined[row] else drawn.log_odds
        sums["pass"] += drawn.luck[row, at] < chance(plan[row, at])
        sums["usd"] += spent[at] + overhead / 1e6
        sums["overhead"] += overhead / 1e6
        sums["refined"] += refined[row]
        sums["oracle"] += any(solves)
        # Nobody solves it: the cheapest tries.
        sums["oracle_usd"] += min(usd for usd, solved in zip(spent, solves, strict=True) if solved or not any(solves))
        sums["random"] += sum(solves) / n
    return {name: value / count for name, value in sums.items()}


def figures(result: MarketResult) -> dict[str, float]:
    return {
        "pass": result.pass_rate, "usd": result.usd, "overhead": result.overhead_usd, "refined": result.refined_share,
        "oracle": result.oracle_pass, "oracle_usd": result.oracle_usd, "random": result.random_pass,
    }  # fmt: skip


@settings(max_examples=20)
@given(
    agents=st.integers(1, 5),
    ratio=st.sampled_from([1.0, 1.5, 3.0]),
    gain=st.sampled_from([0.0, 2.0]),
    judge_tokens=st.sampled_from([0.0, 600.0]),
    seed=st.integers(0, 1000),
    memory=st.booleans(),
)
def test_figures_are_those_of_a_plain_recount(
    agents: int, ratio: float, gain: float, judge_tokens: float, seed: int, memory: bool
) -> None:
    market = Market(
        agents=agents, price_ratio=ratio, memory_gain=gain, memory_half=10, judge_tokens=judge_tokens, trace_tokens=500
    )
    weights = np.random.default_rng(seed + 1).dirichlet(np.ones(agents + 2))
    result = run_market(market, auctions=60, seed=seed, weights=weights, memory=memory)
    drawn = draw_auctions(market, 0, 60, np.random.default_rng(seed))
    assert figures(result) == pytest.approx(recount(market, drawn, weights.tolist(), memory), rel=1e-9)


def test_uniform_weights_are_the_default() -> None:
    market = Market(agents=3)
    plain = run_market(market, auctions=500, seed=2)
    assert figures(plain) == figures(run_market(market, auctions=500, seed=2, weights=np.full(5, 0.2)))


def test_more_auctions_than_fit_at_once_are_the_mean_of_their_parts() -> None:
    """The second part goes on with the memory's age and the same generator."""
    market = Market(memory_half=5_000)
    whole = run_market(market, auctions=13_000, seed=4)
    rng = np.random.default_rng(4)
    parts = [(draw_auctions(market, start, count, rng), count) for start, count in ((0, 10_000), (10_000, 3_000))]
    winners = [decide(drawn, market.prices, np.full(6, 1 / 6), memory=True) for drawn, _ in parts]
    assert whole.shares == pytest.approx(sum(np.bincount(won, minlength=4) for won, _ in winners) / 13_000)
    assert whole.refined_share == pytest.approx(sum(float(refined.sum()) for _, refined in winners) / 13_000)


def test_draws_have_the_stated_means_spreads_and_ranges() -> None:
    market = Market(plan_tokens=100.0, trace_tokens=4_000.0)
    drawn = draw_auctions(market, 0, 40_000, np.random.default_rng(0))
    assert drawn.trace.mean() == pytest.approx(4_000, rel=0.01)
    assert drawn.lengths.mean() == pytest.approx(100, rel=0.02)
    assert drawn.lengths.min() >= 1 and drawn.lengths.max() <= 300 and (drawn.lengths % 1 == 0).all()
    assert drawn.entropy.min() >= 0 and drawn.entropy.max() <= 1
    assert set(np.unique(drawn.ratings)) <= set(range(6))
    assert np.linalg.norm(drawn.features, axis=1) == pytest.approx(1.0, abs=1e-6)
    # A uniform draw for each agent; the draws of one task go together.
    assert drawn.luck.mean(axis=0) == pytest.approx(0.5, abs=0.01)
    assert float(np.corrcoef(ndtri(drawn.luck[:, 0]), ndtri(drawn.luck[:, 1]))[0, 1]) == pytest.approx(0.4244, abs=0.02)


@pytest.mark.parametrize("topic", [0.0, 0.5, 1.0])
def test_the_topic_explains_the_stated_part_of_the_fit(topic: float) -> None:
    """Directions 0 to N-1 of an embedding are topics; with fit 1 the draw's own part is all misfit."""
    market = Market(agents=2, fit=1.0, topic=topic)
    drawn = draw_auctions(market, 0, 40_000, np.random.default_rng(3))
    own = ndtri(drawn.luck[:, 0]) - ndtri(drawn.luck[:, 1])
    topics = drawn.features[:, 0].astype(float) - drawn.features[:, 1]
    # Embeddings have the length 1, which takes 15% of the variance away.
    assert np.corrcoef(own, topics)[0, 1] ** 2 == pytest.approx(0.85 * topic, abs=0.03)


def test_a_memory_has_half_of_its_gain_after_the_stated_number_of_auctions() -> None:
    market = Market(memory_gain=1.0, memory_half=50.0)
    drawn = draw_auctions(market, 0, 1_001, np.random.default_rng(0))
    gains = (drawn.refined_log_odds - drawn.log_odds)[:, 0]
    assert gains[[0, 50, 100]] == pytest.approx([0.0, 0.5, 0.75])
    assert gains[1_000] == pytest.approx(1.0, abs=1e-4)
    later = draw_auctions(market, 50, 1, np.random.default_rng(0))
    assert float((later.refined_log_odds - later.log_odds)[0, 0]) == pytest.approx(0.5)


def test_judges_favour_their_own_plan_by_the_stated_points_and_nobody_elses() -> None:
    fair, biased = (
        draw_auctions(Market(self_bias=bias, noise=0.5), 0, 5_000, np.random.default_rng(1)) for bias in (0.0, 1.0)
    )
    gain = (biased.ratings - fair.ratings).mean(axis=0)
    own = np.eye(4, dtype=bool)
    # Ratings are cut at 5.
    assert (gain[own] > 0.7).all() and (gain[own] <= 1.0).all()
    assert (gain[~own] == 0).all()


def test_a_plan_that_shows_nothing_of_the_fit_is_rated_the_same_whatever_the_fit() -> None:
    def correlation(insight: float) -> float:
        market = Market(agents=2, insight=insight, noise=0.1, fit=1.0, self_bias=0.0)
        drawn = draw_auctions(market, 0, 20_000, np.random.default_rng(2))
        # What is left of the knowledge of the fit when human time is taken away.
        left = ndtri(np.clip(drawn.known, 1e-9, 1 - 1e-9)) - ndtri(chance_of(drawn.log_odds)) / math.sqrt(0.4244)
        return float(np.corrcoef(left[:, 0], drawn.ratings[:, 0, 1])[0, 1])

    assert correlation(1.0) > 0.4
    assert abs(correlation(0.0)) < 0.03


def chance_of(log_odds: np.ndarray) -> np.ndarray:
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)))


@pytest.mark.parametrize("name", STUDIES)
def test_every_study_changes_one_number_and_nothing_else(name: str) -> None:
    study = STUDIES[name]
    base = replace(Market(), plan_tokens=120.0)
    points = run_study(study, auctions=200, seed=9, market=base)
    assert [point.value for point in points] == [float(value) for value in study.values]
    for point in points:
        value = int(point.value) if name == "agents" else point.value
        alone = run_market(replace(base, **{name: value}), auctions=200, seed=9)  # type: ignore[arg-type]
        assert figures(point.sale) == figures(alone)
        assert point.no_memory.refined_share == 0


@pytest.fixture(scope="module")
def points() -> tuple[StudyPoint, ...]:
    return run_study(STUDIES["trace_tokens"], auctions=400, seed=1)


def test_rows_for_the_picture_name_each_policy_once_a_value(points: tuple[StudyPoint, ...]) -> None:
    rows = study_rows(points)
    policies = ("SALE", "SALE, no memory", "best single agent", "random agent", "oracle")
    assert [(row["value"], row["policy"]) for row in rows] == [(p.value, name) for p in points for name in policies]
    for point, (full, plain, single, chance_row, oracle) in zip(
        points, (rows[at : at + 5] for at in range(0, len(rows), 5)), strict=True
    ):
        assert (full["pass_at_1"], full["usd"], full["dearest"]) == (
            point.sale.pass_rate, point.sale.usd, point.sale.shares[-1],
        )  # fmt: skip
        assert plain["usd"] == point.no_memory.usd
        best = int(np.argmax(point.sale.singles_pass))
        assert (single["pass_at_1"], single["usd"]) == (point.sale.singles_pass[best], point.sale.singles_usd[best])
        assert single["dearest"] == float(best == 3)
        assert chance_row["dearest"] == 0.25 and chance_row["usd"] == pytest.approx(point.sale.singles_usd.mean())
        assert math.isnan(float(oracle["dearest"])) and oracle["pass_at_1"] == point.sale.oracle_pass


def test_the_table_says_that_it_is_simulated_and_how_large_it_is(points: tuple[StudyPoint, ...]) -> None:
    table = study_table(STUDIES["trace_tokens"], points)
    assert table.title.endswith("(simulated)")
    (rows,) = table.sections
    assert [row[0] for row in rows] == ["300", "1000", "3000", "10000", "30000", "100000", "300000"]
    assert all(len(row) == len(table.header) for row in rows)
    notes = " ".join(table.notes)
    assert "400 simulated auctions a row" in notes and "No model ran" in notes
    # Where an execution is short, the auction is most of the bill; where it is long, next to nothing.
    overheads = [float(str(row[9]).rstrip("%")) for row in rows]
    assert overheads == sorted(overheads, reverse=True) and overheads[0] > 90 > 20 > overheads[-1]


@pytest.mark.parametrize(
    "bad",
    [
        *({name: 0.0} for name in ("cheapest_usd_per_mtok", "plan_tokens", "memory_half")),
        *({name: -0.1} for name in ("skill_spread", "fit", "noise", "judge_tokens", "memory_gain", "insight")),
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(bad: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"must|needs"):
        Market(**bad)  # type: ignore[arg-type]


def test_a_market_without_auctions_or_with_a_negative_weight_is_refused() -> None:
    with pytest.raises(ValueError, match="1 auction or more"):
        run_market(Market(), auctions=0)
    with pytest.raises(ValueError, match="6 weights of at least 0"):
        run_market(Market(), auctions=1, weights=np.array([1, 1, 1, 1, 1, -1.0]))
