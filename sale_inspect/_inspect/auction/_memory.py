"""The auction memory of a run: what finished samples taught, shown by position and never by timing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from inspect_ai.log import EvalSample

from sale_inspect._errors import AuctionError, LogError, PoolError, SaleError
from sale_inspect._inspect.auction._memory_files import MemoryUse, RunFile, open_memory
from sale_inspect._inspect.auction._places import Place, Places
from sale_inspect._inspect.auction._recall import Recall, Recalled
from sale_inspect._inspect.store import solved
from sale_inspect.auction import PastAuction
from sale_inspect.embedding import Embedder, make_embedder
from sale_inspect.memory import RunIndex
from sale_inspect.runs import ScoreChoice

__all__ = ["RunMemory"]

_DIGITS = 6

_logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class RunMemory:
    """Auctions of one run, by (epoch, position).

    A sample's place is its place in the run's dataset. A place is settled once it has been scored,
    or has failed without the run ending. A failed place stays without a record, so that what later
    samples see does not depend on when it is retried.

    Args:
        places: Where the run's samples stand, how far they are, and what those that are settled left.
        stops_on_error: The run ends at the first failing sample, so a failed place is not settled:
            a retry of the run will do it again.
        tries_again: Inspect tries a failed sample again within the run (`--retry-on-error`).
        logs_samples: The log holds the run's samples (not with `--no-log-samples`).
        evaluation: Inspect's id of the call of `inspect eval` that the run is part of.
        tasks_at_once: How many tasks of it may run side by side.
        scorers: Names of the task's scorers.
        headline: Name of the task's headline score; empty if it names none.
        wanted: The score that the user chose with `--metadata sale_score=NAME>=X`.
        task: Registered name of the task.
        task_arguments: Its arguments.
        fault: Why the run cannot go on with its memory; empty if it can.
        lost: Why the file is written no more, and the run goes on without it; empty if it is in use.
        use: How the run's auctions use its memory; None before the first of them.
        embedder: What turns tasks into vectors; None before the first auction.
        opening: Held while the memory is opened, so that no auction sees half of it.
        closing: What the user is told when the run has ended; empty for nothing.
    """

    places: Places
    stops_on_error: bool = False
    tries_again: bool = False
    logs_samples: bool = True
    evaluation: str = ""
    tasks_at_once: int = 1
    scorers: frozenset[str] = frozenset()
    headline: str = ""
    wanted: tuple[ScoreChoice, ...] = ()
    task: str = ""
    task_arguments: dict[str, Any] = field(default_factory=dict)
    file: RunFile | None = None
    use: MemoryUse | None = None
    embedder: Embedder | None = None
    fault: str = ""
    lost: str = ""
    closing: str = ""
    opening: anyio.Lock = field(default_factory=anyio.Lock)
    _index: RunIndex | None = None
    _searching: anyio.Lock = field(default_factory=anyio.Lock)
    _samples: dict[Place, str] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What stays the same when the run is retried (Inspect's task id)."""
        return self.places.run

    def position(self, sample_id: int | str) -> int | None:
        """Place of a sample in the run, from 0."""
        return self.places.positions.get(str(sample_id))

    async def open(self, use: MemoryUse) -> bool:
        """Open the run's file at its first auction; what it holds of this run counts as settled.

        The embedder is loaded and the file read in a thread: both may take seconds, and other samples are at work.

        Returns:
            True at the first auction, False at the others.

        Raises:
            MemoryFileError: If the file cannot be used.
            PoolError: If the run has another memory already.
            AuctionError: If the run lost its memory.
        """
        self.check()
        if self.use is not None:
            if (self.use.choice, self.use.embedder) != (use.choice, use.embedder):
                raise PoolError(
                    "memory: one run has one memory, and another auction of this run uses a different one. Give the "
                    "same memory, frozen and embedder to all, or memory=off to those that need none."
                )
            return False
        choice = use.choice
        if self.tasks_at_once > 1 and choice.path is not None and not choice.frozen:
            raise PoolError(
                f"memory: up to {self.tasks_at_once} tasks of this evaluation run side by side, and what each of them "
                f"sees in {choice.path} would depend on which comes first. Run them one after another (--max-tasks 1), "
                "evaluate each with a file of its own, or give memory=run, memory=off or frozen=true."
            )
        embedder = await anyio.to_thread.run_sync(make_embedder, use.embedder)
        file = None
        try:
            file = await anyio.to_thread.run_sync(open_memory, use, self.key, embedder)
        except SaleError as error:
            if choice.required:
                raise
            self._lose(str(error))
        self.use, self.file, self.embedder = use, file, embedder
        self._index = RunIndex(self.places.past, embedder)
        if file is not None:
            settled = file.settled()
            # What the file knows of a place stands before what this process knows.
            self.places.past.reopen(settled)
            for place, past in settled.items():
                self.places.past.settle(*place, past)
            for place in self._samples:
                self._write(place)
        self.places.activity.wake()
        return True

    def take_over(self, kept: Mapping[Place, tuple[str, PastAuction | None]]) -> None:
        """Go on from the log of the run so far: what it holds is settled, and what it lacks will be done again.

        Args:
            kept: Sample and auction of each place that the log holds. A place that the file knows stays as it is there.
        """
        # The file may be ahead of the log, and what was lost from the log may have another result next time.
        again = set(self.places.past.places()) - kept.keys() - self._samples.keys()
        self.places.past.reopen(again)
        if self.file is not None and again:
            self.file.reopen(again)
        for (epoch, position), (sample_id, record) in kept.items():
            self.settle(epoch, position, sample_id, record)

    def check(self) -> None:
        """Fail if the run lost its memory.

        Raises:
            AuctionError: With the reason.
        """
        if self.fault:
            raise AuctionError(self.fault)

    def outcome(self, sample: EvalSample) -> bool | None:
        """Whether a sample is solved; None if it is not scored, or nothing says what counts, which is a fault."""
        try:
            return solved(sample.scores or {}, self.wanted, self.headline, f"Memory, sample {sample.id}")
        except LogError as error:
            # A hook's error is seen by nobody; the next auction that asks for the memory raises it.
            self.fault = (
                f"{error} In a run of `inspect eval`, say it with --metadata 'sale_score=NAME' or "
                "'sale_score=NAME>=NUMBER', or hold auctions without a memory: -S memory=off."
            )
            return None

    def settle(self, epoch: int, position: int, sample_id: int | str, record: PastAuction | None) -> None:
        """A sample is scored (with its record) or has failed (with None). The first one wins.

        The place is settled whatever happens to the file: if it cannot be written, those that wait are told of it.
        """
        if not self.places.past.settle(epoch, position, record):
            return
        self._samples[epoch, position] = str(sample_id)
        self._write((epoch, position))
        self.places.activity.wake()

    def lose(self, error: Exception, what: str = "written") -> None:
        """The memory lacks something that it should have: end the run, or go on if the user allowed that.

        Args:
            error: What went wrong.
            what: What could not be done with the memory.
        """
        if self.use is None:
            # No auction of this run uses a memory.
            return
        reason = f"{type(error).__name__}: {error}" if not isinstance(error, SaleError) else str(error)
        self._lose(reason)
        if self.use.choice.required:
            self.fault = (
                f"The auction memory of this run could not be {what}: {reason.rstrip('.')}. Make room or mend the "
                "cause and use `inspect eval-retry`, give -S memory=off, or go on without the file by "
                "-S memory_required=false."
            )
        self.places.activity.wake()

    def _write(self, place: Place) -> None:
        if self.file is None or self.lost:
            return
        try:
            self.file.settle(place, self._samples[place], self.places.past.get(*place))
        # A hook's error is seen by nobody, so whatever it is, those that wait must be told.
        except Exception as error:  # noqa: BLE001
            self.lose(error)

    def _lose(self, reason: str) -> None:
        self.lost = self.lost or reason
        _logger.warning("The auction memory of this run is not kept on disk from here on: %s", reason)

    async def recall(
        self, task: str, *, epoch: int, position: int, lag: int, neighbours: int, own: bool, silence: float
    ) -> Recall:
        """The past auctions most like `task` that the sample at `position` may see.

        These are the run's own at places at least `lag` before it, after waiting until each of them is settled, and
        those of earlier runs in the same file. Of a frozen file, all of it and nothing of this run.

        Args:
            task: The task's text.
            epoch: Epoch of the sample, from 1.
            position: Place of the sample, from 0.
            lag: See `SaleOptions.memory_lag`.
            neighbours: How many, at most.
            own: Auctions of earlier runs on this very task may be among them.
            silence: Seconds without any activity in the run after which the wait ends.

        Raises:
            AuctionError: If the run lost its memory, or nothing happened in it for `silence` seconds.
        """
        frozen = self.file is not None and self.file.frozen
        before = 0 if frozen else max(0, position - lag + 1)
        given_up = await self.places.settled_up_to((epoch, position), before, check=self.check, silence=silence)
        search = partial(self._search, task, neighbours, epoch=epoch, before=before, own=own)
        # In a thread: embedding a task may take a while. One at a time: the index grows.
        async with self._searching:
            visible, left_out, found = await anyio.to_thread.run_sync(search)
        return Recall(visible=visible, neighbours=found, own_left_out=left_out, given_up=given_up)

    def _search(
        self, task: str, k: int, *, epoch: int, before: int, own: bool
    ) -> tuple[int, int, list[Recalled]]:  # fmt: skip
        """How many auctions there are, how many are left out, and the nearest."""
        if self._index is None:
            raise ValueError("the memory is not open.")
        count, nearest = self._index.nearest(task, k, epoch=epoch, before=before)
        found = [Recalled(past=past, similarity=similarity) for past, similarity in nearest]
        left_out = 0
        if self.file is not None and self.file.earlier:
            left_out = 0 if own else self.file.own_auctions(task)
            count += self.file.earlier - left_out
            earlier = self.file.nearest(task, self._index.vector(task), k, own=own)
            found = [Recalled(past=past, similarity=similarity, run=run) for past, similarity, run in earlier] + found
        found.sort(key=lambda each: -round(each.similarity, _DIGITS))
        return count, left_out, found[:k]
