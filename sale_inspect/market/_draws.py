"""Draws of many simulated auctions at once, in the world that the simulated models of `sale_inspect.sim` live in."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sale_inspect.bench import BINS
from sale_inspect.sim import JUDGE_NOISE, PLACES, PLAN_NOISE, THINKING_TOKENS, World, curve_at

__all__ = [
    "BIN_COUNTS",
    "CAP",
    "Auctions",
    "Floats",
    "Market",
    "bin_tokens",
    "chances",
    "draw_auctions",
    "judge_noise",
    "log_odds_at",
    "time_spans",
]

Floats = NDArray[np.float64]

CAP = 300
"""Token cap of a plan, as in the solver."""

BIN_COUNTS = MappingProxyType({"deep_search": (80, 80, 80, 82, 32), "coding": (80, 79, 80, 81, 79)})
"""Tasks of HST-BENCH in each bin (paper)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Market:
    """A simulated pool and its tasks. No number is a measurement of a model.

    Tasks have the human times of HST-BENCH's bins, agents the chances of the simulated models: `curve_at` places
    between the smallest and the largest, so that singles by human time and the oracle's gap are those of the paper.

    Attributes:
        agents: N, cheapest first; of four the places are those of 4b, 8b, 14b and 32b, of other numbers between them.
        price_ratio: Price of an agent over that of the next cheaper one (paper: 0.05 to 0.36 in three steps).
        cheapest_usd_per_mtok: Price of the cheapest agent, dollars per million tokens.
        domain: Whose curve and times: `deep_search` or `coding`.
        skill_spread: How far apart the agents' curves are below the largest's, in times the paper's.
        fit: Part of an agent's own draw on a task that is how well it suits the task; see `sale_inspect.sim.World`.
        insight: Correlation of what a plan shows with that.
        topic: Part of the fit that follows from the task's topic, which the embedding of its text shows.
        noise: Noise of judges, in times the usual one.
        self_bias: Points that a judge adds to its own plan.
        plan_tokens: Mean tokens of a plan.
        trace_tokens: Mean tokens of an execution; by bin they are in the same ratios as those of the simulated models.
        judge_tokens: Tokens of one rating, task and plan included.
        memory_gain: Log-odds that a refined plan adds to success once the memory is full.
        memory_half: Auctions after which half of that gain is there.

    Raises:
        ValueError: If a number is out of its range.
    """

    agents: int = 4
    price_ratio: float = 1.93
    cheapest_usd_per_mtok: float = 0.05
    domain: Literal["deep_search", "coding"] = "deep_search"
    skill_spread: float = 1.0
    fit: float = 0.5
    insight: float = 0.5
    topic: float = 0.25
    noise: float = 1.0
    self_bias: float = 0.5
    plan_tokens: float = 150.0
    trace_tokens: float = 60_000.0
    judge_tokens: float = 600.0
    memory_gain: float = 0.5
    memory_half: float = 200.0

    def __post_init__(self) -> None:
        if self.agents < 1 or self.price_ratio < 1.0:
            raise ValueError("A market needs 1 agent or more, and a price_ratio of 1 or more.")
        if self.domain not in BIN_COUNTS:
            raise ValueError(f"domain must be {' or '.join(BIN_COUNTS)}, got {self.domain!r}.")
        if not 0.0 <= self.topic <= 1.0:
            raise ValueError(f"topic must be a number from 0 to 1, got {self.topic!r}.")
        positive = (self.cheapest_usd_per_mtok, self.plan_tokens, self.trace_tokens, self.memory_half)
        spread = (self.skill_spread, self.judge_tokens, self.memory_gain)
        if min(positive) <= 0.0 or min(spread) < 0.0:
            raise ValueError("Prices, tokens and memory_half must be above 0; spreads and memory_gain at least 0.")
        # It checks its own numbers.
        _ = self.world

    @property
    def prices(self) -> Floats:
        """(N,) dollars per million tokens, cheapest first."""
        return np.asarray(self.cheapest_usd_per_mtok * self.price_ratio ** np.arange(self.agents), dtype=np.float64)

    @property
    def world(self) -> World:
        """What decides a success, and what plans show of it."""
        return World(insight=self.insight, fit=self.fit, noise=self.noise)

    @property
    def places(self) -> Floats:
        """(N,) where the agents stand between the smallest (0) and the largest (1)."""
        if self.agents == 1:
            return np.ones(1)
        known = list(PLACES.values())
        at = np.linspace(0.0, 1.0, self.agents)
        return np.asarray(np.interp(at, np.linspace(0.0, 1.0, len(known)), known), dtype=np.float64)

    @property
    def name(self) -> str:
        """How tables name the world."""
        tasks = self.domain.replace("_", " ")
        return f"{tasks}, {self.agents} agents, prices x {self.price_ratio:g}, {self.world.name}, topic {self.topic:g}"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Auctions:
    """A auctions among N agents, before anything is decided.

    Attributes:
        minutes: (A,) human time of the tasks.
        features: (A, N + 1) unit embeddings of the tasks' texts: their topics, and a noisy view of the human time.
        log_odds: (A, N) of success by an agent's own first plan: its chance by domain and human time.
        known: (A, N) P(success) for one who knows how well each agent suits the task; no policy does.
        lengths: (A, N) tokens of the plans, at most the cap.
        entropy: (A, N), 0 to 1.
        ratings: (A, N, N), of bidder by judge, 0 to 5.
        refined_log_odds: (A, N) of success by the refined plan.
        refined_lengths: (A, N) tokens of the refined plans.
        refined_entropy: (A, N), 0 to 1.
        refined_ratings: (A, N, N).
        luck: (A, N) draws, uniform for each agent: it solves the task if its draw is below its probability.
        trace: (A, N) tokens of an execution.
    """

    minutes: Floats
    features: NDArray[np.float32]
    log_odds: Floats
    known: Floats
    lengths: Floats
    entropy: Floats
    ratings: Floats
    refined_log_odds: Floats
    refined_lengths: Floats
    refined_entropy: Floats
    refined_ratings: Floats
    luck: Floats
    trace: Floats

    @property
    def solved(self) -> NDArray[np.bool_]:
        """(A, N), whether each agent would solve each task by its own first plan."""
        return np.asarray(self.luck < chances(self.log_odds), dtype=np.bool_)


