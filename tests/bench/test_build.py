"""A build follows its recipe, whatever the order of what it is given, and never fills a hole."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect import BenchError
from sale_inspect.bench import Offer, Recipe, TaskContent, bin_named, build, load_recipe, offer_of, rank
from sale_inspect.bench.sources import SOURCES, Candidate, DroppedRow

PAPER = {  # counts by bin, from the paper's table
    ("test", "deep_search"): [80, 80, 80, 82, 32],
    ("test", "coding"): [80, 79, 80, 81, 79],
}


def candidate(source: str, item: str, *, minutes: float | None = None, **features: Any) -> Candidate:
    content = TaskContent(
        id=f"{source}-{item}",
        item=item,
        domain="deep_search",
        kind="short_answer",
        source=source,
        question=f"What is {item}?",
        answer=item,
        licence="MIT",
    )
    return Candidate(content=content, features=features, minutes=minutes)


def recipe(**bins: list[dict[str, Any]]) -> Recipe:
    dev = {"deep_search": {"b1": bins.pop("dev")}} if "dev" in bins else {}
    return Recipe.model_validate({"name": "r", "version": 1, "seed": 7, "test": {"deep_search": bins}, "dev": dev})


LINE = {"source": "a", "count": 2, "tau": "estimated"}


@pytest.mark.parametrize("name", ["hst-bench", "hst-offline"])
def test_packaged_recipes_name_known_sources_in_their_own_domain(name: str) -> None:
    for place, line in load_recipe(name).lines():
        assert SOURCES[line.source].domain == place.domain


def test_the_benchmark_has_the_papers_counts() -> None:
    counts: Counter[tuple[str, str, str]] = Counter()
    for place, line in load_recipe("hst-bench").lines():
        counts[place.split, place.domain, place.bin] += line.count
    for (split, domain), wanted in PAPER.items():
        assert [counts[split, domain, f"b{number}"] for number in range(1, 6)] == wanted
    assert sum(count for (split, *_), count in counts.items() if split == "test") == 753
    dev = {
        domain: sum(n for (s, d, _), n in counts.items() if (s, d) == ("dev", domain))
        for domain in ("deep_search", "coding")
    }
    assert dev == {"deep_search": 68, "coding": 88}


def test_the_known_mix_of_sources_is_the_papers() -> None:
    mix: Counter[tuple[str, str]] = Counter()
    for place, line in load_recipe("hst-bench").lines():
        if place.split == "test":
            mix[f"{place.domain} {place.bin}", line.source] += line.count
    assert mix["deep_search b1", "simpleqa"] == 30 and mix["deep_search b1", "popqa"] == 40
    assert mix["deep_search b2", "hotpotqa"] == 70 and mix["deep_search b5", "gaia"] == 31
    assert mix["coding b1", "coding_mcq"] == 80 and mix["coding b2", "mbpp"] == 79
    assert mix["coding b4", "leetcode"] == 79 and mix["coding b5", "leetcode"] == 79


def test_tasks_are_taken_by_the_rank_of_their_hash() -> None:
    """An independent computation of SHA-256 of "seed:source:item"."""
    items = [str(number) for number in range(40)]
    built = build(recipe(b1=[LINE]), {"a": Offer(candidates=tuple(candidate("a", item) for item in items))})
    wanted = sorted(items, key=lambda item: hashlib.sha256(f"7:a:{item}".encode()).digest())[:2]
    assert {item.item for item in built.items} == set(wanted)
    assert rank(7, "a", wanted[0]) < rank(7, "a", wanted[1])


@given(st.permutations([str(number) for number in range(12)]), st.integers(0, 12))
def test_the_order_of_rows_does_not_matter(order: list[str], count: int) -> None:
    plan = recipe(b1=[{**LINE, "count": count}], dev=[LINE])
    first = build(plan, {"a": Offer(candidates=tuple(candidate("a", str(n)) for n in range(12)))})
    second = build(plan, {"a": Offer(candidates=tuple(candidate("a", item) for item in order))})
    assert first == second


@given(st.integers(0, 30), st.integers(0, 20), st.integers(0, 20))
def test_test_and_dev_are_disjoint_and_no_hole_is_filled(there: int, test: int, dev: int) -> None:
    plan = recipe(b1=[{**LINE, "count": test}], dev=[{**LINE, "count": dev}])
    built = build(plan, {"a": Offer(candidates=tuple(candidate("a", str(n)) for n in range(there)))})
    ids = [item.id for item in built.items]
    assert len(set(ids)) == len(ids)
    splits = Counter(item.split for item in built.items)
    assert splits["test"] == min(test, there) and splits["dev"] == min(dev, there - splits["test"])
    for row, wanted in zip(built.coverage, (test, dev), strict=True):
        assert row.wanted == wanted
        assert bool(row.reason) == (row.found < row.wanted)


def test_a_twin_of_a_test_task_is_not_taken_for_dev_and_the_coverage_says_so() -> None:
    words = [" ".join(f"{letter}{number}" for letter in "abcdefghij") for number in range(6)]
    asked = {f"{kind}{number}": f"{words[number]} {kind}" for number in range(6) for kind in ("one", "two")}
    offered = [candidate("a", item) for item in asked]
    twins = tuple(
        Candidate(content=each.content.model_copy(update={"question": asked[each.content.item]})) for each in offered
    )
    built = build(recipe(b1=[{**LINE, "count": 3}], dev=[{**LINE, "count": 9}]), {"a": Offer(candidates=twins)})
    sides: dict[str, set[str]] = {}
    for item in built.items:
        sides.setdefault(item.item[-1], set()).add(item.split)
    assert all(len(both) == 1 for both in sides.values())
    tested = {item.item[-1] for item in built.items if item.split == "test"}
    assert built.coverage[1].found == 2 * (6 - len(tested))
    assert built.coverage[1].reason.endswith("more that fit and are no twin of a test task")


def test_a_smaller_file_keeps_the_picks_that_it_still_has() -> None:
    """A sample of a source is consistent with the whole: a pick leaves only because its row is gone."""
    whole = [candidate("a", str(number)) for number in range(50)]
    plan = recipe(b1=[{**LINE, "count": 10}])
    picked = {item.id for item in build(plan, {"a": Offer(candidates=tuple(whole))}).items}
    half = tuple(whole[::2])
    kept = {item.id for item in build(plan, {"a": Offer(candidates=half)}).items}
    assert picked & {each.content.id for each in half} <= kept


def test_published_times_decide_the_bin_and_are_kept() -> None:
    line = {"source": "a", "count": 5, "tau": "published"}
    offer = Offer(candidates=(candidate("a", "x", minutes=5.0), candidate("a", "y", minutes=20.0), candidate("a", "z")))
    built = build(recipe(b4=[line], b5=[line]), {"a": offer})
    assert {(item.item, item.bin, item.tau_minutes, item.tau_provenance) for item in built.items} == {
        ("x", "b4", 5.0, "published"),
        ("y", "b5", 20.0, "published"),
    }


@pytest.mark.parametrize("tau", ["estimated", "bin-prior"])
def test_other_times_are_the_midpoint_of_the_bin_even_if_a_published_one_exists(tau: str) -> None:
    offer = Offer(candidates=(candidate("a", "x", minutes=55.0),))
    (item,) = build(recipe(b3=[{**LINE, "tau": tau}]), {"a": offer}).items
    assert (item.tau_minutes, item.tau_provenance, item.bin) == (bin_named("b3").midpoint, tau, "b3")


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ({}, "wxyz"),
        ({"words": {"max": 10}}, "wx"),
        ({"words": {"min": 10}}, "xyz"),
        ({"words": {"min": 10, "max": 10}}, "x"),
        ({"kind": "long"}, "yz"),
        ({"kind": ["short", "other"]}, "wx"),
        ({"kind": "long", "words": {"max": 11}}, "y"),
        ({"closed": True}, "wz"),
    ],
)
def test_conditions(where: dict[str, Any], kept: str) -> None:
    offer = Offer(
        candidates=(
            candidate("a", "w", words=9, kind="short", closed=True),
            candidate("a", "x", words=10, kind="short", closed=False),
            candidate("a", "y", words=11, kind="long", closed=False),
            candidate("a", "z", words=12, kind="long", closed=True),
        )
    )
    built = build(recipe(b1=[{**LINE, "count": 9, "where": where}]), {"a": offer})
    assert "".join(item.item for item in built.items) == kept


def test_a_condition_on_something_that_the_source_does_not_say_is_an_error() -> None:
    plan = recipe(b1=[{**LINE, "where": {"colour": "red"}}])
    with pytest.raises(BenchError, match="asks for `colour` of source a, which gives words"):
        build(plan, {"a": Offer(candidates=(candidate("a", "x", words=1),))})


def test_the_reason_of_a_missing_source_stands_in_the_coverage() -> None:
    built = build(recipe(b1=[LINE]), {"a": Offer(missing="no key")})
    assert [(row.found, row.wanted, row.reason) for row in built.coverage] == [(0, 2, "no key")]


def test_questions_asked_twice_are_dropped_and_listed() -> None:
    twice = [candidate("a", "x"), candidate("a", "y")]
    twin = Candidate(
        content=twice[0].content.model_copy(update={"id": "a-x2", "item": "x2", "question": "what is  X?"})
    )
    offer = offer_of([*twice, twin, DroppedRow(item="z", reason="broken")])
    assert [each.content.item for each in offer.candidates] == ["y"]
    assert {each.item for each in offer.dropped} == {"x", "x2", "z"}
