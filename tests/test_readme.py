"""The commands of the docs run, and links and options that they name exist."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from sale_inspect.pools import parse_pool
from tests.preloaded import commands

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(?:<!-- (?P<mark>[^\n]*?) -->\n)?```(?P<kind>\w*)\n(?P<body>.*?)```", re.DOTALL)


class Block(NamedTuple):
    page: str
    mark: str
    kind: str
    body: str


BLOCKS = [
    Block(page.name, match["mark"] or "", match["kind"], match["body"])
    for page in PAGES
    for match in BLOCK.finditer(page.read_text(encoding="utf-8"))
]
RUN = [block for block in BLOCKS if block.mark == "runs"]


def test_there_are_blocks_to_run() -> None:
    assert len(RUN) >= 2


@pytest.mark.parametrize("block", RUN, ids=lambda block: f"{block.page}: {block.body.splitlines()[0][:60]}")
def test_the_commands_run_as_they_stand(block: Block, tmp_path: Path) -> None:
    for folder in ("tasks", "solvers"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", block.body],
        cwd=tmp_path,
        env={**os.environ, "PATH": commands.path(), "INSPECT_DISPLAY": "none"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_every_shell_block_runs_or_says_what_it_needs() -> None:
    for block in BLOCKS:
        if block.kind == "bash" and block.page == "README.md":
            assert block.mark == "runs" or block.mark.startswith("needs: "), block.body


def test_the_pool_in_the_readme_is_a_valid_pool() -> None:
    pools = [block.body for block in BLOCKS if block.page == "README.md" and block.kind == "yaml"]
    assert len(pools) == 1
    assert parse_pool(pools[0], "README.md").names == ("small", "large")
    assert yaml.safe_load(pools[0])["name"] == "mine"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_to_files_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if not target.startswith("http"):
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("kind", ["T", "S"])
def test_arguments_in_the_readme_are_parameters_of_the_task_or_solver(kind: str) -> None:
    import inspect

    from sale_inspect import _registry

    commands = re.findall(r"^inspect eval .*(?:\\\n.*)*", (ROOT / "README.md").read_text(encoding="utf-8"), re.M)
    assert len(commands) >= 8
    for command in commands:
        place = r"inspect eval \S*?(\w+) " if kind == "T" else r"--solver \S*?(\w+)(?:\.py)? "
        (name,) = re.findall(place, f"{command} ") or ("hst_coding",)
        known = set(inspect.signature(getattr(_registry, name)).parameters)
        assert set(re.findall(rf"-{kind} (\w+)=", command)) <= known, command
