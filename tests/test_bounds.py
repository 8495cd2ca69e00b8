"""Small files of others that unfold into more than a machine has are refused before they do."""

from __future__ import annotations

import ast
import io
import json
import sys
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect import BenchError, LogError, OutcomesError, PoolError
from sale_inspect._bounds import json_value, yaml_value
from sale_inspect._inspect.logs import read_runs
from sale_inspect.bench import load_recipe
from sale_inspect.outcomes import read_price_list, read_text_table
from sale_inspect.pools import load_pool
from sale_inspect.routers import read_router_file

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
