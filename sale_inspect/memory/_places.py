"""Where runs keep memories of their own, and what of them only their user may read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from sale_inspect._errors import FileWriteError

__all__ = ["MEMORY_DIR_VARIABLE", "companions", "make_private", "make_runs_folder", "runs_folder"]

MEMORY_DIR_VARIABLE = "SALE_MEMORY_DIR"
"""Variable that names the folder of the runs' own memory files."""

_PRIVATE = 0o600
_PRIVATE_FOLDER = 0o700
_ENDINGS = ("-wal", "-shm", "-journal", ".lock", ".lock-journal")


def runs_folder() -> Path:
    """The folder of the runs' own memory files. It need not be there yet."""
    import platformdirs

    named = os.environ.get(MEMORY_DIR_VARIABLE)
    return Path(named) if named else Path(platformdirs.user_data_dir("sale-inspect")) / "runs"


def make_runs_folder() -> Path:
    """The folder of the runs' own memory files, which only the user may enter if it is made now or is the default one.

    Raises:
        FileWriteError: If it cannot be made.
    """
    folder = runs_folder()
    try:
        if not folder.is_dir():
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        elif not os.environ.get(MEMORY_DIR_VARIABLE):
            # Earlier versions made it for all to read. A folder that the user named keeps the user's permissions.
            with suppress(PermissionError):
                folder.chmod(_PRIVATE_FOLDER)
    except OSError as error:
        raise FileWriteError(
            f"{folder}: the folder of the runs' memories cannot be made ({error}). Set {MEMORY_DIR_VARIABLE} to one "
            "that can be written, or give -S memory=off."
        ) from error
    return folder


def make_private(path: Path) -> None:
    """Make an empty file for the user alone, if there is none. SQLite gives its companions the same permissions.

    Raises:
        OSError: If it cannot be made.
    """
    os.close(os.open(path, os.O_CREAT | os.O_RDONLY, _PRIVATE))


def companions(path: Path) -> tuple[Path, ...]:
    """The files that SQLite and the writer's lock may leave beside a memory."""
    return tuple(path.with_name(path.name + ending) for ending in _ENDINGS)
