"""Values of cells and scores, read strictly: what cannot be understood is refused, never taken for 0."""

from __future__ import annotations

import json
import math
from typing import Any

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._columns import COLUMNS
from sale_inspect.outcomes._table import clean

__all__ = ["GRADES", "cell", "score_number"]

GRADES = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0, "TRUE": 1.0, "FALSE": 0.0, "YES": 1.0, "NO": 0.0}
"""Scores that are words, in capitals. C, P, I and N (no answer) are Inspect's."""

_TYPES = {column.name: column for column in COLUMNS}
_EXTRA = {"input_tokens": "number", "output_tokens": "number"}
_SHOWN = 60
_LARGEST = 2**63 - 1


def score_number(value: object) -> float | None:
    """A score as a number: truth values, numbers, numbers in words, and `GRADES`. None if it is none of these."""
    if isinstance(value, bool | int | float):
        return float(value)
    if not isinstance(value, str):
        return None
    word = value.strip()
    if word.upper() in GRADES:
        return GRADES[word.upper()]
    try:
        return float(word)
    except ValueError:
        return None


def cell(name: str, value: object) -> Any:
    """The value of a field from a cell of CSV or JSON.

    An empty cell and null are None for a number, "" for a text. Score words are numbers.

    Args:
        name: The field.
        value: What the file has.

    Raises:
        OutcomesError: If the value is not of the field's type. The message names the field and the value.
    """
    kind = _EXTRA.get(name) or _TYPES[name].type
    if kind == "text":
        return _text(name, value)
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if kind == "yes/no":
        return _flag(name, value)
    if name == "correct":
        number = score_number(value)
        if number is None or math.isnan(number):
            raise _refusal(name, value, f"a score: a number from 0 to 1, or one of {', '.join(GRADES)}")
        return number
    return _number(name, value) if kind == "number" else _whole(name, value)


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise _refusal(name, value, "a text")
    return clean(str(value))


def _flag(name: str, value: object) -> bool:
    said = value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).strip().lower())
    if said is None:
        raise _refusal(name, value, "true or false")
    return bool(said)


def _number(name: str, value: object) -> float:
    number = None if isinstance(value, bool) else score_number(value)
    if number is None or not math.isfinite(number) or (isinstance(value, str) and value.strip().upper() in GRADES):
        raise _refusal(name, value, "a number")
    return number


def _whole(name: str, value: object) -> int:
    try:
        if isinstance(value, bool):
            raise ValueError
        number = int(value) if isinstance(value, int | str) else int(float(str(value)))
        if abs(number) > _LARGEST or (isinstance(value, float) and number != value):
            raise ValueError
    except (ValueError, OverflowError) as error:
        raise _refusal(name, value, "a whole number") from error
    return number


def _refusal(name: str, value: object, wanted: str) -> OutcomesError:
    shown = value if isinstance(value, str) else json.dumps(value, default=str)
    shown = shown if len(shown) <= _SHOWN else shown[: _SHOWN - 3] + "..."
    return OutcomesError(f"field {name}: {shown!r} is not {wanted}")
