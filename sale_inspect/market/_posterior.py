"""What could be known from bids at most: Bayes' rule with the simulator's own model, on grids."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sale_inspect.market._draws import (
    BIN_COUNTS,
    Auctions,
    Floats,
    Market,
    bin_tokens,
    chances,
    judge_noise,
    log_odds_at,
    time_spans,
)
from sale_inspect.sim import PLAN_NOISE, SHARED

__all__ = ["Posterior", "posterior"]

_TIMES, _RADII, _SIGNALS, _QUALITIES, _OFFSETS = 3, 6, 9, 101, 21
_LEAST = 1e-300


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Posterior:
    """For A tasks and N agents: (A, N) probability of success, (A, N) expected dollars of the execution."""

    p: Floats
    usd: Floats


def posterior(market: Market, drawn: Auctions, *, bids: bool) -> Posterior:
    """P(success | what a policy sees), by one who knows the world: no rule on the same facts can foresee more.

    Seen are the embedding of the task and, with `bids`, every rating; lengths and entropy tell nothing in this world.
    Unknown are the human time, the length of the embedding's vector before it was made a unit (both on grids) and, for
    each agent, what its plan shows (Gauss-Hermite) and by how much the plan is off (a grid). Given the first two the
    agents are independent.

    Source: ours.

    Args:
        market: The pool and the tasks.
        drawn: A auctions of it.
        bids: Whether ratings are seen.
    """
    count, n = drawn.lengths.shape
    world, shared = market.world, SHARED[market.domain]
    bins, minutes, prior = _times(market)
    unit = drawn.features.astype(np.float64)
    radii = np.linspace(0.25, math.sqrt(n + 1) + 3.5, _RADII)
    nodes, weights = np.polynomial.hermite_e.hermegauss(_SIGNALS)
    weights = weights / weights.sum()
    seen = _seen(market, drawn.ratings) if bids else None
    cuts = _normal_quantile(chances(log_odds_at(market, minutes)))
    # F given S and the topic: mean of F moves by `gain` for each step of S, and `left` is its variance.
    known = 1.0 - market.insight**2 * market.topic
    gain = market.insight * (1.0 - market.topic) / known if known > 0.0 else 0.0
    left = (1.0 - market.topic) * (1.0 - market.insight**2) / known if known > 0.0 else 0.0
    suits = (1.0 - shared) * world.fit
    logs, found = [], []
    for place, cut in enumerate(cuts):
        for radius in radii:
            topics = math.sqrt(market.topic) * radius * unit[:, :n]
            log = np.log(prior[place]) + _embedding(unit[:, n], radius, minutes[place], n)
            apart = math.sqrt(max(known, 0.0)) * nodes
            mean = topics[:, :, None] + gain * apart
            chance = _normal((cut[None, :, None] - math.sqrt(suits) * mean) / math.sqrt(1.0 - suits * (1.0 - left)))
            share = np.broadcast_to(weights, (count, n, len(nodes)))
            if seen is not None:
                signal = market.insight * topics[:, :, None] + apart
                shown = _normal(world.shown(np.broadcast_to(cut[None, :, None], signal.shape), signal, market.domain))
                at = np.rint(shown * (_QUALITIES - 1)).astype(np.intp)
                share = share * np.take_along_axis(seen, at, axis=2)
                log = log + np.log(np.maximum(share.sum(axis=2), _LEAST)).sum(axis=1)
            total = np.maximum(share.sum(axis=2), _LEAST)
            logs.append(log)
            found.append((share * chance).sum(axis=2) / total)
    stacked = np.array(logs)
    mass = np.exp(stacked - stacked.max(axis=0))
    mass /= mass.sum(axis=0)
    p = np.einsum("ga,gan->an", mass, np.array(found))
    tokens = mass.T @ np.repeat(bin_tokens(market)[bins], _RADII)
    return Posterior(p=np.clip(p, 0.0, 1.0), usd=np.asarray(tokens[:, None] * market.prices / 1e6, dtype=np.float64))


def _times(market: Market) -> tuple[np.ndarray, Floats, Floats]:
    """(M,) bins, minutes and probabilities of a grid over human times."""
    counts = np.array(BIN_COUNTS[market.domain], dtype=np.float64)
    low, high = time_spans()
    steps = (np.arange(_TIMES) + 0.5) / _TIMES
    minutes = low[:, None] * (high / low)[:, None] ** steps
    bins = np.repeat(np.arange(len(counts)), _TIMES)
    return bins, minutes.ravel(), np.repeat(counts / counts.sum() / _TIMES, _TIMES)


def _embedding(hint: Floats, radius: float, minutes: float, n: int) -> Floats:
    """(A,) log density of a direction and a radius of N topics and the hint, given the time."""
    mean = math.log2(minutes) / 3.0
    return n * math.log(radius) - 0.5 * (radius**2 - 2.0 * radius * hint * mean + mean**2)


def _seen(market: Market, ratings: Floats) -> Floats:
    """(A, N, Q) probability of all ratings of a plan, by the chance that it shows, in Q even steps from 0 to 1."""
    n, quality = market.agents, np.linspace(0.0, 1.0, _QUALITIES)
    log = np.zeros((*ratings.shape[:2], _QUALITIES))
    rated = ratings.astype(np.intp)
    for judge, width in enumerate(judge_noise(market)):
        for own in (False, True):
            bidders = [judge] if own else [agent for agent in range(n) if agent != judge]
            table = np.log(np.maximum(_rating_chances(quality, width, market.self_bias * own), _LEAST))
            log[:, bidders] += table[rated[:, bidders, judge]]
    steps = PLAN_NOISE * np.linspace(-1.0, 1.0, _OFFSETS)
    mixing = np.zeros((_QUALITIES, _QUALITIES))
    for step in steps:
        at = np.rint(np.clip(quality + step, 0.0, 1.0) * (_QUALITIES - 1)).astype(np.intp)
        np.add.at(mixing, (at, np.arange(_QUALITIES)), 1.0 / _OFFSETS)
    top = log.max(axis=2, keepdims=True)
    return np.asarray(np.exp(log - top) @ mixing * np.exp(np.minimum(top, 0.0)), dtype=np.float64)


def _rating_chances(quality: Floats, width: float, bias: float) -> Floats:
    """(6, Q) probability of each rating of a judge."""
    half = max(5.0 * width, 1e-6)
    middle = 5.0 * quality + bias
    edges = np.array([-np.inf, 0.5, 1.5, 2.5, 3.5, 4.5, np.inf])
    below = np.clip((edges[:, None] - (middle - half)) / (2.0 * half), 0.0, 1.0)
    return np.asarray(np.diff(below, axis=0), dtype=np.float64)


def _normal(values: Floats) -> Floats:
    from scipy.special import ndtr

    return np.asarray(ndtr(values), dtype=np.float64)


def _normal_quantile(values: Floats) -> Floats:
    from scipy.special import ndtri

    return np.asarray(ndtri(values), dtype=np.float64)
