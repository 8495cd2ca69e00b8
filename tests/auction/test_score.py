"""Cost, value and z of a bid."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.auction import BidFeatures, Weights, price_length, score, select, uniform_weights

JUDGES = ("a", "b", "c")
shares = st.floats(0.0, 1.0)
weights_above_zero = st.floats(0.01, 1.0)


def weights(price: float, entropy: float, *judges: float) -> Weights:
    by_judge = dict(zip(JUDGES, judges, strict=False))
    return Weights(price=price, entropy=entropy, judges=by_judge, origin="by hand")


def features(c: float, h: float, /, **ratings: float | None) -> BidFeatures:
    return BidFeatures(price_length=c, entropy=h, ratings=ratings)


def test_price_length_is_the_share_of_the_dearest_full_length_bid() -> None:
    """0.09 * 50 / (0.36 * 200) = 4.5 / 72 = 0.0625."""
    c = price_length(usd_per_mtok=0.09, length=50, dearest_usd_per_mtok=0.36, cap=200)
    assert c == pytest.approx(0.0625)


def test_price_length_is_cut_at_one_when_a_plan_is_longer_than_the_cap() -> None:
    assert price_length(usd_per_mtok=0.36, length=300, dearest_usd_per_mtok=0.36, cap=200) == 1.0


def test_the_score_is_weighted_cost_minus_weighted_entropy_and_ratings() -> None:
    """C = 0.4 * 0.5 = 0.2; V = 0.3 * 0.6 + 0.2 * 0.8 + 0.1 * 0.4 = 0.18 + 0.16 + 0.04 = 0.38; z = -0.18."""
    scored = score(features(0.5, 0.6, a=0.8, b=0.4), weights(0.4, 0.3, 0.2, 0.1))
    assert (scored.cost, scored.value, scored.z) == pytest.approx((0.2, 0.38, -0.18))


def test_the_weight_of_an_abstaining_judge_is_shared_out_in_proportion() -> None:
    """c abstains: its 0.3 goes to a and b as 2 to 1, weights 0.4 and 0.2. V = 0.4 * 1 + 0.2 * 0.5 = 0.5."""
    scored = score(features(0.0, 0.0, a=1.0, b=0.5, c=None), weights(0.0, 0.0, 0.2, 0.1, 0.3))
    assert scored.value == pytest.approx(0.5)


def test_with_no_rating_at_all_the_value_is_the_entropy_term_alone() -> None:
    """V = 0.5 * 0.8 = 0.4."""
    scored = score(features(0.0, 0.8, a=None, b=None), weights(0.1, 0.5, 0.2, 0.2))
    assert scored.value == pytest.approx(0.4)


def test_when_only_judges_of_weight_zero_rated_their_ratings_count_equally() -> None:
    """c's 0.3 is shared equally by a and b: V = 0.15 * 1.0 + 0.15 * 0.4 = 0.21."""
    scored = score(features(0.0, 0.0, a=1.0, b=0.4, c=None), weights(0.0, 0.0, 0.0, 0.0, 0.3))
    assert scored.value == pytest.approx(0.21)


def test_a_rating_of_zero_is_not_an_abstention() -> None:
    """V = 0.2 * 1 + 0.2 * 0 = 0.2, not 0.4."""
    assert score(features(0.0, 0.0, a=1.0, b=0.0), weights(0.0, 0.0, 0.2, 0.2)).value == pytest.approx(0.2)


def test_uniform_weights_give_each_of_the_terms_the_same_share() -> None:
    """Two judges, price and entropy: 1 / 4 each."""
    found = uniform_weights(["a", "b"])
    assert (found.price, found.entropy, dict(found.judges)) == (0.25, 0.25, {"a": 0.25, "b": 0.25})
    assert "uniform" in found.origin


