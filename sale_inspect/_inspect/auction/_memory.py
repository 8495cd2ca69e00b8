"""The auction memory of a run: what finished samples taught, shown by position and never by timing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
from inspect_ai.log import EvalSample

from sale_inspect._errors import AuctionError, LogError, PoolError, SaleError
from sale_inspect._inspect.auction._memory_files import MemoryChoice, RunFile, open_memory
from sale_inspect._inspect.auction._waiting import Activity
from sale_inspect._inspect.store import solved
from sale_inspect.auction import PastAuction, visible
from sale_inspect.embedding import Embedder, make_embedder, nearest
from sale_inspect.runs import ScoreChoice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Recall", "Recalled", "RunMemory"]

_START_GRACE_SECONDS = 5.0
_DIGITS = 6
_NAMED = 3

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recalled:
    """A past auction with the similarity of its task, and the run that it is from (empty: this one)."""

    past: PastAuction
    similarity: float
    run: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recall:
    """What memory shows one sample: how much it may see, and the nearest of it, best first."""

    visible: int
    neighbours: list[Recalled]


@dataclass(kw_only=True)
class RunMemory:
    """Auctions of one run, by (epoch, position).

    A sample's place is its place in the run's dataset. A place is settled once it has been scored,
    or has failed without the run ending. A failed place stays without a record, so that what later
    samples see does not depend on when it is retried.

    Args:
        key: What stays the same when the run is retried (Inspect's task id).
        positions: Place of each sample id.
        stops_on_error: The run ends at the first failing sample, so a failed place is not settled:
            a retry of the run will do it again.
        scorers: Names of the task's scorers.
        headline: Name of the task's headline score; empty if it names none.
        wanted: The score that the user chose with `--metadata sale_score=NAME>=X`.
        task: Registered name of the task.
        task_arguments: Its arguments.
        fault: Why the run cannot go on with its memory; empty if it can.
        lost: Why the file is written no more, and the run goes on without it; empty if it is in use.
        activity: What happens in the run, for those that wait.
        closing: What the user is told when the run has ended; empty for nothing.
    """

    key: str
    positions: dict[str, int]
    stops_on_error: bool = False
    scorers: frozenset[str] = frozenset()
    headline: str = ""
    wanted: tuple[ScoreChoice, ...] = ()
    task: str = ""
    task_arguments: dict[str, Any] = field(default_factory=dict)
    past: dict[tuple[int, int], PastAuction] = field(default_factory=dict)
    started: set[tuple[int, int]] = field(default_factory=set)
    settled: set[tuple[int, int]] = field(default_factory=set)
    file: RunFile | None = None
    choice: MemoryChoice | None = None
    fault: str = ""
    lost: str = ""
    activity: Activity = field(default_factory=Activity)
    closing: str = ""
    _samples: dict[tuple[int, int], str] = field(default_factory=dict)
    _embedders: dict[str, Embedder] = field(default_factory=dict)
    _vectors: dict[tuple[str, str], NDArray[np.float32]] = field(default_factory=dict)

    def position(self, sample_id: int | str) -> int | None:
        """Place of a sample in the run, from 0."""
        return self.positions.get(str(sample_id))

    def attach(self, choice: MemoryChoice, pool: str, embedder: str) -> None:
        """Open the run's file at its first auction; what it holds of this run counts as settled.

        Raises:
            MemoryFileError: If the file cannot be used.
            PoolError: If the run has another memory already.
            AuctionError: If the run lost its memory.
        """
        self.check()
        if self.choice not in (None, choice):
            raise PoolError(
                "memory: one run has one memory, and another auction of this run uses a different one. Give "
                "the same memory and frozen to all, or memory=off to those that need none."
            )
        if self.file is not None or self.lost:
            return
        self.choice = choice
        made = self.embedder(embedder)
        try:
            file = open_memory(choice, self.key, pool, made)
        except SaleError as error:
            if choice.required:
                raise
            self._lose(str(error))
            return
        self.file = file
        for place, past in file.settled().items():
            self.settled.add(place)
            if past is not None:
                self.past[place] = past
        for place in self.settled:
            if place in self._samples:
                self._write(place, self.past.get(place))
        self.activity.wake()

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

    def start(self, epoch: int, position: int) -> None:
        """A sample begins."""
        self.started.add((epoch, position))
        self.activity.wake()

    def settle(self, epoch: int, position: int, sample_id: int | str, record: PastAuction | None) -> None:
        """A sample is scored (with its record) or has failed (with None). The first one wins.

        The place is settled whatever happens to the file: if it cannot be written, those that wait are told of it.
        """
        place = (epoch, position)
        if place in self.settled:
            return
        self._samples[place] = str(sample_id)
        self.settled.add(place)
        if record is not None:
            self.past[place] = record
        self._write(place, record)
        self.activity.wake()

    def lose(self, error: Exception) -> None:
        """The memory lacks something that it should have: end the run, or go on if the user allowed that."""
        if self.choice is None:
            # No auction of this run uses a memory.
            return
        reason = f"{type(error).__name__}: {error}" if not isinstance(error, SaleError) else str(error)
        self._lose(reason)
        if self.choice.required:
            self.fault = (
                f"The auction memory of this run could not be written: {reason.rstrip('.')}. Make room or mend the "
                "cause and use `inspect eval-retry`, give -S memory=off, or go on without the file by "
                "-S memory_required=false."
            )
        self.activity.wake()

    def _write(self, place: tuple[int, int], record: PastAuction | None) -> None:
        if self.file is None or self.lost:
            return
        try:
            self.file.settle(place, self._samples[place], record)
        # A hook's error is seen by nobody, so whatever it is, those that wait must be told.
        except Exception as error:  # noqa: BLE001
            self.lose(error)

    def _lose(self, reason: str) -> None:
        self.lost = self.lost or reason
        _logger.warning("The auction memory of this run is not kept on disk from here on: %s", reason)

    def embedder(self, choice: str) -> Embedder:
        """The run's embedder, made once."""
        if choice not in self._embedders:
            self._embedders[choice] = make_embedder(choice)
        return self._embedders[choice]

    async def recall(
        self, task: str, *, epoch: int, position: int, lag: int, neighbours: int, embedder: str, silence: float
    ) -> Recall:
        """The past auctions most like `task` that the sample at `position` may see.

        These are the run's own by the rule of `visible`, after waiting until each of them is settled, and
        those of earlier runs in the same file. Of a frozen file, all of it and nothing of this run.

        Raises:
            AuctionError: If the run lost its memory, or nothing happened in it for `silence` seconds.
        """
        earlier = [] if self.file is None else self.file.nearest(task, neighbours)
        older = 0 if self.file is None else self.file.earlier
        if self.file is not None and self.file.frozen:
            return Recall(visible=older, neighbours=[Recalled(past=p, similarity=s, run=r) for p, s, r in earlier])
        await self._settled_up_to(epoch, position - lag, silence)
        seen = visible(self.past.values(), epoch=epoch, position=position, lag=lag)
        own = self._nearest(task, seen, neighbours, self.embedder(embedder))
        found = [Recalled(past=p, similarity=s, run=r) for p, s, r in earlier] + own
        found.sort(key=lambda each: -round(each.similarity, _DIGITS))
        return Recall(visible=older + len(seen), neighbours=found[:neighbours])

    def _nearest(self, task: str, seen: Sequence[PastAuction], k: int, embedder: Embedder) -> list[Recalled]:
        if not seen:
            return []
        import numpy as np

        rows = np.stack([self._vector(past.task, embedder) for past in seen])
        hits = nearest(self._vector(task, embedder), rows, k)
        return [Recalled(past=seen[hit.row], similarity=hit.similarity) for hit in hits]

    def _vector(self, text: str, embedder: Embedder) -> NDArray[np.float32]:
        """One text at a time: in a batch, padding would change the last digits with the company."""
        key = (embedder.name, text)
        if key not in self._vectors:
            self._vectors[key] = embedder.embed([text])[0]
        return self._vectors[key]

    async def _settled_up_to(self, epoch: int, last: int, silence: float) -> None:
        places = {(epoch, position) for position in range(last + 1)}

        def settled() -> bool:
            self.check()
            return places <= self.settled

        # Places that neither start nor stand in the file belong to samples that a retry took over from a log
        # whose memory is gone. Inspect starts samples in order, so a short wait tells them from samples to come.
        with anyio.move_on_after(_START_GRACE_SECONDS):
            await self.activity.until(lambda: places <= self.started | self.settled)
        self.settled |= places - self.started
        await self.activity.until_or_silence(settled, reason=lambda: self._why(places), silence=silence)

    def _why(self, places: set[tuple[int, int]]) -> str:
        """Who waits for what."""
        ids = {position: sample for sample, position in self.positions.items()}
        open_places = sorted(places - self.settled)
        named = ", ".join(ids[position] for _, position in open_places[:_NAMED])
        more = f" and {len(open_places) - _NAMED} more" if len(open_places) > _NAMED else ""
        return f"A refinement waits for the samples before it to be scored ({named}{more})"
