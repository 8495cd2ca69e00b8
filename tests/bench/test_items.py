"""Tasks read from JSON lines."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sale_inspect import BenchError
from sale_inspect.bench import TaskItem, read_items
from sale_inspect.bench.sources import mini_items

MCQ: dict[str, Any] = {
    "id": "q1",
    "domain": "coding",
    "kind": "mcq",
    "source": "test",
    "question": "Which one?",
    "choices": ["w", "x", "y", "z"],
    "answer": "B",
    "tau_minutes": 0.5,
    "tau_provenance": "estimated",
    "licence": "MIT",
}
FUNCTION: dict[str, Any] = {
    **{key: value for key, value in MCQ.items() if key not in ("choices", "answer")},
    "id": "f1",
    "kind": "function",
    "entry_point": "f",
    "tests": ["assert f(1) == 1"],
}
SHORT: dict[str, Any] = {**MCQ, "id": "s1", "kind": "short_answer", "choices": [], "answer": "Corvin"}


def lines(*rows: dict[str, Any]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def read(text: str, **common: object) -> list[TaskItem]:
    return list(read_items(text, "items.jsonl", **common))


def test_items_are_read_in_order_and_blank_lines_are_skipped() -> None:
    items = read(lines(MCQ) + "\n\n" + lines(FUNCTION, SHORT) + "\n")
    assert [(item.id, item.kind, item.bin) for item in items] == [
        ("q1", "mcq", "b2"),
        ("f1", "function", "b2"),
        ("s1", "short_answer", "b2"),
    ]


def test_common_fields_fill_in_and_a_row_may_override_them() -> None:
    bare = {key: value for key, value in MCQ.items() if key != "licence"}
    own = {**bare, "id": "q2", "licence": "CC0"}
    assert [item.licence for item in read(lines(bare, own), licence="MIT")] == ["MIT", "CC0"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"tau_minutes": 0}, "tau_minutes"),
        ({"tau_minutes": 61}, "tau_minutes"),
        ({"kind": "essay"}, "kind"),
        ({"domain": "cooking"}, "domain"),
        ({"tau_provenance": "guessed"}, "tau_provenance"),
        ({"question": ""}, "question"),
        ({"id": ""}, "id"),
        ({"difficulty": 3}, "difficulty"),
        ({"effort": {"lines": "many"}}, "effort.lines"),
        ({"choices": ["only"]}, "item"),
        ({"answer": "E"}, "item"),
        ({"answer": ""}, "item"),
        ({"answer": "AB"}, "item"),
        ({"kind": "function"}, "item"),
        ({"kind": "function", "entry_point": "f"}, "item"),
        ({"kind": "function", "entry_point": "f(x)", "tests": ["assert f(1)"]}, "item"),
        ({"kind": "short_answer", "answer": "  "}, "item"),
    ],
)
def test_a_broken_item_is_named_by_file_line_and_field(change: dict[str, Any], field: str) -> None:
    with pytest.raises(BenchError, match=rf"^items\.jsonl, line 2, field `{field}`: "):
        read(lines(MCQ, {**MCQ, **change}))


def test_a_missing_field_is_named() -> None:
    with pytest.raises(BenchError, match=r"^items\.jsonl, line 1, field `licence`: "):
        read(lines({key: value for key, value in MCQ.items() if key != "licence"}))


@pytest.mark.parametrize("line", ["{", "[1]", "7", '"text"'])
def test_a_line_that_is_no_object_is_named(line: str) -> None:
    with pytest.raises(BenchError, match=r"^items\.jsonl, line 3: not a JSON object"):
        read(lines(MCQ) + "\n\n" + line)


def test_a_line_separator_inside_a_text_does_not_end_the_line() -> None:
    """U+2028 and U+0085 may stand bare in JSON; only a newline ends a line of a JSON-lines file."""
    row = {**MCQ, "question": "one\u2028two\u0085three"}
    (item,) = read(json.dumps(row, ensure_ascii=False))
    assert item.question == "one\u2028two\u0085three"


def test_the_packaged_items_read_with_unique_ids() -> None:
    items = mini_items("coding")
    assert items
    assert len({item.id for item in items}) == len(items)
    assert {item.domain for item in items} == {"coding"}
