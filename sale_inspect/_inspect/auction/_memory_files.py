"""The file behind a run's auction memory: which one, what it knew before, what the run adds."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sale_inspect._errors import FileWriteError, PoolError
from sale_inspect.auction import PastAuction
from sale_inspect.embedding import Embedder

if TYPE_CHECKING:
    from sale_inspect.memory import MemoryStore, NeighbourIndex, StoredAuction

__all__ = ["MEMORY_DIR_VARIABLE", "MemoryChoice", "RunFile", "memory_choice", "open_memory"]

MEMORY_DIR_VARIABLE = "SALE_MEMORY_DIR"
"""Variable that names the folder of the runs' own memory files."""

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


def memory_choice(memory: str | bool, frozen: bool, required: bool = True) -> MemoryChoice:
    """The choice that the solver's arguments make, checked as far as can be before a run.

    On Inspect's command line `-S memory=off` arrives as False: it reads arguments as YAML.

    Raises:
        PoolError: If a frozen memory names no file.
        MemoryFileError: If the file is no memory.
    """
    if isinstance(memory, bool):
        memory = "run" if memory else "off"
    if memory in ("run", "off"):
        if frozen:
            raise PoolError(f"frozen=true needs a file: memory=FILE, not memory={memory}.")
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


def _default_path(key: str) -> Path:
    import platformdirs

    named = os.environ.get(MEMORY_DIR_VARIABLE)
    folder = Path(named) if named else Path(platformdirs.user_data_dir("sale-inspect")) / "runs"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileWriteError(
            f"{folder}: the folder of the runs' memories cannot be made ({error}). Set {MEMORY_DIR_VARIABLE} to one "
            "that can be written, or give -S memory=off."
        ) from error
    return folder / f"{key}.sqlite"


class RunFile:
    """A memory file in use by one run.

    Args:
        store: The open file.
        key: The run.
        embedder: What turns tasks into vectors.
        own: The file was made for this run alone, and goes when the run has succeeded.
    """

    def __init__(self, store: MemoryStore, key: str, embedder: Embedder, own: bool) -> None:
        self._store, self._key, self._embedder, self._own = store, key, embedder, own
        self.frozen = store.mode == "frozen"
        self._auctions, self._index = _earlier(store, None if self.frozen else key, embedder)

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

    def nearest(self, task: str, k: int) -> list[Near]:
        """The auctions of earlier runs most like a task, best first, each with similarity and run."""
        if self._index is None:
            return []
        hits = self._index.search(self._embedder.embed([task])[0], k)
        return [(self._auctions[h.row].past, h.similarity, self._auctions[h.row].run) for h in hits]

    def close(self, *, finished: bool) -> None:
        """Close the file. One that was made for this run alone is deleted if the run has succeeded.

        Its auctions are in the run's log; only a retry would need the file again.
        """
        path = self._store.path
        self._store.close()
        if self._own and finished:
            for companion in path.parent.glob(f"{path.name}*"):
                with contextlib.suppress(OSError):
                    companion.unlink()


def open_memory(choice: MemoryChoice, key: str, pool: str, embedder: Embedder) -> RunFile:
    """Open a run's memory file.

    Raises:
        MemoryFileError: If it cannot be used, or another process writes it.
    """
    from sale_inspect.memory import MemoryBusyError, MemoryStore

    path = choice.path or _default_path(key)
    store = MemoryStore(path, mode="frozen" if choice.frozen else "write")
    try:
        if not choice.frozen and not store.alone:
            raise MemoryBusyError(
                f"{path}: another run of this process writes this auction memory, and what each sees would depend on "
                "which comes first. Run them one after another, or give each a file of its own."
            )
        if not choice.frozen:
            store.start_run(key, pool=pool, embedder=embedder.name)
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
