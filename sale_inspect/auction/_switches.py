"""Parts of the mechanism that can be turned off, for ablations and as defences (all of it ours)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sale_inspect.auction._score import BidFeatures
from sale_inspect.auction._weights import Weights

__all__ = [
    "TERMS",
    "JudgeChoice",
    "RefinedRule",
    "Switches",
    "Term",
    "asked_judges",
    "mean_ratings",
    "normalised",
    "switched_features",
    "switched_weights",
]

Term = Literal["price", "length", "entropy", "jury", "refinement"]
TERMS: tuple[Term, ...] = ("price", "length", "entropy", "jury", "refinement")
"""What `drop` may name."""

JudgeChoice = Literal["all", "peers", "self"] | tuple[str, ...]
"""Who rates a plan: every agent, every agent but its bidder, its bidder alone, or agents by name."""

RefinedRule = Literal["paper", "mean"]
"""How a refined plan is rated: by its own ratings (paper), or by the mean of the first plan's and its own (ours)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Switches:
    """The mechanism's variant; without arguments it is the paper's.

    Attributes:
        drop: Terms that are off.
        judges: Who rates.
        normalise: Each judge's ratings are stretched to 0..1 within the auction, so that a judge who
            is generous or harsh with all has no more influence than the others.
        refined: How refined plans are rated.
        prefer: How much a more expensive agent is trusted before there is evidence, 0 to 1: the value of the most
            expensive agent's bids is higher by this, that of the cheapest agent's by nothing; see `price_ranks`.
    """

    drop: frozenset[Term] = frozenset()
    judges: JudgeChoice = "all"
    normalise: bool = False
    refined: RefinedRule = "paper"
    prefer: float = 0.0

    def __post_init__(self) -> None:
        if not 0.0 <= self.prefer <= 1.0:
            raise ValueError(f"prefer must be from 0 to 1, got {self.prefer!r}.")
        for term in self.drop:
            if term not in TERMS:
                raise ValueError(f"drop: unknown term {term!r}. There are: {', '.join(TERMS)}.")


def asked_judges(choice: JudgeChoice, bidder: str, pool: Sequence[str]) -> tuple[str, ...]:
    """The agents that rate the plan of `bidder`, in pool order.

    Raises:
        ValueError: If a named judge is not in the pool.
    """
    if choice == "all":
        return tuple(pool)
    if choice == "peers":
        return tuple(name for name in pool if name != bidder)
    if choice == "self":
        return (bidder,)
    for name in choice:
        if name not in pool:
            raise ValueError(f"judges: {name!r} is not in the pool ({', '.join(pool)}).")
    return tuple(name for name in pool if name in choice)


def switched_weights(weights: Weights, drop: Collection[Term]) -> Weights:
    """Weights with the dropped terms at zero. The others stay: the lowest z is the same at any scale."""
    if "entropy" in drop:
        weights = weights.model_copy(update={"entropy": 0.0})
    if "jury" in drop:
        weights = weights.model_copy(update={"judges": dict.fromkeys(weights.judges, 0.0)})
    if "price" in drop and "length" in drop:
        weights = weights.model_copy(update={"price": 0.0})
    return weights


def switched_features(
    features: BidFeatures, drop: Collection[Term], *, price_share: float, length_share: float
) -> BidFeatures:
    """Features with price or length held constant where one of them is dropped.

    Without price every agent costs the same a token; without length every plan is as long as the cap.

    Args:
        features: The bid's features.
        drop: Terms that are off.
        price_share: pi / pi_max of the bidder.
        length_share: |s| / cap of the plan, at most 1.
    """
    if "price" in drop and "length" not in drop:
        return replace(features, price_length=length_share)
    if "length" in drop and "price" not in drop:
        return replace(features, price_length=price_share)
    return features


def mean_ratings(first: Mapping[str, float | None], second: Mapping[str, float | None]) -> dict[str, float | None]:
    """For each judge of `second` the mean of its rating of an agent's first plan and of its refined plan.

    A refined plan's ratings are a second draw of a noisy score, and the highest of several draws is too high: it wins
    by luck as often as by quality. The mean takes half of that luck away. Where a judge rated one of the two, that
    rating counts alone.

    Source: ours.
    """
    means: dict[str, float | None] = {}
    for judge, rating in second.items():
        rated = [each for each in (first.get(judge), rating) if each is not None]
        means[judge] = sum(rated) / len(rated) if rated else None
    return means


def normalised(ratings: Mapping[str, Mapping[str, float | None]]) -> dict[str, dict[str, float | None]]:
    """Ratings by bidder and judge, each judge's stretched so that its lowest is 0 and its highest 1.

    A judge that rates all plans alike says nothing: it counts as abstaining, and its weight goes to the others. A
    middle rating for all would pull the rivals of its own plan, which it may not rate, towards the middle.
    """
    table: dict[str, dict[str, float | None]] = {bidder: dict(row) for bidder, row in ratings.items()}
    for judge in {judge for row in table.values() for judge in row}:
        rated = [value for row in table.values() if (value := row.get(judge)) is not None]
        if not rated:
            continue
        low, high = min(rated), max(rated)
        for row in table.values():
            value = row.get(judge)
            if value is not None:
                row[judge] = (value - low) / (high - low) if high > low else None
    return table
