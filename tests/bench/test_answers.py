"""Letters of choices, short answers, and the words of the grader."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.bench import matches_alias, normalise, parse_letter


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("ANSWER: B", "B"),
        ("answer: b", "B"),
        ("**ANSWER: C**", "C"),
        ("**Answer:** D", "D"),
        ("The answer is B.", "B"),
        ("The answer is (C)", "C"),
        ("Answer: A. A queue is first in, first out.", "A"),
        ("B", "B"),
        (" (d) ", "D"),
        ("c.", "C"),
        ("B) a stack", "B"),
        ("A. Queue", "A"),
        ("ANSWER: A\nNo, wait.\nANSWER: D", "D"),
        ("A stack is wrong.\nANSWER: B", "B"),
    ],
)
def test_the_chosen_letter_is_read(text: str, letter: str) -> None:
    assert parse_letter(text, 4) == letter


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ANSWER: E",
        "ANSWER: Queue",
        "E",
        "B or C",
        "A stack",
        "I think the answer is a bit unclear",
        "The answer is a queue.",
        "The answer: I'd need more time",
        "I don't know",
        "AB",
        "42",
    ],
)
def test_a_sentence_without_a_choice_is_no_letter(text: str) -> None:
    assert parse_letter(text, 4) is None


@given(letter=st.sampled_from(string.ascii_uppercase), count=st.integers(2, 8))
def test_only_letters_of_the_given_choices_are_answers(letter: str, count: int) -> None:
    expected = letter if string.ascii_uppercase.index(letter) < count else None
    assert parse_letter(f"ANSWER: {letter}", count) == expected
    assert parse_letter(letter.lower(), count) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The  Lake-District!", "lake district"),
        ("Éclair", "eclair"),
        ("Straße", "strasse"),
        ("1,200", "1200"),
        ("1,234,567 km", "1234567 km"),
        ("3.5 m.", "3.5 m"),
        ("1,5", "1 5"),
        ("“an old house”", "old house"),
        ("Anna", "anna"),
        ("", ""),
    ],
)
def test_a_text_is_normalised(text: str, expected: str) -> None:
    assert normalise(text) == expected


@given(st.text(alphabet=string.printable + "éÅß–’", max_size=30))
def test_normalising_twice_changes_nothing_more(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        ("Lake Corvin", ["lake corvin"]),
        ("the Lake Corvin.", ["Lake Corvin"]),
        ("Answer: Lake Corvin", ["Lake Corvin"]),
        ("**Final answer:** Lake Corvin", ["Lake Corvin"]),
        ("Answer is 1,200", ["1200"]),
        ("Corvin", ["Lake Corvin", "Corvin"]),
    ],
)
def test_an_answer_that_names_an_accepted_one_is_right(answer: str, accepted: list[str]) -> None:
    assert matches_alias(answer, accepted)


@pytest.mark.parametrize(
    ("answer", "accepted"),
    [
        ("", ["Corvin"]),
        ("...", ["..."]),
        ("Lake Corvin or Lake Morn", ["Lake Corvin"]),
        ("not Lake Corvin", ["Lake Corvin"]),
        ("12", ["1,2"]),
        ("3.5", ["35"]),
        ("1200", ["12000"]),
        ("Corvin", []),
        ("-5", ["5"]),
    ],
)
def test_any_other_answer_is_wrong(answer: str, accepted: list[str]) -> None:
    assert not matches_alias(answer, accepted)


@pytest.mark.parametrize(("answer", "right"), [("The The", True), ("the the", True), ("!!!", False), ("", False)])
def test_an_answer_of_articles_alone_is_compared_as_it_is(answer: str, right: bool) -> None:
    assert matches_alias(answer, ["The The"]) is right
