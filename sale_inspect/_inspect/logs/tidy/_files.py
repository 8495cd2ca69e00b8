"""Tidy data in Parquet: the files beside a report."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sale_inspect._bounds import check_parquet, check_texts, json_value
from sale_inspect._errors import LogError
from sale_inspect.report.tidy import (
    BID_COLUMNS,
    LOG_COLUMNS,
    SAMPLE_COLUMNS,
    TIDY_VERSION,
    SamplesLeftOut,
    ScreenedTidy,
    Tidy,
    TidyColumn,
    frame,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TIDY_FILES", "read_parts", "tidy_bytes", "tidy_places"]

TIDY_FILES: Mapping[str, Mapping[str, TidyColumn]] = {
    "samples.parquet": SAMPLE_COLUMNS,
    "bids.parquet": BID_COLUMNS,
    "logs.parquet": LOG_COLUMNS,
}
"""Names of the files beside a report, and their columns."""

_MARK = b"sale_inspect.tidy"
_LEFT_OUT = b"sale_inspect.left_out"
_NOTES = b"sale_inspect.notes"
_HEALTH = b"sale_inspect.health"


def tidy_bytes(found: ScreenedTidy) -> dict[str, bytes]:
    """The files of tidy data, by name. That of logs says what was left out, and all else that must be known."""
    tidy = found.tidy
    frames = {"samples.parquet": tidy.samples, "bids.parquet": tidy.bids, "logs.parquet": tidy.logs}
    nothing = ScreenedTidy(tidy=tidy)
    return {name: _bytes(made, found if name == "logs.parquet" else nothing) for name, made in frames.items()}


def _bytes(made: pd.DataFrame, about: ScreenedTidy) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(made, preserve_index=False)
    said = {_LEFT_OUT: [asdict(each) for each in about.left_out], _NOTES: about.notes, _HEALTH: about.health}
    table = table.replace_schema_metadata(
        {_MARK: str(TIDY_VERSION).encode(), **{key: json.dumps(value).encode() for key, value in said.items()}}
    )
    out = io.BytesIO()
    pq.write_table(table, out, compression="zstd")
    return out.getvalue()


def tidy_places(places: Sequence[str]) -> tuple[list[dict[str, Path]], list[str]]:
    """Sets of tidy files among places, and the other places.

    A set is a folder that holds all three files, or the three files given one by one.

    Raises:
        LogError: If a file of a set is missing.
    """
    sets: dict[Path, dict[str, Path]] = {}
    others = []
    for place in places:
        path = Path(place)
        if path.is_dir() and all((path / name).is_file() for name in TIDY_FILES):
            sets[path] = {name: path / name for name in TIDY_FILES}
        elif path.name in TIDY_FILES:
            sets.setdefault(path.parent, {})[path.name] = path
        elif path.suffix == ".parquet":
            raise LogError(f"{place}: is none of a report's files, which are {', '.join(TIDY_FILES)}.")
        else:
            others.append(place)
    for folder, files in sets.items():
        for name in TIDY_FILES.keys() - files.keys():
            raise LogError(f"{folder}: give {name} too. A report is made again from {', '.join(TIDY_FILES)}.")
    return list(sets.values()), others


def read_parts(files: Mapping[str, Path]) -> ScreenedTidy:
    """Tidy data from its three files, with what was left out of it when it was made, and all else that was to be known.

    Raises:
        LogError: If a file cannot be read, or is not of this version.
    """
    import pyarrow as pa

    frames = {}
    left_out: list[SamplesLeftOut] = []
    notes: list[str] = []
    health: list[str] = []
    for name, columns in TIDY_FILES.items():
        path = files[name]
        try:
            table = _table(path, [column for column, what in columns.items() if what.kind == "str"])
        except (OSError, ValueError, pa.ArrowException) as error:
            raise LogError(f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}.") from error
        about = table.schema.metadata or {}
        if about.get(_MARK) != str(TIDY_VERSION).encode():
            raise LogError(f"{path}: is not tidy data of version {TIDY_VERSION}. Make it again from the logs.")
        for each in json_value(about.get(_LEFT_OUT, b"[]")):
            left_out.append(SamplesLeftOut(**{**each, "examples": tuple(each["examples"])}))
        notes += json_value(about.get(_NOTES, b"[]"))
        health += json_value(about.get(_HEALTH, b"[]"))
        frames[name] = frame(table.to_pandas(), columns)
    tidy = Tidy(
        samples=frames["samples.parquet"], bids=frames["bids.parquet"], logs=frames["logs.parquet"]
    )  # fmt: skip
    return ScreenedTidy(tidy=tidy, left_out=tuple(left_out), notes=tuple(notes), health=tuple(health))


def _table(path: Path, texts: Sequence[str]) -> Any:
    """The file as a `pyarrow.Table`, after the check of what it unpacks to."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    packed = path.stat().st_size
    there = set(pq.read_schema(path).names)
    with pq.ParquetFile(path, read_dictionary=[name for name in texts if name in there]) as file:
        check_parquet(file.metadata, packed=packed)
        table = file.read()
    check_texts(table, packed=packed)
    plain = [pa.field(f.name, f.type.value_type) if pa.types.is_dictionary(f.type) else f for f in table.schema]
    return table.cast(pa.schema(plain, metadata=table.schema.metadata))
