"""One tokenizer for all agents, so that the lengths of two vendors' bids compare."""

from __future__ import annotations

import re

__all__ = ["TOKENIZER", "capped_end", "count_tokens", "tokenize"]

TOKENIZER = "words-and-marks-1"
"""Name and version of the tokenizer, written to every record (ours: it needs no download)."""

_TOKEN = re.compile(r"\w+|[^\w\s]", re.UNICODE)


def tokenize(text: str) -> list[str]:
    """Lower-cased words and single punctuation marks."""
    return [match.group().lower() for match in _TOKEN.finditer(text)]


def count_tokens(text: str) -> int:
    """|s|: the length of the visible strategy text in tokens of `TOKENIZER`."""
    return sum(1 for _ in _TOKEN.finditer(text))


def capped_end(text: str, tokens: int) -> int:
    """Where the text ends if it keeps its first so many tokens; its length if it has no more."""
    for number, match in enumerate(_TOKEN.finditer(text)):
        if number == tokens:
            return match.start()
    return len(text)
