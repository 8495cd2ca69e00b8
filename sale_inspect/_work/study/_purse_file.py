"""The dollars of a study, kept on disk while they are spent, so that a kill cannot lose them."""

from __future__ import annotations

import json
import time
from pathlib import Path

from sale_inspect._bounds import json_value
from sale_inspect._errors import StudyError
from sale_inspect._files import write_file

__all__ = ["SpentFile", "kept_spent"]

_EVERY = 0.5
"""Seconds between two writes while samples run."""


def kept_spent(folder: Path) -> float:
    """Dollars that earlier calls spent; 0 for a new study.

    Raises:
        StudyError: If the file is damaged.
    """
    path = folder / "spent.json"
    if not path.exists():
        return 0.0
    try:
        return float(json_value(path.read_text(encoding="utf-8"))["usd"])
    except (ValueError, KeyError, TypeError) as error:
        raise StudyError(
            f'{path}: is damaged. Write what the study has spent so far into it, as {{"usd": 1.23}}; the logs say it.'
        ) from error


class SpentFile:
    """Writes the sum down, at most twice a second while samples run.

    Args:
        folder: The study's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "spent.json"
        self._last = 0.0

    def note(self, usd: float) -> None:
        """Write the sum if half a second has passed since it was written."""
        if time.monotonic() - self._last >= _EVERY:
            self.keep(usd)

    def keep(self, usd: float) -> None:
        """Write the sum."""
        self._last = time.monotonic()
        write_file(self._path, json.dumps({"usd": usd}) + "\n", durable=False)
