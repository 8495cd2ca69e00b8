"""The bootstrap, its intervals, and Holm's correction: by hand and against scipy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap, false_discovery_control

from sale_inspect.stats import Draws, Interval, draw_tasks, holm, interval

# scipy's stubs know neither a method from a variable nor, at 1.13, the name of its seed.
scipy_bootstrap: Any = bootstrap
RNG = np.random.default_rng(7)
ABOVE = RNG.exponential(size=60)
BELOW = RNG.uniform(0.5, 2.0, size=60)


def ratio(above: np.ndarray, below: np.ndarray, axis: int = -1) -> np.ndarray:
    return np.asarray(above.sum(axis=axis) / below.sum(axis=axis))


def ours(draws: Draws, method: str) -> Interval:
    return interval(
        draws.ratios(ABOVE, BELOW),
        method=method,  # type: ignore[arg-type]
        value=float(ABOVE.sum() / BELOW.sum()),
        jackknife=draws.left_out().ratios(ABOVE, BELOW),
        stratum=draws.stratum,
    )


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
def test_intervals_of_a_ratio_are_scipys_but_for_chance(method: str) -> None:
    """A ratio is skewed, so the three differ from each other by more than the tolerance."""
    rounds = 20_000
    theirs = scipy_bootstrap(
        (ABOVE, BELOW),
        ratio,
        paired=True,
        n_resamples=rounds,
        method=method,
        random_state=np.random.default_rng(1),
        vectorized=True,
    )
    found = ours(draw_tasks(60, rounds=rounds, seed=2), method)
    tolerance = 0.04 * theirs.standard_error
    assert found.low == pytest.approx(theirs.confidence_interval.low, abs=2 * tolerance)
    assert found.high == pytest.approx(theirs.confidence_interval.high, abs=2 * tolerance)
    assert found.error == pytest.approx(theirs.standard_error, rel=0.02)
    assert found.note == ""


def test_the_three_methods_differ_on_a_skewed_ratio() -> None:
    draws = draw_tasks(60, rounds=20_000, seed=2)
    percentile, basic, bca = (ours(draws, method) for method in ("percentile", "basic", "bca"))
    assert bca.high > percentile.high + 0.1 * percentile.error
    assert basic.high < percentile.high - 0.1 * percentile.error


@pytest.mark.parametrize("method", ["percentile", "basic", "bca"])
def test_intervals_from_scipys_own_rounds_are_scipys_exactly(method: str) -> None:
    theirs = scipy_bootstrap((ABOVE,), np.mean, n_resamples=999, method=method, random_state=np.random.default_rng(3))
    left_out = draw_tasks(60, rounds=1).left_out()
    found = interval(
        theirs.bootstrap_distribution,
        method=method,  # type: ignore[arg-type]
        value=float(ABOVE.mean()),
        jackknife=left_out.sums(ABOVE) / left_out.sizes(),
    )
    assert found.low == pytest.approx(theirs.confidence_interval.low, rel=1e-6)
    assert found.high == pytest.approx(theirs.confidence_interval.high, rel=1e-6)


def test_percentile_and_basic_by_hand() -> None:
    """Quantiles 0.1 and 0.9 of 0, 1, ..., 10 are 1 and 9; around the value 6 mirrored: 3 and 11."""
    rounds = np.arange(11.0)
    found = interval(rounds, confidence=0.8)
    assert (found.low, found.high) == pytest.approx((1, 9))
    assert found.error == pytest.approx(math.sqrt(11.0))
    found = interval(rounds, confidence=0.8, method="basic", value=6.0)
    assert (found.low, found.high) == pytest.approx((3, 11))


def test_rounds_without_a_value_are_left_out_and_counted() -> None:
    found = interval(np.array([1.0, math.nan, 3.0, math.nan]))
    assert (found.lost, found.note) == (2, "2 of 4 rounds have no value and are left out")
    assert 1 <= found.low < found.high <= 3


@pytest.mark.parametrize("rounds", [[], [1.0], [math.nan, 1.0], [math.nan] * 3])
def test_fewer_than_two_rounds_have_no_interval(rounds: list[float]) -> None:
    found = interval(np.array(rounds))
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.note == "not defined in the rounds"


def test_bca_falls_back_where_it_is_not_defined_and_says_so() -> None:
    rounds = np.array([1.0, 2.0, 3.0])
    for value, jackknife in ((0.0, [1.0, 2.0]), (2.0, [1.0, 1.0]), (2.0, [1.0, math.nan])):
        found = interval(rounds, method="bca", value=value, jackknife=np.array(jackknife))
        assert "BCa is not defined" in found.note
        assert (found.low, found.high) == pytest.approx((1.05, 2.95))


@pytest.mark.parametrize(
    ("arguments", "word"),
    [({"confidence": 1.0}, "between 0 and 1"), ({"method": "bca"}, "BCa"), ({"method": "basic"}, "basic")],
)
def test_an_interval_without_what_it_needs_is_refused(arguments: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        interval(np.arange(5.0), **arguments)  # type: ignore[arg-type]


def test_a_round_draws_as_many_tasks_as_there_are_and_a_seed_draws_the_same() -> None:
    one, two, other = (draw_tasks(20, rounds=50, seed=seed) for seed in (4, 4, 5))
    assert (one.sizes() == 20).all()
    assert (one.counts == two.counts).all()
    assert (one.counts != other.counts).any()
    # A task is left out with a chance of (1 - 1/20)^20 = 0.36.
    assert 0.30 < (one.counts == 0).mean() < 0.42


def test_strata_keep_their_make_up() -> None:
    strata = ["a"] * 3 + ["b"] * 7
    draws = draw_tasks(10, rounds=40, strata=strata)
    assert (draws.counts[:, :3].sum(axis=1) == 3).all()
    assert (draws.counts[:, 3:].sum(axis=1) == 7).all()
    # A metric that is constant within strata has no spread left.
    assert draws.sums(np.array([1.0] * 3 + [0.0] * 7)).std() == 0


def test_clusters_are_drawn_as_one() -> None:
    draws = draw_tasks(6, rounds=40, clusters=["x", "y", "x", "z", "z", "z"])
    assert (draws.counts[:, 0] == draws.counts[:, 2]).all()
    assert (draws.counts[:, 3] == draws.counts[:, 5]).all()
    assert (draws.counts[:, [0, 1, 3]].sum(axis=1) == 3).all()
    assert len(draws.left_out().counts) == 3


def test_clusters_widen_the_interval_of_copies() -> None:
    """Four copies of each task hold no more knowledge than one: the error must be that of the 60."""
    copies = np.repeat(ABOVE, 4)
    names = [str(at) for at in range(60) for _ in range(4)]
    alone = draw_tasks(60, rounds=4000, seed=1).sums(ABOVE).std() / 60
    for clusters, same in ((names, True), (None, False)):
        draws = draw_tasks(240, rounds=4000, seed=1, clusters=clusters)
        error = (draws.sums(copies) / draws.sizes()).std()
        assert (error == pytest.approx(alone, rel=0.06)) == same


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ({"tasks": 0}, "a task and a round"),
        ({"tasks": 3, "rounds": 0}, "a task and a round"),
        ({"tasks": 3, "strata": ["a"]}, "1 strata for 3 tasks"),
        ({"tasks": 3, "clusters": ["a"]}, "1 clusters for 3 tasks"),
        ({"tasks": 2, "strata": ["a", "b"], "clusters": ["x", "x"]}, "two strata"),
    ],
)
def test_draws_that_cannot_be_made_are_refused(arguments: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        draw_tasks(**arguments)  # type: ignore[arg-type]


def test_whole_and_left_out_are_the_value_and_the_jackknife() -> None:
    draws = draw_tasks(3, rounds=2)
    values = np.array([1.0, 2.0, 6.0])
    assert draws.whole().sums(values).tolist() == [9.0]
    assert (draws.left_out().sums(values) / draws.left_out().sizes()).tolist() == [4.0, 3.5, 1.5]


def test_ratios_are_recomputed_in_each_round_and_unknown_over_0() -> None:
    draws = Draws(
        counts=np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 2.0]]), unit=np.arange(2), stratum=np.zeros(2, dtype=np.intp)
    )
    found = draws.ratios(np.array([1.0, 3.0]), np.array([0.0, 2.0]))
    assert math.isnan(found[0])
    assert found[1:].tolist() == [2.0, 1.5]


def test_holm_by_hand() -> None:
    """Sorted 0.01, 0.02, 0.03, 0.4 times 4, 3, 2, 1: 0.04, 0.06, 0.06, 0.4."""
    assert holm([0.03, 0.4, 0.01, 0.02]) == pytest.approx((0.06, 0.4, 0.04, 0.06))
    assert holm([0.9, 0.8]) == (1.0, 1.0)
    assert holm([]) == ()


def test_holm_leaves_out_what_was_not_tested() -> None:
    found = holm([0.03, math.nan, 0.04])
    assert found[::2] == pytest.approx((0.06, 0.06))
    assert math.isnan(found[1])


@given(st.lists(st.floats(0, 1), min_size=1, max_size=10))
def test_holm_lies_between_no_correction_and_bonferroni_and_keeps_the_order(p: list[float]) -> None:
    found = holm(p)
    for each, adjusted in zip(p, found, strict=True):
        assert each <= adjusted <= min(1.0, len(p) * each) + 1e-12
    order = np.argsort(p, kind="stable")
    assert (np.diff(np.array(found)[order]) >= 0).all()
    # Holm controls more than Benjamini and Hochberg's false discovery rate, so it claims no more.
    assert (np.array(found) >= false_discovery_control(p) - 1e-12).all()
