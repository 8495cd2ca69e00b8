"""The file behind a run's auction memory: which one, what it knew before, what the run adds."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sale_inspect._errors import OptionError, PoolError
from sale_inspect.auction import PastAuction, task_identity
from sale_inspect.embedding import Embedder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sale_inspect.memory import MemoryStore, NeighbourIndex, StoredAuction

__all__ = ["MemoryChoice", "MemoryUse", "RunFile", "memory_choice", "open_memory"]

Near = tuple[PastAuction, float, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryChoice:
    """Which memory a run has.

    Attributes:
        kind: `run`, `off` or `file`.
        path: The file, for `file`.
        frozen: Only read it.
        required: The run ends when its file cannot be used.
    """

    kind: str
    path: Path | None = None
    frozen: bool = False
    required: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryUse:
    """How an auction uses the memory of its run.

    Attributes:
        choice: Which memory.
        pool: Name of the pool.
        agents: What each of its agents is, by name (`pools.agent_identity`).
        embedder: Which embedder: `auto`, `minilm` or `hashing`.
    """

    choice: MemoryChoice
    pool: str
    agents: Mapping[str, str]
    embedder: str


def memory_choice(memory: str | bool, frozen: bool, required: bool = True, own: bool = False) -> MemoryChoice:
    """The choice that the solver's arguments make, checked as far as can be before a run.

    On Inspect's command line `-S memory=off` arrives as False: it reads arguments as YAML.

    Raises:
        PoolError: If a frozen memory names no file.
        OptionError: If the task's own past auctions are asked for, and there can be none.
        MemoryFileError: If the file is no memory.
    """
    if isinstance(memory, bool):
        memory = "run" if memory else "off"
    if memory in ("run", "off"):
        if frozen:
            raise PoolError(f"frozen=true needs a file: memory=FILE, not memory={memory}.")
        if own:
            raise OptionError(
                f"memory_own=true has no effect with memory={memory}: only a file has auctions of earlier runs. Give "
                "memory=FILE."
            )
        return MemoryChoice(kind=memory, required=required)
    from sale_inspect.memory import MemoryStore

    path = Path(memory).expanduser()
    # A mistyped word would otherwise make a file of that name.
    if not path.suffix and not path.exists():
        raise PoolError(f"memory must be run, off, or a file such as {memory}.sqlite, got {memory!r}.")
    if not path.parent.is_dir():
        raise PoolError(f"memory: there is no folder {path.parent}. Give run, off, or a file in a folder that exists.")
    if frozen or path.exists():
        MemoryStore(path, mode="frozen" if frozen else "read").close()
    return MemoryChoice(kind="file", path=path, frozen=frozen, required=required)


class RunFile:
    """A memory file in use by one run.

    Args:
        store: The open file.
        key: The run.
        embedder: What turns tasks into vectors.
        own: The file was made for this run alone, and goes when the run has succeeded.
    """

    def __init__(self, store: MemoryStore, key: str, embedder: Embedder, own: bool) -> None:
        self._store, self._key, self._own = store, key, own
        self.frozen = store.mode == "frozen"
        self._auctions, self._index = _earlier(store, None if self.frozen else key, embedder)
        self._tasks = Counter(task_identity(each.past.task) for each in self._auctions)

    @property
    def earlier(self) -> int:
        """Number of auctions of earlier runs."""
        return len(self._auctions)

    def settled(self) -> Mapping[tuple[int, int], PastAuction | None]:
        """What the file knows of this run, by (epoch, position)."""
        if self.frozen:
            return {}
        return {(place.epoch, place.position): past for place, past in self._store.settled(self._key).items()}

    def settle(self, place: tuple[int, int], sample_id: str, past: PastAuction | None) -> None:
        """Write a place, if the file may be written."""
        if not self.frozen:
            self._store.settle(self._key, place[0], place[1], sample_id, past)

    def reopen(self, places: Collection[tuple[int, int]]) -> None:
        """Forget how places of this run were settled: it does them again."""
        if not self.frozen:
            self._store.reopen(self._key, places)

    def own_auctions(self, task: str) -> int:
        """Number of auctions of earlier runs on this very task."""
        return self._tasks[task_identity(task)]

    def nearest(self, task: str, vector: NDArray[np.float32], k: int, *, own: bool) -> list[Near]:
        """The auctions of earlier runs most like a task, best first, each with similarity and run.

        Args:
            task: The task's text.
            vector: Its embedding.
            k: How many, at most.
            own: Auctions on this very task may be among them.
        """
        if self._index is None:
            return []
        hits = self._index.search(vector, k if own else k + self.own_auctions(task))
        found = [(self._auctions[hit.row], hit.similarity) for hit in hits]
        if not own:
            identity = task_identity(task)
            found = [(each, similarity) for each, similarity in found if task_identity(each.past.task) != identity]
        return [(each.past, similarity, each.run) for each, similarity in found[:k]]

    def close(self, *, finished: bool) -> None:
        """Close the file. One that was made for this run alone is deleted if the run has succeeded.

        Its auctions are in the run's log; only a retry would need the file again.
        """
        from sale_inspect.memory import remove_memory

        self._store.close()
        if self._own and finished:
            with contextlib.suppress(OSError):
                remove_memory(self._store.path)


def open_memory(use: MemoryUse, key: str, embedder: Embedder) -> RunFile:
    """Open a run's memory file.

    Raises:
        MemoryFileError: If it cannot be used, or another process writes it.
    """
    from sale_inspect.memory import MemoryBusyError, MemoryStore, make_runs_folder

    choice = use.choice
    path = choice.path or make_runs_folder() / f"{key}.sqlite"
    store = MemoryStore(path, mode="frozen" if choice.frozen else "write")
    try:
        if not choice.frozen and not store.alone:
            raise MemoryBusyError(
                f"{path}: another run of this process writes this auction memory, and what each sees would depend on "
                "which comes first. Run them one after another, or give each a file of its own."
            )
        if not choice.frozen:
            store.start_run(key, pool=use.pool, agents=use.agents, embedder=embedder.name)
        return RunFile(store, key, embedder, own=choice.path is None)
    except BaseException:
        store.close()
        raise


def _earlier(
    store: MemoryStore, before: str | None, embedder: Embedder
) -> tuple[list[StoredAuction], NeighbourIndex | None]:
    """The auctions of the runs before one (of all runs, if None) with an index over their tasks."""
    keys = [run.key for run in store.runs()]
    known = keys if before is None else keys[: keys.index(before)]
    if not known:
        return [], None
    from sale_inspect.memory import NeighbourIndex, task_vectors

    vectors = task_vectors(store, embedder)
    row_of = {int(number): row for row, number in enumerate(vectors.ids)}
    # A run that goes on sees what it saw before, whatever earlier runs have added meanwhile: numbers only grow.
    first = min((each.id for each in store.auctions(before)), default=None) if before is not None else None
    auctions = [
        each
        for each in store.auctions()
        if each.run in set(known) and each.id in row_of and (first is None or each.id < first)
    ]
    if not auctions:
        return [], None
    index = NeighbourIndex(vectors.rows.shape[1])
    index.add(vectors.rows[[row_of[each.id] for each in auctions]])
    return auctions, index
