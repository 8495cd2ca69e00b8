"""The one rule of dollars: all attempts are paid, scorers' calls are not the agent's, what is not known is said."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sale_inspect._errors import LogError, UnpricedAgentError
from sale_inspect.auction import AuctionRecord, BidRecord, CalibratedDecision
from sale_inspect.money import BLEND_INPUT_SHARE, Entry
from sale_inspect.outcomes import PriceList, named
from sale_inspect.runs._facts import SampleFacts
from sale_inspect.runs._run import PolicyRun

__all__ = ["PriceUse", "paid_entries", "price_dates", "repriced_auction", "why_unpriced"]

_HOW = "(a pool's file, or the file of Inspect's --model-cost-config)"


@dataclass(kw_only=True, slots=True)
class PriceUse:
    """The price lists of a reading, and what of them was used.

    Attributes:
        prices: For calls without dollars.
        reprice: For all calls, in place of their dollars.
    """

    prices: PriceList | None = None
    reprice: PriceList | None = None
    used: set[str] = field(default_factory=set)

    def usd(self, entry: Entry) -> float:
        """Dollars of an entry; NaN if they are not known.

        Raises:
            UnpricedAgentError: If a list has no price for cached tokens that were used, or `reprice` no price at all.
        """
        if entry.tool_calls:
            # A fee is no token's price; the pool states it, and no list has another.
            return entry.usd
        if self.reprice is not None:
            return self._listed(self.reprice, entry, must=True)
        # A price that nobody stated is recorded as 0 dollars by Inspect's mock and local models.
        if entry.usd or not entry.usage.total:
            return entry.usd if not math.isnan(entry.usd) or self.prices is None else self._listed(self.prices, entry)
        return math.nan if self.prices is None else self._listed(self.prices, entry)

    def _listed(self, prices: PriceList, entry: Entry, must: bool = False) -> float:
        name = next((name for name in (entry.agent, entry.model) if name in prices.prices), None)
        if name is None and not must:
            return math.nan
        name = name or entry.model
        self.used.add(name)
        return prices.dollars(name, entry.usage)

    def notes(self) -> list[str]:
        """Which entries of the lists were not used.

        Raises:
            LogError: If a list changed nothing at all.
        """
        told = []
        for flag, listed in (("--prices", self.prices), ("--reprice", self.reprice)):
            if listed is None:
                continue
            # An agent of a pool stands in the list by its name and by its model's.
            same = {id(price) for name, price in listed.prices.items() if name in self.used}
            rest = sorted(name for name, price in listed.prices.items() if id(price) not in same)
            if not same:
                hint = " To compute all dollars anew: --reprice." if flag == "--prices" else ""
                raise LogError(
                    f"{flag} {listed.where}: no call needed one of its prices ({named(sorted(listed.prices))}); it "
                    f"would change nothing.{hint}"
                )
            if rest:
                told.append(f"Prices in {listed.where} that no call needed: {named(rest)}.")
        return told


def paid_entries(sample: SampleFacts, use: PriceUse) -> tuple[Entry, ...]:
    """The calls that were paid for the agent's work, with their dollars: every attempt, without scorers' calls."""
    return tuple(
        replace(entry, usd=use.usd(entry)) for entry in (*sample.entries, *sample.attempts) if entry.phase != "grade"
    )


def price_dates(sample: SampleFacts, entries: Iterable[Entry], use: PriceUse) -> str:
    """The dates of the prices behind a run's dollars, as their sources state them."""
    agents = {entry.agent for entry in entries}
    dates = {str(price.get("as_of", "")) for name, price in sample.prices.items() if name in agents}
    listed = use.reprice or use.prices
    if use.reprice is not None:
        dates = set()
    if listed is not None and not sample.prices:
        dates |= {listed.prices[name].as_of for entry in entries for name in (entry.model,) if name in listed.prices}
    return ", ".join(sorted(dates - {""}))


def why_unpriced(run: PolicyRun, prices: PriceList | None) -> str:
    """Why a run's dollars are not known, and what to do.

    Args:
        run: The run.
        prices: The price list, if one was given.
    """
    lacking = [entry.model for entry in run.entries if math.isnan(entry.usd)]
    if not lacking:
        return "no model call is recorded"
    if prices is not None:
        try:
            prices.price(lacking[0])
        except UnpricedAgentError as error:
            return str(error).rstrip(".")
    return f"model {lacking[0]!r} has tokens but no dollars. Give its price with --prices FILE {_HOW}"


def repriced_auction(record: AuctionRecord, sample: SampleFacts, prices: PriceList) -> AuctionRecord:
    """The auction with other prices, to be decided again; its bids, ratings and winner are as recorded.

    Dollars that a calibrated fit expected of an agent change as its blended price does: an estimate.

    Args:
        record: The auction.
        sample: Its sample, which has the pool's prices and models.
        prices: The other prices, by agent or by model.

    Raises:
        UnpricedAgentError: If a bidder has no price among them.
    """
    share = _input_share(record, sample)
    blended = {}
    for agent in record.agents:
        model = str((sample.agents.get(agent) or {}).get("model", agent))
        listed = prices.prices.get(agent) or prices.price(model)
        blended[agent] = share * listed.input + (1 - share) * listed.output

    def at(bid: BidRecord) -> BidRecord:
        return bid.model_copy(update={"usd_per_mtok": blended[bid.agent]})

    bids, refined = tuple(map(at, record.bids)), tuple(map(at, record.refined))
    made = record.calibrated
    if made is not None:
        ratio = {agent: blended[agent] / record.prices[agent] for agent in record.agents}
        made = made.model_copy(
            update={
                "before": _at_prices(made.before, ratio),
                "after": None if made.after is None else _at_prices(made.after, ratio),
            }
        )
    return record.model_copy(update={"prices": blended, "bids": bids, "refined": refined, "calibrated": made})


def _at_prices(decision: CalibratedDecision, ratio: Mapping[str, float]) -> CalibratedDecision:
    forecasts = tuple(
        each.model_copy(update={"usd": usd, "value_usd": decision.worth * each.p - usd})
        for each in decision.forecasts
        for usd in (each.usd * ratio[each.agent],)
    )
    return decision.model_copy(update={"forecasts": forecasts})


def _input_share(record: AuctionRecord, sample: SampleFacts) -> float:
    """The share of input tokens in the pool's blended prices, which a record does not state, from the prices it has."""
    for agent, price in sample.prices.items():
        read, written = float(price.get("input") or 0), float(price.get("output") or 0)
        if agent in record.prices and read != written:
            return (record.prices[agent] - written) / (read - written)
    return BLEND_INPUT_SHARE
