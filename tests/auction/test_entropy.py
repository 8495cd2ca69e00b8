"""Entropy of a strategy, and the rule that one auction uses one kind."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.auction import (
    Bid,
    Rules,
    assess,
    entropy_kind,
    logprob_entropy,
    text_entropy,
    uniform_weights,
)

RULES = Rules(prices={"a": 0.05, "b": 0.10}, weights=uniform_weights(["a", "b"]), strategy_tokens=10)
RATINGS: dict[str, dict[str, int | None]] = {"a": {"a": 5, "b": None}, "b": {"a": 3, "b": 4}}
WITH = Bid(agent="a", strategy="search search read read", logprob_entropy=0.7)
WITHOUT = Bid(agent="b", strategy="search then read twice")


def logs(*probabilities: float) -> list[float]:
    return [math.log(p) for p in probabilities]


def test_one_token_of_even_odds_carries_full_entropy() -> None:
    """p = 0.5, rest = 0.5: ln 2 / ln 2 = 1."""
    assert logprob_entropy([logs(0.5)]) == pytest.approx(1.0)


def test_the_rest_of_the_probability_counts_as_one_more_outcome() -> None:
    """0.5, 0.25, 0.125, rest 0.125: (0.5*1 + 0.25*2 + 0.125*3 + 0.125*3) ln 2 / ln 4 = 1.75 / 2."""
    assert logprob_entropy([logs(0.5, 0.25, 0.125)]) == pytest.approx(0.875)


def test_the_entropy_is_the_mean_over_tokens() -> None:
    """Tokens of 1 and 0: the mean is 0.5."""
    assert logprob_entropy([logs(0.5), logs(1.0)]) == pytest.approx(0.5)


def test_a_certain_token_has_no_entropy() -> None:
    assert logprob_entropy([[0.0, -math.inf]]) == 0.0


@pytest.mark.parametrize(
    "broken",
    [[], [[]], [[-0.1], []], [[math.nan]], [[-0.1], [-0.2, math.nan]], [[0.5]], [[math.inf]]],
    ids=[
        "no token",
        "no alternatives",
        "one token without",
        "NaN",
        "NaN in one token",
        "positive",
        "infinite",
    ],
)
def test_values_that_are_no_logprobs_give_none_and_never_a_number(broken: list[list[float]]) -> None:
    assert logprob_entropy(broken) is None


def test_a_logprob_just_over_zero_is_rounding_and_not_an_error() -> None:
    assert logprob_entropy([[1e-6]]) == pytest.approx(0.0)


@given(st.lists(st.lists(st.floats(-50.0, 0.0), min_size=1, max_size=5), min_size=1, max_size=6))
def test_the_entropy_from_logprobs_lies_between_zero_and_one(tokens: list[list[float]]) -> None:
    value = logprob_entropy(tokens)
    assert value is not None
    assert 0.0 <= value <= 1.0


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0.0),
        ("plan", 0.0),
        ("Plan plan", 0.0),
        ("one two three four", 1.0),
        ("read read note note", 0.5),  # ln 2 / ln 4
        ("go, go", math.log(3) / math.log(3) - 2 * math.log(2) / (3 * math.log(3))),  # shares 2/3, 1/3
    ],
)
def test_text_entropy_by_hand(text: str, expected: float) -> None:
    """For shares 2/3 and 1/3 of n = 3: (ln 3 - (2/3) ln 2) / ln 3."""
    assert text_entropy(text) == pytest.approx(expected)


@given(st.text(max_size=80))
def test_text_entropy_lies_between_zero_and_one(text: str) -> None:
    assert 0.0 <= text_entropy(text) <= 1.0


def test_the_kind_is_text_as_soon_as_one_bid_has_no_logprobs() -> None:
    assert entropy_kind([WITH]) == "logprobs"
    assert entropy_kind([WITH, WITHOUT]) == "text"


def test_an_entropy_of_exactly_zero_is_known() -> None:
    assert entropy_kind([Bid(agent="a", strategy="go", logprob_entropy=0.0)]) == "logprobs"


def test_a_text_auction_uses_the_text_for_the_bid_that_has_logprobs_too() -> None:
    """`search search read read`: ln 2 / ln 4 = 0.5, although its log-probabilities say 0.7."""
    first, second = assess([WITH, WITHOUT], RATINGS, RULES, "text")
    assert first.entropy == pytest.approx(0.5)
    assert first.logprob_entropy == 0.7
    assert second.entropy == pytest.approx(1.0)


def test_assess_refuses_a_logprob_auction_with_a_bid_that_has_none() -> None:
    with pytest.raises(ValueError, match=r"Bid by 'b' has no log-probabilities.*kind='text'"):
        assess([WITH, WITHOUT], RATINGS, RULES, "logprobs")


def test_assess_scores_a_bid_from_prices_entropy_and_ratings() -> None:
    """Weights 1/4. c = 0.05*4/(0.10*10) = 0.2; C = 0.05. b abstains: V = 0.7/4 + (1/2)*(5/5) = 0.675."""
    (found,) = assess([WITH], RATINGS, RULES, "logprobs")
    assert found.length == 4
    assert found.price_length == pytest.approx(0.2)
    assert (found.cost, found.value, found.z) == pytest.approx((0.05, 0.675, -0.625))
    assert found.ratings == {"a": 5, "b": None}
