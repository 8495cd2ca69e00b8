"""Many simulated auctions at once: the mechanism on arrays, with agents and judges of stated skill."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.auction import RefinedRule
from sale_inspect.market._draws import CAP, Auctions, Floats, Market, chances, draw_auctions
from sale_inspect.stats import auc, oracle

__all__ = ["JuryAuc", "MarketResult", "auction_usd", "decide", "jury_auc", "refining_usd", "run_market"]

_CHUNK = 10_000
_PAIRED = 4_000


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


def decide(
    auctions: Auctions,
    prices: Floats,
    weights: Floats,
    *,
    memory: bool,
    refined: RefinedRule = "paper",
    prefer: float = 0.0,
) -> tuple[NDArray[np.intp], Floats]:
    """Who wins each auction, by the rules of `sale_inspect.auction` on arrays.

    Args:
        auctions: A auctions among N agents, cheapest first.
        prices: (N,) rising.
        weights: (N + 2,): of price x length, of entropy, and of each judge.
        memory: Whether cheaper agents refine.
        refined: What a refined plan is scored by.
        prefer: Value of the most expensive agent before there is evidence; the others' falls with their price rank.

    Returns:
        (A,) the winner, and (A,) whether its plan is a refined one (1.0 or 0.0).
    """
    trust = prefer * np.searchsorted(np.unique(prices), prices) / max(len(np.unique(prices)) - 1, 1)
    first = _z(auctions.lengths, auctions.entropy, auctions.ratings, prices, weights) - trust
    # The columns are cheapest first, so the first of equals is the cheapest, as in `select`.
    provisional = first.argmin(axis=1)
    if not memory:
        return provisional, np.zeros(len(first))
    rows = np.arange(len(first))
    second = auctions.refined_ratings
    ratings = (auctions.ratings + second) / 2.0 if refined == "mean" else second
    again = _z(auctions.refined_lengths, auctions.refined_entropy, ratings, prices, weights) - trust
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
        alone = drawn.solved
        by_plan = np.where(refined > 0, drawn.refined_log_odds[rows, winner], drawn.log_odds[rows, winner])
        run_usd = drawn.trace * prices / 1e6
        overhead = _overhead(drawn, market, prices, used, memory=memory)
        best = oracle(alone.astype(np.float64), run_usd)
        sums += [
            (drawn.luck[rows, winner] < chances(by_plan)).sum(),
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
    cost = weights[0] * np.minimum(1.0, prices * lengths / (prices.max() * CAP))
    return np.asarray(cost - weights[1] * entropy - (ratings / 5.0) @ weights[2:], dtype=np.float64)


def auction_usd(drawn: Auctions, market: Market) -> Floats:
    """(A,) dollars of bids and of ratings of all by all, without refinement."""
    ratings = market.agents * market.judge_tokens * market.prices.sum()
    return np.asarray((drawn.lengths @ market.prices + ratings) / 1e6, dtype=np.float64)


def refining_usd(drawn: Auctions, market: Market, provisional: NDArray[np.intp]) -> Floats:
    """(A,) dollars of refined bids by all who are cheaper than the provisional winner, and of their ratings by all.

    Args:
        drawn: A auctions.
        market: Their market.
        provisional: (A,) winner before refinement.
    """
    prices = market.prices
    asked = prices[None, :] < prices[provisional][:, None]
    dollars = (drawn.refined_lengths * asked) @ prices + asked.sum(axis=1) * market.judge_tokens * prices.sum()
    return np.asarray(dollars / 1e6, dtype=np.float64)


def _overhead(drawn: Auctions, market: Market, prices: Floats, weights: Floats, *, memory: bool) -> Floats:
    """(A,) dollars of bids, ratings of all by all, and the same for those who may refine."""
    total = auction_usd(drawn, market)
    if not memory:
        return total
    return total + refining_usd(drawn, market, decide(drawn, prices, weights, memory=False)[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class JuryAuc:
    """How well the mean rating of a plan tells success from failure (AUC: 0.5 is a coin, 1 is certain).

    Attributes:
        all_plans: Of any two plans, one of an agent that solves its task and one of an agent that fails its own. Much
            of it is that easy tasks get good plans.
        one_task: Of two plans for one task. Only this can tell an auction whom to choose.
    """

    all_plans: float
    one_task: float


def jury_auc(market: Market, *, auctions: int = _PAIRED, seed: int = 0) -> JuryAuc:
    """The judges' AUC in a market, of first plans.

    Args:
        market: The pool and the tasks.
        auctions: Simulated auctions.
        seed: Of all draws.
    """
    drawn = draw_auctions(market, 0, auctions, np.random.default_rng(seed))
    mean, solved = drawn.ratings.mean(axis=2), drawn.solved
    unit = np.repeat(np.arange(auctions, dtype=np.intp), market.agents)
    pooled = auc(mean.ravel(), solved.ravel().astype(np.float64), unit)
    better = mean[:, :, None] - mean[:, None, :]
    pairs = solved[:, :, None] & ~solved[:, None, :]
    places = (better > 0) + 0.5 * (better == 0)
    one = float(places[pairs].mean()) if pairs.any() else float("nan")
    return JuryAuc(all_plans=pooled.value, one_task=one)
