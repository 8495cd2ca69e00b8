"""Cost, value and z = C - V of a bid."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sale_inspect.auction._weights import Weights

__all__ = ["RATING_SCALE", "BidFeatures", "Scored", "price_length", "price_ranks", "score"]

RATING_SCALE = 5
"""Highest rating; the scale is 0..5 (paper)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BidFeatures:
    """What a bid is scored by; every number is in [0, 1].

    Attributes:
        price_length: c = pi * |s| / (pi_max * cap).
        entropy: H.
        ratings: gamma_j / 5 for each judge; None where the judge abstained.
        prior: What the bidder is trusted with before there is evidence (ours; the paper has none).
    """

    price_length: float
    entropy: float
    ratings: Mapping[str, float | None]
    prior: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Scored:
    """Cost C, value V and z = C - V. The lowest z wins."""

    cost: float
    value: float

    @property
    def z(self) -> float:
        """C - V."""
        return self.cost - self.value


def price_length(*, usd_per_mtok: float, length: int, dearest_usd_per_mtok: float, cap: int) -> float:
    """C = pi * |s| / (pi_max * cap), cut at 1.

    The paper's cost term is pi * |s|; the division, which makes weights mean the same for any
    pool, is ours.

    Args:
        usd_per_mtok: Blended price pi of the bidder, dollars per million tokens.
        length: |s| in tokens.
        dearest_usd_per_mtok: Highest pi in the pool.
        cap: Token cap of a strategy.
    """
    return min(1.0, usd_per_mtok * length / (dearest_usd_per_mtok * cap))


def price_ranks(prices: Mapping[str, float]) -> dict[str, float]:
    """The place of each agent in the order of prices: 0 for the lowest price, 1 for the highest, equal steps between.

    Agents of one price have one rank; if all have one price, it is 0.

    Args:
        prices: Blended price pi of each agent, dollars per million tokens.
    """
    steps = sorted(set(prices.values()))
    return {agent: steps.index(price) / max(len(steps) - 1, 1) for agent, price in prices.items()}


def score(features: BidFeatures, weights: Weights) -> Scored:
    """C = w_c * c and V = w_h * H + sum_j w_j * gamma_j / 5 + prior.

    The weight of a judge that abstained is shared out over the judges that did rate the strategy,
    in proportion to their weights. With no rating at all V is the entropy term and the prior.

    Source: the paper's formula on features in [0, 1]; the rule for abstentions and the prior (0 in the preset
    `paper`) are ours.
    """
    rated = {judge: rating for judge, rating in features.ratings.items() if rating is not None}
    jury_weight = sum(weights.judges[judge] for judge in features.ratings)
    rated_weight = sum(weights.judges[judge] for judge in rated)
    jury = 0.0
    if rated and rated_weight > 0.0:
        weighted = sum(weights.judges[judge] * rating for judge, rating in rated.items())
        jury = weighted * jury_weight / rated_weight
    elif rated:
        # Only judges of weight zero rated: the others' weight is shared out equally.
        jury = jury_weight * sum(rated.values()) / len(rated)
    value = weights.entropy * features.entropy + jury + features.prior
    return Scored(cost=weights.price * features.price_length, value=value)
