"""From bids and ratings to scored bids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sale_inspect.auction._bids import Bid
from sale_inspect.auction._entropy import text_entropy
from sale_inspect.auction._record import BidRecord, EntropyKind
from sale_inspect.auction._score import RATING_SCALE, Features, price_length, score
from sale_inspect.auction._tokens import count_tokens
from sale_inspect.auction._weights import Weights

__all__ = ["Rules", "assess", "entropy_kind"]

Ratings = Mapping[str, int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What stays the same for all bids of an auction.

    Attributes:
        prices: Blended price pi of every agent of the pool, dollars per million tokens.
        weights: Weights of the score.
        strategy_tokens: Cap of a strategy, tokens.
    """

    prices: Mapping[str, float]
    weights: Weights
    strategy_tokens: int


def entropy_kind(bids: Sequence[Bid]) -> EntropyKind:
    """`logprobs` if every bid has an entropy from log-probabilities, else `text` for all of them."""
    return "logprobs" if all(bid.logprob_entropy is not None for bid in bids) else "text"


def assess(
    bids: Sequence[Bid], ratings: Mapping[str, Ratings], rules: Rules, kind: EntropyKind
) -> tuple[BidRecord, ...]:
    """Score bids.

    Args:
        bids: The bids.
        ratings: For each bidder, the judges' ratings of its bid: 0..5, or None for an abstention.
        rules: Prices, weights and cap.
        kind: Which entropy to use; one kind for all bids of an auction.

    Raises:
        ValueError: If `kind` is `logprobs` and a bid has none.
    """
    return tuple(_assess_one(bid, ratings[bid.agent], rules, kind) for bid in bids)


def _assess_one(bid: Bid, ratings: Ratings, rules: Rules, kind: EntropyKind) -> BidRecord:
    from_text = text_entropy(bid.strategy)
    entropy = bid.logprob_entropy if kind == "logprobs" else from_text
    if entropy is None:
        raise ValueError(f"Bid by {bid.agent!r} has no log-probabilities. Assess the auction with kind='text'.")
    length = count_tokens(bid.strategy)
    features = Features(
        price_length=price_length(
            usd_per_mtok=rules.prices[bid.agent],
            length=length,
            dearest_usd_per_mtok=max(rules.prices.values()),
            cap=rules.strategy_tokens,
        ),
        entropy=entropy,
        ratings={judge: None if r is None else r / RATING_SCALE for judge, r in ratings.items()},
    )
    scored = score(features, rules.weights)
    return BidRecord(
        agent=bid.agent,
        refined=bid.refined,
        strategy=bid.strategy,
        truncated=bid.truncated,
        usd_per_mtok=rules.prices[bid.agent],
        length=length,
        price_length=features.price_length,
        entropy=entropy,
        logprob_entropy=bid.logprob_entropy,
        text_entropy=from_text,
        ratings=dict(ratings),
        cost=scored.cost,
        value=scored.value,
        z=scored.z,
    )