def draw_auctions(market: Market, start: int, count: int, rng: np.random.Generator) -> Auctions:
    """Draw tasks, plans and ratings; `sale_inspect/sim/_world.py` has the model.

    A judge sees the quality of a plan: the chance of success that it shows, off by up to `PLAN_NOISE` for all judges
    alike. Its rating is 5 * (quality + its own noise) + bias, rounded and cut to 0..5.

    Args:
        market: The pool and the tasks.
        start: Number of the first auction, for the memory's age.
        count: A.
        rng: Where all draws come from.
    """
    from scipy.special import ndtr, ndtri

    n, world, domain = market.agents, market.world, market.domain
    bins, minutes = _times(market, count, rng)
    log_odds = log_odds_at(market, minutes)
    topics = rng.standard_normal((count, n))
    misfit = np.sqrt(market.topic) * topics + np.sqrt(1.0 - market.topic) * rng.standard_normal((count, n))
    # E from F: the same joint distribution as F from E.
    own = world.misfit(misfit, rng.standard_normal((count, n)))
    luck = ndtr(world.draw(rng.standard_normal((count, 1)), own, domain))
    seen = world.seen(misfit, rng.standard_normal((count, n)))
    age = np.arange(start, start + count)[:, None]
    gain = market.memory_gain * (1.0 - 0.5 ** (age / market.memory_half))

    def rated(odds: Floats) -> Floats:
        return _ratings(market, ndtr(world.shown(ndtri(chances(odds)), seen, domain)), rng)

    return Auctions(
        minutes=minutes,
        features=_features(topics, minutes, rng),
        log_odds=log_odds,
        known=ndtr(world.known(ndtri(chances(log_odds)), misfit, domain)),
        lengths=_plan_lengths(market, count, rng),
        entropy=_entropies(count, n, rng),
        ratings=rated(log_odds),
        refined_log_odds=log_odds + gain,
        refined_lengths=_plan_lengths(market, count, rng),
        refined_entropy=_entropies(count, n, rng),
        refined_ratings=rated(log_odds + gain),
        luck=luck,
        trace=_traces(market, bins, rng),
    )


