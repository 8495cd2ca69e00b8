"""Pareto front, hull and AIQ: by hand, against scipy's hull, and the defects of other projects."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from sale_inspect.stats import aiq, hull, hull_at, pareto_front

points = st.lists(
    st.tuples(st.integers(1, 200).map(lambda n: n / 10), st.integers(0, 100).map(lambda n: n / 100)),
    min_size=1,
    max_size=12,
)
C, Q = [1.0, 2.0, 3.0, 5.0], [0.2, 0.6, 0.5, 0.8]


def test_the_front_and_the_hull_by_hand() -> None:
    """(3, 0.5) is beaten by (2, 0.6); from (1, 0.2) to (2, 0.6) to (5, 0.8) the slopes 0.4 and 0.067 fall."""
    assert pareto_front(C, Q).tolist() == [0, 1, 3]
    assert hull(C, Q).tolist() == [0, 1, 3]


def test_a_front_is_more_than_its_hull() -> None:
    """(2, 0.3) is on the front, but below the line from (1, 0.2) to (3, 0.8), which is 0.5 there."""
    assert pareto_front([1, 2, 3], [0.2, 0.3, 0.8]).tolist() == [0, 1, 2]
    assert hull([1, 2, 3], [0.2, 0.3, 0.8]).tolist() == [0, 2]


def test_aiq_by_hand_is_over_the_papers_range() -> None:
    """Trapezia: 1 to 2 has 0.4, 2 to 5 has 2.1, together 2.5; divided by 5 - 1."""
    assert aiq(C, Q).value == pytest.approx(2.5 / 4)


def test_peer_defect_area_divided_by_the_wrong_range_is_another_option_with_another_value() -> None:
    """RouterBench's code divides by c_max = 5, so its figure of the same curve is 0.5, not 0.625."""
    assert aiq(C, Q, over="zero_to_max").value == pytest.approx(2.5 / 5)


@pytest.mark.parametrize(
    ("c", "q", "corners"),
    [
        ([1.0, 2.0], [0.2, 0.6], [0, 1]),
        ([2.0, 1.0], [0.6, 0.2], [1, 0]),
        ([1.0, 2.0], [0.6, 0.2], [0]),
        ([1.0, 1.0], [0.2, 0.6], [1]),
        ([1.0, 1.0], [0.5, 0.5], [0]),
        ([1.0], [0.5], [0]),
    ],
)
def test_peer_defect_one_and_two_points_are_a_hull(c: list[float], q: list[float], corners: list[int]) -> None:
    assert hull(c, q).tolist() == corners


def test_aiq_of_two_points_is_their_mean() -> None:
    assert aiq([1, 2], [0.2, 0.6]).value == pytest.approx(0.4)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -1.0])
def test_peer_defect_an_unpriced_model_is_refused_and_not_free(bad: float) -> None:
    with pytest.raises(ValueError, match="not free"):
        aiq([1.0, bad], [0.2, 0.9])
    with pytest.raises(ValueError, match="Point 1"):
        hull([1.0, bad], [0.2, 0.9])


@pytest.mark.parametrize(("c", "q"), [([], []), ([1.0], [0.1, 0.2]), ([[1.0]], [[0.1]])])
def test_a_curve_needs_points_in_pairs(c: list[float], q: list[float]) -> None:
    with pytest.raises(ValueError, match="as many dollars as pass rates"):
        pareto_front(c, q)


def test_aiq_of_an_empty_range_is_unknown_and_says_so() -> None:
    found = aiq([2.0, 2.0], [0.1, 0.5])
    assert found.value is None
    assert "empty" in found.reason
    free = aiq([0.0, 0.0], [0.1, 0.5], over="zero_to_max")
    assert free.value is None
    assert free.reason


def test_the_hull_is_held_to_the_left_and_to_the_right_of_the_curve() -> None:
    """Over 0 to 4: 0.2 from 0 to 1, mean 0.4 from 1 to 2, 0.6 from 2 to 4: (0.2 + 0.4 + 1.2) / 4."""
    found = aiq([1, 2], [0.2, 0.6], low=0, high=4)
    assert found.value == pytest.approx(1.8 / 4)
    assert "right of the range" in found.reason
    assert not aiq([1, 2], [0.2, 0.6], low=1, high=4).reason


def test_the_left_end_can_mix_with_an_agent_that_answers_nothing() -> None:
    """0 to 1 is then a triangle of 0.1 instead of 0.2."""
    found = aiq([1, 2], [0.2, 0.6], low=0, high=4, left="null")
    assert found.value == pytest.approx(1.7 / 4)
    assert "nothing" in found.reason


