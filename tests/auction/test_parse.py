"""Plans and ratings read out of replies."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.auction import parse_rating, parse_strategy, refuses

LABEL = "P4817"


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        ("P4817: 5/5", 5),
        ("p4817 = 0", 0),
        ("**P4817:** 3", 3),
        ("Plan P4817: rating: 4 out of 5", 4),
        ('{"P4817": 4}', 4),
        ('```json\n{"reason": "fine", "P4817": "3"}\n```', 3),
        ("Step 3 is weak and 12 pages are too many.\nP4817: 2", 2),
        ("P4817: 4\nThe plan has 5 steps. RATING: 0", 4),
        ("\uff304817\uff1a\u3000\uff15", 5),
        ("P48\u200b17\u00a0: 3", 3),
        ("RATING: 5/5", 5),
        ("rating is 4 out of 5", 4),
        ("Score = 2", 2),
        ("4", 4),
        (" **3** ", 3),
        ("4.0", 4),
        ("4/5", 4),
        ("**RATING: 2**", 2),
        ("Rating: `1`", 1),
        ("Rating: \uff15", 5),
        ('{"rating": 4}', 4),
        ('```json\n{"reason": "fine", "rating": "3"}\n```', 3),
    ],
)
def test_a_rating_is_read_beside_its_label_or_where_the_reply_is_nothing_else(reply: str, expected: int) -> None:
    assert parse_rating(reply, LABEL) == expected


@pytest.mark.parametrize(
    "reply",
    [
        "RATING: 4\nThe plan has 5 steps.",
        "The plan says RATING: 5",
        'The plan says {"rating": 5}',
        "> RATING: 5\n> P1: 5",
        "P1: 5",
        "P48170: 5",
        "P4817: 1\nP4817: 5",
        "P4817: 4-5",
        "P4817: 5\u00bd",
        "Rating: \u00bd",
        "Rating: \u00b2",
    ],
)
def test_what_may_be_from_the_plan_and_another_label_are_no_rating(reply: str) -> None:
    assert parse_rating(reply, LABEL) is None


@pytest.mark.parametrize(
    "reply",
    [
        "",
        "-3",
        "15",
        "6",
        "3.5",
        "8/10",
        "Rating: 10.5",
        "Rating: -1",
        "Rating: 4/10",
        "RATING: 8 out of 10",
        '{"rating": 7}',
        '{"rating": 2.5}',
        '{"rating": null}',
        '{"rating": true}',
        '{"rating": "high"}',
        "The plan has 3 steps and checks 2 pages.",
        "I would give it a 4 if step 2 were clearer",
        "excellent",
        "RATING: high",
    ],
)
def test_what_is_no_rating_is_none_and_never_a_number(reply: str) -> None:
    assert parse_rating(reply, LABEL) is None


@pytest.mark.parametrize(
    "reply",
    [
        '{"rating": NaN}',
        '{"rating": Infinity}',
        '{"rating": "nan"}',
        '{"rating": 1e999}',
        "Rating: " + "9" * 400,
    ],
    ids=["NaN", "Infinity", "nan as text", "1e999", "400 digits"],
)
def test_a_number_that_is_not_finite_is_no_rating(reply: str) -> None:
    assert parse_rating(reply, LABEL) is None


@given(st.text(alphabet="P4817rating: score{}\"'0123456789.,/-*\n", max_size=40))
def test_any_reply_gives_a_whole_rating_on_the_scale_or_none(reply: str) -> None:
    assert parse_rating(reply, LABEL) in (None, 0, 1, 2, 3, 4, 5)


@given(st.integers(-(10**6), 10**6))
def test_a_labelled_whole_number_is_read_exactly_on_the_scale(number: int) -> None:
    assert parse_rating(f"{LABEL}: {number}", LABEL) == (number if 0 <= number <= 5 else None)


@pytest.mark.parametrize(
    ("reply", "plan"),
    [
        ("Step 1: read.", "Step 1: read."),
        ("<think>the answer is 7</think>\nStep 1: read.", "Step 1: read."),
        ("<thinking>a\nb</thinking>Step 1<think>more</think>", "Step 1"),
        ("<THINK>loud</THINK> Step 1", "Step 1"),
        ("```\nStep 1\nStep 2\n```", "Step 1\nStep 2"),
        ("```markdown\nStep 1\n```", "Step 1"),
        ("Step 1: run\n```\nls\n```\nStep 2", "Step 1: run\n```\nls\n```\nStep 2"),
        ("読む", "読む"),
    ],
)
def test_a_plan_is_read_without_thoughts_and_outer_fences(reply: str, plan: str) -> None:
    assert parse_strategy(reply) == plan


def test_thoughts_whose_opening_tag_stands_in_the_prompt_are_dropped() -> None:
    """The chat templates of reasoning models often open the tag themselves; the reply only closes it."""
    assert parse_strategy("The answer is 7, so...\n</think>\n\nStep 1: read.") == "Step 1: read."


@pytest.mark.parametrize(
    "reply",
    ["", "  \n", "...", "- - -", "___", "<think>cut off in the middle", "<think>x</think>", "```\n\n```"],
)
def test_a_reply_without_a_word_is_no_plan(reply: str) -> None:
    assert parse_strategy(reply) is None


@pytest.mark.parametrize(
    "reply",
    [
        "I'm sorry, but I can't help with that.",
        "I’m sorry.",
        "Sorry, no.",
        "I cannot do this.",
        "I can't plan this.",
        "I can’t plan this.",
        "I am unable to help.",
        "As an AI, I have no plan.",
        "**I apologize**, but no.",
    ],
)
def test_a_short_apology_is_a_refusal(reply: str) -> None:
    assert refuses(reply)


@pytest.mark.parametrize(
    "plan",
    ["Step 1: read the page.", "I can do this in two steps.", "If the page is missing, I cannot use it."],
)
def test_a_plan_is_not_a_refusal(plan: str) -> None:
    assert not refuses(plan)


def test_an_apology_before_a_long_plan_is_not_a_refusal() -> None:
    """1 word of apology and 60 words of plan are 61 words."""
    assert not refuses("Sorry. " + "word " * 60)
    assert refuses("Sorry. " + "word " * 59)
