"""Twins: texts that ask nearly the same, found without a download."""

from __future__ import annotations

from sale_inspect.embedding import twin_groups, twins_among

PREAMBLE = "You are given a table of numbers. Think step by step, then answer with one number and nothing else. "
LONG = (
    "A string is called balanced if vowels and consonants occur equally often in every window of length k. "
    "Return how many substrings of the word are balanced, where 5 <= word.length <= {}."
)


def test_problems_that_differ_in_their_bounds_are_twins_and_others_are_not() -> None:
    texts = [
        LONG.format(250),
        "Reverse the linked list between two positions.",
        LONG.format("2 * 10^5"),
        "Find the longest path in a weighted tree whose labels are distinct.",
        "Sum the digits of a number until one is left.",
        "Merge the intervals that overlap and return them in order.",
    ]
    assert twins_among(texts) == [(0, 2)]
    assert twin_groups(texts) == [0, 1, 0, 3, 4, 5]


def test_what_all_texts_share_makes_no_twins() -> None:
    questions = [f"What is {a} + {a * b}?" for a in range(2, 9) for b in range(3, 9)]
    assert twins_among([PREAMBLE * 5 + each for each in questions]) == []
    assert twins_among(questions) == []


def test_equal_texts_are_twins_whatever_they_weigh() -> None:
    assert twins_among(["a b", "a b"]) == [(0, 1)]
    assert twins_among(["", "", "!"]) == [(0, 1)]
    assert twins_among([]) == twins_among(["one"]) == []


def test_twins_of_twins_are_one_group() -> None:
    words = [f"{syllable}{number}" for syllable in ("alpha", "beta", "gamma") for number in range(6)]
    chain = [" ".join(words[start : start + 14]) for start in range(4)]
    others = [f"number {n} of something else {n * n}" for n in range(30)]
    pairs = twins_among(chain + others)
    assert (0, 3) not in pairs and {(0, 1), (1, 2), (2, 3)} <= set(pairs)
    assert twin_groups(chain + others)[:4] == [0, 0, 0, 0]
