"""Pages that hold a question together with its answer, as a copy of the benchmark does."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["is_contaminated"]

_WINDOW = 12
_FEWEST = 6
_WORD = re.compile(r"\w+")


def is_contaminated(text: str, question: str, answers: Iterable[str]) -> bool:
    """Whether a text holds the question in its own words and one of its answers (ours).

    Twelve words of the question in a row count, or all of it where it is shorter; a question of fewer than six words
    may stand anywhere and is never found. Case, punctuation and spaces do not matter.

    Args:
        text: A page, or a search result.
        question: The task's question.
        answers: Its accepted answers.
    """
    asked = _words(question)
    if len(asked) < _FEWEST:
        return False
    words = f" {' '.join(_words(text))} "
    size = min(_WINDOW, len(asked))
    windows = (" ".join(asked[start : start + size]) for start in range(len(asked) - size + 1))
    if not any(f" {window} " in words for window in windows):
        return False
    accepted = (" ".join(_words(answer)) for answer in answers)
    return any(answer and f" {answer} " in words for answer in accepted)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
