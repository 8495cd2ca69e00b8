"""Files of others, read within bounds: a small one must not unfold into more than memory or the stack can hold.

What is refused is a `ValueError` whose message says what was found and what the bound is; the reader of each kind of
file names the file and the remedy.
"""

from __future__ import annotations

import copy
import gzip
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

import yaml

__all__ = [
    "check_depth",
    "check_members",
    "check_parquet",
    "check_texts",
    "check_unpacked",
    "gzip_lines",
    "json_value",
    "member_bytes",
    "yaml_value",
]

_DEEPEST = 100
"""Levels of nesting; files of this package have at most 8 (ours)."""
_YAML_CHARACTERS = 1 << 20
_YAML_NODES = 200_000
"""Values of a YAML file with all its aliases written out."""
_CHUNK = 1 << 20
_GZIP_MOST = 2 << 30
_GZIP_LINE = 64 << 20
_GZIP_RATIO = 200
_PARQUET_MOST = 2 << 30
_PARQUET_RATIO = 200
_PARQUET_VALUES = 100_000_000
_TOO_DEEP = f"it is nested more than {_DEEPEST} levels deep"


def check_unpacked(members: Iterable[zipfile.ZipInfo], *, packed: int, most: int, ratio: int) -> None:
    """Refuse a ZIP archive that unpacks to far more than it is, before anything is unpacked.

    The sizes are those that the archive states; read it with `member_bytes`, which unpacks no more than is stated.

    Args:
        members: What is in it.
        packed: Bytes of the archive.
        most: Bytes that a small archive may unpack to.
        ratio: How many times its own size a large one may unpack to.

    Raises:
        ValueError: If it unpacks to more than both.
    """
    unpacked = sum(member.file_size for member in members)
    bound = max(most, ratio * packed)
    if unpacked > bound:
        raise ValueError(f"its {packed:,} bytes unpack to {unpacked:,}, more than {bound:,}")


