"""Takes up a run's memory where its log stands: what Inspect kept and the file lacks, and the other way round."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from contextvars import copy_context
from functools import partial
from typing import TypeVar

import anyio
from inspect_ai.log import (
    EvalSampleSummary,
    read_eval_log_sample_async,
    read_eval_log_sample_summaries_async,
    transcript,
)

from sale_inspect._inspect.auction._feed import past_auction
from sale_inspect._inspect.auction._memory import RunMemory
from sale_inspect._inspect.auction._memory_files import MemoryUse
from sale_inspect._inspect.store import with_store
from sale_inspect.auction import PastAuction
from sale_inspect.memory import Place
from sale_inspect.runs import cut_off

__all__ = ["attach"]

WAITS = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0)
"""Seconds between tries to read a log that is being written; about 8 in all."""

Read = TypeVar("Read")

_logger = logging.getLogger(__name__)


async def attach(run: RunMemory, use: MemoryUse) -> None:
    """Open a run's memory at its first auction, and bring it to where the run's log stands.

    Inspect writes a finished sample to its log before anybody hears of it, so a kill in between leaves a sample that a
    retry takes over and the memory has never seen. In turn, the log may have lost samples that the memory has. The log
    decides: samples in it are not run again, and all others are.

    Raises:
        MemoryFileError: If the file cannot be used.
        PoolError: If the run has another memory already.
        AuctionError: If the run lost its memory, or its log cannot be read.
    """
    async with run.opening:
        if not await run.open(use) or use.choice.frozen or not run.logs_samples:
            return
        try:
            await _take_up(run)
        # Whatever it is, the memory would show less than it should; the run must not go on as if nothing were.
        except Exception as error:  # noqa: BLE001
            run.lose(error, "taken up from the log")
        run.check()


async def _take_up(run: RunMemory) -> None:
    location = _log_of_this_run()
    if location is None:
        _logger.warning(
            "This version of Inspect does not say where the log of a run is, so the auction memory of a run that was "
            "interrupted cannot be compared with its log."
        )
        return
    kept: dict[Place, tuple[str, PastAuction | None]] = {}
    filled = 0
    for summary in await _when_whole(partial(read_eval_log_sample_summaries_async, location)):
        position = run.position(summary.id)
        if position is None:
            continue
        place = (summary.epoch, position)
        if _failed_before(run, summary):
            kept[place] = str(summary.id), None
        elif summary.error is None:
            known = place in run.places.past
            record = None if known else await _past_auction_of(run, location, summary, position)
            filled += not known
            kept[place] = str(summary.id), record
    await run.take_over(kept)
    if filled:
        transcript().info(
            f"{filled} of the samples that an earlier attempt of this run finished were not in the auction memory, and "
            "were taken from the log.",
            source="sale memory",
        )


async def _when_whole(read: Callable[[], Awaitable[Read]]) -> Read:
    """What is read of the run's log, which Inspect is writing: in the middle of a write it is no whole archive."""
    for seconds in WAITS:
        try:
            return await read()
        # Whatever a torn file raises; what stays wrong is raised by the last try.
        except Exception as error:  # noqa: BLE001
            _logger.debug("The run's log is read again in %s s: %s", seconds, error)
            await anyio.sleep(seconds)
    return await read()


def _failed_before(run: RunMemory, summary: EvalSampleSummary) -> bool:
    """Whether a sample's place stays without a record: it failed once, and the run went on meanwhile."""
    if run.stops_on_error and not run.tries_again:
        return False
    # What was being run when the process was killed has not failed.
    return (summary.error is not None and not cut_off(summary.error)) or bool(summary.retries)


async def _past_auction_of(
    run: RunMemory, location: str, summary: EvalSampleSummary, position: int
) -> PastAuction | None:
    read = partial(read_eval_log_sample_async, location, summary.id, summary.epoch, resolve_attachments="full")
    sample = await _when_whole(read)
    return past_auction(run, with_store(sample), summary.epoch, position)


def _log_of_this_run() -> str | None:
    # Inspect tells its hooks and solvers no place of the log. The sample that is being run, which is a context
    # variable, knows it. A retry's log holds what it takes over from the log before it since the retry began.
    for value in copy_context().values():
        location = getattr(value, "__dict__", {}).get("log_location")
        if isinstance(location, str):
            return location
    return None