@pytest.mark.parametrize("value", [-0.1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["price", "entropy", "a"])
def test_a_weight_that_is_negative_or_not_finite_is_refused_by_name(name: str, value: float) -> None:
    numbers = {"price": 0.1, "entropy": 0.1, "a": 0.1} | {name: value}
    with pytest.raises(ValueError, match=rf"Weight '{name}' must be finite and >= 0, got {value!r}"):
        weights(numbers["price"], numbers["entropy"], numbers["a"])


def test_weights_do_not_change_when_the_caller_changes_the_mapping() -> None:
    judges = {"a": 0.5}
    made = Weights(price=0.1, entropy=0.1, judges=judges, origin="by hand")
    judges["a"] = 9.0
    assert made.judges["a"] == 0.5
    with pytest.raises(TypeError):
        made.judges["a"] = 9.0  # type: ignore[index]


def test_weights_survive_a_record_a_copy_and_another_process() -> None:
    made = Weights(price=0.1, entropy=0.1, judges={"a": 0.5, "b": 0.25}, origin="by hand")
    plain = {"price": 0.1, "entropy": 0.1, "judges": {"a": 0.5, "b": 0.25}, "origin": "by hand"}
    assert made.model_dump(mode="json") == json.loads(made.model_dump_json()) == plain
    for again in (Weights.model_validate(plain), copy.deepcopy(made), pickle.loads(pickle.dumps(made))):
        assert again == made and dict(again.judges) == plain["judges"]
    with pytest.raises(ValueError, match="extra"):
        Weights.model_validate({**plain, "jury": 0.1})


@given(
    ratings=st.lists(st.none() | st.integers(0, 4), min_size=2, max_size=2),
    low=st.integers(0, 4),
    judge_weights=st.tuples(weights_above_zero, weights_above_zero, weights_above_zero),
    others=st.tuples(shares, shares),
)
def test_z_falls_when_a_rating_rises(
    ratings: list[int | None], low: int, judge_weights: tuple[float, ...], others: tuple[float, float]
) -> None:
    b, c = (None if r is None else r / 5 for r in ratings)
    w = weights(0.3, 0.2, *judge_weights)
    before = score(features(*others, a=low / 5, b=b, c=c), w).z
    after = score(features(*others, a=(low + 1) / 5, b=b, c=c), w).z
    assert after < before


@given(c=st.floats(0.0, 0.9), h=shares, w_c=weights_above_zero)
def test_z_rises_with_the_price_and_length_of_a_plan(c: float, h: float, w_c: float) -> None:
    w = weights(w_c, 0.2, 0.1)
    assert score(features(c + 0.1, h, a=0.6), w).z > score(features(c, h, a=0.6), w).z


@given(
    ratings=st.lists(st.none() | st.integers(0, 5), min_size=3, max_size=3),
    judge_weights=st.tuples(weights_above_zero, weights_above_zero, weights_above_zero),
)
def test_abstentions_never_lift_the_jury_above_its_best_rating_nor_below_its_worst(
    ratings: list[int | None], judge_weights: tuple[float, ...]
) -> None:
    given_ratings = [r / 5 for r in ratings if r is not None]
    by_judge = {j: None if r is None else r / 5 for j, r in zip(JUDGES, ratings, strict=True)}
    value = score(features(0.0, 0.0, **by_judge), weights(0.0, 0.0, *judge_weights)).value
    total = sum(judge_weights)
    worst, best = (min(given_ratings), max(given_ratings)) if given_ratings else (0.0, 0.0)
    assert total * worst - 1e-9 <= value <= total * best + 1e-9


# Two prices, two lengths and two ratings: equal scores are the rule here, not the exception.
tie_prone_bids = st.lists(
    st.tuples(st.sampled_from([0.05, 0.36]), st.sampled_from([10, 72]), st.sampled_from([2, 3])),
    min_size=1,
    max_size=5,
)


@given(bids=tie_prone_bids, data=st.data())
def test_the_winner_does_not_depend_on_the_order_of_the_bids_and_ties_go_to_price_then_pool_order(
    bids: list[tuple[float, int, int]], data: st.DataObject
) -> None:
    pool = [f"agent{i}" for i in range(len(bids))]
    w = weights(0.5, 0.0, 0.5)
    z = {}
    for name, (price, length, rating) in zip(pool, bids, strict=True):
        c = price_length(usd_per_mtok=price, length=length, dearest_usd_per_mtok=0.36, cap=100)
        z[name] = score(features(c, 0.0, a=rating / 5), w).z
    prices = {name: price for name, (price, _, _) in zip(pool, bids, strict=True)}

    winner = select(z, prices, pool)

    shuffled = data.draw(st.permutations(pool))
    assert select({name: z[name] for name in shuffled}, prices, pool) == winner
    best = [name for name in pool if z[name] == min(z.values())]
    cheapest = [name for name in best if prices[name] == min(prices[n] for n in best)]
    assert winner == cheapest[0]
