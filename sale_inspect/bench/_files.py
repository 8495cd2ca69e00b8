"""Rows of the file formats in which benchmarks are published."""

from __future__ import annotations

import csv
import hashlib
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sale_inspect._bounds import check_parquet, gzip_lines, json_value
from sale_inspect._errors import BenchError

__all__ = ["AGAIN", "Row", "git_blob_id", "lines_of", "read_rows", "sha256_of"]

Row = dict[str, Any]

AGAIN = "Get the file again from its source."
"""The remedy for a damaged file."""

_CHUNK_BYTES = 1 << 20


def read_rows(path: Path) -> Iterator[Row]:
    """The rows of a file, by its suffix: .json (a list), .jsonl, .jsonl.gz, .csv, .tsv or .parquet.

    Raises:
        BenchError: If the file cannot be read as what its suffix says, or has no rows. It names the row,
            counted from 1 without headers and blank lines; of .json and .parquet, which are read in
            pieces, only the file.
    """
    reader = next((read for suffixes, read in _READERS if path.name.endswith(suffixes)), None)
    if reader is None:
        raise BenchError(f"{path}: rows are read from .json, .jsonl, .jsonl.gz, .csv, .tsv and .parquet files.")
    number = 0
    try:
        for number, row in enumerate(reader(path), start=1):
            if not isinstance(row, dict):
                raise BenchError(
                    f"{path}, row {number}: must be an object with fields, is a {type(row).__name__}. {AGAIN}"
                )
            yield row
    except (ValueError, OSError, EOFError, csv.Error, zlib.error, RecursionError) as error:
        where = str(path) if path.name.endswith((".json", ".parquet")) else f"{path}, row {number + 1}"
        raise BenchError(f"{where}: cannot be read: {error}. {AGAIN}") from error
    if number == 0:
        raise BenchError(f"{path}: holds no rows. {AGAIN}")


def _json_lines(path: Path) -> Iterator[Any]:
    for line in lines_of(path):
        if line.strip():
            yield json_value(line.decode("utf-8"))


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines of a file, unpacked within bounds if its name ends in .gz.

    Raises:
        ValueError: If it unpacks to too much.
        OSError: If it cannot be read.
    """
    if path.suffix == ".gz":
        yield from gzip_lines(path)
        return
    with path.open("rb") as file:
        yield from file


def _json_list(path: Path) -> Iterator[Any]:
    rows = json_value(path.read_text(encoding="utf-8"))
    if not isinstance(rows, list):
        raise BenchError(f"{path}: must be a JSON list of rows, is a JSON {type(rows).__name__}. {AGAIN}")
    yield from rows


def _table(path: Path) -> Iterator[Any]:
    with path.open("rb") as file:
        # Decoded line by line: a text file is decoded ahead, and the fault would be laid on an earlier row.
        lines = (line.decode("utf-8") for line in file)
        for row in csv.DictReader(lines, delimiter="\t" if path.suffix == ".tsv" else ","):
            if None in row:
                raise ValueError("it has more fields than the header")
            yield row


def _parquet(path: Path) -> Iterator[Any]:
    import pyarrow
    import pyarrow.parquet

    try:
        with pyarrow.parquet.ParquetFile(path) as file:
            check_parquet(file.metadata, packed=path.stat().st_size)
            for batch in file.iter_batches(batch_size=512):
                yield from batch.to_pylist()
    except pyarrow.ArrowException as error:
        raise ValueError(f"not a whole parquet file: {error}") from error


_READERS: tuple[tuple[tuple[str, ...], Callable[[Path], Iterator[Any]]], ...] = (
    ((".jsonl", ".jsonl.gz"), _json_lines),
    ((".json",), _json_list),
    ((".csv", ".tsv"), _table),
    ((".parquet",), _parquet),
)


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def git_blob_id(path: Path) -> str:
    """The id that git gives to a file's content: SHA-1 over `blob <size>`, a NUL and the bytes, in hex."""
    digest = hashlib.sha1(f"blob {path.stat().st_size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()
