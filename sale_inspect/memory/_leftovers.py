"""Memories that runs left behind: made for one run alone, and not removed by it because it did not succeed."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sale_inspect.memory._files import MemoryBusyError, MemoryFileError, WriterLock
from sale_inspect.memory._places import companions, runs_folder
from sale_inspect.memory._store import MemoryStore

__all__ = ["Leftover", "leftovers", "remove_leftover", "remove_memory"]

_ENDING = ".sqlite"
_DAY_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True, slots=True)
class Leftover:
    """One memory in the folder of the runs' own memories.

    Attributes:
        path: The file.
        size: Bytes, with the files beside it that belong to it.
        changed: When something was last written to it.
        auctions: How many it holds; 0 for an empty file.
        kept: Why it is not removed: a run is writing it, or it is not certain that it is the memory of one run. Empty
            if it may go.
    """

    path: Path
    size: int
    changed: datetime
    auctions: int
    kept: str = ""

    def days(self, now: float | None = None) -> float:
        """Days since something was last written to it."""
        return ((time.time() if now is None else now) - self.changed.timestamp()) / _DAY_SECONDS


def leftovers(folder: Path | None = None) -> tuple[Leftover, ...]:
    """The memories in the folder of the runs' own ones, the oldest first. Nothing is changed.

    A run removes its own memory when it has succeeded. What is here belongs to a run that is at work, that ended early
    and may be taken up by `inspect eval-retry`, or that nobody will take up.

    Args:
        folder: In place of `runs_folder()`.
    """
    folder = runs_folder() if folder is None else folder
    if not folder.is_dir():
        return ()
    found = []
    for path in sorted(folder.glob(f"*{_ENDING}")):
        with suppress(FileNotFoundError):
            found.append(_leftover(path))
    return tuple(sorted(found, key=lambda each: (each.changed, each.path)))


def _leftover(path: Path) -> Leftover:
    states = [each.stat() for each in (path, *companions(path)) if each.exists()]
    auctions, kept = (0, "") if path.stat().st_size == 0 else _content(path)
    return Leftover(
        path=path,
        size=sum(state.st_size for state in states),
        changed=datetime.fromtimestamp(max(state.st_mtime for state in states), UTC),
        auctions=auctions,
        kept="a run is writing it" if _is_written(path) else kept,
    )


def _content(path: Path) -> tuple[int, str]:
    """How many auctions a memory holds, and why it is not certainly the own one of a run."""
    try:
        with MemoryStore(path, mode="read") as store:
            runs, auctions = [run.key for run in store.runs()], store.counts().auctions
    except MemoryBusyError:
        return 0, "a run is writing it"
    except MemoryFileError:
        return 0, "it cannot be read as an auction memory of this version; delete it yourself if you do not need it"
    # A memory of many runs (memory=FILE) may stand in the same folder. A run's own is named after the run.
    if runs not in ([], [path.stem]):
        return auctions, "it is not the memory of one run alone"
    return auctions, ""


def _is_written(path: Path) -> bool:
    if not any(each.exists() and each.name.endswith(".lock") for each in companions(path)):
        return False
    try:
        lock = WriterLock(path, 0.0)
    except MemoryBusyError:
        return True
    except MemoryFileError:
        return False
    try:
        return not lock.alone
    finally:
        lock.release()


def remove_leftover(leftover: Leftover) -> None:
    """Remove a memory with all that belongs to it.

    Raises:
        MemoryBusyError: If a run writes it.
        MemoryFileError: If it is kept for another reason, or cannot be removed.
    """
    if leftover.kept:
        raise MemoryFileError(f"{leftover.path}: is not removed: {leftover.kept}.")
    lock = WriterLock(leftover.path, 0.0)
    try:
        if not lock.alone:
            raise MemoryBusyError(f"{leftover.path}: is not removed: this process is writing it.")
        remove_memory(leftover.path)
    except OSError as error:
        raise MemoryFileError(f"{leftover.path}: cannot be removed: {error.strerror}.") from error
    finally:
        lock.release()


def remove_memory(path: Path) -> None:
    """Remove a memory's file and the files beside it that belong to it. Hold the `WriterLock`, or know that none does.

    Raises:
        OSError: If one cannot be removed.
    """
    for each in (path, *companions(path)):
        each.unlink(missing_ok=True)
