"""What reading libraries raise on a file that is no log, or a damaged one: one error that names the file."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from sale_inspect._errors import LogError, SaleError

__all__ = ["UNREADABLE", "first_line", "readable"]

UNREADABLE = (
    *(OSError, ValueError, LookupError, EOFError, TypeError, AttributeError, RuntimeError, MemoryError, RecursionError),
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, ImportError),
)
"""What readers of files raise: they are other people's libraries, which promise nothing."""


def first_line(error: BaseException) -> str:
    """The first line of an error's message, or that it has none."""
    return next(iter(str(error).strip().splitlines()), "no message")[:200]


@contextmanager
def readable(location: str) -> Iterator[None]:
    """Turn what is raised on a log that cannot be read into a `LogError` with its name."""
    try:
        yield
    except SaleError:
        raise
    except Exception as error:
        raise LogError(
            f"Log {location} cannot be read: {type(error).__name__}: {first_line(error)}. Is it an Inspect log?"
        ) from error
