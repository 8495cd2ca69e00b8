"""Tables of outcomes as Parquet files: the same table gives the same bytes."""

from __future__ import annotations

import json
import math
from dataclasses import fields
from pathlib import Path
from typing import Any

from sale_inspect._errors import OutcomesError
from sale_inspect._files import write_file
from sale_inspect.outcomes._columns import COLUMNS, META_KEY, SCHEMA_VERSION
from sale_inspect.outcomes._table import OutcomeRow, OutcomeTable, make_table, text_hash

__all__ = ["arrow_schema", "from_arrow", "read_parquet", "to_arrow", "write_parquet"]

# A row group's dictionary of texts must hold them all, or each agent's row repeats its task's text.
_DICTIONARY_BYTES = 256 * 2**20
_HINT = "Make it again with `sale-inspect outcomes`."


def arrow_schema(notes: tuple[str, ...] = ()) -> Any:
    """The `pyarrow.Schema` of a table, with version and notes in its metadata."""
    import pyarrow as pa

    types = {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "yes/no": pa.bool_()}
    meta = {"schema_version": SCHEMA_VERSION, "notes": list(notes)}
    return pa.schema(
        [pa.field(column.name, types[column.type], nullable=column.null) for column in COLUMNS],
        metadata={META_KEY: json.dumps(meta, ensure_ascii=False, sort_keys=True)},
    )


def to_arrow(table: OutcomeTable) -> Any:
    """The table as a `pyarrow.Table`, for those who want to go on with pyarrow or pandas."""
    import pyarrow as pa

    schema = arrow_schema(table.notes)
    arrays = [pa.array([getattr(row, field.name) for row in table.rows], type=field.type) for field in schema]
    return pa.Table.from_arrays(arrays, schema=schema)


def write_parquet(table: OutcomeTable, path: Path) -> None:
    """Write the table. The file is complete or not there; no time or machine is written to it.

    Raises:
        FileWriteError: If the file cannot be written.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(
        to_arrow(table), sink, compression="zstd", dictionary_pagesize_limit=_DICTIONARY_BYTES, store_schema=True
    )
    write_file(path, sink.getvalue().to_pybytes())


def read_parquet(path: Path) -> OutcomeTable:
    """Read and check a table.

    Raises:
        OutcomesError: If the file is missing, is no table of outcomes, or has a value out of range.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        arrow_table = pq.ParquetFile(path).read()
    except (OSError, pa.ArrowException) as error:
        raise OutcomesError(f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}. {_HINT}") from error
    return from_arrow(arrow_table, str(path))


def from_arrow(arrow_table: Any, where: str) -> OutcomeTable:
    """Check a `pyarrow.Table` and make it a table of outcomes.

    Args:
        arrow_table: The table.
        where: What to call it in an error.

    Raises:
        OutcomesError: If it is no table of outcomes of this version, or a value is out of range.
    """
    notes = _check_schema(arrow_table.schema, where)
    names = [field.name for field in fields(OutcomeRow)]
    _check_nulls(arrow_table, where)
    columns = [_values(arrow_table.column(name)) for name in (*names, "text_hash")]
    rows = []
    # A text comes once in memory, however many rows have it.
    texts: dict[str, tuple[str, str]] = {}
    for number, (*values, recorded_hash) in enumerate(zip(*columns, strict=True), start=1):
        cells = dict(zip(names, values, strict=True))
        text = cells["text"]
        cells["text"], hashed = texts[text] if text in texts else _hashed(text, texts)
        if hashed != recorded_hash:
            raise OutcomesError(f"{where}, row {number}, field text_hash: it is not that of the text. {_HINT}")
        try:
            rows.append(OutcomeRow(**cells))
        except OutcomesError as error:
            raise OutcomesError(f"{where}, row {number}: {error}") from error
    return make_table(rows, notes)


def _hashed(text: str, texts: dict[str, tuple[str, str]]) -> tuple[str, str]:
    texts[text] = (text, text_hash(text))
    return texts[text]


def _values(column: Any) -> list[Any]:
    # Other tools write NaN where a number is not known.
    return [None if isinstance(value, float) and math.isnan(value) else value for value in column.to_pylist()]


def _check_nulls(arrow_table: Any, where: str) -> None:
    import pyarrow.compute as pc

    for column in COLUMNS:
        cells = arrow_table.column(column.name)
        gaps = cells.null_count + (pc.sum(pc.is_nan(cells)).as_py() or 0 if column.type == "number" else 0)
        if gaps and not column.null:
            raise OutcomesError(f"{where}: column {column.name!r} has {gaps} empty cells, must have none. {_HINT}")


def _check_schema(schema: Any, where: str) -> tuple[str, ...]:
    recorded_meta = (schema.metadata or {}).get(META_KEY.encode())
    if recorded_meta is None:
        raise OutcomesError(f"{where}: is no table of outcomes of sale-inspect. {_HINT}")
    try:
        meta = json.loads(recorded_meta)
        version, notes = meta["schema_version"], tuple(str(note) for note in meta["notes"])
    except (ValueError, KeyError, TypeError) as error:
        raise OutcomesError(f"{where}: its metadata {META_KEY!r} is damaged. {_HINT}") from error
    if version != SCHEMA_VERSION:
        raise OutcomesError(
            f"{where}: has version {version} of the columns; this sale-inspect reads version {SCHEMA_VERSION}. {_HINT}"
        )
    for wanted in arrow_schema():
        place = schema.get_field_index(wanted.name)
        if place < 0:
            raise OutcomesError(f"{where}: column {wanted.name!r} is missing. {_HINT}")
        if schema.field(place).type != wanted.type:
            raise OutcomesError(
                f"{where}: column {wanted.name!r} is {schema.field(place).type}, must be {wanted.type}. {_HINT}"
            )
    return notes