def member_bytes(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member of a ZIP archive, unpacked piece by piece and never beyond the size that the archive states.

    `zipfile` itself cuts what is too much after it has unpacked it: up to 2 GiB, or all of it under Zstandard.

    Raises:
        ValueError: If it holds more than is stated, or is compressed in a way that no log or router file is.
        zipfile.BadZipFile: If its checksum is wrong.
    """
    return b"".join(_pieces(archive, archive.getinfo(name)))


def check_members(archive: zipfile.ZipFile) -> None:
    """Refuse an archive with a member that holds more than is stated, for readers of others. Nothing is kept of it.

    Raises:
        ValueError: As `member_bytes`.
        zipfile.BadZipFile: If a checksum is wrong.
    """
    for member in archive.infolist():
        for _ in _pieces(archive, member):
            pass


def _pieces(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    if member.compress_type not in _METHODS:
        raise ValueError(f"its member {member.filename} is compressed in a way that is not read")
    # The packed bytes as they are, to be unpacked here. The checksum is of the unpacked ones.
    packed = copy.copy(member)
    packed.compress_type, packed.file_size = zipfile.ZIP_STORED, member.compress_size
    del packed.CRC
    size, check = 0, 0
    with archive.open(packed) as file:
        for piece in _METHODS[member.compress_type](file):
            size, check = size + len(piece), zlib.crc32(piece, check)
            if size > member.file_size:
                raise ValueError(f"its member {member.filename} states {member.file_size:,} bytes and holds more")
            yield piece
    if check != member.CRC:
        raise zipfile.BadZipFile(f"Bad CRC-32 for file {member.filename!r}")


def _stored(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(_CHUNK):
        yield piece


def _deflated(file: IO[bytes]) -> Iterator[bytes]:
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    while not unpacking.eof and (packed := unpacking.unconsumed_tail or file.read(_CHUNK)):
        yield unpacking.decompress(packed, _CHUNK)
    # What is left is the rest of one copied run; no packed byte is.
    yield unpacking.flush()
    if not unpacking.eof:
        raise EOFError("a member is cut off")


def _zstandard(file: IO[bytes]) -> Iterator[bytes]:
    import zstandard

    try:
        with zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True) as unpacking:
            while piece := unpacking.read(_CHUNK):
                yield piece
    except zstandard.ZstdError as error:
        raise ValueError(f"a member is damaged ({error})") from error


_METHODS: Mapping[int, Callable[[IO[bytes]], Iterator[bytes]]] = {
    zipfile.ZIP_STORED: _stored,
    zipfile.ZIP_DEFLATED: _deflated,
    # Not in `zipfile` before Python 3.14.
    93: _zstandard,
}


def gzip_lines(path: Path) -> Iterator[bytes]:
    """The lines of a file that gzip packed.

    Raises:
        ValueError: If a line has more than 64 MiB, or all have more than 2 GiB and 200 times the file. What gzip raises
            on a damaged file comes through.
    """
    bound = max(_GZIP_MOST, _GZIP_RATIO * os.stat(path).st_size)
    size = 0
    with gzip.open(path, "rb") as file:
        while line := _line(file):
            size += len(line)
            if size > bound:
                raise ValueError(f"it unpacks to more than {bound:,} bytes")
            yield line


def _line(file: gzip.GzipFile) -> bytes:
    line = file.readline(_GZIP_LINE + 1)
    if len(line) > _GZIP_LINE:
        raise ValueError(f"it unpacks to a line of more than {_GZIP_LINE:,} bytes")
    return line


def check_parquet(metadata: Any, *, packed: int) -> None:
    """Refuse a Parquet file that unpacks to far more than it is, before a column is read.

    Args:
        metadata: Its `pyarrow.parquet.FileMetaData`. The sizes are those that it states; a page that states another
            than it has is an error of the reader, and has 2 GiB at most.
        packed: Bytes of the file.

    Raises:
        ValueError: If it unpacks to more than 2 GiB and 200 times the file, or has more than 100,000,000 values and
            200 for each byte: a run of one value takes no room.
    """
    unpacked = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    bound = max(_PARQUET_MOST, _PARQUET_RATIO * packed)
    if not 0 <= unpacked <= bound:
        raise ValueError(f"its {packed:,} bytes unpack to {unpacked:,}, more than {bound:,}")
    values, most = metadata.num_rows * metadata.num_columns, max(_PARQUET_VALUES, _PARQUET_RATIO * packed)
    if not 0 <= values <= most:
        raise ValueError(f"its {packed:,} bytes hold {values:,} values, more than {most:,}")


def check_texts(table: Any, *, packed: int) -> None:
    """Refuse texts that would take far more than their file once each row has its own.

    Args:
        table: A `pyarrow.Table` whose text columns are dictionaries.
        packed: Bytes of the file that it was read from.

    Raises:
        ValueError: If they have more than 2 GiB and 200 times the file.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    bound = max(_PARQUET_MOST, _PARQUET_RATIO * packed)
    size = 0
    for column in table.columns:
        if pa.types.is_dictionary(column.type):
            for chunk in column.chunks:
                lengths = pc.binary_length(chunk.dictionary).cast(pa.int64())
                size += pc.sum(lengths.take(chunk.indices)).as_py() or 0
    if size > bound:
        raise ValueError(f"its {packed:,} bytes hold texts of {size:,}, more than {bound:,}")


def json_value(text: str | bytes, **how: Any) -> Any:
    """The value of a JSON text.

    Args:
        text: The text.
        how: As for `json.loads`.

    Raises:
        ValueError: If it is no JSON, or nested too deep.
    """
    try:
        value = json.loads(text, **how)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    check_depth(value)
    return value


def check_depth(value: Any) -> None:
    """Refuse a value that would break whoever walks it by recursion. This goes level by level.

    Raises:
        ValueError: If lists and objects are nested too deep.
    """
    level = [value]
    for _ in range(_DEEPEST):
        level = [
            inner
            for each in level
            if isinstance(each, dict | list)
            for inner in (each.values() if isinstance(each, dict) else each)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise ValueError(_TOO_DEEP)


class _Loader(yaml.SafeLoader):
    """PyYAML's loader with a bound on nesting where it scans: it looks ahead, in time quadratic in open brackets."""

    def fetch_flow_collection_start(self, TokenClass: Any) -> None:
        if self.flow_level >= _DEEPEST:
            raise ValueError(_TOO_DEEP)
        super().fetch_flow_collection_start(TokenClass)

    def add_indent(self, column: int) -> bool:
        if len(self.indents) >= _DEEPEST:
            raise ValueError(_TOO_DEEP)
        return bool(super().add_indent(column))


def yaml_value(text: str) -> Any:
    """The value of a YAML text, of plain types only.

    Raises:
        ValueError: If it is no YAML, too long, nested too deep, holds itself, or unfolds by aliases into too much. The
            message is one line.
    """
    if len(text) > _YAML_CHARACTERS:
        raise ValueError(f"it has {len(text):,} characters, more than {_YAML_CHARACTERS:,}")
    loader = _Loader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            return None
        _check_nodes(root)
        return loader.construct_document(root)
    except RecursionError as error:
        raise ValueError(_TOO_DEEP) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = "" if mark is None else f" at line {mark.line + 1}, column {mark.column + 1}"
        raise ValueError(f"malformed YAML{where}: {error.problem or 'not valid'}") from error
    except yaml.YAMLError as error:
        raise ValueError(f"malformed YAML: {' '.join(str(error).split())}") from error
    finally:
        loader.dispose()


def _check_nodes(root: Any) -> None:
    """Count the values with all aliases written out, each node once: an alias is the very node that it names."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()
    waiting: list[tuple[Any, bool]] = [(root, False)]
    while waiting:
        node, left = waiting.pop()
        inner = _inner(node)
        if left:
            open_nodes.discard(id(node))
            sizes[id(node)] = 1 + sum(sizes[id(each)] for each in inner)
            if sizes[id(node)] > _YAML_NODES:
                raise ValueError(f"its aliases unfold into more than {_YAML_NODES:,} values")
        elif id(node) in open_nodes:
            raise ValueError("an alias stands inside the value that it names")
        elif id(node) not in sizes:
            open_nodes.add(id(node))
            if len(open_nodes) > _DEEPEST:
                raise ValueError(_TOO_DEEP)
            waiting.append((node, True))
            waiting += [(each, False) for each in inner]


def _inner(node: Any) -> list[Any]:
    value = node.value
    if not isinstance(value, list):
        return []
    return [part for each in value for part in (each if isinstance(each, tuple) else (each,))]
