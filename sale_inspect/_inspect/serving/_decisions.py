"""The log of decisions: a line of JSON for each request, which `sale-inspect outcomes` reads."""

from __future__ import annotations

import datetime
import json
import logging
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, BinaryIO

from sale_inspect._files import open_to_append
from sale_inspect._inspect.serving._rows import SERVED_FORMAT, served_dollars

__all__ = ["DecisionLog"]

_logger = logging.getLogger(__name__)


class DecisionLog:
    """A file that grows by a line for each request and each feedback.

    Args:
        path: The file; made if it is not there, in a folder that is. None to keep nothing.

    Raises:
        FileWriteError: If it cannot be written.
        OutcomesError: If something else is in it.
    """

    def __init__(self, path: Path | None) -> None:
        self.spent = 0.0 if path is None or not path.exists() else served_dollars(path)
        """Dollars of the requests that are in it already."""
        self._opened = ExitStack()
        self._file: BinaryIO | None = None if path is None else self._opened.enter_context(open_to_append(path))

    def write(self, kind: str, fields: Mapping[str, Any]) -> None:
        """Add a line.

        Args:
            kind: `request` or `feedback`.
            fields: What it says.
        """
        if self._file is None:
            return
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"format": SERVED_FORMAT, "kind": kind, "time": now, **fields})
        try:
            # One write of a whole line, at once in the file: a killed server loses no decision that it answered.
            self._file.write(f"{line}\n".encode())
            self._file.flush()
        except OSError as error:
            # The answer is there and paid: a full disk is no reason to withhold it.
            _logger.warning("A decision is not in the log: %s.", error.strerror or error)

    def close(self) -> None:
        """End it."""
        self._opened.close()
