"""The dollars of a study, kept on disk while they are spent, so that a kill cannot lose them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from sale_inspect._bounds import json_value
from sale_inspect._errors import StudyError
from sale_inspect._files import write_file
from sale_inspect._work.study._division import shard_file
from sale_inspect.shards import Shard

__all__ = ["SpentElsewhere", "SpentFile", "kept_ended", "kept_spent", "spent_files"]

_EVERY = 0.05
"""Seconds between two writes while samples run. What a kill loses of the sum is of calls in that time (ours)."""

_LOOK_EVERY = 1.0
_FILES_A_SECOND = 50
"""Files of other shards that one shard reads in a second, at most: a thousand shards must not drown a file server."""


def spent_files(folder: Path, shards: int) -> list[Path]:
    """All files that hold a part of what the study has spent: that of one process, and one a shard."""
    own = [_file(folder, Shard(index, shards)) for index in range(shards)] if shards > 1 else []
    return [folder / "spent.json", *own]


def kept_spent(folder: Path, shards: int = 1) -> float:
    """Dollars that earlier calls and all shards spent; 0 for a new study.

    Raises:
        StudyError: If a file is damaged.
    """
    return sum(map(_usd, spent_files(folder, shards)))


def kept_ended(folder: Path, shards: int) -> int:
    """Runs of samples that have ended in all shards so far, in their last calls."""
    found = 0
    for path in spent_files(folder, shards):
        # A figure on the screen alone.
        with suppress(OSError, ValueError, KeyError, TypeError):
            found += int(json_value(path.read_text(encoding="utf-8")).get("ended", 0))
    return found


def _file(folder: Path, shard: Shard) -> Path:
    return shard_file(folder, "spent", shard.name)


def _usd(path: Path) -> float:
    if not path.exists():
        return 0.0
    try:
        return float(json_value(path.read_text(encoding="utf-8"))["usd"])
    except (ValueError, KeyError, TypeError) as error:
        raise StudyError(
            f'{path}: is damaged. Write what the study has spent so far into it, as {{"usd": 1.23}}; the logs say it.'
        ) from error


class SpentFile:
    """Writes the sum of this process down while samples run, at most twenty times a second.

    Args:
        folder: The study's folder.
        shard: Whose sum it is; None for a study in one process.
    """

    def __init__(self, folder: Path, shard: Shard | None = None) -> None:
        self.path = folder / "spent.json" if shard is None else _file(folder, shard)
        self.ended = 0
        self._last = 0.0

    @property
    def before(self) -> float:
        """Dollars that earlier calls of the same process wrote down."""
        return _usd(self.path)

    def note(self, usd: float) -> None:
        """Write the sum, unless it was written a moment ago."""
        if time.monotonic() - self._last >= _EVERY:
            self.keep(usd)

    def keep(self, usd: float) -> None:
        """Write the sum, and how many samples of this process have ended, by which others see that it is at work."""
        self._last = time.monotonic()
        write_file(self.path, json.dumps({"usd": usd, "ended": self.ended}) + "\n", durable=False)


class SpentElsewhere:
    """Dollars of the other processes, read again once a second, or less often where there are very many.

    Args:
        paths: Their files.
    """

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths = tuple(paths)
        self.every = max(_LOOK_EVERY, len(self._paths) / _FILES_A_SECOND)
        self._known: dict[Path, float] = {}
        self._looked = float("-inf")

    def __call__(self) -> float:
        """The sum."""
        now = time.monotonic()
        if now - self._looked >= self.every:
            self._looked = now
            for path in self._paths:
                try:
                    self._known[path] = _usd(path)
                except OSError:
                    # A file server that is away for a moment; what was known stays.
                    continue
        return sum(self._known.values())
