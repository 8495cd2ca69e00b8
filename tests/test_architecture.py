"""The core is pure: it imports no Inspect, loads heavy libraries late, and changes nothing that it was handed."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import sale_inspect
from sale_inspect import _errors

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "sale_inspect"
CORE = (
    *("auction", "money", "bench", "stats", "report", "sim", "pools", "embedding", "checks"),
    *("times", "weights", "memory", "redteam", "routers", "outcomes", "replays", "market", "forecast", "options"),
    *("texts", "webpages", "report.analysis", "report.page", "report.figures", "report.summary", "report.tidy"),
)
MODULES = sorted(PACKAGE.rglob("*.py"))


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_only_the_adapters_import_inspect() -> None:
    for path in MODULES:
        part = path.relative_to(PACKAGE).parts[0]
        if part not in ("_inspect", "_cli", "_work"):
            assert not any(name.split(".")[0] == "inspect_ai" for name in imports_of(path)), path
        if part in CORE:
            assert not any(
                name.startswith(("sale_inspect._inspect", "sale_inspect._cli", "sale_inspect._work"))
                for name in imports_of(path)
            )


def test_nothing_imports_a_private_module_of_inspect() -> None:
    for path in MODULES:
        for name in imports_of(path):
            assert not (name.startswith("inspect_ai") and "._" in name), f"{path}: {name}"


def test_the_core_can_be_imported_without_inspect() -> None:
    code = "import sys; sys.modules['inspect_ai'] = None\n" + "\n".join(f"import sale_inspect.{name}" for name in CORE)
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_heavy_libraries_are_loaded_only_when_used() -> None:
    heavy = (
        *("faiss", "sklearn", "scipy", "bm25s", "docker", "fastembed", "openai", "anthropic"),
        *("krippendorff", "pyarrow", "huggingface_hub", "selectolax", "pandas", "matplotlib"),
    )
    code = (
        "import sys, sale_inspect, sale_inspect._registry\n"
        f"loaded = [name for name in {heavy} if name in sys.modules]\n"
        "assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_dataclasses_of_the_core_are_frozen() -> None:
    for path in MODULES:
        if path.relative_to(PACKAGE).parts[0] not in CORE:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                marks = [ast.unparse(mark) for mark in node.decorator_list if "dataclass" in ast.unparse(mark)]
                assert all("frozen=True" in mark for mark in marks), f"{path}: {node.name}"


def test_public_errors_are_all_in_one_tree() -> None:
    for name in _errors.__all__:
        assert issubclass(getattr(_errors, name), _errors.SaleError)
        assert name in sale_inspect.__all__
