"""Runs the auction of a solver or an agent in a sample, and writes its record and its ledger."""

from __future__ import annotations

from dataclasses import dataclass

from inspect_ai.log import transcript
from inspect_ai.util import span

from sale_inspect._errors import PoolError
from sale_inspect._inspect.auction import Auction, say_at_the_end
from sale_inspect._inspect.solvers._prepare import Prepared, bidders_of
from sale_inspect._inspect.store import Bidder, SampleLedger, write_records
from sale_inspect._inspect.view import TaskView
from sale_inspect.auction import card, uniform_weights
from sale_inspect.pools import Pool

__all__ = ["SampleAgents", "WinningBid", "agents_of_sample", "run_auction"]

_UNFITTED = (
    "SALE (preset {preset}) ran without a fitted file: how well each agent solves such tasks was not known, and all "
    "terms of the score weighed the same. To fit it to tasks with known outcomes: sale-inspect fit LOGS --objective "
    "outcome -o weights.json (logs of sale, and of single for each agent), then -S weights=weights.json."
)


@dataclass(frozen=True, kw_only=True, slots=True)
class SampleAgents:
    """The pool of a sample, the models of its agents, and the ledger of what they will spend, still empty."""

    pool: Pool
    bidders: list[Bidder]
    ledger: SampleLedger


@dataclass(frozen=True, kw_only=True, slots=True)
class WinningBid:
    """Who won an auction, with its plan; None if it is to work without one."""

    bidder: Bidder
    strategy: str | None


def agents_of_sample(prepared: Prepared) -> SampleAgents:
    """The agents of a sample, before the first call, with a new ledger.

    Raises:
        PoolError: If there are not two models.
    """
    pool, bidders = bidders_of(prepared.pool)
    if len(bidders) < 2:
        raise PoolError("Role 'agents' has one model; an auction needs two. Add models to the role.")
    return SampleAgents(pool=pool, bidders=bidders, ledger=SampleLedger("sale", pool))


async def run_auction(prepared: Prepared, agents: SampleAgents, task: TaskView) -> WinningBid:
    """Run the auction of a task.

    Raises:
        AuctionError: If no agent made a valid bid.
    """
    pool, ledger = agents.pool, agents.ledger
    auction = Auction(
        task=task,
        pool=pool,
        bidders=agents.bidders,
        weights=prepared.weights or uniform_weights(pool.names),
        options=prepared.options,
        memory=prepared.memory,
        ledger=ledger,
        prompts=prepared.prompts,
    )
    if prepared.weights is None:
        say_at_the_end(task.uuid, _UNFITTED.format(preset=auction.options.preset))
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
    winner = next(bidder for bidder in agents.bidders if bidder.name == record.winner)
    plan = record.winning_bid.strategy if prepared.options.plan == "own" else None
    return WinningBid(bidder=winner, strategy=plan)
