"""A table of outcomes, in columns: a million rows take tens of megabytes, and a text is held once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._columns import COLUMNS
from sale_inspect.outcomes._row import LARGEST_EPOCH, Kind, OutcomeRow, cap_answer

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Codes", "OutcomeTable", "Who", "checked", "make_table", "pairs", "stacked", "table_of", "text_column"]

Codes = NDArray[np.int64]

_FIELDS = tuple(field.name for field in fields(OutcomeRow))
_STORED = tuple(column for column in COLUMNS if column.name in _FIELDS)
_REQUIRED = {column.name for column in COLUMNS if not column.null}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Who:
    """Who did the rows of a table: agents, then policies.

    Attributes:
        codes: (rows,), which of `names`.
        names: Kind and name of each.
    """

    codes: Codes
    names: tuple[tuple[Kind, str], ...]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class OutcomeTable:
    """Rows in some order, and what a reader must know of them. Two tables are equal if rows, order and notes are.

    Attributes:
        columns: A `pyarrow.Table`, one column for each field of `OutcomeRow`, texts as dictionaries; make it with
            `make_table` or a reader, which check it.
        notes: What was left out or joined, one sentence each.
    """

    columns: pa.Table
    notes: tuple[str, ...] = ()

    def __len__(self) -> int:
        return int(self.columns.num_rows)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, OutcomeTable):
            return NotImplemented
        alike = len(self) == len(other) and self.notes == other.notes
        return alike and all(self._plain(name).equals(other._plain(name)) for name in _FIELDS)

    __hash__ = None  # type: ignore[assignment]

    def _plain(self, name: str) -> pa.ChunkedArray:
        import pyarrow as pa

        column = self.columns.column(name)
        return column.cast(pa.string()) if pa.types.is_dictionary(column.type) else column

    @property
    def rows(self) -> tuple[OutcomeRow, ...]:
        """The rows as objects: for tables of thousands, not of millions. They are made at each call."""
        columns = [self.columns.column(name).to_pylist() for name in _FIELDS]
        return tuple(OutcomeRow(**dict(zip(_FIELDS, values, strict=True))) for values in zip(*columns, strict=True))

    def of(self, kind: Kind) -> tuple[OutcomeRow, ...]:
        """The rows of one kind, as objects."""
        return self.only(kind).rows

    def only(self, kind: Kind) -> OutcomeTable:
        """The part of one kind."""
        codes, values = self.text("kind")
        here = np.array([value == kind for value in values], dtype=bool)
        return self if here.all() and len(here) else self.take(np.flatnonzero(here[codes]))

    def names(self, kind: Kind) -> tuple[str, ...]:
        """The agents or policies, in alphabetical order."""
        who = self.who()
        return tuple(sorted(name for number, (its, name) in enumerate(who.names) if its == kind))

    def text(self, name: str) -> tuple[Codes, list[str]]:
        """A column of texts: for each row, the place of its text in the list. A text is in the list once."""
        column = self.columns.column(name).combine_chunks()
        values: list[str] = column.dictionary.to_pylist()
        return column.indices.to_numpy(zero_copy_only=False).astype(np.int64), values

    def numbers(self, name: str) -> NDArray[np.float64]:
        """(rows,), a column of numbers; NaN where it is not known."""
        array: NDArray[np.float64] = self.columns.column(name).to_numpy().astype(np.float64)
        return array

    def who(self) -> Who:
        """Who did each row."""
        (kinds, kind_names), (agents, agent_names) = self.text("kind"), self.text("agent")
        policies, policy_names = self.text("policy")
        of_agent = np.array([name == "agent" for name in kind_names], dtype=bool)[kinds] if len(self) else kinds > 0
        codes = np.where(of_agent, agents, policies + len(agent_names))
        used, packed = np.unique(codes, return_inverse=True)
        names: list[tuple[Kind, str]] = [("agent", name) for name in agent_names]
        names += [("policy", name) for name in policy_names]
        return Who(codes=packed.astype(np.int64), names=tuple(names[code] for code in used))

    def take(self, rows: Sequence[int] | NDArray[np.integer[Any]]) -> OutcomeTable:
        """Some rows, in the order that is given."""
        return OutcomeTable(columns=self.columns.take(np.asarray(rows, dtype=np.int64)), notes=self.notes)

    def replaced(self, **columns: pa.Array) -> OutcomeTable:
        """The table with other values in some columns; texts by `text_column`."""
        table = self.columns
        for name, array in columns.items():
            table = table.set_column(table.schema.get_field_index(name), table.schema.field(name), array)
        return OutcomeTable(columns=table, notes=self.notes)

    def with_notes(self, notes: Iterable[str]) -> OutcomeTable:
        """The table with other notes."""
        return OutcomeTable(columns=self.columns, notes=tuple(notes))

    def with_answers(self, cap: int | None) -> OutcomeTable:
        """The table with answers of at most `cap` characters, or without any if it is None."""
        codes, answers = self.text("answer")
        return self.replaced(
            answer=text_column(codes, ["" if cap is None else cap_answer(answer, cap) for answer in answers])
        )

    def in_order(self) -> OutcomeTable:
        """The rows by task, agents before policies, in pool order, then by name, epoch, sample and file."""
        who, place = self.who(), self.numbers("place")
        keys = [
            self._ranks("task"),
            np.array([kind == "policy" for kind, _ in who.names], dtype=np.int64)[who.codes],
            np.where(np.isnan(place), np.inf, place),
            _ranks([name for _, name in who.names])[who.codes],
            self.numbers("epoch"),
            self._ranks("sample_uuid"),
            self._ranks("log"),
        ]
        if not len(self):
            return self
        # Keys that are the same in all rows order nothing; sorting by them takes half of the time.
        wanted = [key for key in keys if key[0] != key[-1] or (key != key[0]).any()]
        return self.take(np.lexsort(wanted[::-1])) if wanted else self

    def _ranks(self, name: str) -> Codes:
        codes, values = self.text(name)
        return _ranks(values)[codes]


def _ranks(values: Sequence[str]) -> Codes:
    import pyarrow as pa
    import pyarrow.compute as pc

    ranks = np.empty(len(values), dtype=np.int64)
    ranks[pc.sort_indices(pa.array(values, pa.string())).to_numpy()] = np.arange(len(values))
    return ranks


def make_table(rows: Iterable[OutcomeRow], notes: Iterable[str] = ()) -> OutcomeTable:
    """The table of some rows, in order (`OutcomeTable.in_order`), so the same rows always give the same file."""
    return table_of(rows, notes).in_order()


def table_of(rows: Iterable[OutcomeRow], notes: Iterable[str] = ()) -> OutcomeTable:
    """The table of some rows, in the order that is given."""
    import pyarrow as pa

    listed = list(rows)
    columns = {}
    for column in _STORED:
        values = [getattr(row, column.name) for row in listed]
        columns[column.name] = (
            pa.array(values, _types()[column.name].value_type).dictionary_encode()
            if (column.type == "text")
            else pa.array(values, _types()[column.name])
        )
    return OutcomeTable(columns=pa.table(columns, schema=_schema()), notes=tuple(notes))


def _types() -> dict[str, Any]:
    import pyarrow as pa

    kinds = {
        "text": pa.dictionary(pa.int32(), pa.string()),
        "number": pa.float64(),
        "whole": pa.int64(),
        "yes/no": pa.bool_(),
    }
    return {column.name: kinds[column.type] for column in _STORED}


def _schema() -> pa.Schema:
    import pyarrow as pa

    return pa.schema([pa.field(name, type_) for name, type_ in _types().items()])


def text_column(codes: NDArray[np.integer[Any]], values: Sequence[str]) -> pa.DictionaryArray:
    """A column of texts: of each row the place of its text in `values`, in which a text may come twice."""
    import pyarrow as pa

    encoded = pa.array(values, pa.string()).dictionary_encode()
    places = encoded.indices.to_numpy(zero_copy_only=False)
    return pa.DictionaryArray.from_arrays(pa.array(places[codes], pa.int32()), encoded.dictionary)


def stacked(tables: Sequence[OutcomeTable]) -> OutcomeTable:
    """The rows of several tables, one table after the other, with all notes."""
    import pyarrow as pa

    if len(tables) == 1:
        return tables[0]
    whole = pa.concat_tables([table.columns for table in tables] or [_schema().empty_table()])
    notes = tuple(note for table in tables for note in table.notes)
    return OutcomeTable(columns=whole.unify_dictionaries().combine_chunks(), notes=notes)


def checked(columns: Mapping[str, Any], notes: Iterable[str] = ()) -> OutcomeTable:
    """A table of whole columns (`pyarrow` arrays of the types of a table, texts as dictionaries).

    Raises:
        BadRow: At the first row that `OutcomeRow` refuses.
    """
    import pyarrow as pa

    made = OutcomeTable(columns=pa.table(dict(columns), schema=_schema()), notes=tuple(notes))
    bad = _bad_rows(made)
    if bad.any():
        row = int(bad.argmax())
        try:
            _ = made.take([row]).rows
        except OutcomesError as error:
            raise BadRow(row, str(error)) from error
    return made


def pairs(one: NDArray[np.integer[Any]], other: NDArray[np.integer[Any]]) -> tuple[Codes, Codes, Codes]:
    """The different pairs of two columns of whole numbers from 0, in order, and the first row of each."""
    width = int(other.max()) + 1 if len(other) else 1
    keys, firsts = np.unique(one.astype(np.int64) * width + other, return_index=True)
    return keys // width, keys % width, firsts


class BadRow(OutcomesError):
    """A row that is refused: `row` counts from 0."""

    def __init__(self, row: int, said: str) -> None:
        super().__init__(said)
        self.row = row


def _bad_rows(table: OutcomeTable) -> NDArray[np.bool_]:
    """(rows,), the rules of `OutcomeRow` on columns."""
    bad = np.zeros(len(table), dtype=bool)

    def texts(name: str, wrong: Any) -> NDArray[np.bool_]:
        codes, values = table.text(name)
        marks = np.array([wrong(value) for value in values], dtype=bool)
        here: NDArray[np.bool_] = marks[codes] if len(values) else np.zeros(len(table), dtype=bool)
        return here

    bad |= texts("kind", lambda value: value not in ("agent", "policy"))
    bad |= texts("basis", lambda value: value not in ("recorded", "estimated"))
    bad |= texts("task", lambda value: not value)
    of_agent = texts("kind", lambda value: value == "agent")
    bad |= np.where(of_agent, texts("agent", lambda value: not value), texts("policy", lambda value: not value))
    epochs = table.numbers("epoch")
    bad |= ~((epochs >= 1) & (epochs <= LARGEST_EPOCH))
    for column in _STORED:
        if column.type == "number":
            numbers = table.numbers(column.name)
            fine = np.isfinite(numbers) & (numbers >= 0) & (numbers <= column.high)
            bad |= ~(fine | np.isnan(numbers)) if column.null else ~fine
    return bad
