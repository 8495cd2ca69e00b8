"""The short coding questions are well formed, and nothing but knowledge beats chance on them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from sale_inspect.bench import TaskContent, build, load_recipe, offer_of
from sale_inspect.bench.sources import SOURCES, Candidate, DataPlace, obtain

KEYS = ["id", "split", "question", "choices", "answer", "topic", "explanation"]
LETTERS = "ABCD"
SPLITS = {"test": 80, "dev": 20}
TOPICS = [
    "data structures",
    "complexity",
    "language semantics",
    "concurrency",
    "memory",
    "networks",
    "databases",
    "testing",
    "security",
    "version control",
]
STOP_WORDS = (
    "a an and are as at be by do does for from has have how in is it its of on or that the this to what when where"
    " which who why with"
)


@cache
def rows() -> list[dict[str, Any]]:
    text = (files("sale_inspect.bench") / "data" / "coding_mcq.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def part(split: str) -> list[dict[str, Any]]:
    return [row for row in rows() if split in {"all", row["split"]}]


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def content(text: str) -> frozenset[str]:
    return frozenset(words(text)) - frozenset(words(STOP_WORDS))


def hit_rate(asked: list[dict[str, Any]], extreme: Callable[[Iterable[int]], int]) -> float:
    """Share of right answers for a reader who picks the longest or shortest choice, and a random one of several."""
    hits = 0.0
    for row in asked:
        sizes = [len(choice) for choice in row["choices"]]
        picked = [letter for letter, size in zip(LETTERS, sizes, strict=True) if size == extreme(sizes)]
        hits += (row["answer"] in picked) / len(picked)
    return hits / len(asked)


def test_every_row_has_the_fields_in_order() -> None:
    for row in rows():
        assert list(row) == KEYS
        assert row["split"] in SPLITS
        assert row["topic"] in TOPICS
        assert isinstance(row["choices"], list) and len(row["choices"]) == 4
        assert isinstance(row["answer"], str) and len(row["answer"]) == 1 and row["answer"] in LETTERS
        texts = [row["question"], row["explanation"], *row["choices"]]
        assert all(isinstance(text, str) and text and text == text.strip() for text in texts), row["id"]


def test_ids_are_unique_and_in_order() -> None:
    assert [row["id"] for row in rows()] == [f"coding-mcq-{number:03d}" for number in range(1, 101)]


def test_counts_by_split_and_topic() -> None:
    assert Counter(row["split"] for row in rows()) == SPLITS
    assert Counter(row["topic"] for row in rows()) == dict.fromkeys(TOPICS, 10)
    assert Counter(row["topic"] for row in part("dev")) == dict.fromkeys(TOPICS, 2)


@pytest.mark.parametrize("split", ["all", *SPLITS])
def test_letters_are_exactly_balanced(split: str) -> None:
    asked = part(split)
    assert Counter(row["answer"] for row in asked) == dict.fromkeys(LETTERS, len(asked) // 4)


@pytest.mark.parametrize("split", ["all", *SPLITS])
@pytest.mark.parametrize("letter", LETTERS)
def test_a_fixed_letter_is_at_chance(split: str, letter: str) -> None:
    asked = part(split)
    assert 0.20 <= sum(row["answer"] == letter for row in asked) / len(asked) <= 0.30


@pytest.mark.parametrize("split", ["all", *SPLITS])
@pytest.mark.parametrize("extreme", [max, min], ids=["longest", "shortest"])
def test_picking_by_length_is_at_chance(split: str, extreme: Callable[[Iterable[int]], int]) -> None:
    assert 0.20 <= hit_rate(part(split), extreme) <= 0.30


def test_no_two_questions_ask_the_same() -> None:
    assert len({" ".join(sorted(words(row["question"]))) for row in rows()}) == len(rows())
    for one, other in combinations(rows(), 2):
        a, b = content(one["question"]), content(other["question"])
        assert len(a & b) / len(a | b) <= 0.6, f"{one['id']} and {other['id']}"


def test_no_choice_is_repeated_in_a_question() -> None:
    for row in rows():
        assert len({" ".join(choice.casefold().split()) for choice in row["choices"]}) == 4, row["id"]


def test_choices_carry_no_letter_and_do_not_refer_to_each_other() -> None:
    for row in rows():
        for choice in row["choices"]:
            assert not re.match(r"\(?[A-D][.):]", choice), row["id"]
            assert not re.search(r"\b(all|none|both|neither) of (the|these|them)\b", choice.casefold()), row["id"]


def test_most_items_are_short() -> None:
    sizes = [len(" ".join([row["question"], *row["choices"]]).split()) for row in rows()]
    assert sum(size <= 40 for size in sizes) >= 80
    assert max(sizes) <= 60


def offered(split: str, folder: Path) -> list[TaskContent]:
    read = obtain(SOURCES["coding_mcq"], DataPlace(data_dir=None, cache=folder, offline=True)).read()
    found = [each for each in read if isinstance(each, Candidate)]
    return [each.content for each in found if each.features == {"split": split}]


@pytest.mark.parametrize(("split", "count"), SPLITS.items())
def test_the_source_offers_the_rows_of_a_split_without_a_download(split: str, count: int, tmp_path: Path) -> None:
    contents = offered(split, tmp_path)
    assert len(contents) == count
    assert all(each.kind == "mcq" and each.rule == "choice" and each.domain == "coding" for each in contents)
    for each, row in zip(contents, part(split), strict=True):
        assert (each.id, each.question, list(each.choices), each.answer) == tuple(
            row[key] for key in ("id", "question", "choices", "answer")
        )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("split", "count"), SPLITS.items())
def test_the_questions_are_tasks_of_the_first_bin(split: Any, count: int, tmp_path: Path) -> None:
    recipe = load_recipe("hst-bench")
    built = build(recipe, {"coding_mcq": offer_of(list(SOURCES["coding_mcq"].packaged()))})  # type: ignore[misc]
    items = [item for item in built.items if item.split == split]
    assert {item.id for item in items} <= {each.id for each in offered(split, tmp_path)}
    assert len(items) == sum(
        line.count for place, line in recipe.lines() if (place.split, line.source) == (split, "coding_mcq")
    )
    assert 0 < len(items) <= count
    assert all(item.bin == "b1" and item.tau_provenance == "bin-prior" and item.kind == "mcq" for item in items)
