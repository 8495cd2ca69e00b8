"""What logs say, kept by their bytes: a log is read once, whichever commands ask."""

from __future__ import annotations

import gzip
import hashlib
import os
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

from sale_inspect._files import cache_folder, keep_in_cache
from sale_inspect._version import __version__
from sale_inspect.runs import LogFacts

__all__ = ["KeptFacts"]

FACTS_VERSION = 4
"""Raised when what is read of a log changes."""

_FACTS = TypeAdapter(LogFacts)
_MOST = 400
_LEVEL = 1


class KeptFacts:
    """A folder of facts, one file a log.

    Args:
        folder: The folder; by default one in the user's cache.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder or cache_folder("logs")

    def get(self, key: str) -> LogFacts | None:
        """The facts of a log, or None if they are not kept or cannot be read."""
        path = self._path(key)
        try:
            with gzip.open(path) as file:
                facts = _FACTS.validate_json(file.read())
            os.utime(path)
        except (OSError, EOFError, ValidationError):
            return None
        return facts

    def has(self, log: Path) -> bool:
        """Whether the facts of a log are kept, as far as can be seen without reading it."""
        return self._mark(log).is_file()

    def put(self, key: str, facts: LogFacts, log: Path | None) -> None:
        """Keep the facts of a log, and of all logs those that were asked for last. A full disk keeps nothing."""
        data = gzip.compress(to_json(facts, inf_nan_mode="constants"), compresslevel=_LEVEL)
        if not keep_in_cache(self._path(key), data):
            return
        if log is not None:
            keep_in_cache(self._mark(log), b"")
        with suppress(OSError):
            for old in self._oldest():
                old.unlink(missing_ok=True)

    def _oldest(self) -> list[Path]:
        paths = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        return paths[_MOST * 2 :]

    def _path(self, key: str) -> Path:
        return self._folder / f"{_hash(f'{FACTS_VERSION} {__version__} {key}')}.json.gz"

    def _mark(self, log: Path) -> Path:
        stat = log.stat()
        return (
            self._folder
            / f"{_hash(f'{FACTS_VERSION} {__version__} {log.resolve()} {stat.st_size} {stat.st_mtime_ns}')}.seen"
        )


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]
