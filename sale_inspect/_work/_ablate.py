"""Recorded auctions, decided again without one of their parts, or at other prices."""

from __future__ import annotations

from dataclasses import replace

from sale_inspect._errors import LogError
from sale_inspect._work._logs import LogsRequest, read_logs
from sale_inspect._work._places import Places
from sale_inspect._work._progress import Progress, silent
from sale_inspect.auction import AuctionRecord
from sale_inspect.outcomes import read_price_list
from sale_inspect.report.analysis import RecordedAuction, ablations
from sale_inspect.runs import AuctionRuns, auctions_of, repriced_auction
from sale_inspect.texts import Table

__all__ = ["ablate"]

_ALIKE = ("pool", "agents", "drop", "judges", "defences")
"""What all auctions must have in common to be decided again together."""
_ALIKE_OPTIONS = ("preset", "refined", "prefer", "plan", "auction")
"""The same, of options without a field of their own."""
_FIT = "calibrated fit to data"


def ablate(logs: Places, request: LogsRequest | None = None, *, progress: Progress = silent) -> Table:
    """Decide recorded auctions again without a term, a kind of rating, a judge or an agent. No model is called.

        table = sale_inspect.ablate(["logs/sale", "logs/single"])
        print(sale_inspect.texts.to_markdown(table))

    Args:
        logs: Logs of `sale`, and logs of `single` on the same tasks, which say how other winners would have done.
        request: How they are read. With `reprice`, the auctions are decided again at those prices, and dollars are too.
        progress: Is told what is being done.

    Returns:
        One row a variant. The notes say what the logs lack and what was left out.

    Raises:
        LogError: If no log holds an auction, or auctions of several pools or variants are given.
    """
    request = request or LogsRequest()
    auctions = auctions_of(read_logs(logs, request, line_up=False, progress=progress))
    if request.reprice is None:
        table = ablations(_recorded(auctions))
    else:
        prices = read_price_list(request.reprice)
        held, skipped = (
            tuple((run, repriced_auction(record, run.sample, prices)) for run, record in part)
            for part in (auctions.held, auctions.skipped)
        )
        table = ablations(_recorded(replace(auctions, held=held, skipped=skipped)), base="decided at these prices")
    return replace(table, notes=(*table.notes, *auctions.notes))


def _what(record: AuctionRecord, name: str) -> object:
    if name == _FIT:
        return None if record.calibrated is None else record.calibrated.data[:12]
    return record.options.get(name) if name in _ALIKE_OPTIONS else getattr(record, name)


def _recorded(auctions: AuctionRuns) -> list[RecordedAuction]:
    decided = (*auctions.held, *auctions.skipped)
    _, first = decided[0]
    for run, record in decided:
        for name in (*_ALIKE, *_ALIKE_OPTIONS, _FIT):
            of_first, of_this = _what(first, name), _what(record, name)
            if of_first != of_this:
                raise LogError(
                    f"Log {run.head.log}, sample {run.sample.sample_id} epoch {run.epoch}: its auction has {name} "
                    f"{of_this}, the first one has {of_first}. Decide logs of one pool and variant at a time."
                )
    return [
        RecordedAuction(
            record=record,
            correct=run.score,
            usd=run.usd - run.overhead_usd,
            overhead_usd=run.overhead_usd,
            alone=auctions.alone_means(run.task),
            escalated=not record.winner_alone,
        )
        for run, record in decided
    ]
