"""Many simulated auctions at once: the mechanism on arrays, with agents and judges of stated skill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import oracle

__all__ = ["Auctions", "Market", "MarketResult", "decide", "draw_auctions", "run_market"]

Floats = NDArray[np.float64]

_CHUNK = 10_000
_CAP = 300
"""Token cap of a plan, as in the solver."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Market:
    """A simulated pool and its tasks. All of it is ours; no number is a measurement of a model.

    Attributes:
        agents: N, cheapest first.
        price_ratio: Price of an agent over that of the next cheaper one.
        cheapest_usd_per_mtok: Price of the cheapest agent, dollars per million tokens.
        skill_step: Log-odds of success that an agent has over the next cheaper one, at the median task.
        difficulty: Standard deviation of tasks' difficulty, in log-odds, the same for all agents.
        fit: Standard deviation of how well one agent suits one task, in log-odds.
        insight: Part of an agent's success on a task that its plan shows: 0 a plan says nothing, 1 all.
        jury_noise: Standard deviation of a rating, in points of 0..5.
        self_bias: Points that a judge adds to its own plan.
        plan_tokens: Mean tokens of a plan.
        trace_tokens: Mean tokens of an execution.
        judge_tokens: Tokens of one rating, task and plan included.
        memory_gain: Log-odds that a refined plan adds to success once the memory is full.
        memory_half: Auctions after which half of that gain is there.

    Raises:
        ValueError: If a number is out of its range.
    """

    agents: int = 4
    price_ratio: float = 2.0
    cheapest_usd_per_mtok: float = 0.05
    skill_step: float = 0.45
    difficulty: float = 1.5
    fit: float = 1.0
    insight: float = 0.5
    jury_noise: float = 1.0
    self_bias: float = 0.5
    plan_tokens: float = 150.0
    trace_tokens: float = 20_000.0
    judge_tokens: float = 600.0
    memory_gain: float = 0.5
    memory_half: float = 200.0

    def __post_init__(self) -> None:
        if self.agents < 1 or self.price_ratio < 1.0 or not 0.0 <= self.insight <= 1.0:
            raise ValueError("A market needs 1 agent or more, a price_ratio of 1 or more, and insight from 0 to 1.")
        positive = (self.cheapest_usd_per_mtok, self.plan_tokens, self.trace_tokens, self.memory_half)
        spread = (self.difficulty, self.fit, self.jury_noise, self.judge_tokens, self.memory_gain)
        if min(positive) <= 0.0 or min(spread) < 0.0:
            raise ValueError("Prices, tokens and memory_half must be above 0; spreads and memory_gain at least 0.")

    @property
    def prices(self) -> Floats:
        """(N,) dollars per million tokens, cheapest first."""
        return np.asarray(self.cheapest_usd_per_mtok * self.price_ratio ** np.arange(self.agents), dtype=np.float64)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Auctions:
    """A auctions among N agents, before anything is decided.

    Attributes:
        log_odds: (A, N) of success by an agent's own first plan.
        lengths: (A, N) tokens of the plans, at most the cap.
        entropy: (A, N), 0 to 1.
        ratings: (A, N, N), of bidder by judge, 0 to 5.
        refined_log_odds: (A, N) of success by the refined plan.
        refined_lengths: (A, N) tokens of the refined plans.
        refined_entropy: (A, N), 0 to 1.
        refined_ratings: (A, N, N).
        luck: (A, N) uniform draws: an agent solves the task if its draw is below its probability.
        trace: (A, N) tokens of an execution.
    """

    log_odds: Floats
    lengths: Floats
    entropy: Floats
    ratings: Floats
    refined_log_odds: Floats
    refined_lengths: Floats
    refined_entropy: Floats
    refined_ratings: Floats
    luck: Floats
    trace: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MarketResult:
    """What A simulated auctions came to.

    Attributes:
        auctions: A.
        pass_rate: pass@1 of the auction.
        usd: Dollars a task, auction included.
        overhead_usd: Dollars a task of bids, ratings and refinements.
        shares: (N,) share of the tasks that each agent carried out, cheapest first.
        refined_share: Share of the auctions that a refined plan won.
        singles_pass: (N,) pass@1 of each agent alone.
        singles_usd: (N,) its dollars a task.
        random_pass: pass@1 of a uniformly random agent.
        oracle_pass: pass@1 of the cheapest agent that would solve the task.
        oracle_usd: Its dollars a task.
    """

    auctions: int
    pass_rate: float
    usd: float
    overhead_usd: float
    shares: Floats
    refined_share: float
    singles_pass: Floats
    singles_usd: Floats
    random_pass: float
    oracle_pass: float
    oracle_usd: float

    @property
    def dearest_share(self) -> float:
        """Reliance on the dearest agent."""
        return float(self.shares[-1])


