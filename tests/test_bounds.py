"""Small files of others that unfold into more than a machine has are refused before they do."""

from __future__ import annotations

import ast
import gzip
import io
import json
import sys
import time
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import inspect_ai.log  # noqa: F401 - lets zipfile write the compression of Inspect's logs
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect import BenchError, LogError, OutcomesError, PoolError, _bounds
from sale_inspect._bounds import check_members, json_value, member_bytes, yaml_value
from sale_inspect._inspect.logs import read_runs
from sale_inspect._inspect.logs.tidy._files import read_parts, tidy_bytes
from sale_inspect.bench import load_recipe, read_corpus
from sale_inspect.bench._files import read_rows
from sale_inspect.outcomes import read_outcomes, read_price_list, read_text_table
from sale_inspect.pools import load_pool
from sale_inspect.report.tidy import ScreenedTidy
from sale_inspect.routers import read_router_file
from tests.report.synthetic import synthetic_tidy

PACKAGE = Path(__file__).parents[1] / "sale_inspect"

LAUGHS = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12))
YAMLS = {
    "a billion laughs": (LAUGHS, "aliases unfold into more than 200,000 values"),
    "laughs by merged keys": (
        LAUGHS.replace("[", "{k: [").replace("]", "]}"),
        "aliases unfold into more than 200,000 values",
    ),
    "a value in itself": ("a: &a [*a]", "an alias stands inside the value that it names"),
    "many brackets": ("[" * 100_000, "nested more than 100 levels deep"),
    "many dashes": ("- " * 100_000, "nested more than 100 levels deep"),
    "many question marks": ("? " * 100_000, "nested more than 100 levels deep"),
    "brackets that close": ("[" * 150 + "]" * 150, "nested more than 100 levels deep"),
    "a long text": ("a: " + "x" * (5 << 20), "characters, more than 1,048,576"),
}


@pytest.fixture
def _little_memory_and_time() -> Iterator[None]:
    tracemalloc.start()
    start = time.monotonic()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200 << 20 and time.monotonic() - start < 20


little_memory_and_time = pytest.mark.usefixtures("_little_memory_and_time")


@little_memory_and_time
@pytest.mark.parametrize("name", YAMLS)
def test_a_yaml_file_is_read_within_bounds_by_all_who_read_one(name: str, tmp_path: Path) -> None:
    text, message = YAMLS[name]
    file = tmp_path / "file.yaml"
    file.write_text(text, encoding="utf-8")
    for error, read in ((PoolError, load_pool), (OutcomesError, read_price_list), (BenchError, load_recipe)):
        with pytest.raises(error, match=message) as caught:
            read(str(file))
        assert "file.yaml" in str(caught.value) and "\n" not in str(caught.value)


def test_ordinary_yaml_keeps_its_anchors_and_merged_keys() -> None:
    text = "base: &base {a: 1, b: [2, x]}\nmore: {<<: *base, a: 3}\nagain: *base\n"
    assert yaml_value(text) == {
        "base": {"a": 1, "b": [2, "x"]},
        "more": {"a": 3, "b": [2, "x"]},
        "again": {"a": 1, "b": [2, "x"]},
    }
    assert yaml_value("") is None
    with pytest.raises(ValueError, match="malformed YAML at line 2, column 2: "):
        yaml_value("a: [1\nb: 2")
    with pytest.raises(ValueError, match="could not determine a constructor"):
        yaml_value("!!python/object/apply:os.system [echo]")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(value=values)
def test_ordinary_json_is_read_as_it_is(value: object) -> None:
    assert json_value(json.dumps(value)) == value


@pytest.mark.parametrize("depth", [99, 100, 101, 5_000, 1_000_000])
@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_json_has_a_depth(depth: int, pair: str) -> None:
    opening, closing = ("[", "]") if pair == "[]" else ('{"a":', "}")
    text = opening * depth + "1" + closing * depth
    if depth <= 100:
        json_value(text)
    else:
        with pytest.raises(ValueError, match="nested more than 100 levels deep"):
            json_value(text)


def test_the_reader_of_a_table_names_the_line_of_what_is_too_deep(tmp_path: Path) -> None:
    deep = "[" * 200 + "]" * 200
    for name, text in (("t.jsonl", f'{{"task": {deep}}}\n'), ("t.json", f'[{{"task": {deep}}}]')):
        (tmp_path / name).write_text(text, encoding="utf-8")
        with pytest.raises(OutcomesError, match=rf"{name}:1: is not JSON: it is nested more than 100 levels"):
            read_text_table(tmp_path / name)


