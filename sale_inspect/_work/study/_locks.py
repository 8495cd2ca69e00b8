"""Who is at work on a study: locks on files that the system opens again when their process dies, however it dies."""

from __future__ import annotations

import errno
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from sale_inspect._bounds import json_value
from sale_inspect._errors import StudyError
from sale_inspect._files import open_to_append
from sale_inspect._work.study._telling import Tell, span

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["held", "lock_file"]

_LOOK = 0.2
_TELL_EVERY = 60.0
_BUSY = {errno.EACCES, errno.EAGAIN}


def lock_file(folder: Path, name: str) -> Path:
    """The file of a lock of a study."""
    return folder / "locks" / name


@contextmanager
def held(
    path: Path, what: str, *, shared: bool = False, wait: float | None = 0.0, tell: Tell = lambda _: None
) -> Iterator[None]:
    """Hold a lock.

    It is the file's, so it holds on all machines that see the file, as far as the file system keeps locks between them.

    Args:
        path: The file.
        what: What is locked, for messages: "Shard 2/4".
        shared: Others may hold it too, who share it.
        wait: Seconds to wait for another that holds it; None for as long as that one lives, with a line a minute.
        tell: Is told of a wait.

    Raises:
        StudyError: If another still holds it, or the file system keeps no locks.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_to_append(path) as file:
        _take(file, path, what, shared, wait, tell)
        if not shared:
            file.truncate(0)
            file.write(json.dumps({"process": os.getpid(), "machine": socket.gethostname()}).encode())
            file.flush()
        # Closing the file opens the lock. It is never deleted: another may have it open already.
        yield


def _take(file: IO[bytes], path: Path, what: str, shared: bool, wait: float | None, tell: Tell) -> None:
    if fcntl is None:
        return
    began = told = time.monotonic()
    while True:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in _BUSY:
                raise StudyError(
                    f"{path}: this file system keeps no locks ({error.strerror}), so two processes could run the same "
                    "samples. Put the study's folder on one that does (--out)."
                ) from error
        else:
            return
        now = time.monotonic()
        if wait is not None and now - began >= wait:
            raise StudyError(
                f"{what} is at work already, in {_holder(path)}. Wait for it or end it; then run the same "
                "command again."
            )
        if now - told >= _TELL_EVERY:
            told = now
            tell(f"Waiting for {what[0].lower()}{what[1:]}, which is at work in {_holder(path)}, {span(now - began)}.")
        time.sleep(_LOOK)


def _holder(path: Path) -> str:
    with suppress(OSError, ValueError, KeyError, TypeError):
        told = json_value(path.read_text(encoding="utf-8"))
        return f"process {told['process']} on {told['machine']}"
    return "another process"
