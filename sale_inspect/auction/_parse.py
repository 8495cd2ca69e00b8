"""Read a plan or a rating out of a model's reply. What cannot be read is None, never a number."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence

from sale_inspect.auction._replies import answer_of
from sale_inspect.auction._score import RATING_SCALE

__all__ = ["folded", "labelled", "parse_panel", "parse_rating", "parse_strategy", "readable", "refuses", "whole_rating"]

# "4-5" and "5%" are no rating: no range, no share of a hundred, no fraction.
_NUMBER = r"(?P<number>-?\d+(?:[.,]\d+)?)(?![\d.,]*\s*(?:[-–—\u2044]\s*\d|to\s+\d|%))(?!\d)"
_SCALE = r"(?P<scale>\s*(?:/|out of)\s*(?P<top>\d+(?:\.\d+)?))?"
_NAMED = r"\b(?:rating|score)\b[\s\"'*_`:=]*(?:is\b[\s:]*)?"
_RATING = re.compile(rf"{_NAMED}{_NUMBER}{_SCALE}", re.IGNORECASE)
_ALONE = re.compile(rf"^\W*?(?:{_NAMED})?{_NUMBER}{_SCALE}[\s*_`\"'.]*$", re.IGNORECASE)
_LABEL = r"P\d+"
_LINE = re.compile(
    rf"^\W*(?:plan\s+)?(?P<label>{_LABEL})\b[\s*_`\"']*[:=–-][\s*_`\"']*(?:rating\s*[:=]?\s*)?{_NUMBER}{_SCALE}",
    re.IGNORECASE | re.MULTILINE,
)
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029]")
# Letters and marks that show nothing: fillers, joiners, variation selectors, the empty pattern of Braille.
_BLANK = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
_REFUSAL = re.compile(
    r"^\W*(?:i['’]?m sorry|i am sorry|sorry|i apologi[sz]e|i can(?:no|['’])t|i cannot|i am unable|"
    r"i['’]?m unable|as an ai)\b",
    re.IGNORECASE,
)


def folded(text: str) -> str:
    """The text in NFKC, each white space but a newline as a blank, without what shows nothing or directs writing.

    A raised or lowered digit stays one (`^2`, `_2`): it is no digit of a number.
    """
    text = _BLANK.sub("", _BREAKS.sub("\n", text))
    text = "".join(_sign(character) for character in text)
    return _BLANK.sub("", unicodedata.normalize("NFKC", text))


def _sign(character: str) -> str:
    if character == "\n" or "!" <= character <= "~":
        return character
    kind = unicodedata.category(character)
    if kind == "Zs" or character == "\t":
        return " "
    if kind in ("Cf", "Cc", "Co", "Cn"):
        return ""
    if not character.isdigit():
        return character
    form = unicodedata.decomposition(character)
    raised = "^" if form.startswith("<super>") else "_" if form.startswith("<sub>") else ""
    return f"{raised}{character}"


def parse_rating(reply: str, label: str) -> int | None:
    """The rating of the one plan that a judge was shown: an integer from 0 to 5.

    Read is what stands beside the label, as in a panel's reply. Without it, a reply that is a rating and nothing else
    ("Rating: 4", "4/5", `{"rating": 4}`): nothing in it can be from the plan. A number that is not whole, lies outside
    the scale, is given on another scale ("8/10", "5%") or is a range ("4-5") is no rating. What stands in a thought
    is not read.

    Args:
        reply: The judge's reply.
        label: The label that was drawn for the plan.

    Returns:
        The rating, or None if the reply has none.
    """
    text = folded(answer_of(reply).text)
    said = labelled(text, (label,))[label.upper()]
    if said:
        return next(iter(said)) if len(said) == 1 else None
    return _alone(text)


def _alone(text: str) -> int | None:
    """The rating that a text is, and nothing else; None if it is something else."""
    alone = _ALONE.match(text)
    if alone is not None:
        return whole_rating(alone["number"], alone["top"])
    body = re.fullmatch(r"\W*?(?:```[\w-]*\s*)?(\{[^{}]*\})\W*", text)
    pairs = [] if body is None else [pairs for _, pairs in flat_objects(body[1])]
    values = {value for key, value in (pairs[0] if pairs else []) if key.casefold() == "rating"}
    return whole_rating(values.pop()) if len(values) == 1 else None


def labelled(text: str, labels: Collection[str]) -> dict[str, set[int | None]]:
    """What a text says beside each label: ratings, and None for what is no rating. Labels are in capitals.

    Read is the last JSON object that has a label of the auction's form as a key; without one, lines such as "P2: 4".
    """
    found: dict[str, set[int | None]] = {label.upper(): set() for label in labels}
    lines = [(line["label"], line["number"], line["top"]) for line in _LINE.finditer(text)]
    for label, number, top in _last_object(text) or lines:
        if label.upper() in found:
            found[label.upper()].add(whole_rating(number, top))
    return found


def _last_object(text: str) -> list[tuple[str, str, None]]:
    """Keys and values of the last object that has any label as a key."""
    for _, pairs in reversed(list(flat_objects(text))):
        if any(re.fullmatch(_LABEL, key, re.IGNORECASE) for key, _ in pairs):
            return [(key, value, None) for key, value in pairs]
    return []


def readable(text: str) -> bool:
    """Whether any rating could be read out of a text, under whatever label. The text is folded."""
    if _alone(text) is not None or _RATING.search(text) or _LINE.search(text):
        return True
    return any(
        re.fullmatch(rf"rating|{_LABEL}", folded(key).strip(), re.IGNORECASE)
        and whole_rating(folded(value)) is not None
        for _, pairs in flat_objects(text)
        for key, value in pairs
    )


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


def parse_panel(reply: str, labels: Sequence[str]) -> dict[str, int | None]:
    """A judge's rating of each plan: an integer from 0 to 5, or None where none can be read.

    Read are a JSON object with the labels as keys, else lines such as "P4817: 4". A label that stands twice with
    different ratings has none, and what stands beside another label is not read.
    """
    found = labelled(folded(answer_of(reply).text), labels)
    ratings = {label: found[label.upper()] for label in labels}
    return {label: next(iter(values)) if len(values) == 1 else None for label, values in ratings.items()}


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
