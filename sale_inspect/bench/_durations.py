"""Durations in free text, as GAIA's annotators wrote them."""

from __future__ import annotations

import re

__all__ = ["parse_minutes"]

_ABOUT = re.compile(r"^(?:~|≈|about\b|approximately\b|approx\b\.?|around\b|roughly\b)\s*")
_NUMBER = r"([0-9]+(?:\.[0-9]+)?)\s*"
# A separator stands only between two parts, so that a text that breaks off ("1 hour and") is not read as whole.
_NEXT = r"(?:^|(?!^)[\s,]*(?:\band\b\s*)?)"
_TIME = re.compile(
    rf"(?:{_NUMBER}(?:hours?|hrs?|h)\.?)?"
    rf"(?:{_NEXT}{_NUMBER}(?:minutes?|mins?|m)\.?)?"
    rf"(?:{_NEXT}{_NUMBER}(?:seconds?|secs?|s)\.?)?"
)


def parse_minutes(text: str) -> float | None:
    """Minutes in a text such as "5 minutes", "1 hour 10 min" or "~20 Minutes"; None if it is not plain.

    A word for "about" is dropped. Ranges ("10-15 minutes"), bounds ("less than 5 minutes") and bare
    numbers give None: which time is meant would be a guess.
    """
    plain = _ABOUT.sub("", text.strip().casefold())
    match = _TIME.fullmatch(plain)
    if match is None or not any(match.groups()):
        return None
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return 60 * hours + minutes + seconds / 60
