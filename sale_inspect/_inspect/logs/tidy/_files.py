"""Tidy data in Parquet: a cache of what each log says, and the files beside a report."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sale_inspect._errors import LogError
from sale_inspect._files import keep_in_cache
from sale_inspect._version import __version__
from sale_inspect.report.tidy import (
    BID_COLUMNS,
    LOG_COLUMNS,
    SAMPLE_COLUMNS,
    TIDY_VERSION,
    SamplesLeftOut,
    Tidy,
    TidyColumn,
    frame,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TIDY_FILES", "cached", "log_key", "read_parts", "tidy_bytes", "tidy_places", "to_cache"]

TIDY_FILES: Mapping[str, Mapping[str, TidyColumn]] = {
    "samples.parquet": SAMPLE_COLUMNS,
    "bids.parquet": BID_COLUMNS,
    "logs.parquet": LOG_COLUMNS,
}
"""Names of the files beside a report, and their columns."""

_MARK = b"sale_inspect.tidy"
_LEFT_OUT = b"sale_inspect.left_out"
_BLOCK = 1 << 20


def log_key(path: Path, extra: str = "") -> str:
    """What a log's rows depend on: its bytes, this version, and `extra` (the price list)."""
    digest = hashlib.sha256(f"{TIDY_VERSION} {__version__} {extra}\n".encode())
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def to_cache(folder: Path, key: str, tidy: Tidy) -> None:
    """Keep a log's rows. The last file is the one whose presence counts."""
    for name, data in sorted(tidy_bytes(tidy, ()).items()):
        if not keep_in_cache(folder / f"{key}.{name}", data):
            return


def cached(folder: Path, key: str) -> Tidy | None:
    """A log's rows, or None if they are not kept or cannot be read."""
    if not (folder / f"{key}.samples.parquet").is_file():
        return None
    try:
        return read_parts({name: folder / f"{key}.{name}" for name in TIDY_FILES})[0]
    except LogError:
        return None


def tidy_bytes(tidy: Tidy, left_out: Sequence[SamplesLeftOut]) -> dict[str, bytes]:
    """The files of tidy data, by name. That of logs says what was left out."""
    said = json.dumps([asdict(each) for each in left_out])
    frames = {"samples.parquet": tidy.samples, "bids.parquet": tidy.bids, "logs.parquet": tidy.logs}
    return {name: _bytes(made, said if name == "logs.parquet" else "[]") for name, made in frames.items()}


def _bytes(made: pd.DataFrame, left_out: str) -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(made, preserve_index=False)
    table = table.replace_schema_metadata({_MARK: str(TIDY_VERSION).encode(), _LEFT_OUT: left_out.encode()})
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


def read_parts(files: Mapping[str, Path]) -> tuple[Tidy, tuple[SamplesLeftOut, ...]]:
    """Tidy data from its three files, and what was left out of it when it was made.

    Raises:
        LogError: If a file cannot be read, or is not of this version.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    frames = {}
    left_out: list[SamplesLeftOut] = []
    for name, columns in TIDY_FILES.items():
        path = files[name]
        try:
            table = pq.read_table(path, partitioning=None)
        except (OSError, pa.ArrowException) as error:
            raise LogError(f"{path}: cannot be read as Parquet: {str(error).splitlines()[0]}.") from error
        about = table.schema.metadata or {}
        if about.get(_MARK) != str(TIDY_VERSION).encode():
            raise LogError(f"{path}: is not tidy data of version {TIDY_VERSION}. Make it again from the logs.")
        for each in json.loads(about.get(_LEFT_OUT, b"[]")):
            left_out.append(SamplesLeftOut(**{**each, "examples": tuple(each["examples"])}))
        frames[name] = frame(table.to_pandas(), columns)
    made = Tidy(
        samples=frames["samples.parquet"], bids=frames["bids.parquet"], logs=frames["logs.parquet"]
    )  # fmt: skip
    return made, tuple(left_out)
