"""Which records of a table count: `split=test`, and nothing that could run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._table import OutcomeTable

__all__ = ["Condition", "condition", "kept"]


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


def kept(table: OutcomeTable, where: Sequence[Condition]) -> tuple[OutcomeTable, int]:
    """The rows of a table of ours that count, by its own columns, and how many do not.

    Raises:
        OutcomesError: If there is no such column, or no row is left.
    """
    holds = np.ones(len(table), dtype=bool)
    for each in where:
        if each.field not in table.columns.column_names:
            raise OutcomesError(
                f"--where {each}: a table of outcomes has no column {each.field!r}. The columns: "
                f"{', '.join(table.columns.column_names)}."
            )
        values = table.columns.column(each.field).to_pylist()
        verdicts = {value: each.holds(value) for value in set(values)}
        holds &= np.array([verdicts[value] for value in values], dtype=bool)
    if not holds.any() and len(table):
        said = " ".join(f"--where {each}" for each in where)
        raise OutcomesError(f"None of {len(table)} rows has {said}. Give a value that the table has.")
    return table.take(np.flatnonzero(holds)), int((~holds).sum())


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
