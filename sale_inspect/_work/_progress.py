"""How long work says where it is."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress", "silent"]

Progress = Callable[[str, int, int | None], None]
"""Is told what is being done, how many steps of it are done, and of how many; None if that is not known."""


def silent(doing: str, done: int, total: int | None) -> None:
    """Say nothing."""
