"""Holds the auction of a solver or an agent, and writes its record and its ledger."""

from __future__ import annotations

from dataclasses import dataclass

from inspect_ai.log import transcript
from inspect_ai.util import span

from sale_inspect._errors import PoolError
from sale_inspect._inspect.auction import Auction
from sale_inspect._inspect.solvers._prepare import Prepared, bidders_of
from sale_inspect._inspect.store import Bidder, SampleLedger, write_records
from sale_inspect._inspect.view import TaskView
from sale_inspect.auction import card, uniform_weights
from sale_inspect.pools import Pool

__all__ = ["Hall", "Won", "hold", "open_hall"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hall:
    """Who is there, before the first call: the pool, its agents' models and an empty ledger."""

    pool: Pool
    bidders: list[Bidder]
    ledger: SampleLedger


@dataclass(frozen=True, kw_only=True, slots=True)
class Won:
    """How an auction ended: the winner and its plan."""

    bidder: Bidder
    strategy: str


def open_hall(prepared: Prepared, policy: str) -> Hall:
    """Call the bidders together and open a ledger.

    Args:
        prepared: The arguments.
        policy: What decides, for the ledger.

    Raises:
        PoolError: If there are not two models.
    """
    pool, bidders = bidders_of(prepared.pool)
    if len(bidders) < 2:
        raise PoolError("Role 'agents' has one model; an auction needs two. Add models to the role.")
    return Hall(pool=pool, bidders=bidders, ledger=SampleLedger(policy, pool))


async def hold(prepared: Prepared, hall: Hall, task: TaskView) -> Won:
    """Hold the auction.

    Raises:
        AuctionError: If no agent made a valid bid.
    """
    pool, ledger = hall.pool, hall.ledger
    auction = Auction(
        task=task,
        pool=pool.name,
        simulated=pool.simulated,
        bidders=hall.bidders,
        prices=pool.blended_prices(),
        weights=prepared.weights or uniform_weights(pool.names),
        options=prepared.options,
        ledger=ledger,
    )
    try:
        async with span("auction", type="auction"):
            ledger.book.open_span()
            record = await auction.run()
            transcript().info(card(record), source="sale")
            transcript().info(record.model_dump(mode="json"), source="sale record")
            ledger.book.records[ledger.number] = record
            write_records(each for _, each in sorted(ledger.book.records.items()))
    finally:
        ledger.save()
    winner = next(bidder for bidder in hall.bidders if bidder.name == record.winner)
    return Won(bidder=winner, strategy=record.winning_bid.strategy)
