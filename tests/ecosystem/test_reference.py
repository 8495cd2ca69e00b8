"""The reference is made of docstrings: every public name is on it, with a text."""

from __future__ import annotations

import importlib
import inspect
import subprocess
import sys
from pathlib import Path
from pkgutil import iter_modules

import pytest

import sale_inspect

ROOT = Path(__file__).parents[2]
MODULES = ["sale_inspect"] + [
    f"sale_inspect.{each.name}" for each in iter_modules(sale_inspect.__path__) if not each.name.startswith("_")
]


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    ran = subprocess.run(
        [sys.executable, str(ROOT / "docs" / "reference.py"), str(folder)], capture_output=True, text=True, check=True
    )
    assert "Warn" not in ran.stderr, ran.stderr
    return folder


@pytest.mark.parametrize("name", MODULES)
def test_every_public_name_is_on_its_page(pages: Path, name: str) -> None:
    page = (pages / f"{name.replace('.', '/')}.html").read_text(encoding="utf-8")
    for public in importlib.import_module(name).__all__:
        if not public.startswith("__"):
            assert f'id="{public}"' in page, public


@pytest.mark.parametrize("name", MODULES)
def test_every_public_class_and_function_says_what_it_is(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    for public in module.__all__:
        found = getattr(module, public)
        if inspect.isclass(found) or inspect.isfunction(found):
            assert (found.__doc__ or "").strip(), f"{name}.{public}"
