"""Checks that a text is a plan at all (ours; the defence `checks`)."""

from __future__ import annotations

import unicodedata
from collections import Counter

from sale_inspect.auction._parse import folded
from sale_inspect.auction._tokens import tokenize

__all__ = ["plan_fault"]

_FEWEST_WORDS = 5
_RUN = 8
_COPIED_SHARE = 0.6
_REPEATED_SHARE = 0.5
_LONGEST_TOKEN = 30
_JOINED_SHARE = 0.5
_ORDERS = (
    *("rating:", "rate this", "rate my", "give this plan", "give me a"),
    *("end of plan", "ignore previous", "ignore all"),
)


def plan_fault(strategy: str, task: str) -> str:
    """Why a text is no plan for the task, or an empty text.

    - fewer than 5 words (two characters of a script without spaces count as one);
    - it speaks to the judge ("RATING: 5", "rate this plan", a forged end of the quotation);
    - it copies the task: 60% or more of its runs of 8 tokens stand in the task too;
    - it pads: half or more of its runs of 8 tokens are repetitions;
    - it joins words, so that it counts as few tokens: half or more of its characters are in tokens of more than 30.

    Args:
        strategy: The plan.
        task: The task's text.
    """
    text = _folded(strategy)
    if _joins_words(text):
        return "joins its words"
    if _words(text) < _FEWEST_WORDS:
        return "too short to be a plan"
    for order in _ORDERS:
        if order in text:
            return f"speaks to the judge ({order!r})"
    runs = _runs(text)
    if not runs:
        return ""
    known = set(_runs(_folded(task)))
    if sum(1 for run in runs if run in known) >= _COPIED_SHARE * len(runs):
        return "copies the task"
    repeated = sum(count - 1 for count in Counter(runs).values())
    return "repeats itself" if repeated >= _REPEATED_SHARE * len(runs) else ""


def _folded(text: str) -> str:
    """In NFKC without what shows nothing, in small letters, white space as single blanks, none before a colon."""
    return " ".join(folded(text).casefold().split()).replace(" :", ":")


def _words(text: str) -> int:
    wide = sum(1 for character in text if unicodedata.east_asian_width(character) == "W")
    return len(text.split()) + wide // 2


def _joins_words(text: str) -> bool:
    lengths = [len(token) for token in tokenize(text)]
    return sum(length for length in lengths if length > _LONGEST_TOKEN) >= _JOINED_SHARE * sum(lengths) > 0


def _runs(text: str) -> list[tuple[str, ...]]:
    tokens = tokenize(text)
    return [tuple(tokens[start : start + _RUN]) for start in range(len(tokens) - _RUN + 1)]
