"""Who is who: one person under several spellings of a name is one person."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from sale_inspect.times._attempts import Attempt

__all__ = ["join_spellings", "person_key"]


def person_key(name: str) -> str:
    """What is the same for all spellings of one name: compatible characters (NFKC), case and spaces do not count."""
    # Folding the case can undo the normal form, so it is made again.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(unicodedata.normalize("NFKC", folded.casefold()).split())


def join_spellings(attempts: Iterable[Attempt]) -> tuple[list[Attempt], tuple[tuple[str, ...], ...]]:
    """The attempts, each person under one name: the spelling that came first.

    Returns:
        The attempts in order, and for each person with several spellings all of them, in order.
    """
    spellings: dict[str, dict[str, None]] = {}
    joined: list[Attempt] = []
    for attempt in attempts:
        names = spellings.setdefault(person_key(attempt.annotator), {})
        names[attempt.annotator] = None
        first = next(iter(names))
        joined.append(attempt if attempt.annotator == first else replace(attempt, annotator=first))
    return joined, tuple(tuple(names) for names in spellings.values() if len(names) > 1)
