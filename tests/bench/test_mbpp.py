"""MBPP from files of its original shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sale_inspect import BenchError
from sale_inspect.bench.sources import mbpp_items

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


def write(folder: Path, name: str, rows: list[Any]) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = json.dumps(rows) if name.endswith(".json") else "\n".join(json.dumps(row) for row in rows) + "\n"
    path.write_text(lines, encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["sanitized-mbpp.json", "mbpp.jsonl", "deep/down/mbpp.jsonl"])
def test_both_files_are_read_at_any_depth(tmp_path: Path, name: str) -> None:
    write(tmp_path, name, [SHORT, LONG])
    first, second = mbpp_items(tmp_path)
    assert (first.id, first.entry_point, first.setup) == ("mbpp-11", "add", "import math")
    assert (second.id, second.entry_point, second.setup) == ("mbpp-510", "double", "LIMIT = 4")
    assert first.tests == tuple(SHORT["test_list"])


def test_the_sanitized_file_goes_first(tmp_path: Path) -> None:
    write(tmp_path, "mbpp.jsonl", [LONG])
    write(tmp_path, "sanitized-mbpp.json", [SHORT])
    assert [item.id for item in mbpp_items(tmp_path)] == ["mbpp-11"]


def test_only_the_test_split_is_taken(tmp_path: Path) -> None:
    """Ids 11 to 510."""
    rows = [{**SHORT, "task_id": number} for number in (1, 10, 11, 510, 511)]
    write(tmp_path, "mbpp.jsonl", rows)
    assert [item.id for item in mbpp_items(tmp_path)] == ["mbpp-11", "mbpp-510"]


def test_a_reference_of_at_most_four_lines_is_in_b2_and_a_longer_one_in_b3(tmp_path: Path) -> None:
    """3 lines of code without the comment and the blank line; 6 lines in the other."""
    write(tmp_path, "mbpp.jsonl", [SHORT, LONG])
    assert [(item.bin, item.tau_provenance) for item in mbpp_items(tmp_path)] == [
        ("b2", "estimated"),
        ("b3", "estimated"),
    ]


def test_the_question_names_the_function_with_its_parameters(tmp_path: Path) -> None:
    write(tmp_path, "mbpp.jsonl", [SHORT])
    (item,) = mbpp_items(tmp_path)
    assert item.question.startswith("Write a function to add two numbers.\n")
    assert "`add(a, b=1)`" in item.question


def test_the_question_holds_no_test_and_nothing_of_the_reference_body(tmp_path: Path) -> None:
    write(tmp_path, "mbpp.jsonl", [SHORT, LONG])
    for item, row in zip(mbpp_items(tmp_path), [SHORT, LONG], strict=True):
        body = [line.strip() for line in row["code"].splitlines() if line.startswith("    ")]
        for hidden in [*row["test_list"], *body, "assert", "secret_sum", "helper", "42"]:
            assert hidden not in item.question
        assert item.answer == "" and item.explanation == ""


@pytest.mark.parametrize(
    "broken",
    [
        {key: value for key, value in SHORT.items() if key != "code"},
        {key: value for key, value in SHORT.items() if key != "test_list"},
        {key: value for key, value in SHORT.items() if key != "prompt"},
        {**SHORT, "code": "def add(a, b:"},
        {**SHORT, "test_list": ["assert other(1) == 2"]},
        {**SHORT, "test_list": []},
        {**SHORT, "code": None},
        {**SHORT, "prompt": 5},
        ["not", "a", "row"],
        7,
    ],
    ids=[
        *("no code", "no tests", "no text", "bad syntax", "tests another function", "empty tests"),
        *("code is null", "text is a number", "row is a list", "row is a number"),
    ],
)
@pytest.mark.parametrize("name", ["sanitized-mbpp.json", "mbpp.jsonl"])
def test_a_broken_row_is_refused_by_file_and_row(tmp_path: Path, name: str, broken: Any) -> None:
    write(tmp_path, name, [SHORT, broken])
    with pytest.raises(BenchError, match=rf"{name}, row 2: not an MBPP task"):
        mbpp_items(tmp_path)


def test_a_row_that_is_no_json_is_named(tmp_path: Path) -> None:
    path = write(tmp_path, "mbpp.jsonl", [SHORT])
    path.write_text(path.read_text(encoding="utf-8") + "{broken\n", encoding="utf-8")
    with pytest.raises(BenchError, match=r"mbpp\.jsonl.*(?:row|line) 2"):
        mbpp_items(tmp_path)


def test_a_folder_without_the_files_says_which_to_put_there(tmp_path: Path) -> None:
    with pytest.raises(BenchError, match=r"looked for sanitized-mbpp\.json and mbpp\.jsonl"):
        mbpp_items(tmp_path)
