"""The sources' own rules for answers, by known cases and against a second computation."""

from __future__ import annotations

import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.bench import exact_match, gaia_match, token_f1, without_lead

FREE = st.text(alphabet=string.ascii_letters + string.digits + " .,'-é", max_size=30)
FEW = st.lists(st.sampled_from(["The", "yes", "no", "noanswer", "Red", "red.", "sea", "a", "U.S."]), max_size=6)
WORDS = FREE | FEW.map(" ".join)
PIECES = st.sampled_from(
    ["1", "2", "1.0", "$2", "1%", "-", "sea", "Sea ", "gull!", "1,2", ",", ";", " ", "nan", "1e999"]
)
GAIA_TEXTS = st.lists(PIECES, max_size=5).map("".join)


@pytest.mark.parametrize(
    ("answer", "target", "equal", "f1"),
    [
        ("Chief of Protocol", "chief of protocol", True, 1.0),
        ("The Chief of Protocol.", "Chief of Protocol", True, 1.0),
        ("Answer: Animorphs", "Animorphs", True, 1.0),
        ("yes", "no", False, 0.0),
        ("yes, they are", "yes", False, 0.0),
        ("Shirley Temple", "Shirley Temple Black", False, 0.8),
        ("Temple Temple", "Shirley Temple", False, 0.5),
        ("New York, New York", "New York New York City", False, 8 / 9),
        ("Paris France", "Berlin", False, 0.0),
        ("", "Berlin", False, 0.0),
        ("the", "a", False, 0.0),
        ("!!!", "!!!", True, 1.0),
        ("", "!!!", False, 0.0),
        ("3,600", "3600", True, 1.0),
        ("rock-and-roll", "rockandroll", True, 1.0),
    ],
)
def test_hotpotqa_by_hand(answer: str, target: str, equal: bool, f1: float) -> None:
    assert exact_match(answer, target) is equal
    assert token_f1(answer, target) == pytest.approx(f1)


def second_f1(answer: str, target: str) -> float:
    """Written from the rule alone: bags of tokens by sorted lists."""

    def tokens(text: str) -> list[str]:
        kept = "".join(char for char in text.lower() if char not in string.punctuation)
        return [token for token in re.split(r"\s+", kept) if token and token not in ("a", "an", "the")]

    mine, theirs = sorted(tokens(without_lead(answer))), sorted(tokens(without_lead(target)))
    if not theirs:
        return float(without_lead(answer) == without_lead(target))
    if mine != theirs and any(" ".join(side) in ("yes", "no", "noanswer") for side in (mine, theirs)):
        return 0.0
    rest, common = list(theirs), 0
    for token in mine:
        if token in rest:
            rest.remove(token)
            common += 1
    return 2 * common / (len(mine) + len(theirs)) if common else 0.0


@given(WORDS, WORDS)
def test_f1_equals_a_second_computation(answer: str, target: str) -> None:
    assert token_f1(answer, target) == pytest.approx(second_f1(answer, target))


@given(WORDS)
def test_a_target_matches_itself_and_f1_is_symmetric(text: str) -> None:
    assert exact_match(text, text) and token_f1(text, text) == 1.0
    assert token_f1(f"{text} x", "some other words") == pytest.approx(token_f1("some other words", f"{text} x"))


@pytest.mark.parametrize(
    ("answer", "target", "right"),
    [
        ("17", "17", True),
        ("$17.00", "17", True),
        ("17%", "17", True),
        ("1,234", "1234", True),
        ("1.234,5", "1234.5", False),
        ("seventeen", "17", False),
        ("about 17", "17", False),
        ("17 apples", "17", False),
        ("0.1", ".10", True),
        ("1e3", "1000", True),
        ("nan", "17", False),
        ("inf", "17", False),
        ("FINAL ANSWER: 17", "17", True),
        ("The answer is 17", "17", True),
        ("a, b, c", "a,b,c", True),
        ("a; b; c", "a, b, c", True),
        ("a, b", "a, b, c", False),
        ("b, a, c", "a, b, c", False),
        ("1, two, $3", "1, two, 3", True),
        ("St. Petersburg, Paris", "St Petersburg, Paris", False),
        ("St. Petersburg", "st petersburg", True),
        ("sea gull", "seagull", True),
        ("Sea-gull!", "seagull", True),
        ("", "seagull", False),
        ("", "", False),
        ("nan", "nan", True),
    ],
)
def test_gaia_by_hand(answer: str, target: str, right: bool) -> None:
    assert gaia_match(answer, target) is right


def second_gaia(answer: str, target: str) -> bool:
    """Written from the rule alone: one pass over characters, numbers by a pattern."""

    def value(text: str) -> float | None:
        plain = text.strip()
        return float(plain) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,2})?", plain, re.IGNORECASE) else None

    def same(given: str, wanted: str, ignored: str) -> bool:
        if value(wanted) is not None:
            return value("".join(char for char in given if char not in "$%,")) == value(wanted)
        left, right = (
            [char for char in side.lower() if char not in ignored and not char.isspace()] for side in (given, wanted)
        )
        return left == right

    if not answer.strip():
        return False
    if value(target) is None and ("," in target or ";" in target):
        mine, theirs = (side.replace(";", ",").split(",") for side in (answer.strip(), target))
        return len(mine) == len(theirs) and all(same(mine[i], theirs[i], "") for i in range(len(mine)))
    return same(answer, target, string.punctuation)


@given(GAIA_TEXTS, GAIA_TEXTS)
def test_gaia_equals_a_second_computation(answer: str, target: str) -> None:
    assert gaia_match(answer, target) == second_gaia(answer, target)
    assert gaia_match(target.upper(), target) == second_gaia(target.upper(), target)


@given(st.lists(st.integers(-999, 999), min_size=2, max_size=5))
def test_gaia_lists_of_numbers_need_length_and_order(numbers: list[int]) -> None:
    target = ", ".join(map(str, numbers))
    assert gaia_match(";".join(f" {number}.0 " for number in numbers), target)
    assert not gaia_match(", ".join(map(str, [*numbers, 1])), target)
    if numbers[0] != numbers[1]:
        swapped = [numbers[1], numbers[0], *numbers[2:]]
        assert not gaia_match(", ".join(map(str, swapped)), target)


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_texts_give_a_verdict(answer: str, target: str) -> None:
    assert gaia_match(answer, target) in (True, False)
    assert 0.0 <= token_f1(answer, target) <= 1.0
    assert not exact_match(answer, target) or token_f1(answer, target) == 1.0


@pytest.mark.parametrize(
    ("answer", "rest"),
    [
        ("Answer: X", "X"),
        ("**Final answer:** X", "** X"),
        ("the answer is: X", "X"),
        ("FINAL ANSWER: X", "X"),
        ("Answering machine", "Answering machine"),
        ("The answer island", "The answer island"),
    ],
)
def test_leads_are_dropped(answer: str, rest: str) -> None:
    assert without_lead(answer) == rest