def chances(log_odds: Floats) -> Floats:
    """Probabilities of log-odds."""
    return np.asarray(1.0 / (1.0 + np.exp(-log_odds)), dtype=np.float64)


def _times(market: Market, count: int, rng: np.random.Generator) -> tuple[NDArray[np.intp], Floats]:
    """Bins of HST-BENCH as often as it has them, and times within them, even on the scale of logarithms."""
    counts = np.array(BIN_COUNTS[market.domain], dtype=np.float64)
    bins = rng.choice(len(BINS), size=count, p=counts / counts.sum())
    low, high = (ends[bins] for ends in time_spans())
    return bins.astype(np.intp), low * (high / low) ** rng.random(count)


def time_spans() -> tuple[Floats, Floats]:
    """(5,) shortest and (5,) longest human time of each bin, minutes; the first bin starts at a fifth of its end."""
    low = np.array([each.low or each.high / 5.0 for each in BINS], dtype=np.float64)
    return low, np.array([each.high for each in BINS], dtype=np.float64)


def log_odds_at(market: Market, minutes: Floats) -> Floats:
    """(A, N) log-odds of success of each agent at (A,) human times."""
    curves = np.array([curve_at(place, market.domain) for place in market.places])
    apart = curves[-1] - market.skill_spread * (curves[-1] - curves)
    return np.asarray(apart[None, :, 0] - apart[None, :, 1] * np.log2(minutes)[:, None], dtype=np.float64)


def _features(topics: Floats, minutes: Floats, rng: np.random.Generator) -> NDArray[np.float32]:
    # log2 of the times has a standard deviation of about 3; a text tells half of its variance.
    hint = (np.log2(minutes) / 3.0 + rng.standard_normal(len(minutes)))[:, None]
    rows = np.concatenate([topics, hint], axis=1)
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def _plan_lengths(market: Market, count: int, rng: np.random.Generator) -> Floats:
    drawn = market.plan_tokens * rng.lognormal(-0.08, 0.4, (count, market.agents))
    return np.asarray(np.clip(np.rint(drawn), 1, CAP), dtype=np.float64)


def _entropies(count: int, agents: int, rng: np.random.Generator) -> Floats:
    return np.asarray(np.clip(0.35 + 0.1 * rng.standard_normal((count, agents)), 0.0, 1.0), dtype=np.float64)


def bin_tokens(market: Market) -> Floats:
    """(5,) mean tokens of an execution in each bin."""
    counts = np.array(BIN_COUNTS[market.domain], dtype=np.float64)
    by_bin = np.array([THINKING_TOKENS[each.name] for each in BINS], dtype=np.float64)
    return np.asarray(market.trace_tokens * by_bin / (by_bin @ counts / counts.sum()), dtype=np.float64)


def judge_noise(market: Market) -> Floats:
    """(N,) by how much at most each judge's view of a plan's quality is off."""
    widths = np.interp(market.places, list(PLACES.values()), [JUDGE_NOISE[agent] for agent in PLACES])
    return np.asarray(market.noise * widths, dtype=np.float64)


def _ratings(market: Market, shown: Floats, rng: np.random.Generator) -> Floats:
    count, n = shown.shape
    quality = np.clip(shown + PLAN_NOISE * rng.uniform(-1.0, 1.0, (count, n)), 0.0, 1.0)
    noise = judge_noise(market)[None, None, :] * rng.uniform(-1.0, 1.0, (count, n, n))
    seen = 5.0 * (quality[:, :, None] + noise) + market.self_bias * np.eye(n)[None, :, :]
    return np.asarray(np.clip(np.rint(seen), 0, 5), dtype=np.float64)


def _traces(market: Market, bins: NDArray[np.intp], rng: np.random.Generator) -> Floats:
    """Each up to a quarter off the mean of its bin, as those of the simulated models."""
    mean = bin_tokens(market)
    return np.asarray(mean[bins][:, None] * rng.uniform(0.75, 1.25, (len(bins), market.agents)), dtype=np.float64)