def draw_auctions(market: Market, start: int, count: int, rng: np.random.Generator) -> Auctions:
    """Draw tasks, plans and ratings.

    A judge sees the success that a plan shows: the log-odds p of an agent's success, made of task, skill and fit, is
    shown as insight * fit + what is common, and rated 5 * logistic(shown) + bias + noise, rounded and cut to 0..5.

    Args:
        market: The pool and the tasks.
        start: Number of the first auction, for the memory's age.
        count: A.
        rng: Where all draws come from.
    """
    n = market.agents
    common = market.skill_step * (np.arange(n) - (n - 1) / 2) - market.difficulty * rng.standard_normal((count, 1))
    fit = market.fit * rng.standard_normal((count, n))
    age = np.arange(start, start + count)[:, None]
    gain = market.memory_gain * (1.0 - 0.5 ** (age / market.memory_half))
    log_odds = common + fit
    shown = common + market.insight * fit
    return Auctions(
        log_odds=log_odds,
        lengths=_plan_lengths(market, count, rng),
        entropy=_entropies(count, n, rng),
        ratings=_ratings(market, shown, rng),
        refined_log_odds=log_odds + gain,
        refined_lengths=_plan_lengths(market, count, rng),
        refined_entropy=_entropies(count, n, rng),
        refined_ratings=_ratings(market, shown + gain, rng),
        luck=rng.random((count, n)),
        trace=market.trace_tokens * rng.lognormal(-0.125, 0.5, (count, n)),
    )


def decide(auctions: Auctions, prices: Floats, weights: Floats, *, memory: bool) -> tuple[NDArray[np.intp], Floats]:
    """Who wins each auction, by the rules of `sale_inspect.auction` on arrays.

    Args:
        auctions: A auctions among N agents, cheapest first.
        prices: (N,) rising.
        weights: (N + 2,): of price x length, of entropy, and of each judge.
        memory: Whether cheaper agents refine.

    Returns:
        (A,) the winner, and (A,) whether its plan is a refined one (1.0 or 0.0).
    """
    first = _z(auctions.lengths, auctions.entropy, auctions.ratings, prices, weights)
    # The columns are cheapest first, so the first of equals is the cheapest, as in `select`.
    provisional = first.argmin(axis=1)
    if not memory:
        return provisional, np.zeros(len(first))
    rows = np.arange(len(first))
    again = _z(auctions.refined_lengths, auctions.refined_entropy, auctions.refined_ratings, prices, weights)
    again = np.where(prices[None, :] < prices[provisional][:, None], again, np.inf)
    challenger = again.argmin(axis=1)
    better = again[rows, challenger] < first[rows, provisional]
    return np.where(better, challenger, provisional), better.astype(np.float64)


