"""The memory of one run in one process: what it remembers itself, and one SQLite file."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sale_inspect.auction import PastAuction, task_identity
from sale_inspect.embedding import Embedder
from sale_inspect.memory._contract import Found, Heard, Place, Recalled, RunIdentity
from sale_inspect.memory._files import MemoryBusyError
from sale_inspect.memory._index import NeighbourIndex
from sale_inspect.memory._leftovers import remove_memory
from sale_inspect.memory._places import make_runs_folder
from sale_inspect.memory._recall import task_vectors
from sale_inspect.memory._rows import StoredAuction
from sale_inspect.memory._run_past import RunIndex, RunPast
from sale_inspect.memory._store import MemoryStore

__all__ = ["DIGITS", "EmbeddedMemory"]

DIGITS = 6
"""Digits of a similarity that rank auctions of different runs."""


class EmbeddedMemory:
    """One run in one process, with the file that keeps it, if there is one. See `AuctionMemory`.

    Args:
        past: The run's places; settling a place here settles it there.
        embedder: What turns tasks into vectors.
        store: The open file; None to remember only in this process.
        key: The run.
        own: The file was made for this run alone, and goes when the run has succeeded.
    """

    shared = False

    def __init__(self, past: RunPast, embedder: Embedder, store: MemoryStore | None, key: str, own: bool) -> None:
        self._store, self._key, self._own = store, key, own
        self.frozen = store is not None and store.mode == "frozen"
        self._past, self._run = past, RunIndex(past, embedder)
        self._auctions: list[StoredAuction] = []
        self._index: NeighbourIndex | None = None
        if store is not None:
            self._auctions, self._index = _earlier(store, None if self.frozen else key, embedder)
        self._tasks = Counter(task_identity(each.past.task) for each in self._auctions)

    @classmethod
    def open(
        cls, path: Path | None, run: RunIdentity, embedder: Embedder, past: RunPast, *, frozen: bool
    ) -> EmbeddedMemory:
        """Open the file of a run.

        Args:
            path: The file; None for one of this run alone.
            run: The run.
            embedder: What turns tasks into vectors.
            past: The run's places.
            frozen: Only read it.

        Raises:
            MemoryFileError: If it cannot be used, another process writes it, or the run began with other agents.
        """
        own = path is None
        path = path or make_runs_folder() / f"{run.key}.sqlite"
        store = MemoryStore(path, mode="frozen" if frozen else "write")
        try:
            if not frozen and not store.alone:
                raise MemoryBusyError(
                    f"{path}: another run of this process writes this auction memory, and what each sees would depend "
                    "on which comes first. Run them one after another, or give each a file of its own."
                )
            if not frozen:
                store.start_run(run.key, pool=run.pool, agents=run.agents, embedder=embedder.name)
            return cls(past, embedder, store, run.key, own)
        except BaseException:
            store.close()
            raise

    @property
    def earlier(self) -> int:
        """Number of auctions of earlier runs."""
        return len(self._auctions)

    def settled(self) -> Mapping[Place, PastAuction | None]:
        """What the file knows of this run."""
        if self._store is None or self.frozen:
            return {}
        return {(place.epoch, place.position): past for place, past in self._store.settled(self._key).items()}

    def settle(self, place: Place, sample_id: str, past: PastAuction | None) -> None:
        """Settle a place, on disk too if there is a file that may be written."""
        if self._store is not None and not self.frozen:
            self._store.settle(self._key, place[0], place[1], sample_id, past)
        self._past.settle(*place, past)

    def reopen(self, places: Collection[Place]) -> None:
        """Forget how places were settled: the run does them again."""
        if self._store is not None and not self.frozen:
            self._store.reopen(self._key, places)
        self._past.reopen(places)

    def nearest(self, task: str, k: int, *, epoch: int, before: int, own: bool) -> Found:
        """See `AuctionMemory.nearest`."""
        count, nearest = self._run.nearest(task, k, epoch=epoch, before=before)
        found = [Recalled(past=past, similarity=similarity) for past, similarity in nearest]
        left_out = 0
        if self._auctions:
            left_out = 0 if own else self._tasks[task_identity(task)]
            count += len(self._auctions) - left_out
            found = [*self._of_earlier_runs(task, k, own), *found]
        found.sort(key=lambda each: -round(each.similarity, DIGITS))
        return Found(visible=count, own_left_out=left_out, neighbours=tuple(found[:k]))

    def _of_earlier_runs(self, task: str, k: int, own: bool) -> list[Recalled]:
        if self._index is None:
            return []
        identity = task_identity(task)
        hits = self._index.search(self._run.vector(task), k if own else k + self._tasks[identity])
        found = [
            Recalled(past=self._auctions[hit.row].past, similarity=hit.similarity, run=self._auctions[hit.row].run)
            for hit in hits
        ]
        return [each for each in found if own or task_identity(each.past.task) != identity][:k]

    def news(self, epoch: int, before: int) -> list[int]:
        """Nobody else settles places of this run."""
        return []

    def heed(self, heard: Callable[[Heard], None], acted: Callable[[], bool]) -> None:
        """There is nobody to hear of."""

    def who(self, places: Collection[Place]) -> str:
        """All places are those of this process."""
        return ""

    def close(self, *, finished: bool) -> None:
        """Close the file. One that was made for this run alone is deleted if the run has succeeded.

        Its auctions are in the run's log; only a retry would need the file again.
        """
        if self._store is None:
            return
        self._store.close()
        if self._own and finished:
            with contextlib.suppress(OSError):
                remove_memory(self._store.path)


def _earlier(
    store: MemoryStore, before: str | None, embedder: Embedder
) -> tuple[list[StoredAuction], NeighbourIndex | None]:
    """The auctions of the runs before one (of all runs, if None) with an index over their tasks."""
    keys = [run.key for run in store.runs()]
    known = keys if before is None else keys[: keys.index(before)]
    if not known:
        return [], None
    vectors = task_vectors(store, embedder)
    row_of = {int(number): row for row, number in enumerate(vectors.ids)}
    # A run that goes on sees what it saw before, whatever earlier runs have added meanwhile: numbers only grow.
    first = min((each.id for each in store.auctions(before)), default=None) if before is not None else None
    auctions = [
        each
        for each in store.auctions()
        if each.past.was_held and each.run in set(known) and each.id in row_of and (first is None or each.id < first)
    ]
    if not auctions:
        return [], None
    rows: NDArray[np.float32] = vectors.rows[[row_of[each.id] for each in auctions]]
    index = NeighbourIndex(vectors.rows.shape[1])
    index.add(rows)
    return auctions, index
