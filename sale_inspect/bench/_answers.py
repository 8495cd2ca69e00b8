"""Read and compare answers: letters of choices and short texts."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable

__all__ = ["matches_alias", "normalise", "parse_letter", "without_lead"]

# A small letter counts only where nothing can follow: "the answer is a queue" names no choice.
_LABELLED = re.compile(
    r"\b(?i:answer)\b\W{0,8}(?:(?i:is)\b\W{0,8})?\(?\**\s*(?:([A-Z])\b(?![’'])|([a-z])(?=[ \t]*(?:[).*]|$)))",
    re.MULTILINE,
)
_ALONE = re.compile(r"^\W*([A-Z])\W*$", re.IGNORECASE)
_LEADING = re.compile(r"^\W*([A-Z])\s*[).:]\s", re.IGNORECASE)
_LEAD = re.compile(r"^\W*(?:the\s+)?(?:final\s+)?answer\s*(?:is\b\s*:?|:)\s*", re.IGNORECASE)
_ARTICLES = re.compile(r"\b(?:a|an|the)\b")


def parse_letter(text: str, count: int) -> str | None:
    """The letter of the chosen choice, upper case, or None.

    Read are the last "ANSWER: B", a text that is one letter, and a text that begins like "B) ...".

    Args:
        text: The answer.
        count: Number of choices; later letters are no answer.
    """
    labelled = _LABELLED.findall(text)
    match = _ALONE.match(text.strip()) or _LEADING.match(text.strip())
    letter = (labelled[-1][0] or labelled[-1][1]) if labelled else (match[1] if match else None)
    if letter is None:
        return None
    letter = letter.upper()
    return letter if letter in string.ascii_uppercase[:count] else None


def normalise(text: str) -> str:
    """Lower case, without accents, punctuation, articles and extra space.

    A comma between digits is dropped, so that 1,200 equals 1200; a point between digits stays.
    """
    text = unicodedata.normalize("NFKD", text.casefold())
    text = "".join(char for char in text if not unicodedata.combining(char))
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(r"(?<![\w.])[-−](?=\.?\d)", " minus ", text)
    text = re.sub(r"(?<!\d)\.|\.(?!\d)", " ", text)
    text = re.sub(rf"[{re.escape(string.punctuation.replace('.', ''))}–—‘’“”]", " ", text)
    return " ".join(_ARTICLES.sub(" ", text).split())


def without_lead(answer: str) -> str:
    """The answer without a leading "Answer:", "The answer is" or "FINAL ANSWER:" (ours)."""
    return _LEAD.sub("", answer.strip(), count=1).strip()


def matches_alias(answer: str, accepted: Iterable[str]) -> bool:
    """Whether a short answer equals one of the accepted ones after `normalise`.

    A leading "Answer:" is dropped. Nothing else may stand around the answer. An accepted answer of
    which nothing is left ("The The") is compared as it is, without case.
    """
    text = without_lead(answer)
    return bool(text) and any(_same(text, alias.strip()) for alias in accepted)


def _same(text: str, alias: str) -> bool:
    wanted = normalise(alias)
    if wanted:
        return normalise(text) == wanted
    return any(char.isalnum() for char in alias) and text.casefold() == alias.casefold()
