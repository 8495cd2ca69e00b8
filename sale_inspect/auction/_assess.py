"""From bids and ratings to scored bids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sale_inspect.auction._bids import Bid
from sale_inspect.auction._entropy import text_entropy
from sale_inspect.auction._record import AuctionRecord, BidRecord, EntropyKind
from sale_inspect.auction._score import RATING_SCALE, BidFeatures, price_length, price_ranks, score
from sale_inspect.auction._switches import Switches, mean_ratings, normalised, switched_features, switched_weights
from sale_inspect.auction._tokens import count_tokens
from sale_inspect.auction._weights import Weights

__all__ = ["Rules", "assess", "entropy_kind", "features_of", "first_gammas", "gammas"]

Ratings = Mapping[str, int | None]


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """What stays the same for all bids of an auction.

    Attributes:
        prices: Blended price pi of every agent of the pool, dollars per million tokens.
        weights: Weights of the score.
        strategy_tokens: Cap of a strategy, tokens.
        switches: The mechanism's variant.
    """

    prices: Mapping[str, float]
    weights: Weights
    strategy_tokens: int
    switches: Switches = field(default_factory=Switches)


def entropy_kind(bids: Sequence[Bid]) -> EntropyKind:
    """`logprobs` if every bid has an entropy from log-probabilities, else `text` for all of them."""
    return "logprobs" if all(bid.logprob_entropy is not None for bid in bids) else "text"


def assess(
    bids: Sequence[Bid],
    ratings: Mapping[str, Ratings],
    rules: Rules,
    kind: EntropyKind,
    among: Mapping[str, Ratings] | None = None,
) -> tuple[BidRecord, ...]:
    """Score bids.

    Args:
        bids: The bids.
        ratings: For each bidder, the judges' ratings of its bid: 0..5, or None for an abstention.
            A judge that was not asked is not in it, and counts as abstaining.
        rules: Prices, weights, cap and switches.
        kind: Which entropy to use; one kind for all bids of an auction.
        among: Ratings of the first bids, if these are the refined ones. Normalisation stretches both together, and
            `refined=mean` takes the mean of both.

    Raises:
        ValueError: If `kind` is `logprobs` and a bid has none.
    """
    shares = {bid.agent: gammas(ratings[bid.agent], tuple(rules.prices)) for bid in bids}
    first = {agent: gammas(row, tuple(rules.prices)) for agent, row in (among or {}).items()}
    if rules.switches.refined == "mean":
        shares = {agent: mean_ratings(first.get(agent, {}), row) for agent, row in shares.items()}
    if rules.switches.normalise:
        others = {f"other {agent}": row for agent, row in first.items()}
        stretched = normalised({**others, **shares})
        shares = {agent: stretched[agent] for agent in shares}
    weights = switched_weights(rules.weights, rules.switches.drop)
    ranks = price_ranks(rules.prices)
    priors = {agent: rules.switches.prefer * rank for agent, rank in ranks.items()}
    return tuple(
        _assess_one(bid, ratings[bid.agent], shares[bid.agent], priors[bid.agent], weights, rules, kind) for bid in bids
    )


def gammas(ratings: Ratings, judges: Sequence[str]) -> dict[str, float | None]:
    """gamma_j / 5 of every judge, None where it did not rate."""
    asked = {judge: ratings.get(judge) for judge in judges}
    return {judge: None if rating is None else rating / RATING_SCALE for judge, rating in asked.items()}


def first_gammas(record: AuctionRecord) -> dict[str, dict[str, float | None]]:
    """gamma_j / scale of every judge for each first bid, as its auction read them: stretched if ratings were.

    Args:
        record: The auction.

    Returns:
        By bidder and judge; None where the judge did not rate.
    """
    shares: dict[str, dict[str, float | None]] = {
        bid.agent: {
            judge: None if (rating := bid.ratings.get(judge)) is None else rating / record.rating_scale
            for judge in record.agents
        }
        for bid in record.bids
    }
    return normalised(shares) if "normalise" in record.defences else shares


def features_of(
    *,
    usd_per_mtok: float,
    length: int,
    entropy: float,
    ratings: Mapping[str, float | None],
    prior: float,
    dearest: float,
    cap: int,
    switches: Switches,
) -> BidFeatures:
    """The features by which a bid is scored, with the dropped terms held constant."""
    features = BidFeatures(
        price_length=price_length(usd_per_mtok=usd_per_mtok, length=length, dearest_usd_per_mtok=dearest, cap=cap),
        entropy=entropy,
        ratings=ratings,
        prior=prior,
    )
    if not switches.drop:
        return features
    return switched_features(
        features, switches.drop, price_share=usd_per_mtok / dearest, length_share=min(1.0, length / cap)
    )


def _assess_one(
    bid: Bid,
    ratings: Ratings,
    shares: Mapping[str, float | None],
    prior: float,
    weights: Weights,
    rules: Rules,
    kind: EntropyKind,
) -> BidRecord:
    from_text = text_entropy(bid.strategy)
    entropy = bid.logprob_entropy if kind == "logprobs" else from_text
    if entropy is None:
        raise ValueError(f"Bid by {bid.agent!r} has no log-probabilities. Assess the auction with kind='text'.")
    length = count_tokens(bid.strategy)
    features = features_of(
        usd_per_mtok=rules.prices[bid.agent],
        length=length,
        entropy=entropy,
        ratings=shares,
        prior=prior,
        dearest=max(rules.prices.values()),
        cap=rules.strategy_tokens,
        switches=rules.switches,
    )
    scored = score(features, weights)
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
