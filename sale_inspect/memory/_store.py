"""The auction memory's file: one SQLite database that is the truth."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from sale_inspect.auction import PastAuction
from sale_inspect.memory._files import (
    MemoryFileError,
    Mode,
    WriterLock,
    check_file,
    fold,
    open_connection,
    readable,
    start_writing,
)
from sale_inspect.memory._reader import StoreReader
from sale_inspect.memory._rows import Run, Settled, dumps, plans_as_data, to_column
from sale_inspect.memory._schema import require_schema
from sale_inspect.memory._vectors import put_vectors

__all__ = ["MemoryStore"]

_CONTENT = "task, plans, provisional_winner, winner, solved, prices"


class MemoryStore(StoreReader):
    """Past auctions in one file, in the order of their runs, epochs and positions.

    What a write returned from is on disk: neither a killed process nor a power cut loses it. Calls
    may come from any thread, and are short enough (a write waits for the disk, some milliseconds)
    to be made from a coroutine. Several stores of one process may write the same file.

    Args:
        path: The file. In mode `write` it is made if it is missing; keep it on a local disk.
        mode: `write`; `read`, also while another process writes; or `frozen`, a finished memory
            that many processes may read at once and that no process can change meanwhile.
        wait_seconds: How long to wait for another process that writes, before the error.

    Raises:
        MemoryBusyError: If another process writes the file, or holds it frozen and `mode` is `write`.
        MemoryFileError: If the file is missing, no memory, damaged, or of a newer version.
    """

    def __init__(self, path: str | Path, *, mode: Mode = "write", wait_seconds: float = 0.0) -> None:
        self.path = Path(path)
        self.mode: Mode = mode
        self._guard = threading.RLock()
        self._depth = 0
        with ExitStack() as undo:
            if mode == "write":
                check_file(self.path, missing_is_fine=True)
                self._lock = WriterLock(self.path, wait_seconds)
                undo.callback(self._lock.release)
            self._connection = open_connection(self.path, mode, wait_seconds)
            undo.callback(self._connection.close)
            with readable(self.path):
                require_schema(self._connection, self.path, create=mode == "write")
            if mode == "write":
                start_writing(self._connection, self.path, wait_seconds)
                undo.callback(fold, self._connection)
            self._open = undo.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave one finished file without companions, unless others still use it. May be called twice."""
        with self._guard:
            self._open.close()

    @property
    def alone(self) -> bool:
        """True if this is the only store, of any process, that can write the file."""
        return self.mode == "write" and self._lock.alone

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Make all writes inside happen together or not at all, also if the process is killed. May be nested.

        Raises:
            MemoryFileError: If the store was not opened for writing.
        """
        if self.mode != "write":
            raise MemoryFileError(f"{self.path}: the memory is open as `{self.mode}`. Open it with mode='write' first.")
        with self._guard, readable(self.path):
            if self._depth == 0:
                self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
                if self._depth == 1:
                    self._connection.execute("COMMIT")
            except BaseException:
                if self._depth == 1 and self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
            finally:
                self._depth -= 1

    def start_run(
        self, key: str, *, pool: str, agents: Mapping[str, str], embedder: str, created: str | None = None
    ) -> Run:
        """Note a run before its first place is settled. The same run may start again (retry, resume).

        Args:
            key: What stays the same when the run is retried or resumed (Inspect's task_id).
            pool: Name of the agents' pool.
            agents: What each of its agents is, by name (`pools.agent_identity`).
            embedder: Name of the embedder.
            created: ISO 8601; now, if None. The first start's stays.

        Raises:
            MemoryFileError: If the run is known with another pool or embedder, or an agent of it is not what it was.
        """
        with self.transaction():
            self._connection.execute(
                "INSERT INTO runs (key, pool, agents, embedder, created) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (key, pool, dumps(dict(agents)), embedder, created or _now()),
            )
            (run,) = [run for run in self.runs() if run.key == key]
        for name, value in (("pool", pool), ("embedder", embedder)):
            if getattr(run, name) != value:
                raise MemoryFileError(
                    f"{self.path}: run {key} began with {name} {getattr(run, name)} and cannot go on with {value}. "
                    f"Use the same {name}, or start a new run."
                )
        if run.agents != agents:
            changed = sorted({name for name, _ in run.agents.items() ^ agents.items()})
            raise MemoryFileError(
                f"{self.path}: run {key} began with other agents in the pool {pool}. Not the same model and config: "
                f"{', '.join(changed)}. Use the pool as it was, or start a new run."
            )
        return run

    def settle(
        self,
        run: str,
        epoch: int,
        position: int,
        sample_id: int | str,
        past: PastAuction | None,
        *,
        prices: Mapping[str, float] | None = None,
    ) -> Settled:
        """Settle a place with its auction, or as failed (None). The first one wins, always.

        Args:
            run: Key of a started run.
            epoch: From 1.
            position: Place of the sample in the run, from 0.
            sample_id: The sample.
            past: The finished auction, of the same epoch and position.
            prices: Dollars per million tokens of each agent.

        Raises:
            ValueError: If the place is impossible, `past` is of another one, or a price is not finite.
            MemoryFileError: If the run was not started.
        """
        if epoch < 1 or position < 0:
            raise ValueError(f"a place has an epoch from 1 and a position from 0, got {epoch} and {position}.")
        if past is not None and (past.epoch, past.position) != (epoch, position):
            raise ValueError(f"the auction is of place {(past.epoch, past.position)}, not {(epoch, position)}.")
        content = None if past is None else _content(past, prices)
        with self.transaction():
            number = self._run_number(run)
            sample = to_column(str(sample_id))
            there = self._connection.execute(
                "SELECT state, sample_id, auction FROM places WHERE (run, epoch, position) = (?, ?, ?)",
                (number, epoch, position),
            ).fetchone()
            if there is not None:
                state, old_sample, auction = there
                if state == "dropped":
                    return Settled(outcome="known", auction=None)
                same = old_sample == sample and self._content_of(auction) == content
                return Settled(outcome="known" if same else "conflict", auction=auction)
            new = None if content is None else self._insert(content)
            self._connection.execute(
                "INSERT INTO places (run, epoch, position, sample_id, state, auction) VALUES (?, ?, ?, ?, ?, ?)",
                (number, epoch, position, sample, "failed" if new is None else "settled", new),
            )
            return Settled(outcome="new", auction=new)

    def reopen(self, run: str, places: Iterable[tuple[int, int]]) -> None:
        """Forget how places were settled, with their auctions, because the run does them again.

        Args:
            run: Key of a started run.
            places: Epoch and position of each.

        Raises:
            MemoryFileError: If the run was not started.
        """
        with self.transaction():
            number = self._run_number(run)
            for epoch, position in places:
                at = (number, epoch, position)
                auctions = self._connection.execute(
                    "SELECT auction FROM places WHERE (run, epoch, position) = (?, ?, ?)", at
                ).fetchall()
                self._connection.execute("DELETE FROM places WHERE (run, epoch, position) = (?, ?, ?)", at)
                self._connection.executemany("DELETE FROM vectors WHERE auction = ?", auctions)
                self._connection.executemany("DELETE FROM auctions WHERE id = ?", auctions)

    def _insert(self, content: tuple[Any, ...]) -> int:
        cursor = self._connection.execute(f"INSERT INTO auctions ({_CONTENT}) VALUES (?, ?, ?, ?, ?, ?)", content)
        return int(cursor.lastrowid or 0)

    def _content_of(self, auction: int | None) -> tuple[Any, ...] | None:
        rows = self._all(f"SELECT {_CONTENT} FROM auctions WHERE id = ?", auction)
        return rows[0] if rows else None

    def _run_number(self, key: str) -> int:
        found = self._connection.execute("SELECT id FROM runs WHERE key = ?", (key,)).fetchone()
        if found is None:
            raise MemoryFileError(f"{self.path}: has no run {key}. Call start_run first.")
        return int(found[0])

    def put_vectors(self, embedder: str, ids: Sequence[int], rows: NDArray[np.float32]) -> None:
        """Store the vectors of some auctions' tasks.

        Args:
            embedder: Name of the embedder.
            ids: Numbers of the auctions, shape (n,).
            rows: Their vectors, shape (n, d).

        Raises:
            ValueError: If there is no such auction, or the shapes do not fit each other or the
                embedder's other vectors.
        """
        with self.transaction():
            put_vectors(self._connection, embedder, ids, rows)

    def drop(self, ids: Iterable[int]) -> None:
        """Drop auctions with their vectors. Their places stay, so that nothing settles them anew."""
        numbers = [(int(number),) for number in ids]
        with self.transaction():
            for statement in (
                "DELETE FROM vectors WHERE auction = ?",
                "UPDATE places SET state = 'dropped', auction = NULL WHERE auction = ?",
                "DELETE FROM auctions WHERE id = ?",
            ):
                self._connection.executemany(statement, numbers)

    def vacuum(self) -> None:
        """Give the room of dropped auctions back to the disk. Call outside a transaction."""
        with self._guard, readable(self.path):
            self._connection.execute("VACUUM")


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _content(past: PastAuction, prices: Mapping[str, float] | None) -> tuple[Any, ...]:
    """The columns of an auction, the order of its plans included."""
    return (
        to_column(past.task),
        dumps(plans_as_data(past.plans)),
        to_column(past.provisional_winner),
        to_column(past.winner),
        int(past.solved),
        None if prices is None else dumps(dict(prices)),
    )
