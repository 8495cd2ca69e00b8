"""Tables of outcomes in any of their file formats, by the file's name."""

from __future__ import annotations

from pathlib import Path

from sale_inspect._errors import OutcomesError
from sale_inspect.outcomes._columns import META_KEY
from sale_inspect.outcomes._join import join
from sale_inspect.outcomes._parquet import read_parquet, write_parquet
from sale_inspect.outcomes._records import TEXT_SUFFIXES
from sale_inspect.outcomes._table import OutcomeTable
from sale_inspect.outcomes._text_tables import read_text_table, write_text_table

__all__ = ["holds_outcomes", "is_table_file", "read_lined_up", "read_outcomes", "write_outcomes"]

_PARQUET = ".parquet"
_PEEKED = 4096


def is_table_file(path: Path) -> bool:
    """Whether a file is a table, not an evaluation log. A .json file is one if it holds a list."""
    suffix = path.suffix.lower()
    if suffix != ".json":
        return suffix == _PARQUET or suffix in TEXT_SUFFIXES
    try:
        with path.open("rb") as file:
            return file.read(_PEEKED).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"[")
    except OSError as error:
        raise OutcomesError(f"{path}: cannot be read: {error.strerror}.") from error


def holds_outcomes(path: Path) -> bool:
    """Whether a file is a table of outcomes: Parquet of `write_outcomes`, or a table of text (`is_table_file`)."""
    if path.suffix.lower() != _PARQUET:
        return is_table_file(path)
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return META_KEY.encode() in (pq.read_schema(path).metadata or {})
    except (OSError, pa.ArrowException):
        return False


def read_outcomes(path: Path) -> OutcomeTable:
    """Read a table of outcomes: .parquet, or .csv, .tsv, .jsonl or .json with our columns.

    Raises:
        OutcomesError: If the file cannot be read or is malformed.
    """
    if path.suffix.lower() == _PARQUET:
        return read_parquet(path)
    return read_text_table(path).in_order()


def read_lined_up(path: Path) -> OutcomeTable:
    """Read a table of outcomes for training, replays and reports: one of text is checked as by `join`.

    Raises:
        OutcomesError: If the file cannot be read or is malformed, or its rows do not line up.
    """
    if path.suffix.lower() == _PARQUET:
        return read_parquet(path)
    try:
        return join(read_text_table(path))
    except OutcomesError as error:
        raise OutcomesError(
            *error.args,
            f"To say more of the file, make a table of it: sale-inspect outcomes {path} -o outcomes.parquet, "
            "which has options for columns, prices, records and what does not line up.",
        ) from error


def write_outcomes(table: OutcomeTable, path: Path) -> None:
    """Write a table of outcomes as .parquet, .csv, .tsv or .jsonl; the same table gives the same bytes.

    Raises:
        FileWriteError: If the file cannot be written.
        OutcomesError: If the suffix is another one.
    """
    if path.suffix.lower() == _PARQUET:
        write_parquet(table, path)
    else:
        write_text_table(table, path)
