"""What is shipped: wheel and sdist, their contents, dependencies that are used, versions of Python."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml

from sale_inspect import __version__

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

# Inspect's providers and its registry load these by name; users of a pool need them.
BY_INSPECT = {"anthropic", "openai"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--outdir", str(folder), str(ROOT)], check=True, capture_output=True, text=True
    )
    return folder


def test_the_wheel_has_all_that_is_read_at_run_time_and_nothing_else(built: Path) -> None:
    (path,) = built.glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = wheel.namelist()
    inside = {name.split("/", 1)[1] for name in names if name.startswith("sale_inspect/")}
    data = {
        str(file.relative_to(ROOT / "sale_inspect"))
        for file in (ROOT / "sale_inspect").rglob("*")
        if file.is_file() and file.suffix not in (".pyc",) and "__pycache__" not in file.parts
    }
    assert data <= inside
    assert {
        "py.typed",
        "eval.yaml",
        "report/page/assets/page.css",
        "pools/sim.yaml",
        "_sandboxes/coding/compose.yaml",
    } <= inside
    assert {name.split("/")[0] for name in names} == {"sale_inspect", f"sale_inspect-{__version__}.dist-info"}


def test_the_sdist_builds_the_same_and_has_tests_and_file_forms(built: Path) -> None:
    (path,) = built.glob("*.tar.gz")
    with tarfile.open(path) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames() if "/" in name}
    assert {"README.md", "LICENSE", "CHANGELOG.md", "CITATION.cff", "tasks/hst_bench.py", "tests/conftest.py"} <= names
    assert not any(name.endswith((".parquet", ".eval")) for name in names)


def test_an_installed_wheel_works_away_from_the_checkout(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    target = tmp_path / "site"
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*command, str(wheel)], check=True, capture_output=True)
    code = (
        "import sale_inspect, pathlib; from importlib.metadata import entry_points;"
        "print(sale_inspect.__file__); from sale_inspect.pools import load_pool; load_pool('sim');"
        "import importlib.metadata as m; print(m.version('sale-inspect'))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env={**os.environ, "PYTHONPATH": str(target)},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    where, version = ran.stdout.split()
    assert Path(where).is_relative_to(target) and version == __version__


def imported() -> set[str]:
    found: set[str] = set()
    for path in (ROOT / "sale_inspect").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        found |= set(re.findall(r'import_module\("(\w+)"\)', text))
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                found |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found


def plain(name: str) -> str:
    return re.split(r"[<>=!\[; ]", name)[0].lower().replace("_", "-")


def test_no_dependency_is_unused() -> None:
    owners = packages_distributions()
    used = {plain(owner) for name in imported() for owner in owners.get(name, ())}
    declared = {plain(name) for name in PROJECT["dependencies"]}
    assert declared - used - BY_INSPECT == set()
    extras = {
        plain(name) for name in [*PROJECT["optional-dependencies"]["embed"], *PROJECT["optional-dependencies"]["pdf"]]
    }
    assert extras - used == set()


def test_the_evals_description_agrees_with_the_tasks() -> None:
    from sale_inspect._registry import hst_coding, hst_deep_search

    about = yaml.safe_load((ROOT / "sale_inspect" / "eval.yaml").read_text(encoding="utf-8"))
    assert [task["name"] for task in about["tasks"]] == [hst_coding.__name__, hst_deep_search.__name__]
    assert sum(task["dataset_samples"] for task in about["tasks"]) == 753
    assert re.fullmatch(r"\d+-[A-Z]+", about["version"])


def test_versions_of_the_citation_and_the_project_agree() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert cited["version"] == __version__ and cited["license"] == PROJECT["license"]
