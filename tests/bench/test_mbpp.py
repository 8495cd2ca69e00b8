"""MBPP from files of its original shape."""

from __future__ import annotations

import ast
import builtins
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sale_inspect import BenchError
from sale_inspect._errors import MissingSourceError
from sale_inspect.bench.sources import SOURCES, Candidate, DataPlace, obtain

SHORT: dict[str, Any] = {
    "task_id": 11,
    "prompt": "Write a function to add two numbers.",
    "code": "def add(a, b=1):\n    # not counted\n    secret_sum = a + b\n\n    return secret_sum",
    "test_imports": ["import math"],
    "test_list": ["assert math.floor(add(1, 2)) == 3", "assert add(41) == 42"],
}
LONG: dict[str, Any] = {
    "task_id": 510,
    "text": "Write a function to double.",
    "code": "def helper(x):\n    y = x\n    z = y\n    return z\ndef double(x):\n    return 2 * helper(x)",
    "test_setup_code": "LIMIT = 4",
    "test_list": ["assert double(2) == LIMIT"],
}


def tasks(folder: Path) -> list[Candidate]:
    """The tasks of the files in a folder, whatever their hashes."""
    layouts = tuple(replace(layout, sha256={}) for layout in SOURCES["mbpp"].layouts)
    mbpp = replace(SOURCES["mbpp"], layouts=layouts)
    read = obtain(mbpp, DataPlace(data_dir=folder, cache=folder / "cache")).read()
    return [each for each in read if isinstance(each, Candidate)]


def write(folder: Path, name: str, rows: list[Any]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = json.dumps(rows) if name.endswith(".json") else "\n".join(json.dumps(row) for row in rows) + "\n"
    path.write_text(lines, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["sanitized-mbpp.json", "mbpp.jsonl", "deep/down/mbpp.jsonl"])
def test_both_files_are_read_at_any_depth(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, [SHORT, LONG])
    first, second = (task.content for task in tasks(tmp_path))
    assert (first.id, first.entry_point, first.setup) == ("mbpp-11", "add", "import math")
    assert (second.id, second.entry_point, second.setup) == ("mbpp-510", "double", "LIMIT = 4")
    assert first.tests == tuple(SHORT["test_list"])


def test_the_sanitized_file_goes_first(tmp_path: Path) -> None:
    write(tmp_path, "mbpp.jsonl", [LONG])
    write(tmp_path, "sanitized-mbpp.json", [SHORT])
    assert [task.content.id for task in tasks(tmp_path)] == ["mbpp-11"]


def test_the_test_split_is_marked(tmp_path: Path) -> None:
    """Ids 11 to 510."""
    rows = [{**SHORT, "task_id": number} for number in (1, 10, 11, 510, 511)]
    write(tmp_path, "mbpp.jsonl", rows)
    marked = [task.content.item for task in tasks(tmp_path) if task.features["split"] == "test"]
    assert marked == ["11", "510"]


def test_lines_of_the_reference_are_counted_without_comments_and_blank_lines(tmp_path: Path) -> None:
    write(tmp_path, "mbpp.jsonl", [SHORT, LONG])
    assert [task.features["lines"] for task in tasks(tmp_path)] == [3, 6]


def test_the_question_names_the_function_with_its_parameters(tmp_path: Path) -> None:
    write(tmp_path, "mbpp.jsonl", [SHORT])
    (task,) = tasks(tmp_path)
    assert task.content.question.startswith("Write a function to add two numbers.\n")
    assert "`add(a, b=1)`" in task.content.question


def test_the_question_holds_no_test_and_nothing_of_the_reference_body(tmp_path: Path) -> None:
    write(tmp_path, "mbpp.jsonl", [SHORT, LONG])
    for task, row in zip(tasks(tmp_path), [SHORT, LONG], strict=True):
        body = [line.strip() for line in row["code"].splitlines() if line.startswith("    ")]
        for hidden in [*row["test_list"], *body, "assert", "secret_sum", "helper", "42"]:
            assert hidden not in task.content.question
        assert task.content.answer == "" and task.content.explanation == ""


def test_no_real_task_has_tests_that_need_a_name_of_the_reference(real_data: Path) -> None:
    """An independent look: names in tests and set-up must be theirs, Python's or the function.

    Dropped is 596 (validation split): its tests call `sys`, which only the reference imports.
    """
    folder = DataPlace(data_dir=real_data, cache=real_data / "unused")
    found = [each for each in obtain(SOURCES["mbpp"], folder).read() if isinstance(each, Candidate)]
    assert len(found) > 400
    needy = []
    for each in found:
        tree = ast.parse("\n".join([each.content.setup, *each.content.tests]))
        names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
        own = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        own |= {(alias.asname or alias.name).split(".")[0] for node in imports for alias in node.names}
        if not {node.id for node in names} <= own | set(dir(builtins)) | {each.content.entry_point}:
            needy.append((each.content.id, each.features["split"]))
    assert needy == []


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ({key: value for key, value in SHORT.items() if key != "code"}, "field `code`: Field required"),
        ({key: value for key, value in SHORT.items() if key != "test_list"}, "field `test_list`: Field required"),
        ({key: value for key, value in SHORT.items() if key != "prompt"}, "field `prompt`: .*needs `prompt`"),
        ({**SHORT, "code": "def add(a, b:"}, "field `code`: .*not Python"),
        ({**SHORT, "test_list": ["assert other(1) == 2"]}, "field `test_list`: .*no test calls a function"),
        ({**SHORT, "test_list": ["assert add(1) =="]}, "field `test_list`: .*not Python"),
        ({**SHORT, "test_list": []}, "field `test_list`: "),
        ({**SHORT, "code": None}, "field `code`: "),
        ({**SHORT, "prompt": 5}, "field `prompt`: "),
        (["not", "a", "row"], "must be an object"),
        (7, "must be an object"),
    ],
    ids=[
        *("no code", "no tests", "no text", "bad syntax", "tests another function", "bad test", "empty tests"),
        *("code is null", "text is a number", "row is a list", "row is a number"),
    ],
)
@pytest.mark.parametrize("name", ["sanitized-mbpp.json", "mbpp.jsonl"])
def test_a_broken_row_is_refused_by_file_row_and_field(tmp_path: Path, name: str, broken: Any, told: str) -> None:
    write(tmp_path, name, [SHORT, broken])
    with pytest.raises(BenchError, match=rf"{re.escape(name)}, row 2(, |: ){told}"):
        tasks(tmp_path)


def test_a_row_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "mbpp.jsonl", [SHORT])
    path.write_text(path.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    with pytest.raises(BenchError, match=r"mbpp\.jsonl, row 2: cannot be read"):
        tasks(tmp_path)


def test_a_folder_without_the_files_says_which_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(MissingSourceError, match=r"no sanitized-mbpp\.json or another of its known layouts"):
        tasks(tmp_path)
