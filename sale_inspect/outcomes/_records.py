"""Records of CSV, TSV, JSONL and JSON files, each with the line on which it begins."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sale_inspect._bounds import check_depth, json_value
from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._columns import COLUMNS
from sale_inspect.texts import csv_text

__all__ = ["OUR_HEADERS", "TEXT_SUFFIXES", "records"]

TEXT_SUFFIXES = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
"""What a table from elsewhere may be called."""

OUR_HEADERS = (
    [column.name for column in COLUMNS],
    [column.name for column in COLUMNS if not column.later],
)
"""First line of a CSV or TSV file that `write_text_table` made; its cells are those of `texts.csv_cell`."""

Record = tuple[int, dict[str, Any]]

_BLANKS = " \t\r\n"
_CELL_LIMIT = 2**31 - 1


def records(path: Path) -> Iterator[Record]:
    """The records of a file, by its suffix: rows of CSV and TSV, lines of JSONL, items of a JSON list.

    Raises:
        OutcomesError: If the file cannot be read, or a record is malformed; with file and line.
    """
    suffix = path.suffix.lower()
    if suffix not in TEXT_SUFFIXES:
        raise OutcomesError(f"{path}: is no table by its name. Tables end in {', '.join(TEXT_SUFFIXES)} or .parquet.")
    try:
        if suffix == ".json":
            yield from _items(path, path.read_text(encoding="utf-8-sig"))
            return
        with path.open(encoding="utf-8-sig", newline="") as file:
            yield from _lines(path, file) if suffix in (".jsonl", ".ndjson") else _rows(path, file, suffix)
    except UnicodeDecodeError as error:
        raise OutcomesError(f"{path}: is not UTF-8: {error.reason}. Save it as UTF-8.") from error
    except OSError as error:
        raise OutcomesError(f"{path}: cannot be read: {error.strerror}.") from error


def _rows(path: Path, file: io.TextIOBase, suffix: str) -> Iterator[Record]:
    # The limit is the module's; a task's text may be longer than its default.
    before = csv.field_size_limit(_CELL_LIMIT)
    reader = csv.reader(file, delimiter="\t" if suffix == ".tsv" else ",", strict=True)
    try:
        header = next(reader, [])
        if len(set(header)) != len(header) or not any(header):
            raise OutcomesError(f"{path}:1: the first line must name the columns, each once; it is {header}.")
        line = reader.line_num + 1
        for row in reader:
            if len(row) != len(header) and row:
                raise OutcomesError(f"{path}:{line}: {len(row)} cells, but the first line names {len(header)} columns.")
            if row:
                cells = map(csv_text, row) if header in OUR_HEADERS else row
                yield line, dict(zip(header, cells, strict=True))
            line = reader.line_num + 1
    except csv.Error as error:
        raise OutcomesError(f"{path}:{reader.line_num}: malformed: {error}.") from error
    finally:
        csv.field_size_limit(before)


def _lines(path: Path, file: io.TextIOBase) -> Iterator[Record]:
    for number, line in enumerate(file, start=1):
        if line.strip():
            yield number, _mapping(path, number, _parsed(path, number, line))


def _parsed(path: Path, number: int, line: str) -> object:
    try:
        return json_value(line)
    except ValueError as error:
        raise OutcomesError(f"{path}:{number}: is not JSON: {error}.") from error


def _items(path: Path, text: str) -> Iterator[Record]:
    """The items of a JSON list, one by one, because only so their lines are known."""
    decoder = json.JSONDecoder()
    place = _skip(text, 0)
    if text[place : place + 1] != "[":
        raise OutcomesError(f"{path}: must be a JSON list of objects, one for each task or run.")
    line, seen = 1, 0
    place = _skip(text, place + 1)
    while text[place : place + 1] != "]":
        line, seen = line + text.count("\n", seen, place), place
        try:
            item, place = decoder.raw_decode(text, place)
            check_depth(item)
        except (ValueError, RecursionError) as error:
            raise OutcomesError(f"{path}:{line}: is not JSON: {error}.") from error
        yield line, _mapping(path, line, item)
        place = _skip(text, place)
        if text[place : place + 1] == ",":
            place = _skip(text, place + 1)
        elif text[place : place + 1] != "]":
            raise OutcomesError(f"{path}:{line}: after this item there must be a comma or the end of the list.")


def _skip(text: str, place: int) -> int:
    while text[place : place + 1] in _BLANKS and place < len(text):
        place += 1
    return place


def _mapping(path: Path, line: int, item: object) -> dict[str, Any]:
    if not isinstance(item, dict):
        raise OutcomesError(f"{path}:{line}: must be an object with named fields, is {type(item).__name__}.")
    return item
