"""Read a plan or a rating out of a model's reply. What cannot be read is None, never a number."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

from sale_inspect.auction._replies import answer_of
from sale_inspect.auction._score import RATING_SCALE

__all__ = ["flat_objects", "parse_rating", "parse_strategy", "refuses", "whole_rating"]

# "4-5" and "5%" are no rating: no range, no share of a hundred.
_NUMBER = r"(?P<number>-?\d+(?:[.,]\d+)?)(?![\d.,]*\s*(?:[-–—]\s*\d|to\s+\d|%))(?!\d)"
_SCALE = r"(?P<scale>\s*(?:/|out of)\s*(?P<top>\d+(?:\.\d+)?))?"
_LABELLED = re.compile(rf"\b(?:rating|score)\b[\s\"'*_`:=]*(?:is\b[\s:]*)?{_NUMBER}{_SCALE}", re.IGNORECASE)
_BARE = re.compile(rf"^[\s*_`\"']*{_NUMBER}{_SCALE}[\s*_`\"'.]*$", re.IGNORECASE)
_REFUSAL = re.compile(
    r"^\W*(?:i['’]?m sorry|i am sorry|sorry|i apologi[sz]e|i can(?:no|['’])t|i cannot|i am unable|"
    r"i['’]?m unable|as an ai)\b",
    re.IGNORECASE,
)


def parse_rating(reply: str) -> int | None:
    """The rating in a judge's reply: one integer from 0 to 5.

    Read are a JSON object with `rating`, a last labelled number ("Rating: 4", "rating: 4/5",
    "score is 4 out of 5") and a reply that is just the number. A number that is not whole, lies
    outside the scale, is given on another scale ("8/10", "5%") or is a range ("4-5") is no rating.
    What stands in a thought is not read.

    Returns:
        The rating, or None if the reply has none.
    """
    text = answer_of(reply).text
    found = [(match.start(), match["number"], match["top"]) for match in _LABELLED.finditer(text)]
    found += [(place, number, None) for place, number in _from_json(text)]
    if found:
        _, number, top = max(found, key=lambda each: each[0])
        return whole_rating(number, top)
    bare = _BARE.match(text)
    return None if bare is None else whole_rating(bare["number"], bare["top"])


def _from_json(text: str) -> Iterator[tuple[int, str]]:
    """Ratings in JSON objects, with the place where each object begins."""
    for end, pairs in flat_objects(text):
        values = {value for key, value in pairs if key == "rating"}
        if len(values) == 1:
            # The end of the object, so that the label inside it does not count as a later rating.
            yield end, values.pop()
        elif values:
            # One key with two values: neither is the rating, and a label inside must not count either.
            yield end, "none"


def flat_objects(text: str) -> Iterator[tuple[int, list[tuple[str, str]]]]:
    """JSON objects without objects inside: where each ends, and its keys with numbers and texts, in order.

    A key that stands twice is given twice. Values of other types are left out.
    """
    for block in re.finditer(r"\{[^{}]*\}", text):
        try:
            pairs = json.loads(block[0], object_pairs_hook=list)
        except (ValueError, RecursionError):
            # A text of many nested brackets exhausts the parser's stack.
            continue
        yield (
            block.end(),
            [
                (key, str(value))
                for key, value in pairs
                if isinstance(value, int | float | str) and not isinstance(value, bool)
            ],
        )


def whole_rating(number: str, top: str | None = None) -> int | None:
    """A whole number from 0 to 5 in a text, given on that scale or on none; None otherwise."""
    if top is not None and float(top) != RATING_SCALE:
        return None
    try:
        value = float(number.strip().replace(",", "."))
    except ValueError:
        return None
    if not math.isfinite(value) or value != int(value) or not 0 <= value <= RATING_SCALE:
        return None
    return int(value)


def parse_strategy(reply: str) -> str | None:
    """The plan in a bidder's reply, without thinking tags and surrounding fences; None if empty.

    A reply without a single word is empty: dots or dashes are no plan.
    """
    text = answer_of(reply).text
    fenced = re.fullmatch(r"```[\w-]*\n(.*?)\n?```", text, flags=re.DOTALL)
    if fenced:
        text = fenced[1].strip()
    return text if re.search(r"[^\W_]", text) else None


def refuses(strategy: str) -> bool:
    """True if a short reply is a refusal instead of a plan (ours: an apology and at most 60 words)."""
    return bool(_REFUSAL.match(strategy)) and len(strategy.split()) <= 60
