"""The auction memory of a run: what finished samples taught, shown by position and never by timing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from inspect_ai.hooks import (
    Hooks,
    SampleAttemptEnd,
    SampleAttemptStart,
    SampleEnd,
    SampleInit,
    TaskEnd,
    TaskStart,
    hooks,
)
from inspect_ai.log import EvalConfig, EvalSample

from sale_inspect._errors import PoolError
from sale_inspect._inspect.auction._memory_files import MemoryChoice, RunFile, open_memory
from sale_inspect._inspect.store import SamplePlace, enter_sample, read, solved
from sale_inspect.auction import PastAuction, visible
from sale_inspect.embedding import Embedder, make_embedder, nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Recall", "Recalled", "RunMemory", "memory_of"]

_START_GRACE_SECONDS = 5.0
_DIGITS = 6


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
    """

    key: str
    positions: dict[str, int]
    stops_on_error: bool = False
    scorers: frozenset[str] = frozenset()
    past: dict[tuple[int, int], PastAuction] = field(default_factory=dict)
    started: set[tuple[int, int]] = field(default_factory=set)
    settled: set[tuple[int, int]] = field(default_factory=set)
    file: RunFile | None = None
    choice: MemoryChoice | None = None
    _samples: dict[tuple[int, int], str] = field(default_factory=dict)
    _changed: anyio.Event = field(default_factory=anyio.Event)
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
        """
        if self.choice not in (None, choice):
            raise PoolError(
                "memory: one run has one memory, and another auction of this run uses a different one. Give "
                "the same memory and frozen to all, or memory=off to those that need none."
            )
        if self.file is not None:
            return
        self.choice = choice
        self.file = open_memory(choice, self.key, pool, self.embedder(embedder))
        for place, past in self.file.settled().items():
            self.settled.add(place)
            if past is not None:
                self.past[place] = past
        for place in self.settled:
            if place in self._samples:
                self.file.settle(place, self._samples[place], self.past.get(place))
        self._wake()

    def start(self, epoch: int, position: int) -> None:
        """A sample begins."""
        self.started.add((epoch, position))
        self._wake()

    def settle(self, epoch: int, position: int, sample_id: int | str, record: PastAuction | None) -> None:
        """A sample is scored (with its record) or has failed (with None). The first one wins."""
        place = (epoch, position)
        if place in self.settled:
            return
        self._samples[place] = str(sample_id)
        if self.file is not None:
            self.file.settle(place, str(sample_id), record)
        self.settled.add(place)
        if record is not None:
            self.past[place] = record
        self._wake()

    def embedder(self, choice: str) -> Embedder:
        """The run's embedder, made once."""
        if choice not in self._embedders:
            self._embedders[choice] = make_embedder(choice)
        return self._embedders[choice]

    async def recall(self, task: str, *, epoch: int, position: int, lag: int, neighbours: int, embedder: str) -> Recall:
        """The past auctions most like `task` that the sample at `position` may see.

        These are the run's own by the rule of `visible`, after waiting until each of them is settled, and
        those of earlier runs in the same file. Of a frozen file, all of it and nothing of this run.
        """
        earlier = [] if self.file is None else self.file.nearest(task, neighbours)
        older = 0 if self.file is None else self.file.earlier
        if self.file is not None and self.file.frozen:
            return Recall(visible=older, neighbours=[Recalled(past=p, similarity=s, run=r) for p, s, r in earlier])
        await self._settled_up_to(epoch, position - lag)
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

    async def _settled_up_to(self, epoch: int, last: int) -> None:
        places = {(epoch, position) for position in range(last + 1)}
        # Places that neither start nor stand in the file belong to samples that a retry took over from a log
        # whose memory is gone. Inspect starts samples in order, so a short wait tells them from samples to come.
        with anyio.move_on_after(_START_GRACE_SECONDS):
            await self._until(lambda: places <= self.started | self.settled)
        self.settled |= places - self.started
        await self._until(lambda: places <= self.settled)

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            await self._changed.wait()

    def _wake(self) -> None:
        changed, self._changed = self._changed, anyio.Event()
        changed.set()


_runs: dict[str, RunMemory] = {}
_samples: dict[str, tuple[str, int, int]] = {}


def memory_of(sample_uuid: str) -> tuple[RunMemory, int] | None:
    """The memory of the run that a sample belongs to, and the sample's position in it."""
    place = _samples.get(sample_uuid)
    return None if place is None else (_runs[place[0]], place[2])


def _past_auction(sample: EvalSample, epoch: int, position: int) -> PastAuction | None:
    records = read(sample).auctions
    outcome = solved(sample.scores or {})
    # The outcome of a sample with several auctions is not the outcome of one of them.
    if len(records) != 1 or outcome is None or sample.error is not None:
        return None
    record = records[0]
    return PastAuction(
        epoch=epoch,
        position=position,
        task=record.task,
        strategies=record.latest_strategies(),
        winner=record.winner,
        solved=outcome,
    )


def _stops_on_error(config: EvalConfig) -> bool:
    """Inspect ends a run at its first failing sample unless told otherwise; a share or number may go on."""
    return config.fail_on_error in (None, True) and not config.continue_on_fail


@hooks(name="sale_memory", description="Feeds finished auctions to the auction memory of their run.")
class MemoryHooks(Hooks):
    """Keeps one `RunMemory` for each running evaluation."""

    async def on_task_start(self, data: TaskStart) -> None:
        """Note the order of the run's samples."""
        ids = data.spec.dataset.sample_ids or []
        _runs[data.eval_id] = RunMemory(
            key=data.spec.task_id,
            positions={str(sample): i for i, sample in enumerate(ids)},
            stops_on_error=_stops_on_error(data.spec.config),
            scorers=frozenset(scorer.name for scorer in data.spec.scorers or []),
        )

    async def on_task_end(self, data: TaskEnd) -> None:
        """Close the run's file and forget the run."""
        run = _runs.pop(data.eval_id, None)
        if run is not None and run.file is not None:
            run.file.close(finished=data.log.status == "success")
        for uuid in [uuid for uuid, place in _samples.items() if place[0] == data.eval_id]:
            del _samples[uuid]

    async def on_sample_init(self, data: SampleInit) -> None:
        """Note that a sample begins."""
        run = _runs.get(data.eval_id)
        position = None if run is None else run.position(data.summary.id)
        if run is not None and position is not None:
            _samples[data.sample_id] = (data.eval_id, data.summary.epoch, position)
            run.start(data.summary.epoch, position)

    async def on_sample_attempt_start(self, data: SampleAttemptStart) -> None:
        """Note the sample for agents, who are given a conversation and not a task's state."""
        run, summary = _runs.get(data.eval_id), data.summary
        enter_sample(
            SamplePlace(
                uuid=data.sample_id,
                epoch=summary.epoch,
                choices=tuple(summary.choices or ()),
                marks_choices=run is not None and "choice" in run.scorers,
            )
        )

    async def on_sample_attempt_end(self, data: SampleAttemptEnd) -> None:
        """Settle a sample whose first attempt failed, so that nobody waits for its retry."""
        place = _samples.get(data.sample_id)
        if place is not None and data.will_retry:
            _runs[place[0]].settle(place[1], place[2], data.summary.id, None)

    async def on_sample_end(self, data: SampleEnd) -> None:
        """Settle a sample with its auction and outcome."""
        place = _samples.get(data.sample_id)
        if place is None:
            return
        run = _runs[place[0]]
        if data.sample.error is not None and run.stops_on_error:
            return
        run.settle(place[1], place[2], data.sample.id, _past_auction(data.sample, place[1], place[2]))
