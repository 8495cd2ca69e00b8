"""Decide a recorded auction again, with other weights, terms, judges or agents, without a model call."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Literal, cast

from sale_inspect._errors import AuctionError
from sale_inspect.auction._assess import features_of, gammas
from sale_inspect.auction._record import AuctionRecord, BidRecord
from sale_inspect.auction._score import price_ranks, score
from sale_inspect.auction._select import accept_refined, may_refine, select, select_by_value
from sale_inspect.auction._switches import (
    JudgeChoice,
    RefinedRule,
    Switches,
    Term,
    asked_judges,
    mean_ratings,
    normalised,
    switched_weights,
)
from sale_inspect.auction._weights import Weights, uniform_weights

__all__ = ["DecisionRule", "Redecision", "recorded_switches", "redecide"]

DecisionRule = Literal["z", "forecasts", "before"]
"""The lowest z; a calibrated fit's forecasts as they were when it chose; those that it had before the bids."""

Gammas = Mapping[str, Mapping[str, float | None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Redecision:
    """How a recorded auction would have ended.

    Attributes:
        provisional_winner: Lowest z of the first bids; by forecasts the winner.
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
    """The variant of the mechanism that the auction was held with; records from before there were presets have none."""
    judges = record.judges
    choice = cast(JudgeChoice, judges) if judges in ("all", "peers", "self") else tuple(judges.split(","))
    drop = frozenset(cast("tuple[Term, ...]", record.drop))
    return Switches(
        drop=drop,
        judges=choice,
        normalise="normalise" in record.defences,
        refined=cast(RefinedRule, record.options.get("refined", "paper")),
        prefer=float(record.options.get("prefer", 0.0)),
    )


def redecide(
    record: AuctionRecord,
    *,
    weights: Weights | None = None,
    switches: Switches | None = None,
    without: Collection[str] = (),
    rule: DecisionRule | None = None,
    worth: float | None = None,
) -> Redecision:
    """Decide a recorded auction again.

    Ratings that were not asked for cannot be known: a judge that did not rate counts as abstaining. A calibrated fit's
    forecasts are those on record, also where agents are left out whose ratings they read.

    Args:
        record: The auction.
        weights: Other weights; those of the record by default. Without some agents, uniform weights
            are made anew for the rest.
        switches: Other switches; those of the record by default.
        without: Agents that are left out, as bidders and as judges.
        rule: What decides. By default the forecasts of a calibrated fit where one decided, else z; also z where weights
            or switches are given, which only z reads. By default an agent that was tried in place of the chosen one
            stays; by `forecasts` nobody is tried.
        worth: Another price of a solved task, dollars, for forecasts; a fit that fell back to one agent does not
            read it.

    Raises:
        AuctionError: If no bid is left, no auction was held that could be decided by z, or no calibrated fit decided.
        ValueError: If something is given that the rule does not read.
    """
    forecast = record.calibrated is not None and weights is None and switches is None
    made = record.calibrated
    if rule is None and forecast and worth is None and made is not None and made.worker not in without:
        tried = made.learnt.instead if made.learnt is not None else ""
        if tried:
            return _chosen(record, tried, without)
    rule = rule or ("forecasts" if forecast else "z")
    if rule != "z":
        if weights is not None or switches is not None:
            raise ValueError(f"rule={rule!r} reads neither weights nor switches. Give one or the other.")
        return _by_forecasts(record, rule, without, worth)
    if worth is not None:
        raise ValueError("worth is read by forecasts alone: the auction is decided by z here.")
    if not record.held:
        raise AuctionError("No auction was held for this task, so there are no bids to decide by.")
    on = switches or recorded_switches(record)
    names = tuple(name for name in record.agents if name not in without)
    bids = [bid for bid in record.bids if bid.agent in names]
    if not bids:
        raise AuctionError("No bid is left: all bidders of the recorded auction are left out.")
    refined = [bid for bid in record.refined if bid.agent in names]
    prices = {name: record.prices[name] for name in names}
    chosen = switched_weights(weights or _weights_of(record, names), on.drop)
    first_gammas, refined_gammas = _gammas(bids, refined, names, on)
    scoring = _Scoring(
        weights=chosen,
        switches=on,
        logprobs=all(bid.logprob_entropy is not None for bid in bids),
        priors={name: on.prefer * rank for name, rank in price_ranks(prices).items()},
        dearest=max(prices.values()),
        cap=record.strategy_tokens,
    )
    z = {bid.agent: scoring.z(bid, first_gammas[bid.agent]) for bid in bids}
    provisional = select(z, prices, names)
    eligible = () if "refinement" in on.drop else may_refine(provisional, prices, names)
    refined_z = {
        bid.agent: scoring.z(bid, refined_gammas[bid.agent])
        for bid in refined
        # One auction never mixes two kinds of entropy.
        if bid.agent in eligible and (bid.logprob_entropy is not None or not scoring.logprobs)
    }
    return Redecision(
        provisional_winner=provisional,
        winner=accept_refined(provisional, z[provisional], refined_z, prices, names),
        z=z,
        refined_z=refined_z,
        unheard=_unheard(record, eligible, z),
    )


def _by_forecasts(
    record: AuctionRecord, rule: DecisionRule, without: Collection[str], worth: float | None
) -> Redecision:
    made = record.calibrated
    if made is None:
        raise AuctionError("No calibrated fit decided this auction, so there are no forecasts to decide by.")
    decision = made.before if rule == "before" else made.decision
    bidders = {bid.agent for bid in record.bids} if decision is made.after else set(record.agents)
    able = [each for each in decision.forecasts if each.agent in bidders and each.agent not in without]
    if not able:
        raise AuctionError("No bid is left: all bidders of the recorded auction are left out.")
    price = decision.worth if worth is None else worth
    winner = select_by_value(
        {each.agent: price * each.p - each.usd for each in able}, record.prices, record.agents
    )  # fmt: skip
    if decision.fallback and decision.winner not in without:
        winner = decision.winner
    return _chosen(record, winner, without)


def _chosen(record: AuctionRecord, winner: str, without: Collection[str]) -> Redecision:
    z = {bid.agent: bid.z for bid in record.bids if bid.agent not in without}
    return Redecision(provisional_winner=winner, winner=winner, z=z, refined_z={})


@dataclass(frozen=True, kw_only=True, slots=True)
class _Scoring:
    """What stays the same for all bids of an auction that is decided again."""

    weights: Weights
    switches: Switches
    logprobs: bool
    priors: Mapping[str, float]
    dearest: float
    cap: int

    def z(self, bid: BidRecord, shares: Mapping[str, float | None]) -> float:
        entropy = bid.logprob_entropy if self.logprobs else bid.text_entropy
        features = features_of(
            usd_per_mtok=bid.usd_per_mtok,
            length=bid.length,
            entropy=bid.text_entropy if entropy is None else entropy,
            ratings=shares,
            prior=self.priors[bid.agent],
            dearest=self.dearest,
            cap=self.cap,
            switches=self.switches,
        )
        return score(features, self.weights).z


def _weights_of(record: AuctionRecord, names: tuple[str, ...]) -> Weights:
    if len(names) < len(record.agents) and record.weights.origin.startswith("uniform"):
        return uniform_weights(names)
    return record.weights


def _gammas(
    bids: list[BidRecord], refined: list[BidRecord], names: tuple[str, ...], on: Switches
) -> tuple[Gammas, Gammas]:
    first = {bid.agent: _asked(bid, names, on) for bid in bids}
    second = {bid.agent: _asked(bid, names, on) for bid in refined}
    if on.refined == "mean":
        second = {agent: mean_ratings(first.get(agent, {}), row) for agent, row in second.items()}
    if not on.normalise:
        return first, second
    # Refined bids are stretched with the first ones, as in a live auction.
    both = {f"1 {agent}": row for agent, row in first.items()} | {f"2 {agent}": row for agent, row in second.items()}
    stretched = normalised(both)
    return normalised(first), {agent: stretched[f"2 {agent}"] for agent in second}


def _asked(bid: BidRecord, names: tuple[str, ...], on: Switches) -> dict[str, float | None]:
    asked = asked_judges(on.judges, bid.agent, names)
    return gammas({judge: bid.ratings.get(judge) for judge in asked}, names)


def _unheard(record: AuctionRecord, eligible: tuple[str, ...], z: Mapping[str, float]) -> tuple[str, ...]:
    """Bidders that may refine now, could not in the recorded auction, and might have had something to learn from."""
    asked = record.refinement.eligible
    empty = record.memory == "off" or record.position == 0 or (asked and not record.refinement.neighbours)
    return () if empty else tuple(agent for agent in eligible if agent in z and agent not in asked)
