"""Tables of outcomes as Parquet files: the same table gives the same bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect._bounds import check_parquet, json_value
from sale_inspect._errors import OutcomesError
from sale_inspect._files import write_file
from sale_inspect.outcomes._columns import COLUMNS, META_KEY, SCHEMA_VERSION
from sale_inspect.outcomes._row import text_hash
from sale_inspect.outcomes._table import BadRow, OutcomeTable, checked, pairs, text_column

if TYPE_CHECKING:
    import pyarrow as pa
    from numpy.typing import NDArray

__all__ = ["arrow_schema", "from_arrow", "read_parquet", "to_arrow", "write_parquet"]

# A row group's dictionary of texts must hold them all, or each agent's row repeats its task's text.
_DICTIONARY_BYTES = 256 * 2**20
_LATER = {column.name: column for column in COLUMNS if column.later}
_HINT = "Make it again with `sale-inspect outcomes`."


def arrow_schema(notes: tuple[str, ...] = ()) -> pa.Schema:
    """The `pyarrow.Schema` of a table, with version and notes in its metadata."""
    import pyarrow as pa

    types = {"text": pa.string(), "number": pa.float64(), "whole": pa.int64(), "yes/no": pa.bool_()}
    meta = {"schema_version": SCHEMA_VERSION, "notes": list(notes)}
    return pa.schema(
        [pa.field(column.name, types[column.type], nullable=column.null) for column in COLUMNS],
        metadata={META_KEY: json.dumps(meta, ensure_ascii=False, sort_keys=True)},
    )


def to_arrow(table: OutcomeTable) -> pa.Table:
    """The table as a `pyarrow.Table` of plain columns, for those who want to go on with pyarrow or pandas."""
    import pyarrow as pa

    codes, texts = table.text("text")
    columns = {name: table.columns.column(name) for name in table.columns.column_names}
    columns["text_hash"] = pa.chunked_array([text_column(codes, [text_hash(text) for text in texts])])
    schema = arrow_schema(table.notes)
    return pa.table([columns[field.name].cast(field.type) for field in schema], schema=schema)


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

    texts = [column.name for column in COLUMNS if column.type == "text"]
    try:
        there = set(pq.read_schema(path).names)
        with pq.ParquetFile(path, read_dictionary=[name for name in texts if name in there]) as file:
            check_parquet(file.metadata, packed=path.stat().st_size)
            found = file.read()
    except (OSError, ValueError, pa.ArrowException) as error:
        raise OutcomesError(f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}. {_HINT}") from error
    return from_arrow(found, str(path))


def from_arrow(found: pa.Table, where: str) -> OutcomeTable:
    """Check a `pyarrow.Table` and make it a table of outcomes.

    Args:
        found: The table.
        where: What to call it in an error.

    Raises:
        OutcomesError: If it is no table of outcomes of this version, or a value is out of range.
    """
    notes = _check_schema(found.schema, where)
    found = _with_later(found)
    _check_nulls(found, where)
    _check_hashes(found, where)
    try:
        columns = {c.name: _column(found.column(c.name), c.type) for c in COLUMNS if c.name != "text_hash"}
        return checked(columns, notes).in_order()
    except BadRow as error:
        raise OutcomesError(f"{where}, row {error.row + 1}: {error}") from error


def _with_later(found: pa.Table) -> pa.Table:
    """With the columns that files of earlier versions lack, empty."""
    import pyarrow as pa

    for name, column in _LATER.items():
        if name not in found.column_names:
            empty = pa.array([""] * len(found)) if column.type == "text" else pa.nulls(len(found), pa.float64())
            found = found.append_column(name, empty)
    return found


def _column(column: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    import pyarrow as pa
    import pyarrow.compute as pc

    if kind == "text":
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        return coded.cast(pa.dictionary(pa.int32(), pa.string())).unify_dictionaries()
    if kind != "number":
        return column
    # Other tools write NaN where a number is not known.
    return pc.if_else(pc.is_nan(column), pa.scalar(None, pa.float64()), column)


def _check_hashes(found: pa.Table, where: str) -> None:
    codes, texts = _coded(found.column("text"))
    hashes, said = _coded(found.column("text_hash"))
    of_texts, of_hashes, firsts = pairs(codes, hashes)
    wrong = [
        row
        for text, hashed, row in zip(of_texts.tolist(), of_hashes.tolist(), firsts.tolist(), strict=True)
        if text_hash(texts[text]) != said[hashed]
    ]
    if wrong:
        raise OutcomesError(f"{where}, row {min(wrong) + 1}, field text_hash: it is not that of the text. {_HINT}")


def _coded(column: pa.ChunkedArray) -> tuple[NDArray[np.int64], list[str]]:
    whole = _column(column, "text").combine_chunks()
    return whole.indices.to_numpy(zero_copy_only=False).astype("int64"), whole.dictionary.to_pylist()


def _check_nulls(found: pa.Table, where: str) -> None:
    import pyarrow.compute as pc

    for column in COLUMNS:
        cells = found.column(column.name)
        gaps = cells.null_count + (pc.sum(pc.is_nan(cells)).as_py() or 0 if column.type == "number" else 0)
        if gaps and not column.null:
            raise OutcomesError(f"{where}: column {column.name!r} has {gaps} empty cells, must have none. {_HINT}")


def _check_schema(schema: pa.Schema, where: str) -> tuple[str, ...]:
    import pyarrow as pa

    said = (schema.metadata or {}).get(META_KEY.encode())
    if said is None:
        raise OutcomesError(f"{where}: is no table of outcomes of sale-inspect. {_HINT}")
    try:
        meta = json_value(said)
        version, notes = meta["schema_version"], tuple(str(note) for note in meta["notes"])
    except (ValueError, KeyError, TypeError) as error:
        raise OutcomesError(f"{where}: its metadata {META_KEY!r} is damaged. {_HINT}") from error
    if version != SCHEMA_VERSION:
        raise OutcomesError(
            f"{where}: has version {version} of the columns; this sale-inspect reads version {SCHEMA_VERSION}. {_HINT}"
        )
    for wanted in arrow_schema():
        place = schema.get_field_index(wanted.name)
        if place < 0 and wanted.name in _LATER:
            continue
        if place < 0:
            raise OutcomesError(f"{where}: column {wanted.name!r} is missing. {_HINT}")
        its = schema.field(place).type
        its = its.value_type if pa.types.is_dictionary(its) else its
        if its != wanted.type:
            raise OutcomesError(f"{where}: column {wanted.name!r} is {its}, must be {wanted.type}. {_HINT}")
    return notes
