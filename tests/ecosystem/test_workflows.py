"""The workflows of a public home say what is there: targets, extras, Pythons, files. None can run here."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def read(path: Path) -> dict[Any, Any]:
    found = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def commands(path: Path) -> str:
    steps = [step for job in read(path)["jobs"].values() for step in job["steps"]]
    return "\n".join(step["run"] for step in steps if "run" in step)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_what_a_workflow_runs_is_there(path: Path) -> None:
    said = commands(path)
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"\bmake (\S+)", said):
        assert re.search(rf"^{re.escape(target.replace('.venv', '$(VENV)'))}:", makefile, re.M), target
    for extras in re.findall(r"'\.\[([\w,]+)\]'", said):
        assert set(extras.split(",")) <= set(PROJECT["optional-dependencies"]), extras
    for file in re.findall(r"\b((?:tools|sale_inspect)/[\w/]+\.py)\b", said):
        assert (ROOT / file).is_file(), file
    for need in re.findall(r"for need in ([A-Z_ ]+);", said):
        needs = (ROOT / "tests" / "needs.py").read_text(encoding="utf-8")
        assert all(f"SALE_REQUIRE_{name}" in needs for name in need.split()), need


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_may_no_more_than_it_needs_and_ends(path: Path) -> None:
    workflow = read(path)
    assert workflow["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in workflow["jobs"].values())


def test_each_python_that_is_promised_is_tested_and_no_other_is_promised() -> None:
    matrix = read(ROOT / ".github" / "workflows" / "tests.yml")["jobs"]["fast"]["strategy"]["matrix"]
    promised = re.findall(r"Programming Language :: Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert matrix["python"] == promised
    assert all(each["trial"] for each in matrix["include"])


def test_forms_have_what_a_form_needs() -> None:
    forms = [path for path in (ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml"]
    assert len(forms) == 3
    for path in forms:
        form = read(path)
        assert form["name"] and form["description"]
        ids = [field["id"] for field in form["body"]]
        assert len(set(ids)) == len(ids)
