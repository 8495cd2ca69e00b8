"""Where logs are, as a caller names them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

__all__ = ["Places", "listed"]

Places = str | Path | Iterable[str | Path]
"""One log file or folder of logs, or several."""


def listed(places: Places) -> tuple[str, ...]:
    """The places, each as text."""
    several = (places,) if isinstance(places, str | Path) else places
    return tuple(str(place) for place in several)
