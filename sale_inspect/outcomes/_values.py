"""Values of cells and scores, read strictly: what cannot be understood is refused, never taken for 0."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._columns import COLUMNS
from sale_inspect.outcomes._row import clean

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["GRADES", "Cells", "cell", "cells", "score_number"]

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
    flag = value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).strip().lower())
    if flag is None:
        raise _refusal(name, value, "true or false")
    return bool(flag)


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


@dataclass(frozen=True, kw_only=True, slots=True)
class Cells:
    """The cells of one field, read.

    Attributes:
        values: (rows,), a dictionary of texts, numbers, whole numbers or truth values; null where a cell is empty.
        bad: The first row that cannot be read, from 0; None if all can.
        error: Why not.
    """

    values: pa.Array
    bad: int | None = None
    error: OutcomesError | None = None


def cells(name: str, raw: Sequence[object] | pa.Array) -> Cells:
    """All cells of a field by the rules of `cell`, which is called once for each different text at most.

    Args:
        name: The field.
        raw: Cells of CSV as a `pyarrow` array of texts, or those of JSON as they were parsed.
    """
    import pyarrow as pa

    kind = _EXTRA.get(name) or _TYPES[name].type
    types = {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "yes/no": pa.bool_()}
    if not isinstance(raw, list) and not isinstance(raw, tuple):
        return _of_csv(name, kind, raw, types[kind])
    made = None
    if kind == "number" and not {type(value) for value in raw} - {int, float, type(None)}:
        made = _attempt(lambda: pa.array(raw, pa.float64()))
    elif kind == "text" and {type(value) for value in raw} <= {str}:
        # Fails for lone surrogates, which `cell` replaces.
        made = _attempt(lambda: pa.array(raw, pa.string()))
    if made is None or _infinite(made, kind):
        return _each(name, raw, types[kind])
    return Cells(values=made.dictionary_encode() if kind == "text" else made)


def _of_csv(name: str, kind: str, raw: pa.Array, type_: pa.DataType) -> Cells:
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind == "text":
        return Cells(values=raw if pa.types.is_dictionary(raw.type) else raw.dictionary_encode())
    if kind == "number":
        plain = raw.cast(pa.string()) if pa.types.is_dictionary(raw.type) else raw
        known = pc.if_else(pc.equal(plain, ""), pa.scalar(None, pa.string()), plain)
        made = _attempt(lambda: known.cast(pa.float64()))
        if made is not None and not _infinite(made, kind):
            return Cells(values=made)
    encoded = raw if pa.types.is_dictionary(raw.type) else raw.dictionary_encode()
    each = _each(name, encoded.dictionary.to_pylist(), type_)
    values = each.values.take(encoded.indices)
    if each.error is None:
        return Cells(values=values)
    # The dictionary is in the order in which its texts first come, so its first bad one is in the first bad row.
    return Cells(values=values, bad=pc.index(encoded.indices, each.bad).as_py(), error=each.error)


def _infinite(made: pa.Array, kind: str) -> bool:
    """Whether a number is not finite, which only the slow rules can refuse by name."""
    import pyarrow.compute as pc

    return kind == "number" and pc.all(pc.is_finite(made)).as_py() is False


def _each(name: str, raw: Sequence[object], type_: pa.DataType) -> Cells:
    import pyarrow as pa

    values: list[Any] = []
    bad, why = None, None
    for row, value in enumerate(raw):
        try:
            values.append(cell(name, value))
        except OutcomesError as error:
            values.append("" if type_ == pa.string() else None)
            if why is None:
                bad, why = row, error
    made = pa.array(values, type_)
    return Cells(values=made.dictionary_encode() if type_ == pa.string() else made, bad=bad, error=why)


def _attempt(make: Any) -> pa.Array | None:
    import pyarrow as pa

    try:
        return make()
    except (pa.ArrowException, UnicodeError, OverflowError, TypeError, ValueError):
        return None