def bomb(path: Path, member: str, size: int = 3 << 30) -> None:
    """An archive whose member unpacks to so many zeros; it is some thousandth of that."""
    zeros = bytes(1 << 24)
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open(member, "w", force_zip64=True) as file,
    ):
        for _ in range(size // len(zeros)):
            file.write(zeros)


@little_memory_and_time
def test_a_log_that_is_a_bomb_is_refused_unopened(tmp_path: Path) -> None:
    bomb(tmp_path / "log.eval", "header.json")
    with pytest.raises(LogError, match=r"log\.eval cannot be read: .* unpack to 3,221,225,472, more than"):
        read_runs([str(tmp_path / "log.eval")])


def lying(path: Path, member: str, method: int, size: int = 1 << 28) -> None:
    """An archive whose member states 100 bytes and holds 256 MiB of zeros."""
    zeros = bytes(1 << 22)
    with zipfile.ZipFile(path, "w", method) as archive:
        with archive.open(member, "w", force_zip64=True) as file:
            for _ in range(size // len(zeros)):
                file.write(zeros)
        (info,) = archive.infolist()
        info.file_size, info.CRC = 100, zlib.crc32(bytes(100))


@little_memory_and_time
@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, 93])
def test_a_member_that_holds_more_than_it_states_is_not_unpacked(tmp_path: Path, method: int) -> None:
    lying(tmp_path / "log.eval", "header.json", method)
    assert (tmp_path / "log.eval").stat().st_size < 5 << 20
    with pytest.raises(LogError, match=r"log\.eval cannot be read: .*header\.json states 100 bytes and holds more"):
        read_runs([str(tmp_path / "log.eval")])
    with zipfile.ZipFile(tmp_path / "log.eval") as archive:
        for read in (check_members, lambda given: member_bytes(given, "header.json")):
            with pytest.raises(ValueError, match=r"header\.json states 100 bytes and holds more"):
                read(archive)
    lying(tmp_path / "router.npz", "header.npy", method)
    with pytest.raises(OutcomesError, match=r"router\.npz is damaged"):
        read_router_file(tmp_path / "router.npz")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, 93])
def test_a_member_reads_as_it_was_written_and_a_damaged_one_is_an_error(tmp_path: Path, method: int) -> None:
    data = bytes(range(256)) * 20_000
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("empty", b"")
        archive.writestr("data", data)
        archive.getinfo("data").CRC ^= 1
        archive.writestr("right", data)
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert (member_bytes(archive, "right"), member_bytes(archive, "empty")) == (data, b"")
        with pytest.raises(zipfile.BadZipFile, match="Bad CRC-32"):
            member_bytes(archive, "data")
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("data", data)
    with (
        zipfile.ZipFile(tmp_path / "b.zip") as archive,
        pytest.raises(ValueError, match="compressed in a way that is not read"),
    ):
        member_bytes(archive, "data")


@little_memory_and_time
def test_lines_that_gzip_packed_are_read_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = b'{"title": "a", "text": "b"}\n' * 4_000
    for name, line in (("line.jsonl.gz", bytes(1 << 20)), ("lines.jsonl.gz", many)):
        with gzip.open(tmp_path / name, "wb", compresslevel=1) as file:
            for _ in range(12):
                file.write(line)
    monkeypatch.setattr(_bounds, "_GZIP_MOST", 1 << 20)
    monkeypatch.setattr(_bounds, "_GZIP_LINE", 800_000)
    monkeypatch.setattr(_bounds, "_GZIP_RATIO", 1)
    for name, message in (("line", "a line of more than 800,000 bytes"), ("lines", "more than 1,048,576 bytes")):
        path = tmp_path / name / f"{name}.jsonl.gz"
        path.parent.mkdir()
        (tmp_path / path.name).rename(path)
        with pytest.raises(BenchError, match=rf"{name}\.jsonl\.gz.*it unpacks to {message}"):
            list(read_rows(path))
        with pytest.raises(BenchError, match=rf"{name}\.jsonl\.gz.*it unpacks to {message}"):
            read_corpus(path.parent)