def run_market(
    market: Market, *, auctions: int, seed: int = 0, weights: Floats | None = None, memory: bool = True
) -> MarketResult:
    """Run simulated auctions.

    Args:
        market: The pool and the tasks.
        auctions: A.
        seed: Of all draws.
        weights: (N + 2,), non-negative; None for uniform weights.
        memory: Whether cheaper agents refine.

    Raises:
        ValueError: If there is no auction, or the weights are not N + 2 numbers of at least 0.
    """
    n, prices = market.agents, market.prices
    used = np.full(n + 2, 1.0 / (n + 2)) if weights is None else np.asarray(weights, dtype=np.float64)
    if auctions < 1 or used.shape != (n + 2,) or not (used >= 0.0).all():
        raise ValueError(f"Give 1 auction or more, and {n + 2} weights of at least 0.")
    rng = np.random.default_rng(seed)
    sums = np.zeros(6)
    shares, singles, singles_usd = np.zeros(n), np.zeros(n), np.zeros(n)
    for start in range(0, auctions, _CHUNK):
        count = min(_CHUNK, auctions - start)
        drawn = draw_auctions(market, start, count, rng)
        winner, refined = decide(drawn, prices, used, memory=memory)
        rows = np.arange(count)
        alone = drawn.luck < _logistic(drawn.log_odds)
        by_plan = np.where(refined > 0, drawn.refined_log_odds[rows, winner], drawn.log_odds[rows, winner])
        run_usd = drawn.trace * prices / 1e6
        overhead = _overhead(drawn, market, prices, used, memory=memory)
        best = oracle(alone.astype(np.float64), run_usd)
        sums += [
            (drawn.luck[rows, winner] < _logistic(by_plan)).sum(),
            (run_usd[rows, winner] + overhead).sum(),
            overhead.sum(),
            refined.sum(),
            alone.any(axis=1).sum(),
            run_usd[rows, best].sum(),
        ]
        shares += np.bincount(winner, minlength=n)
        singles += alone.sum(axis=0)
        singles_usd += run_usd.sum(axis=0)
    means = sums / auctions
    return MarketResult(
        auctions=auctions,
        pass_rate=float(means[0]),
        usd=float(means[1]),
        overhead_usd=float(means[2]),
        shares=shares / auctions,
        refined_share=float(means[3]),
        singles_pass=singles / auctions,
        singles_usd=singles_usd / auctions,
        random_pass=float(singles.mean() / auctions),
        oracle_pass=float(means[4]),
        oracle_usd=float(means[5]),
    )


def _z(lengths: Floats, entropy: Floats, ratings: Floats, prices: Floats, weights: Floats) -> Floats:
    cost = weights[0] * np.minimum(1.0, prices * lengths / (prices.max() * _CAP))
    return np.asarray(cost - weights[1] * entropy - (ratings / 5.0) @ weights[2:], dtype=np.float64)


def _plan_lengths(market: Market, count: int, rng: np.random.Generator) -> Floats:
    drawn = market.plan_tokens * rng.lognormal(-0.08, 0.4, (count, market.agents))
    return np.asarray(np.clip(np.rint(drawn), 1, _CAP), dtype=np.float64)


def _entropies(count: int, agents: int, rng: np.random.Generator) -> Floats:
    return np.asarray(np.clip(0.35 + 0.1 * rng.standard_normal((count, agents)), 0.0, 1.0), dtype=np.float64)


def _ratings(market: Market, shown: Floats, rng: np.random.Generator) -> Floats:
    count, n = shown.shape
    seen = 5.0 * _logistic(shown)[:, :, None] + market.jury_noise * rng.standard_normal((count, n, n))
    seen += market.self_bias * np.eye(n)[None, :, :]
    return np.asarray(np.clip(np.rint(seen), 0, 5), dtype=np.float64)


def _overhead(drawn: Auctions, market: Market, prices: Floats, weights: Floats, *, memory: bool) -> Floats:
    """(A,) dollars of bids, ratings of all by all, and the same for those who may refine."""
    n = market.agents
    bids = drawn.lengths @ prices
    ratings = n * market.judge_tokens * prices.sum()
    total = bids + ratings
    if memory:
        first = _z(drawn.lengths, drawn.entropy, drawn.ratings, prices, weights).argmin(axis=1)
        asked = prices[None, :] < prices[first][:, None]
        total = total + (drawn.refined_lengths * asked) @ prices
        total = total + asked.sum(axis=1) * market.judge_tokens * prices.sum()
    return np.asarray(total / 1e6, dtype=np.float64)


def _logistic(values: Floats) -> Floats:
    return np.asarray(1.0 / (1.0 + np.exp(-values)), dtype=np.float64)
