"""The auction memory of a run: what finished samples taught, shown by position and never by timing."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import anyio
from inspect_ai.log import EvalSample

from sale_inspect._errors import AuctionError, LogError, PoolError, SaleError
from sale_inspect._inspect.auction._memory_files import MemoryChoice, RunFile, open_memory
from sale_inspect._inspect.auction._places import Place, Places
from sale_inspect._inspect.store import solved
from sale_inspect.auction import PastAuction, visible
from sale_inspect.embedding import Embedder, make_embedder, nearest
from sale_inspect.runs import ScoreChoice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Recall", "Recalled", "RunMemory"]

_DIGITS = 6

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Recalled:
    """A past auction with the similarity of its task, and the run that it is from (empty: this one)."""

    past: PastAuction
    similarity: float
    run: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Recall:
    """What memory shows one sample.

    Attributes:
        visible: Number of auctions that it may see.
        neighbours: The nearest of them, best first.
        given_up: Samples that it should have waited for, but that never began.
    """

    visible: int
    neighbours: list[Recalled]
    given_up: tuple[str, ...] = ()


@dataclass(kw_only=True)
class RunMemory:
    """Auctions of one run, by (epoch, position).

    A sample's place is its place in the run's dataset. A place is settled once it has been scored,
    or has failed without the run ending. A failed place stays without a record, so that what later
    samples see does not depend on when it is retried.

    Args:
        places: Where the run's samples stand, and how far they are.
        stops_on_error: The run ends at the first failing sample, so a failed place is not settled:
            a retry of the run will do it again.
        tries_again: Inspect tries a failed sample again within the run (`--retry-on-error`).
        logs_samples: The log holds the run's samples (not with `--no-log-samples`).
        evaluation: Inspect's id of the call of `inspect eval` that the run is part of.
        tasks_at_once: How many tasks of it run side by side.
        scorers: Names of the task's scorers.
        headline: Name of the task's headline score; empty if it names none.
        wanted: The score that the user chose with `--metadata sale_score=NAME>=X`.
        task: Registered name of the task.
        task_arguments: Its arguments.
        fault: Why the run cannot go on with its memory; empty if it can.
        lost: Why the file is written no more, and the run goes on without it; empty if it is in use.
        opening: Held while the memory is opened, so that no auction sees half of it.
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
    past: dict[Place, PastAuction] = field(default_factory=dict)
    file: RunFile | None = None
    choice: MemoryChoice | None = None
    fault: str = ""
    lost: str = ""
    opening: anyio.Lock = field(default_factory=anyio.Lock)
    _samples: dict[Place, str] = field(default_factory=dict)
    _embedders: dict[str, Embedder] = field(default_factory=dict)
    _vectors: dict[tuple[str, str], NDArray[np.float32]] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """What stays the same when the run is retried (Inspect's task id)."""
        return self.places.run

    def position(self, sample_id: int | str) -> int | None:
        """Place of a sample in the run, from 0."""
        return self.places.positions.get(str(sample_id))

    def open(self, choice: MemoryChoice, pool: str, embedder: str) -> bool:
        """Open the run's file at its first auction; what it holds of this run counts as settled.

        Returns:
            True at the first auction, False at the others.

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
        if self.choice is not None:
            return False
        if self.tasks_at_once > 1 and choice.path is not None and not choice.frozen:
            raise PoolError(
                f"memory: {self.tasks_at_once} tasks of this evaluation run side by side, and what each of them sees "
                f"in {choice.path} would depend on which comes first. Run them one after another (--max-tasks 1), "
                "evaluate each with a file of its own, or give memory=run, memory=off or frozen=true."
            )
        made = self.embedder(embedder)
        try:
            file = open_memory(choice, self.key, pool, made)
        except SaleError as error:
            if choice.required:
                raise
            self.choice = choice
            self._lose(str(error))
            return True
        self.choice, self.file = choice, file
        for place, past in file.settled().items():
            self.places.settled.add(place)
            if past is not None:
                self.past[place] = past
        for place in self.places.settled:
            if place in self._samples:
                self._write(place, self.past.get(place))
        self.places.activity.wake()
        return True

    def take_over(self, kept: Mapping[Place, tuple[str, PastAuction | None]]) -> None:
        """Go on from the log of the run so far: what it holds is settled, and what it lacks will be done again.

        Args:
            kept: Sample and auction of each place that the log holds. A place that the file knows stays as it is there.
        """
        # The file may be ahead of the log, and what was lost from the log may have another result next time.
        again = self.places.settled - kept.keys() - self._samples.keys()
        self.places.settled -= again
        for place in again:
            self.past.pop(place, None)
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
        place = (epoch, position)
        if place in self.places.settled:
            return
        self._samples[place] = str(sample_id)
        self.places.settled.add(place)
        if record is not None:
            self.past[place] = record
        self._write(place, record)
        self.places.activity.wake()

    def lose(self, error: Exception, what: str = "written") -> None:
        """The memory lacks something that it should have: end the run, or go on if the user allowed that.

        Args:
            error: What went wrong.
            what: What could not be done with the memory.
        """
        if self.choice is None:
            # No auction of this run uses a memory.
            return
        reason = f"{type(error).__name__}: {error}" if not isinstance(error, SaleError) else str(error)
        self._lose(reason)
        if self.choice.required:
            self.fault = (
                f"The auction memory of this run could not be {what}: {reason.rstrip('.')}. Make room or mend the "
                "cause and use `inspect eval-retry`, give -S memory=off, or go on without the file by "
                "-S memory_required=false."
            )
        self.places.activity.wake()

    def _write(self, place: Place, record: PastAuction | None) -> None:
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
        given_up = await self.places.settled_up_to(
            (epoch, position), position - lag, check=self.check, silence=silence
        )  # fmt: skip
        seen = visible(self.past.values(), epoch=epoch, position=position, lag=lag)
        own = self._nearest(task, seen, neighbours, self.embedder(embedder))
        found = [Recalled(past=p, similarity=s, run=r) for p, s, r in earlier] + own
        found.sort(key=lambda each: -round(each.similarity, _DIGITS))
        return Recall(visible=older + len(seen), neighbours=found[:neighbours], given_up=given_up)

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
