"""GAIA's rules: numbers by value, lists element by element, other answers as text without spaces and marks."""

from __future__ import annotations

import math
import re
import string

from sale_inspect.bench._answers import without_lead

__all__ = ["gaia_match"]

_PUNCTUATION = str.maketrans("", "", string.punctuation)
_SPACE = re.compile(r"\s+")
_SEPARATORS = re.compile(r"[,;]")
_UNITS = str.maketrans("", "", "$%,")


def gaia_match(answer: str, target: str) -> bool:
    """Whether an answer is right by GAIA's rules.

    - A target that is a number: the answer, without "$", "%" and ",", must have the same value.
    - A target with "," or ";": both are split there; they must have equally many elements, each
      equal as a number or as text with its punctuation.
    - Any other target: equal as text, lower case, without white space and punctuation.

    A leading "Final answer:" is dropped, which GAIA's own prompt asks for. An answer that is no
    number where one is wanted is wrong. Source: GAIA's public scorer.
    """
    given = without_lead(answer)
    if not given:
        return False
    if (value := _number(target)) is not None:
        return _number(given.translate(_UNITS)) == value
    if _SEPARATORS.search(target):
        mine, theirs = _SEPARATORS.split(given), _SEPARATORS.split(target)
        return len(mine) == len(theirs) and all(_same_element(a, b) for a, b in zip(mine, theirs, strict=True))
    return _text(given).translate(_PUNCTUATION) == _text(target).translate(_PUNCTUATION)


def _same_element(given: str, wanted: str) -> bool:
    value = _number(wanted)
    if value is not None:
        return _number(given.translate(_UNITS)) == value
    return _text(given) == _text(wanted)


def _text(text: str) -> str:
    return _SPACE.sub("", text).lower()


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
