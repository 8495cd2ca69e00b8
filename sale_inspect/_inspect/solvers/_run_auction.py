"""Runs the auction of a solver or an agent in a sample, and writes its record and its ledger."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import anyio
from inspect_ai.log import transcript
from inspect_ai.util import span

from sale_inspect._errors import PoolError
from sale_inspect._inspect.auction import Auction, say_at_the_end
from sale_inspect._inspect.solvers._prepare import Prepared, bidders_of
from sale_inspect._inspect.store import Bidder, SampleLedger, write_records
from sale_inspect._inspect.view import TaskView
from sale_inspect.auction import AuctionRecord, card, uniform_weights
from sale_inspect.bench import unlearnt_bins
from sale_inspect.pools import Pool

__all__ = ["SampleAgents", "WinningBid", "agents_of_sample", "run_auction"]

_UNFITTED = (
    "SALE (preset {preset}) ran without a fitted file: how well each agent solves such tasks was not known, and all "
    "terms of the score weighed the same. To fit it to tasks with known outcomes: sale-inspect fit LOGS --objective "
    "calibrated -o auction.npz (logs of sale, and of single for each agent), then -S weights=auction.npz."
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


def agents_of_sample(prepared: Prepared, policy: str = "sale") -> SampleAgents:
    """The agents of a sample, before the first call, with a new ledger.

    Args:
        prepared: What was made of the options.
        policy: What decides, in the ledger's words.

    Raises:
        PoolError: If there are not two models.
    """
    pool, bidders = bidders_of(prepared.pool)
    if len(bidders) < 2:
        raise PoolError("Role 'agents' has one model; an auction needs two. Add models to the role.")
    prepared.labels.put(pool)
    return SampleAgents(pool=pool, bidders=bidders, ledger=SampleLedger(policy, pool))


async def run_auction(prepared: Prepared, agents: SampleAgents, task: TaskView) -> WinningBid:
    """Run the auction of a task; with a calibrated fit there may be none, and an agent is chosen without bids.

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
        fit=prepared.fit,
    )
    if prepared.weights is None and prepared.fit is None:
        say_at_the_end(task.uuid, _UNFITTED.format(preset=auction.options.preset))
    try:
        async with span("auction", type="SALE"):
            ledger.book.open_span()
            async with _result_first() as show:
                record = _marked(await auction.run(), prepared.bins, task.bin)
                show(record)
            transcript().info(record.model_dump(mode="json"), source="sale record")
            ledger.book.records[ledger.number] = record
            write_records(each for _, each in sorted(ledger.book.records.items()))
    finally:
        ledger.save()
    winner = next(bidder for bidder in agents.bidders if bidder.name == record.winner)
    plan = record.winning_bid.strategy if record.held and prepared.options.plan == "own" else None
    return WinningBid(bidder=winner, strategy=plan)


def _marked(record: AuctionRecord, bins: tuple[str, ...], own: str) -> AuctionRecord:
    """With a note if what decided was fitted without tasks of this one's bin."""
    if own not in unlearnt_bins(bins):
        return record
    note = f"Nothing was learnt of bin {own}: what decided here was fitted to tasks of {', '.join(bins)} alone."
    return record.model_copy(update={"unlearnt_bin": own, "notes": (*record.notes, note)})


@asynccontextmanager
async def _result_first() -> AsyncIterator[Callable[[AuctionRecord], None]]:
    """Opens a span for the auction's table before the spans of its calls: Inspect View orders spans by their begin.

    Yields:
        Writes a record's table into that span. Without a record the span stays empty, and Inspect View leaves it out.
    """
    records: list[AuctionRecord] = []
    failure = None
    opened, decided = anyio.Event(), anyio.Event()

    async def keep_open() -> None:
        # In a task of its own: calls that begin meanwhile must not be its children.
        async with span("result", type="auction"):
            opened.set()
            await decided.wait()
            for record in records:
                transcript().info(card(record), source="sale")

    async with anyio.create_task_group() as group:
        group.start_soon(keep_open)
        await opened.wait()
        try:
            yield records.append
        except Exception as error:  # noqa: BLE001 - raised below: a task group would wrap it into a group of errors
            failure = error
        finally:
            decided.set()
    if failure is not None:
        raise failure
