"""Files of auction memories: what is one, who may write it, and how it is opened."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from sale_inspect._errors import SaleError
from sale_inspect.memory._places import make_private

__all__ = [
    "MemoryBusyError",
    "MemoryFencedError",
    "MemoryFileError",
    "Mode",
    "WriterLock",
    "check_file",
    "damaged",
    "fold",
    "open_connection",
    "readable",
    "start_writing",
]

Mode = Literal["write", "read", "frozen"]

_MAGIC = b"SQLite format 3\x00"
_WRITE_FORMAT_BYTE = 18
_WAL_FORMAT = 2
_BUSY_SECONDS = 30.0
_SWITCH_SECONDS = 2.0
_LOCK_SUFFIX = ".lock"


class MemoryFileError(SaleError):
    """An auction memory, or a file of one, that cannot be used: foreign, damaged, newer or against its schema."""


class MemoryBusyError(MemoryFileError):
    """An auction memory that another process holds: one process writes at a time."""


class MemoryFencedError(MemoryFileError):
    """Samples of a run that another process has taken over from this one."""


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turn SQLite's errors about the file at `path` into one clear error.

    Raises:
        MemoryBusyError: If another process holds the file.
        MemoryFileError: If the file is damaged or cannot be read or written.
    """
    try:
        yield
    except sqlite3.OperationalError as error:
        if "decode" in str(error):
            # A column of text that is no text.
            raise damaged(path, "a text in it is not UTF-8") from error
        if "locked" in str(error) or "busy" in str(error):
            raise MemoryBusyError(
                f"{path}: another process uses this memory ({error}). Wait until its run has ended, or use a copy."
            ) from error
        raise MemoryFileError(
            f"{path}: cannot be used as an auction memory: {error}. See that its disk has room and that its folder can "
            "be written; if the file is damaged, restore a copy or give the run a new file."
        ) from error
    except sqlite3.ProgrammingError:
        # A fault of the caller, such as using a closed store, says nothing about the file.
        raise
    except sqlite3.DatabaseError as error:
        raise damaged(path, str(error)) from error


def damaged(path: Path, what: str) -> MemoryFileError:
    """The error of a memory whose content cannot be right."""
    return MemoryFileError(
        f"{path}: the auction memory is damaged ({what}). Restore a copy, make a new file from an export with "
        "`sale-inspect memory import`, or give the run a new file."
    )


class WriterLock:
    """The right to write one memory, held by one process at a time.

    It is an exclusive lock on an empty SQLite file beside the memory, so it needs nothing of the
    platform and the system gives it back when a process is killed. Stores of one process share it.
    """

    _held: dict[Path, tuple[sqlite3.Connection, int]] = {}  # noqa: RUF012 (one table for the process)
    _guard = threading.Lock()

    def __init__(self, path: Path, wait_seconds: float) -> None:
        self._path = path.resolve()
        with WriterLock._guard:
            connection, holders = WriterLock._held.get(self._path, (None, 0))
            if connection is None:
                connection = _locked(self._path, wait_seconds)
            WriterLock._held[self._path] = connection, holders + 1

    @property
    def alone(self) -> bool:
        """True if no other store of this process holds the lock."""
        return WriterLock._held[self._path][1] == 1

    def release(self) -> None:
        """Give the right back. Call it once."""
        with WriterLock._guard:
            connection, holders = WriterLock._held.pop(self._path)
            if holders > 1:
                WriterLock._held[self._path] = connection, holders - 1
            else:
                connection.close()


def _locked(path: Path, wait_seconds: float) -> sqlite3.Connection:
    beside = path.with_name(path.name + _LOCK_SUFFIX)
    connection = None
    try:
        make_private(beside)
        connection = sqlite3.connect(beside, timeout=wait_seconds, isolation_level=None, check_same_thread=False)
        connection.execute("BEGIN EXCLUSIVE")
    except (sqlite3.Error, OSError) as error:
        if connection is not None:
            connection.close()
        if isinstance(error, sqlite3.Error) and "locked" in str(error):
            raise MemoryBusyError(
                f"{path}: another process is writing this auction memory. Wait until its run has ended, or give this "
                "run a memory file of its own."
            ) from error
        raise MemoryFileError(
            f"{path}: cannot be written, because {beside.name} cannot be made beside it ({error}). Use a folder that "
            "can be written, or open the memory frozen."
        ) from error
    return connection


