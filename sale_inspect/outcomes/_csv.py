"""CSV and TSV by pyarrow, in batches of columns, for files that mean the same to it as to Python's strict reader.

This is only a fast way: it reads what is regular, and says `Irregular` for everything else, quoting of its own kind
and each thing that is to be refused. The reader of records then reads the file again and names the fault by its line.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sale_inspect.outcomes._columns import COLUMNS
from sale_inspect.outcomes._layouts import SCORES, Form, Tally, ours
from sale_inspect.outcomes._records import OUR_HEADERS
from sale_inspect.texts import csv_text, id_of_text

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["Irregular", "csv_batches"]

_TEXTS = {column.name for column in COLUMNS if column.type != "number"}
_BLOCK = 4 * 2**20
_QUOTE, _LINE, _RETURN = ord('"'), ord("\n"), ord("\r")
_MARK = b"\xef\xbb\xbf"


class Irregular(Exception):
    """The file is to be read record by record."""


def csv_batches(path: Path, form: Form, tally: Tally) -> Iterator[dict[str, pa.Array]]:
    """The columns of a file by our names, a batch of rows at a time: texts as they are in the file.

    Args:
        path: The file.
        form: How to read it.
        tally: Is told what gave no row.

    Raises:
        Irregular: At any row, if this file is to be read record by record.
    """
    import pyarrow as pa
    import pyarrow.csv as pc

    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    header = _header(path, delimiter)
    names = _names(header, form)
    if not _regular(path, delimiter):
        raise Irregular
    tally.unused.update(dict.fromkeys(name for name in header if name not in names.values()))
    wanted = {*names.values(), *(each.field for each in form.where)}
    coded = {theirs for mine, theirs in names.items() if mine in _TEXTS} | {each.field for each in form.where}
    kinds = {name: pa.dictionary(pa.int32(), pa.string()) if name in coded else pa.string() for name in wanted}
    try:
        reader = pc.open_csv(
            path,
            read_options=pc.ReadOptions(block_size=_BLOCK, use_threads=False),
            parse_options=pc.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=pc.ConvertOptions(
                column_types=kinds, include_columns=sorted(wanted), strings_can_be_null=False
            ),
        )
        for batch in reader:
            columns = _columns(pa.table(batch), names, form, tally)
            yield {name: _decoded(column) for name, column in columns.items()} if header in OUR_HEADERS else columns
    except (pa.ArrowException, OSError) as error:
        raise Irregular from error


def _decoded(column: pa.Array) -> pa.Array:
    """The texts of a file of ours as they were before `csv_cell`."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return column
    texts = pa.array([csv_text(cell) for cell in column.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(column.indices, texts)


def _header(path: Path, delimiter: str) -> list[str]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            header = next(csv.reader(file, delimiter=delimiter, strict=True), [])
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Irregular from error
    if len(set(header)) != len(header) or not any(header):
        raise Irregular
    return header


def _names(header: list[str], form: Form) -> dict[str, str]:
    """The file's name of each of our fields."""
    if not {*form.columns.values(), *(each.field for each in form.where)} <= set(header):
        raise Irregular
    names = dict(form.columns)
    has_text = "text" in form.columns or "text" in header
    for name in header:
        mine = ours(name, form.columns, has_text)
        if mine and mine not in names:
            names[mine] = name
    # A cell of CSV is no mapping of agents to scores.
    names.pop(SCORES, None)
    has_who = "agent" in names or "policy" in names
    if not ("task" in names or "text" in names) or has_who is bool(form.agent):
        raise Irregular
    return names


def _regular(path: Path, delimiter: str) -> bool:
    """Whether every quote opens a cell, closes one, or is doubled within one, and all is UTF-8.

    Pyarrow reads `"a"b` as `ab`, and more such, which Python's strict reader refuses.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    edges = np.array([_LINE, _RETURN, ord(delimiter), _QUOTE], dtype=np.uint8)
    inside, tail = 0, b"\n"
    try:
        with path.open("rb") as file:
            block = file.read(_BLOCK).removeprefix(_MARK)
            while block:
                more = file.read(_BLOCK)
                decoder.decode(block, final=not more)
                # One byte on each side says what stands before and behind a quote.
                padded = np.frombuffer(tail + block + (more[:1] or b"\n"), dtype=np.uint8)
                places = np.flatnonzero(padded[1:-1] == _QUOTE) + 1
                opens = (np.arange(len(places)) + inside) % 2 == 0
                if not np.isin(np.where(opens, padded[places - 1], padded[places + 1]), edges).all():
                    return False
                inside = (inside + len(places)) % 2
                tail, block = block[-1:], more
    except (OSError, UnicodeDecodeError):
        return False
    return inside == 0


def _columns(table: pa.Table, names: dict[str, str], form: Form, tally: Tally) -> dict[str, pa.Array]:
    import pyarrow as pa

    tally.records += table.num_rows
    tally.seen.update(form.where)
    kept = np.ones(table.num_rows, dtype=bool)
    for each in form.where:
        column = table.column(each.field).combine_chunks()
        holds = np.array([each.holds(value) for value in column.dictionary.to_pylist()], dtype=bool)
        kept &= _gathered(holds, column)
    tally.left_out += int((~kept).sum())
    if not kept.all():
        table = table.take(np.flatnonzero(kept))
    columns = {mine: table.column(theirs).combine_chunks() for mine, theirs in names.items()}
    if form.agent:
        columns["agent"] = pa.array([form.agent] * table.num_rows, pa.string()).dictionary_encode()
    columns["task"] = _tasks(columns, table.num_rows)
    nobody = np.ones(table.num_rows, dtype=bool)
    for name in ("agent", "policy"):
        if name in columns:
            nobody &= _empty(columns[name])
    if nobody.any():
        raise Irregular
    return columns


def _tasks(columns: dict[str, pa.Array], rows: int) -> pa.Array:
    """The ids of tasks, made of the text where there is none."""
    import pyarrow as pa

    task, text = columns.get("task"), columns.get("text")
    lacking = np.ones(rows, dtype=bool) if task is None else _empty(task)
    if not lacking.any():
        return task
    if text is None or (lacking & _empty(text)).any():
        raise Irregular
    made = pa.array([id_of_text(value) if value else "" for value in text.dictionary.to_pylist()], pa.string())
    from_text = made.take(text.indices)
    if task is None:
        return from_text.dictionary_encode()
    import pyarrow.compute as pc

    return pc.if_else(pa.array(lacking), from_text, task.cast(pa.string())).dictionary_encode()


def _empty(column: pa.Array) -> NDArray[np.bool_]:
    return _gathered(np.array([not value for value in column.dictionary.to_pylist()], dtype=bool), column)


def _gathered(marks: NDArray[np.bool_], column: pa.Array) -> NDArray[np.bool_]:
    places = column.indices.to_numpy(zero_copy_only=False)
    return marks[places] if len(marks) else np.zeros(len(places), dtype=bool)
