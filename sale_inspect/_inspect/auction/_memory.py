"""The auction memory of a run: what finished samples taught, shown by position and never by timing."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import anyio
import anyio.from_thread
import anyio.to_thread
from anyio.lowlevel import EventLoopToken, current_token
from inspect_ai.log import EvalSample

from sale_inspect._errors import AuctionError, LogError, PoolError, SaleError
from sale_inspect._inspect.auction._learning import Learning
from sale_inspect._inspect.auction._memory_files import MemoryUse, open_memory
from sale_inspect._inspect.auction._places import Places
from sale_inspect._inspect.auction._recall import Recall, shown_to
from sale_inspect._inspect.store import solved
from sale_inspect.auction import PastAuction
from sale_inspect.embedding import Embedder, make_embedder
from sale_inspect.memory import AuctionMemory, EmbeddedMemory, Heard, NotSettledError, Place, RunIdentity
from sale_inspect.runs import ScoreChoice

if TYPE_CHECKING:
    from sale_inspect.calibrated import Learner

__all__ = ["RunMemory"]

Result = TypeVar("Result")

_logger = logging.getLogger(__name__)


@dataclass(kw_only=True)
class RunMemory:
    """Auctions of one run, by (epoch, position).

    A sample's place is its place in the run's dataset. A place is settled once it has been scored,
    or has failed without the run ending. A failed place stays without a record, so that what later
    samples see does not depend on when it is retried.

    Args:
        places: Where the run's samples stand, how far they are, and what those that are settled left.
        joined: Id of the whole run, if other processes do other samples of it; empty if this process does all.
        size: Samples of the whole run; 0 for those of `places`.
        epochs: How often each sample is done.
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
        misplaced: Why it is not known where the samples stand; empty if it is.
        fault: Why the run cannot go on with its memory; empty if it can.
        kept: What keeps the auctions; None before the first auction.
        lost: Why the file is written no more, and the run goes on without it; empty if it is in use.
        use: How the run's auctions use its memory; None before the first of them.
        embedder: What turns tasks into vectors; None before the first auction.
        opening: Held while the memory is opened, so that no auction sees half of it.
        closing: What the user is told when the run has ended; empty for nothing.
    """

    places: Places
    joined: str = ""
    size: int = 0
    epochs: int = 1
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
    kept: AuctionMemory | None = None
    use: MemoryUse | None = None
    embedder: Embedder | None = None
    misplaced: str = ""
    fault: str = ""
    lost: str = ""
    closing: str = ""
    opening: anyio.Lock = field(default_factory=anyio.Lock)
    _learning: dict[tuple[str, int], Learning] = field(default_factory=dict)
    _searching: anyio.Lock = field(default_factory=anyio.Lock)
    _samples: dict[Place, str] = field(default_factory=dict)
    _settling: set[Place] = field(default_factory=set)

    @property
    def key(self) -> str:
        """What stays the same when the run is retried, and in all processes of it."""
        return self.joined or self.places.run

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
        lasting = choice.path or choice.server
        if self.tasks_at_once > 1 and lasting is not None and not choice.frozen:
            raise PoolError(
                f"memory: up to {self.tasks_at_once} tasks of this evaluation run side by side, and what each of them "
                f"sees in {lasting} would depend on which comes first. Run them one after another (--max-tasks 1), "
                "evaluate each with a file of its own, or give memory=run, memory=off or frozen=true."
            )
        if self.joined and choice.server is None and not choice.frozen:
            raise PoolError(
                "memory: other processes do other samples of this run, and this memory would not see them. Give "
                "memory=postgresql://HOST/DATABASE, memory=off, or a file with frozen=true."
            )
        embedder = await anyio.to_thread.run_sync(make_embedder, use.embedder)
        past = self.places.past
        kept: AuctionMemory
        try:
            kept = await anyio.to_thread.run_sync(open_memory, use, self._identity(use), embedder, past)
        except SaleError as error:
            if choice.required:
                raise
            self._lose(str(error))
            kept = EmbeddedMemory(past, embedder, None, self.key, own=False)
        self.use, self.kept, self.embedder = use, kept, embedder
        settled = await self._call(kept.settled)
        # What the memory knows of a place stands before what this process knows.
        past.reopen(settled)
        for place, auction in settled.items():
            past.settle(*place, auction)
        for place, sample_id in self._samples.items():
            await self._write(place, sample_id, past.get(*place))
        if kept.shared and not kept.frozen:
            self.places.others = kept
            kept.heed(partial(_tell_loop, current_token(), self._hear), self.places.activity.acted)
        self.places.activity.wake()
        return True

    def _hear(self, heard: Heard) -> None:
        """Others of the run have settled places, or are at work; called in the run's own thread."""
        if heard.fault is not None:
            self.lose(heard.fault, "followed")
        held = set(self.places.positions.values())
        for place in heard.settled:
            # This process knows best of its own: what it hears of them may be of before it took them over.
            if place[1] not in held:
                self.places.past.settle(*place, None)
        if heard.settled or heard.active:
            self.places.activity.hear()

    def _identity(self, use: MemoryUse) -> RunIdentity:
        return RunIdentity(
            key=self.key,
            pool=use.pool,
            agents=use.agents,
            samples={position: sample for sample, position in self.places.positions.items()},
            size=self.size or len(self.places.positions),
            epochs=self.epochs,
            lag=use.lag,
        )

    async def take_over(self, kept: Mapping[Place, tuple[str, PastAuction | None]]) -> None:
        """Go on from the log of the run so far: what it holds is settled, and what it lacks will be done again.

        Args:
            kept: Sample and auction of each place that the log holds. A place that the file knows stays as it is there.
        """
        # The file may be ahead of the log, and what was lost from the log may have another result next time.
        again = set(self.places.past.places()) - kept.keys() - self._samples.keys()
        if self.joined:
            # The log is of this process's samples alone.
            held = set(self.places.positions.values())
            again = {place for place in again if place[1] in held}
        self.places.past.reopen(again)
        if self.kept is not None and again:
            await self._call(partial(self.kept.reopen, again))
        for (epoch, position), (sample_id, record) in kept.items():
            await self.settle(epoch, position, sample_id, record)

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

    async def settle(self, epoch: int, position: int, sample_id: int | str, record: PastAuction | None) -> None:
        """A sample is scored (with its record) or has failed (with None). The first one wins.

        The place is settled whatever happens to the file: if it cannot be written, those that wait are told of it.
        """
        place = epoch, position
        if place in self.places.past or place in self._settling:
            return
        self._settling.add(place)
        self._samples[place] = str(sample_id)
        # What is settled is kept before others may see it.
        await self._write(place, str(sample_id), record)
        self.places.past.settle(epoch, position, record)
        self._settling.discard(place)
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

    async def _write(self, place: Place, sample_id: str, past: PastAuction | None) -> None:
        if self.kept is None or self.lost:
            return
        try:
            await self._call(partial(self.kept.settle, place, sample_id, past))
        # A hook's error is seen by nobody, so whatever it is, those that wait must be told.
        except Exception as error:  # noqa: BLE001
            self.lose(error)

    async def _call(self, call: Callable[[], Result]) -> Result:
        """Call the memory: one on this machine at once, as it takes milliseconds; a shared one in a thread."""
        if self.kept is None or not self.kept.shared:
            return call()
        done: list[Result] = []
        # A sample that is cancelled while its place is being settled has settled it.
        with anyio.CancelScope(shield=True):
            done.append(await anyio.to_thread.run_sync(call))
        return done[0]

    async def _give_up(self, place: Place) -> None:
        """Settle the place of a sample that never begins. Other processes may wait for it too."""
        if self.kept is not None and self.kept.shared:
            await self.settle(*place, self.places.ids([place[1]])[0], None)
        else:
            self.places.past.settle(*place, None)

    def _lose(self, reason: str) -> None:
        self.lost = self.lost or reason
        _logger.warning("The auction memory of this run is not kept on disk from here on: %s", reason)

    async def learnt(
        self, start: Learner, fit: str, *, epoch: int, position: int, lag: int, silence: float
    ) -> tuple[Learner, int, tuple[str, ...]]:
        """What a calibrated fit learns from the run's outcomes at places at least `lag` before a sample.

        It waits until each of them is settled.

        Args:
            start: What is known before the first outcome.
            fit: What tells the fit from others in this run.
            epoch: Epoch of the sample, from 1.
            position: Place of the sample, from 0.
            lag: See `SaleOptions.memory_lag`.
            silence: Seconds without any activity in the run after which the wait ends.

        Returns:
            What is known; the position below which it was learnt; samples below it that never began.

        Raises:
            AuctionError: If the run lost its memory, or nothing happened in it for `silence` seconds.
        """
        before = max(0, position - lag + 1)
        given_up = await self.places.settled_up_to(
            (epoch, position), before, check=self.check, silence=silence, give_up=self._give_up, who="A choice"
        )
        learning = self._learning.setdefault((fit, epoch), Learning(self.places.past, epoch, start))
        return learning.before(before), before, given_up

    async def recall(
        self,
        task: str,
        *,
        epoch: int,
        position: int,
        lag: int,
        neighbours: int,
        own: bool,
        silence: float,
        ceiling: float = 1.0,
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
            ceiling: Auctions on tasks more alike than this are left out and counted; cosine similarity, 1 for no bound.

        Raises:
            AuctionError: If the run lost its memory, or nothing happened in it for `silence` seconds.
        """
        frozen = self.kept is not None and self.kept.frozen
        before = 0 if frozen else max(0, position - lag + 1)
        if self.kept is None:
            raise ValueError("the memory is not open.")
        search = partial(
            shown_to, self.kept, task, neighbours, epoch=epoch, before=before, own=own, ceiling=ceiling
        )  # fmt: skip
        while True:
            given_up = await self.places.settled_up_to(
                (epoch, position), before, check=self.check, silence=silence, give_up=self._give_up
            )
            try:
                # In a thread: embedding a task may take a while. One at a time: the index grows.
                async with self._searching:
                    return replace(await anyio.to_thread.run_sync(search), given_up=given_up)
            except NotSettledError as error:
                if not error.opened:
                    raise
                # Another process does them again; they are waited for again.
                self.places.past.reopen(error.opened)


def _tell_loop(loop: EventLoopToken, hear: Callable[[Heard], None], heard: Heard) -> None:
    """Tell a run of others in its own thread, unless its event loop has ended meanwhile."""
    with suppress(anyio.RunFinishedError):
        anyio.from_thread.run_sync(hear, heard, token=loop)