@little_memory_and_time
def test_a_parquet_file_that_is_a_bomb_is_refused_before_a_column_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs of one value and pages of zeros take gigabytes once they are read; the bound of bytes is lower here."""
    monkeypatch.setattr(_bounds, "_PARQUET_MOST", 100 << 20)
    ones = pa.DictionaryArray.from_arrays(pa.array(np.zeros(1 << 20, "int32")), ["a"])
    runs = pa.table({f"c{number}": ones for number in range(20)})
    with pq.ParquetWriter(tmp_path / "runs.parquet", runs.schema, compression="zstd") as writer:
        for _ in range(6):
            writer.write_table(runs)
    zeros = pa.table({"c": pa.array([bytes(1 << 23)] * 4, pa.large_binary())})
    with pq.ParquetWriter(tmp_path / "zeros.parquet", zeros.schema, compression="zstd", use_dictionary=False) as writer:
        for _ in range(5):
            writer.write_table(zeros)
    for name, message in (("runs", "hold 125,829,120 values, more than"), ("zeros", "unpack to 167,.*, more than")):
        path = tmp_path / f"{name}.parquet"
        assert path.stat().st_size < 500_000
        with pytest.raises(OutcomesError, match=message):
            read_outcomes(path)
        with pytest.raises(BenchError, match=message):
            list(read_rows(path))


def test_a_parquet_file_with_other_columns_is_one_error(tmp_path: Path) -> None:
    pq.write_table(pa.table({"c": [1]}), tmp_path / "other.parquet")
    with pytest.raises(OutcomesError, match="is no table of outcomes"):
        read_outcomes(tmp_path / "other.parquet")


@little_memory_and_time
def test_tidy_data_whose_texts_unfold_is_refused(tmp_path: Path) -> None:
    tidy = tidy_bytes(ScreenedTidy(tidy=synthetic_tidy(tasks=5)))
    for name, content in tidy.items():
        (tmp_path / name).write_bytes(content)
    assert read_parts({name: tmp_path / name for name in tidy}).tidy.samples["policy"].nunique() > 2
    samples = pq.read_table(tmp_path / "samples.parquet")
    names = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(samples), "int32")), ["x" * (1 << 20)])
    long = samples.set_column(samples.schema.get_field_index("error"), "error", names)
    pq.write_table(
        pa.concat_tables([long] * 100).replace_schema_metadata(samples.schema.metadata), tmp_path / "samples.parquet"
    )
    with pytest.raises(LogError, match=r"samples\.parquet: cannot be read as Parquet: .* hold texts of 3,\d+,"):
        read_parts({name: tmp_path / name for name in tidy})


@little_memory_and_time
def test_a_router_file_that_is_a_bomb_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "router.npz"
    bomb(path, "header.npy", 1 << 30)
    with pytest.raises(OutcomesError, match=r"router\.npz is damaged.* unpack to 1,073,741,824, more than"):
        read_router_file(path)


@little_memory_and_time
@pytest.mark.parametrize("shape", [(1 << 40,), (1 << 20, 1 << 20), (1 << 31, 1 << 31)])
def test_an_array_that_states_more_than_it_holds_is_not_made(tmp_path: Path, shape: tuple[int, ...]) -> None:
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f8", "fortran_order": False, "shape": shape})
    for name in ("router.npz", "lone.npz"):
        if name == "router.npz":
            with zipfile.ZipFile(tmp_path / name, "w") as archive:
                archive.writestr("header.npy", header.getvalue() + bytes(64))
        else:
            (tmp_path / name).write_bytes(header.getvalue() + bytes(64))
        with pytest.raises(OutcomesError, match=r"states more values than it holds|is a lone array"):
            read_router_file(tmp_path / name)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    class Acts:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return print, ("acted",)

    np.savez(tmp_path / "router.npz", header=np.array([Acts()], dtype=object))
    with pytest.raises(OutcomesError, match="damaged"):
        read_router_file(tmp_path / "router.npz")


RAW = {"json.loads", "json.load", "yaml.safe_load", "yaml.load", "pickle.load", "pickle.loads", "np.load", "numpy.load"}
OWN_DATA = {
    "_bounds.py": "the reader itself",
    "_work/_data.py": "embeddings of this user's cache",
    "_work/_kept.py": "reports of this user's cache",
    "memory/_rows.py": "columns of a memory, flat by its writer",
    "_arrays.py": "arrays, after the check of their sizes",
    "routers/_header.py": "a copy of options by way of JSON",
    "auction/_parse.py": "flat objects in a model's reply",
    "bench/_programs.py": "the judge's verdict",
    "bench/sources/_coding_mcq.py": "packaged data",
    "sim/_answer_key.py": "packaged data",
    "checks/_docker.py": "the engine's version",
    "_inspect/tasks/_sandbox_state.py": "the engine's state of a container",
    "_inspect/tools/_conversion.py": "the answer of a process of this package",
    "webpages/__main__.py": "the request of this package's own process",
    "bench/judge/program_host.py": "runs alone, with bounds of its own",
    "bench/judge/referee.py": "runs alone, with bounds of its own",
    "bench/judge/wire.py": "runs alone, with bounds of its own",
}


def test_nothing_else_reads_json_yaml_or_arrays_without_bounds() -> None:
    found = set()
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and ast.unparse(node) in RAW:
                found.add(str(path.relative_to(PACKAGE)))
            if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(("np.load", "np.save", "np.savez")):
                assert "allow_pickle=False" in ast.unparse(node), path
    assert found <= OWN_DATA.keys(), found - OWN_DATA.keys()
    assert sys.modules["sale_inspect._bounds"].__file__ == str(PACKAGE / "_bounds.py")
