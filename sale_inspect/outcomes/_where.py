"""Which records of a table count: `split=test`, and nothing that could run."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sale_inspect._errors import OutcomesError

__all__ = ["Condition", "condition"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Condition:
    """A record counts if a field of the file has this value.

    Attributes:
        field: The field, as the file names it; `a.b` for one inside another.
        value: The value, as text.
        equal: False if it must be another value.
    """

    field: str
    value: str
    equal: bool = True

    def __str__(self) -> str:
        return f"{self.field}{'=' if self.equal else '!='}{self.value}"

    def holds(self, value: object) -> bool:
        """Whether a record with this value counts. Numbers compare as numbers; null and no field are empty."""
        return _same(_text(value), self.value) is self.equal


def condition(given: str) -> Condition:
    """Read `field=value` or `field!=value`.

    Raises:
        OutcomesError: If it is neither.
    """
    field, mark, value = given.partition("=")
    equal = not field.endswith("!")
    field = field.removesuffix("!").strip()
    if not mark or not field:
        raise OutcomesError(f"--where: {given!r} must be FIELD=VALUE or FIELD!=VALUE, for instance split=test.")
    return Condition(field=field, value=value.strip(), equal=equal)


def _text(value: object) -> str:
    if value is None:
        return ""
    return value.strip() if isinstance(value, str) else json.dumps(value)


def _same(one: str, other: str) -> bool:
    if one == other:
        return True
    try:
        return float(one) == float(other)
    except ValueError:
        return False
