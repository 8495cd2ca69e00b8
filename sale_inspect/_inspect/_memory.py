"""The auction memory of a run: what finished samples taught, shown by position and never by timing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio
from inspect_ai.hooks import Hooks, SampleAttemptEnd, SampleEnd, SampleInit, TaskEnd, TaskStart, hooks
from inspect_ai.log import EvalSample

from sale_inspect._inspect._scores import solved
from sale_inspect._inspect._stores import read_record
from sale_inspect.auction import PastAuction, visible
from sale_inspect.embedding import Embedder, Hit, make_embedder, nearest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Recall", "RunMemory", "memory_of"]

_START_GRACE_SECONDS = 5.0


@dataclass(frozen=True, kw_only=True, slots=True)
class Recall:
    """What memory shows one sample: how much it may see, and the nearest of it, best first."""

    visible: int
    neighbours: list[PastAuction]
    similarities: list[float]


@dataclass(kw_only=True)
class RunMemory:
    """Auctions of one run, by (epoch, position).

    A sample's place is its place in the run's dataset. A place is settled once its first attempt
    has been scored or has failed; a failed place stays without a record, so that what later
    samples see does not depend on when it is retried.
    """

    positions: dict[str, int]
    past: dict[tuple[int, int], PastAuction] = field(default_factory=dict)
    started: set[tuple[int, int]] = field(default_factory=set)
    settled: set[tuple[int, int]] = field(default_factory=set)
    _changed: anyio.Event = field(default_factory=anyio.Event)
    _embedders: dict[str, Embedder] = field(default_factory=dict)
    _vectors: dict[tuple[str, str], NDArray[np.float32]] = field(default_factory=dict)

    def position(self, sample_id: int | str) -> int | None:
        """Place of a sample in the run, from 0."""
        return self.positions.get(str(sample_id))

    def start(self, epoch: int, position: int) -> None:
        """A sample begins."""
        self.started.add((epoch, position))
        self._wake()

    def settle(self, epoch: int, position: int, record: PastAuction | None) -> None:
        """A sample is scored (with its record) or has failed (with None)."""
        if (epoch, position) in self.settled:
            return
        self.settled.add((epoch, position))
        if record is not None:
            self.past[epoch, position] = record
        self._wake()

    def embedder(self, choice: str) -> Embedder:
        """The run's embedder, made once."""
        if choice not in self._embedders:
            self._embedders[choice] = make_embedder(choice)
        return self._embedders[choice]

    async def recall(self, task: str, *, epoch: int, position: int, lag: int, neighbours: int, embedder: str) -> Recall:
        """The past auctions most like `task` that the sample at `position` may see.

        Waits until every place that it may see is settled.
        """
        await self._settled_up_to(epoch, position - lag)
        seen = visible(self.past.values(), epoch=epoch, position=position, lag=lag)
        hits = self._nearest(task, [past.task for past in seen], neighbours, self.embedder(embedder))
        return Recall(
            visible=len(seen),
            neighbours=[seen[hit.row] for hit in hits],
            similarities=[hit.similarity for hit in hits],
        )

    def _nearest(self, task: str, past: list[str], k: int, embedder: Embedder) -> list[Hit]:
        if not past:
            return []
        import numpy as np

        missing = [text for text in {task, *past} if (embedder.name, text) not in self._vectors]
        for text, vector in zip(missing, embedder.embed(missing) if missing else [], strict=True):
            self._vectors[embedder.name, text] = vector
        rows = np.stack([self._vectors[embedder.name, text] for text in past])
        return nearest(self._vectors[embedder.name, task], rows, k)

    async def _settled_up_to(self, epoch: int, last: int) -> None:
        places = {(epoch, position) for position in range(last + 1)}
        # Places that never start belong to samples that a retry took over from an earlier log.
        # Inspect starts samples in order, so a short wait tells them from samples about to start.
        with anyio.move_on_after(_START_GRACE_SECONDS):
            await self._until(lambda: places <= self.started)
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
    record = read_record(sample.store)
    outcome = solved(sample.scores or {})
    if record is None or outcome is None or sample.error is not None:
        return None
    return PastAuction(
        epoch=epoch,
        position=position,
        task=record.task,
        strategies=record.latest_strategies(),
        winner=record.winner,
        solved=outcome,
    )


@hooks(name="sale_memory", description="Feeds finished auctions to the auction memory of their run.")
class MemoryHooks(Hooks):
    """Keeps one `RunMemory` for each running evaluation."""

    async def on_task_start(self, data: TaskStart) -> None:
        """Note the order of the run's samples."""
        ids = data.spec.dataset.sample_ids or []
        _runs[data.eval_id] = RunMemory(positions={str(sample): i for i, sample in enumerate(ids)})

    async def on_task_end(self, data: TaskEnd) -> None:
        """Forget the run."""
        _runs.pop(data.eval_id, None)
        for uuid in [uuid for uuid, place in _samples.items() if place[0] == data.eval_id]:
            del _samples[uuid]

    async def on_sample_init(self, data: SampleInit) -> None:
        """Note that a sample begins."""
        run = _runs.get(data.eval_id)
        position = None if run is None else run.position(data.summary.id)
        if run is not None and position is not None:
            _samples[data.sample_id] = (data.eval_id, data.summary.epoch, position)
            run.start(data.summary.epoch, position)

    async def on_sample_attempt_end(self, data: SampleAttemptEnd) -> None:
        """Settle a sample whose first attempt failed, so that nobody waits for its retry."""
        place = _samples.get(data.sample_id)
        if place is not None and data.will_retry:
            _runs[place[0]].settle(place[1], place[2], None)

    async def on_sample_end(self, data: SampleEnd) -> None:
        """Settle a sample with its auction and outcome."""
        place = _samples.get(data.sample_id)
        if place is not None:
            _runs[place[0]].settle(place[1], place[2], _past_auction(data.sample, place[1], place[2]))
