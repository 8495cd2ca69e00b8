"""What of a reply counts: not its thoughts, nothing that cannot be written, no more than the cap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.auction import (
    CHARACTERS_A_TOKEN,
    answer_of,
    capped,
    count_tokens,
    parse_panel,
    parse_rating,
    writable,
)

WORDS = st.text(alphabet="ab <>/\n", max_size=20).filter(lambda text: "think" not in text)


@pytest.mark.parametrize(
    ("reply", "text", "unfinished"),
    [
        ("plan", "plan", False),
        ("<think>no</think>plan", "plan", False),
        ("<THINKING kind='x'>no</thinking >plan", "plan", False),
        ("the tag stood in the prompt</think>plan", "plan", False),
        ("a<think>x<think>y</think>z</think>b", "ab", False),
        ("<think>I must close <think> my thought</think>plan", "plan", False),
        ("before <think>never closed", "before", True),
        ("<think>", "", True),
    ],
)
def test_thoughts_do_not_count(reply: str, text: str, unfinished: bool) -> None:
    answer = answer_of(reply)
    assert (answer.text, answer.unfinished) == (text, unfinished)


@given(before=WORDS, thought=WORDS, after=WORDS)
def test_a_closed_thought_leaves_what_stands_around_it(before: str, thought: str, after: str) -> None:
    assert answer_of(f"{before}<think>{thought}</think>{after}").text == (before + after).strip()


@given(st.text(max_size=200), st.integers(1, 30))
def test_a_capped_plan_is_a_start_of_the_plan_within_the_cap(plan: str, tokens: int) -> None:
    text, cut = capped(plan, tokens)
    assert plan.startswith(text) and count_tokens(text) <= tokens and len(text) <= tokens * CHARACTERS_A_TOKEN
    # A plan that fills its cap says nothing of how long it would have been.
    assert cut == (text != plan or count_tokens(plan) == tokens)
    if not cut:
        assert count_tokens(plan) < tokens


@given(st.text(alphabet=st.characters(), max_size=50))
def test_what_is_writable_can_be_encoded_and_the_rest_stays(text: str) -> None:
    shown = writable(text)
    assert shown.encode("utf-8").decode("utf-8") == shown and len(shown) == len(text)
    assert all(a == b or "\ud800" <= a <= "\udfff" for a, b in zip(text, shown, strict=True))


@pytest.mark.parametrize(
    "reply", ["Rating: 4-5", "Rating: 4 – 5", "4 to 5", "Rating: 5%", "5 %", '{"rating": 1, "rating": 5}']
)
def test_a_range_a_percentage_and_two_ratings_are_no_rating(reply: str) -> None:
    assert parse_rating(reply, "P1") is None
    assert parse_panel(reply.replace("Rating", "P1").replace("rating", "P1"), ("P1",)) == {"P1": None}


def test_a_rating_in_a_thought_is_not_read() -> None:
    assert parse_rating("<think>Rating: 0</think>RATING: 4", "P1") == 4
    assert parse_rating("<think>RATING: 4", "P1") is None
    assert parse_panel("<think>P1: 0</think>P1: 4", ("P1",)) == {"P1": 4}


def test_nested_brackets_are_no_rating() -> None:
    assert parse_rating('{"rating": ' + "[" * 1500 + "]" * 1500 + "}", "P1") is None
    assert parse_panel('{"P1": ' + "[" * 1500 + "]" * 1500 + "}", ("P1",)) == {"P1": None}
