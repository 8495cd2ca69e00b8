"""The rooms stand in order, none is crowded, nothing goes in a circle, and the map at the door is the house."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from tools import house

ROOT = Path(__file__).parents[1]


def test_the_house_keeps_its_rules() -> None:
    assert house.broken_rules() == []


def test_an_import_inside_a_function_is_an_arrow_too() -> None:
    # The lazy import of the registry stands in `__getattr__` and under TYPE_CHECKING.
    assert any(arrow.importer == "__init__.py" and arrow.imported == "_used.py" for arrow in house.arrows())


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef"))))
def test_a_circle_is_found_exactly_where_there_is_one(edges: dict[str, set[str]]) -> None:
    def reaches(start: str, goal: str) -> bool:
        seen: set[str] = set()
        left = list(edges.get(start, ()))
        while left:
            place = left.pop()
            if place == goal:
                return True
            if place not in seen:
                seen.add(place)
                left += edges.get(place, ())
        return False

    looped = {
        place for place in edges if any(reaches(place, to) and reaches(to, place) for to in "abcdef" if to != place)
    }
    assert {place for loop in house.circles(edges) for place in loop} == looped


def test_the_picture_leaves_out_only_arrows_that_follow_from_others() -> None:
    few = house.reduced({"a": {"b", "c"}, "b": {"c"}, "c": set()})
    assert few == {"a": {"b"}, "b": {"c"}, "c": set()}


def test_the_picture_and_the_table_are_those_of_the_house_as_it_is() -> None:
    assert house.PICTURE.read_text(encoding="utf-8") == house.picture(), "run: python tools/house.py --write"
    text = house.PAGE.read_text(encoding="utf-8")
    assert text == house.page_with_table(text), "run: python tools/house.py --write"


def test_every_room_says_what_it_is_for() -> None:
    for room in house.room_arrows():
        assert house.sentence_of(room).endswith("."), room


def test_the_figures_are_printed_without_the_package_installed() -> None:
    ran = subprocess.run(
        [sys.executable, "-I", "-S", str(ROOT / "tools" / "house.py"), "--measure"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line[:36].strip() for line in ran.stdout.splitlines()} == set(house.measures())
