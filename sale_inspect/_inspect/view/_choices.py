"""Labels of choices and the reading of chosen ones, as Inspect's `multiple_choice` has them."""

from __future__ import annotations

import re
import string

from sale_inspect.bench import parse_letter

__all__ = ["choice_label", "labelled_choices", "parse_choices"]

_LABEL = r"(?:[A-Za-z]|\d{1,3})"
_SEPARATOR = r"(?:\s*(?:,|;|&|\band\b)\s*|\s+)"
_WRAPPERS = re.compile(r"[*$()\[\]`]")
_SEVERAL = re.compile(
    rf"ANSWERS?\s*:[ \t]*({_LABEL}(?:{_SEPARATOR}{_LABEL})*|[A-Z]{{2,26}})[ \t]*[.,]?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)


def choice_label(place: int) -> str:
    """Label of the choice at a place, from 0: A to Z, then 1, 2, and so on (Inspect's)."""
    letters = string.ascii_uppercase
    return letters[place] if place < len(letters) else str(place - len(letters) + 1)


def labelled_choices(choices: list[str], *, several_right: bool = False) -> str:
    """The choices, one a line, and the form of the answer.

    Args:
        choices: Their texts.
        several_right: Say that several may be right.
    """
    lines = "\n".join(f"{choice_label(place)}) {choice}" for place, choice in enumerate(choices))
    if several_right:
        return (
            f"{lines}\n\nOne or more choices are right. End your answer with a line that names all of them, of the "
            "form: ANSWER: <letter>,<letter>"
        )
    return f"{lines}\n\nEnd your answer with a line of the form: ANSWER: <letter>"


def parse_choices(text: str, count: int) -> frozenset[int]:
    """Places of the chosen choices, from 0; empty if the text names none.

    The last line `ANSWER: B`, `ANSWER: A,B`, `ANSWER: A and B` or `ANSWER: AB` counts; without one, a single letter as
    `parse_letter` reads it.

    Args:
        text: The answer.
        count: Number of choices. A line that names another label is no answer.
    """
    places = {choice_label(place): place for place in range(count)}
    lines = _SEVERAL.findall(_WRAPPERS.sub("", text))
    if lines:
        labels = re.findall(rf"\b{_LABEL}\b", lines[-1].upper()) or list(lines[-1].strip().upper())
        return frozenset(places[label] for label in labels if set(labels) <= set(places))
    letter = parse_letter(text, min(count, len(string.ascii_uppercase)))
    return frozenset() if letter is None else frozenset({places[letter]})