def test_points_left_of_the_range_shape_the_hull() -> None:
    """At 2 the line from (1, 0.2) to (3, 0.8) has 0.5, so from 2 to 3 the mean is 0.65."""
    assert aiq([1, 3], [0.2, 0.8], low=2, high=3).value == pytest.approx(0.65)


def test_the_height_of_the_hull_by_hand() -> None:
    c, q = np.array(C), np.array(Q)
    found = hull_at(c[None, :], q[None, :], np.array([0.5, 1.0, 1.5, 2.0, 3.5, 5.0, 9.0]))
    assert found == pytest.approx([0.2, 0.2, 0.4, 0.6, 0.7, 0.8, 0.8])


def brute(points: list[tuple[float, float]], at: float) -> float:
    """The best mix of two points at no more than `at` dollars, by trying all pairs."""
    found = [q for c, q in points if c <= at]
    for c, q in points:
        found += [q + (r - q) * (at - c) / (d - c) for d, r in points if c <= at < d]
    return max(found)


@given(points, st.integers(1, 250).map(lambda n: n / 10))
def test_the_hull_is_the_best_mix_of_two_points(given_points: list[tuple[float, float]], at: float) -> None:
    c, q = (np.array(column) for column in zip(*given_points, strict=True))
    assume(at >= c.min())
    corners = hull(c, q)
    expected = brute(given_points, at)
    assert float(np.interp(at, c[corners], q[corners])) == pytest.approx(expected)
    assert float(hull_at(c, q, np.array(at))) == pytest.approx(expected)


@given(points)
def test_the_hull_is_concave_does_not_fall_and_lies_above_all_points(given_points: list[tuple[float, float]]) -> None:
    c, q = (np.array(column) for column in zip(*given_points, strict=True))
    corners = hull(c, q)
    x, y = c[corners], q[corners]
    slopes = np.diff(y) / np.diff(x)
    assert (slopes > 0).all()
    assert (np.diff(slopes) < 0).all()
    assert (np.interp(c, x, y) >= q - 1e-9).all()
    assert x[0] == c.min()
    assert y[-1] == q.max()


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=3, max_size=15, unique=True))
def test_the_hull_is_the_upper_left_part_of_scipys(given_points: list[tuple[int, int]]) -> None:
    """With walls on the left, below and on the right, the corners left are ours."""
    c, q = (np.array(column, dtype=float) for column in zip(*given_points, strict=True))
    assume(np.ptp(c) > 0)
    assume(np.ptp(q) > 0)
    below = np.array([[c.min(), -1.0], [c.max() + 1, -1.0], [c.max() + 1, q.max()]])
    both = np.vstack([np.column_stack([c, q]), below])
    theirs = {tuple(both[at]) for at in ConvexHull(both).vertices} - {tuple(row) for row in below}
    ours = {(float(c[at]), float(q[at])) for at in hull(c, q)}
    assert ours == theirs


@given(points)
def test_aiq_lies_between_the_lowest_and_the_highest_pass_rate(given_points: list[tuple[float, float]]) -> None:
    c, q = (np.array(column) for column in zip(*given_points, strict=True))
    found = aiq(c, q).value
    assert (found is None) == (np.ptp(c) == 0)
    if found is not None:
        assert q.min() - 1e-9 <= found <= q.max() + 1e-9


@given(points, st.sampled_from([1e-6, 0.01, 3.0, 1e6]), st.permutations(range(12)))
def test_aiq_knows_neither_the_unit_of_dollars_nor_the_order(
    given_points: list[tuple[float, float]], unit: float, order: list[int]
) -> None:
    c, q = (np.array(column) for column in zip(*given_points, strict=True))
    assume(np.ptp(c) > 0)
    rows = [at for at in order if at < len(c)]
    for over in ("span", "zero_to_max"):
        assert aiq(unit * c[rows], q[rows], over=over).value == pytest.approx(aiq(c, q, over=over).value)


@given(points)
def test_no_point_of_the_front_is_beaten_and_each_other_point_is(given_points: list[tuple[float, float]]) -> None:
    c, q = zip(*given_points, strict=True)
    front = set(pareto_front(c, q).tolist())
    for at, (x, y) in enumerate(given_points):
        beaten = any(d <= x and r >= y and (d, r) != (x, y) for d, r in given_points)
        again = any(given_points[other] == (x, y) for other in range(at))
        assert (at in front) == (not beaten and not again)
