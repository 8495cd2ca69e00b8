"""MBPP from its original files: `sanitized-mbpp.json` or `mbpp.jsonl` (google-research, CC BY 4.0)."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sale_inspect._errors import BenchError
from sale_inspect.bench._bins import bin_named
from sale_inspect.bench._items import TaskItem

__all__ = ["mbpp_items"]

_TEST_IDS = range(11, 511)
_FILES = ("sanitized-mbpp.json", "mbpp.jsonl")
_SHORT_LINES = 4


def mbpp_items(data_dir: Path) -> list[TaskItem]:
    """The test split (task ids 11-510), from the sanitized file if it is there.

    tau is the midpoint of bin b2 for tasks whose reference has at most 4 lines, of b3 for the
    others, and marked `estimated` (ours).

    Args:
        data_dir: Folder with one of the files, at any depth.

    Raises:
        BenchError: If no file is there, or one breaks its schema.
    """
    for name in _FILES:
        found = sorted(data_dir.rglob(name))
        if found:
            return list(_read(found[0]))
    raise BenchError(
        f"No MBPP in {data_dir}: looked for {' and '.join(_FILES)}. Put one of google-research's files there."
    )


def _read(path: Path) -> Iterator[TaskItem]:
    for number, row in enumerate(_rows(path), start=1):
        try:
            if row["task_id"] in _TEST_IDS:
                yield _item(row)
        except (AttributeError, KeyError, TypeError, ValueError, SyntaxError) as error:
            raise BenchError(f"{path}, row {number}: not an MBPP task: {error!r}.") from error


def _rows(path: Path) -> list[dict[str, Any]]:
    text = path.read_text(encoding="utf-8")
    lines = [text] if path.suffix == ".json" else [line for line in text.split("\n") if line.strip()]
    rows = []
    for number, line in enumerate(lines, start=1):
        try:
            rows.append(json.loads(line))
        except ValueError as error:
            raise BenchError(f"{path}, row {number}: not valid JSON: {error}.") from error
    return list(rows[0]) if path.suffix == ".json" else rows


def _item(row: dict[str, Any]) -> TaskItem:
    function = _tested_function(row["code"], row["test_list"])
    lines = sum(1 for line in row["code"].splitlines() if line.strip() and not line.strip().startswith("#"))
    signature = f"{function.name}({ast.unparse(function.args)})"
    question = f"{(row.get('prompt') or row['text']).strip()}\n\nWrite it in Python as the function `{signature}`."
    return TaskItem(
        id=f"mbpp-{row['task_id']}",
        domain="coding",
        kind="function",
        source="mbpp",
        question=question,
        entry_point=function.name,
        setup="\n".join(row.get("test_imports") or []) or row.get("test_setup_code") or "",
        tests=tuple(row["test_list"]),
        tau_minutes=bin_named("b2" if lines <= _SHORT_LINES else "b3").midpoint,
        tau_provenance="estimated",
        licence="CC BY 4.0",
    )


def _tested_function(code: str, tests: list[str]) -> ast.FunctionDef:
    """The function of the reference that the tests call. Only its name and parameters are used."""
    defined = {node.name: node for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(ast.parse("\n".join(tests))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in defined:
            return defined[node.func.id]
    raise KeyError("no test calls a function of the reference")