def open_connection(path: Path, mode: Mode, wait_seconds: float) -> sqlite3.Connection:
    """A connection in autocommit mode that may be used from any thread, one at a time.

    - `write`: makes the file if it is missing. Hold the `WriterLock`, and call `start_writing` next.
    - `read`: sees what is committed, also while another process writes.
    - `frozen`: reads, and holds the file's shared lock, so that nobody changes it meanwhile.

    Raises:
        MemoryFileError: If the file is missing (unless `write`) or is no SQLite file.
        MemoryBusyError: If another process holds the file in a way that excludes the mode.
    """
    check_file(path, missing_is_fine=mode == "write")
    with readable(path):
        if mode == "write":
            _begin_private(path)
            return _connect(path, "mode=rwc")
        if mode == "read":
            return _connect(path, "mode=ro")
        return _frozen(path, wait_seconds)


def _begin_private(path: Path) -> None:
    try:
        make_private(path)
    except OSError as error:
        raise MemoryFileError(
            f"{path}: cannot be written ({error.strerror}). Choose a place that can be, or open the memory frozen."
        ) from error


def check_file(path: Path, *, missing_is_fine: bool) -> None:
    """Refuse what SQLite would take for damaged or would silently make anew.

    Raises:
        MemoryFileError: If the file is missing, a folder, unreadable, or no SQLite file.
    """
    try:
        if not path.exists() and missing_is_fine:
            if not path.parent.is_dir():
                raise MemoryFileError(f"{path}: the folder {path.parent} does not exist. Make it first.")
            return
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except OSError as error:
        raise MemoryFileError(
            f"{path}: cannot be read as an auction memory: {error.strerror}. Name a file that a run wrote and that you "
            "may read."
        ) from error
    if head != _MAGIC and not (head == b"" and missing_is_fine):
        raise MemoryFileError(
            f"{path}: is no auction memory (no SQLite file). Name a file that a run wrote, or read an export with "
            "`sale-inspect memory import`."
        )


def _connect(path: Path, query: str) -> sqlite3.Connection:
    uri = f"{path.resolve().as_uri()}?{query}"
    connection = sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        # The first look at the file: SQLite opens lazily, and errors belong here.
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # A file of others must not run functions through its tables' definitions.
        connection.execute("PRAGMA trusted_schema = OFF")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def start_writing(connection: sqlite3.Connection, path: Path, wait_seconds: float) -> None:
    """Use WAL, and have every commit on disk when it returns (synchronous=FULL).

    Raises:
        MemoryBusyError: If another process holds the file frozen.
    """
    with readable(path):
        _wait_at_most(connection, max(wait_seconds, _SWITCH_SECONDS))
        connection.execute("PRAGMA journal_mode = WAL").fetchone()
        _wait_at_most(connection, _BUSY_SECONDS)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")


def fold(connection: sqlite3.Connection) -> None:
    """Move everything from the WAL into the one file, if no other connection needs it."""
    try:
        _wait_at_most(connection, 0.0)
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError:
        # Others still read; the last of them, or the next writer, folds it.
        return


def _wait_at_most(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {int(seconds * 1000)}").fetchone()


def _frozen(path: Path, wait_seconds: float) -> sqlite3.Connection:
    if _in_wal_mode(path) and not _fold_leftover(path, max(wait_seconds, _SWITCH_SECONDS)):
        # Nobody can write here, so nobody can change what SQLite is told never changes.
        return _connect(path, "mode=ro&immutable=1")
    connection = _connect(path, "mode=ro")
    try:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _in_wal_mode(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(_WRITE_FORMAT_BYTE + 1)[_WRITE_FORMAT_BYTE:] == bytes([_WAL_FORMAT])


def _fold_leftover(path: Path, wait_seconds: float) -> bool:
    """Fold what a killed run left in the WAL; False if the place cannot be written and nothing is left."""
    try:
        lock = WriterLock(path, wait_seconds)
    except MemoryBusyError:
        raise
    except MemoryFileError:
        lock = None
    if lock is None:
        wal = path.with_name(path.name + "-wal")
        if wal.exists() and wal.stat().st_size > 0:
            raise MemoryFileError(
                f"{path}: a killed run left auctions in {wal.name}, which cannot be merged in a read-only place. Copy "
                "both files to a folder that can be written and use the copy."
            )
        return False
    try:
        if not lock.alone:
            raise MemoryBusyError(f"{path}: this process is writing the auction memory; a frozen one must be finished.")
        connection = _connect(path, "mode=rw")
        try:
            fold(connection)
        finally:
            connection.close()
    finally:
        lock.release()
    return True
