"""Ids made from texts."""

from __future__ import annotations

import hashlib

__all__ = ["id_of_text"]

_DIGITS = 16


def id_of_text(text: str) -> str:
    """The id of a task that has none: the same text has the same id in every file and behind every server (ours)."""
    # Lone surrogates cannot be encoded; a table keeps them as question marks, and so has the same id.
    sound = text.encode("utf-8", "replace")
    return f"text-{hashlib.sha256(sound).hexdigest()[:_DIGITS] if sound else ''}"
