"""Decide a recorded auction again, with other weights, terms, judges or agents, without a model call."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import cast

from sale_inspect._errors import AuctionError
from sale_inspect.auction._assess import features_of, gammas
from sale_inspect.auction._record import AuctionRecord, BidRecord
from sale_inspect.auction._score import score
from sale_inspect.auction._select import accept_refined, may_refine, select
from sale_inspect.auction._switches import (
    JudgeChoice,
    Switches,
    Term,
    asked_judges,
    normalised,
    switched_weights,
)
from sale_inspect.auction._weights import Weights, uniform_weights

__all__ = ["Redecision", "recorded_switches", "redecide"]

Gammas = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Redecision:
    """How a recorded auction would have ended.

    Attributes:
        provisional_winner: Lowest z of the first bids.
        winner: Winner after the refined bids that are on record.
        z: z of each first bid, by agent.
        refined_z: z of each refined bid that was counted, by agent.
        unheard: Agents that could have refined now, but did not in the recorded auction. What they
            would have written is not known without new calls.
    """

    provisional_winner: str
    winner: str
    z: Mapping[str, float]
    refined_z: Mapping[str, float]
    unheard: tuple[str, ...] = ()


def recorded_switches(record: AuctionRecord) -> Switches:
    """The variant of the mechanism that the auction was held with."""
    judges = record.judges
    choice = cast(JudgeChoice, judges) if judges in ("all", "peers", "self") else tuple(judges.split(","))
    drop = frozenset(cast("tuple[Term, ...]", record.drop))
    return Switches(drop=drop, judges=choice, normalise="normalise" in record.defences)


def redecide(
    record: AuctionRecord,
    *,
    weights: Weights | None = None,
    switches: Switches | None = None,
    without: Collection[str] = (),
) -> Redecision:
    """Decide a recorded auction again.

    Ratings that were not asked for cannot be known: a judge that did not rate counts as abstaining.

    Args:
        record: The auction.
        weights: Other weights; those of the record by default. Without some agents, uniform weights
            are made anew for the rest.
        switches: Other switches; those of the record by default.
        without: Agents that are left out, as bidders and as judges.

    Raises:
        AuctionError: If no bid is left.
    """
    on = switches or recorded_switches(record)
    names = tuple(name for name in record.agents if name not in without)
    bids = [bid for bid in record.bids if bid.agent in names]
    if not bids:
        raise AuctionError("No bid is left: all bidders of the recorded auction are left out.")
    refined = [bid for bid in record.refined if bid.agent in names]
    prices = {name: record.prices[name] for name in names}
    chosen = switched_weights(weights or _weights_of(record, names), on.drop)
    first_gammas, refined_gammas = _gammas(bids, refined, names, on)
    logprobs = all(bid.logprob_entropy is not None for bid in bids)
    dearest, cap = max(prices.values()), record.strategy_tokens
    z = {bid.agent: _z(bid, first_gammas[bid.agent], chosen, on, logprobs, dearest, cap) for bid in bids}
    provisional = select(z, prices, names)
    eligible = () if "refinement" in on.drop else may_refine(provisional, prices, names)
    heard = [bid for bid in refined if bid.agent in eligible and (bid.logprob_entropy is not None or not logprobs)]
    refined_z = {bid.agent: _z(bid, refined_gammas[bid.agent], chosen, on, logprobs, dearest, cap) for bid in heard}
    return Redecision(
        provisional_winner=provisional,
        winner=accept_refined(provisional, z[provisional], refined_z, prices, names),
        z=z,
        refined_z=refined_z,
        unheard=_unheard(record, eligible, z),
    )


def _weights_of(record: AuctionRecord, names: tuple[str, ...]) -> Weights:
    if len(names) < len(record.agents) and record.weights.origin.startswith("uniform"):
        return uniform_weights(names)
    return record.weights


def _gammas(
    bids: list[BidRecord], refined: list[BidRecord], names: tuple[str, ...], on: Switches
) -> tuple[Gammas, Gammas]:
    first = {bid.agent: _asked(bid, names, on) for bid in bids}
    second = {bid.agent: _asked(bid, names, on) for bid in refined}
    if not on.normalise:
        return first, second
    # Refined bids are stretched with the first ones, as in a live auction.
    both = {f"1 {agent}": row for agent, row in first.items()} | {f"2 {agent}": row for agent, row in second.items()}
    stretched = normalised(both)
    return normalised(first), {agent: stretched[f"2 {agent}"] for agent in second}


def _asked(bid: BidRecord, names: tuple[str, ...], on: Switches) -> dict[str, float | None]:
    asked = asked_judges(on.judges, bid.agent, names)
    return gammas({judge: bid.ratings.get(judge) for judge in asked}, names)


def _z(
    bid: BidRecord,
    shares: Mapping[str, float | None],
    weights: Weights,
    on: Switches,
    logprobs: bool,
    dearest: float,
    cap: int,
) -> float:
    entropy = bid.logprob_entropy if logprobs else bid.text_entropy
    features = features_of(
        usd_per_mtok=bid.usd_per_mtok,
        length=bid.length,
        entropy=bid.text_entropy if entropy is None else entropy,
        ratings=shares,
        dearest=dearest,
        cap=cap,
        switches=on,
    )
    return score(features, weights).z


def _unheard(record: AuctionRecord, eligible: tuple[str, ...], z: Mapping[str, float]) -> tuple[str, ...]:
    """Bidders that may refine now, could not in the recorded auction, and might have had something to learn from."""
    asked = record.refinement.eligible
    empty = record.memory == "off" or record.position == 0 or (asked and not record.refinement.neighbours)
    return () if empty else tuple(agent for agent in eligible if agent in z and agent not in asked)
