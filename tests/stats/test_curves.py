"""Figures of a curve, by hand, and what undefined cases give."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect.stats import (
    Measured,
    Pair,
    apgr,
    cost_save,
    cpt,
    deferral_area,
    gap_to_oracle,
    pareto_distance,
    peak,
    pgr,
    qnc,
    relative_gain,
)

C, Q = [1.0, 2.0, 4.0], [0.2, 0.6, 0.7]
PAIR = Pair(small_dollars=1.0, small_correct=0.2, large_dollars=5.0, large_correct=0.7)
shares = st.lists(st.tuples(st.floats(0, 2), st.floats(0, 1)), min_size=1, max_size=8)


def unknown_for(found: Measured, word: str) -> bool:
    return found.value is None and word in found.reason


def test_peak_and_gains_by_hand() -> None:
    """(0.7 - 0.5) / 0.5 and (0.8 - 0.6) / 0.8: shares, not points."""
    assert peak(C, Q).value == 0.7
    assert relative_gain(0.7, 0.5).value == pytest.approx(0.4)
    assert gap_to_oracle(0.6, 0.8).value == pytest.approx(0.25)


def test_gains_over_nothing_are_unknown() -> None:
    assert unknown_for(relative_gain(0.7, 0.0), "solves nothing")
    assert unknown_for(gap_to_oracle(0.0, 0.0), "oracle solves nothing")


def test_qnc_is_the_cheapest_setting_that_is_as_good() -> None:
    """0.6 is reached at $2 and at $4; the best single agent costs $5."""
    assert qnc(C, Q, best_correct=0.6, best_dollars=5.0).value == pytest.approx(0.4)
    assert cost_save(C, Q, best_correct=0.6, best_dollars=5.0).value == pytest.approx(0.6)


def test_qnc_counts_no_mix_of_settings() -> None:
    """0.5 lies between two settings; the cheapest that reaches it has 0.6 and costs $2, not $1.75."""
    assert qnc(C, Q, best_correct=0.5, best_dollars=1.0).value == pytest.approx(2.0)
    assert cost_save(C, Q, best_correct=0.5, best_dollars=1.0).value == pytest.approx(-1.0)


def test_qnc_forgives_the_last_digits() -> None:
    """0.1 + 0.2 is above 0.3 in floating point."""
    assert qnc([1.0], [0.3], best_correct=0.1 + 0.2, best_dollars=2.0).value == pytest.approx(0.5)


def test_qnc_is_unknown_if_no_setting_is_as_good_or_the_best_is_free() -> None:
    for metric in (qnc, cost_save):
        assert unknown_for(metric(C, Q, best_correct=0.8, best_dollars=5.0), "no setting reaches")
        assert unknown_for(metric(C, Q, best_correct=0.6, best_dollars=0.0), "costs nothing")


def test_the_deferral_area_by_hand() -> None:
    """x = 0.2, 0.4, 0.8. 0.2 * (0.2 + 0.6) / 2 + 0.4 * (0.6 + 0.7) / 2 + 0.2 * 0.7; nothing left of 0.2."""
    assert deferral_area(C, Q, dearest=5.0).value == pytest.approx(0.08 + 0.26 + 0.14)
    assert deferral_area(C, Q, dearest=5.0, share=0.5).value == pytest.approx(0.08 + 0.1 * (0.6 + 0.625) / 2)


def test_the_deferral_area_takes_the_front_and_not_settings_that_are_beaten() -> None:
    assert deferral_area([*C, 3.0], [*Q, 0.1], dearest=5.0).value == pytest.approx(0.48)


def test_the_deferral_area_of_settings_beyond_the_range_is_0_and_says_why() -> None:
    found = deferral_area([3.0], [0.9], dearest=5.0, share=0.5)
    assert found.value == 0.0
    assert "0.6" in found.reason
    assert unknown_for(deferral_area(C, Q, dearest=0.0), "costs nothing")


@given(shares, st.floats(0.1, 3))
def test_the_deferral_area_lies_between_0_and_the_peak(points: list[tuple[float, float]], share: float) -> None:
    c, q = zip(*points, strict=True)
    found = deferral_area(c, q, dearest=1.0, share=share).value
    assert found is not None
    assert -1e-9 <= found <= share * max(q) + 1e-9


def test_the_distance_to_the_front_by_hand() -> None:
    """Ranges are 4 and 0.5. (3, 0.5) to (2, 0.6) is (0.25, 0.2), to (5, 0.7) (0.5, 0.4); (1, 0.2) is on the front."""
    joint = {"joint_dollars": [1.0, 2.0, 3.0, 5.0], "joint_correct": [0.2, 0.6, 0.5, 0.7]}
    found = pareto_distance([1.0, 3.0], [0.2, 0.5], **joint)
    assert found.value == pytest.approx((0 + np.hypot(0.25, 0.2)) / 2)


def test_peer_defect_units_of_price_do_not_change_relative_figures() -> None:
    """Prices that are 10 times too low everywhere must give the same QNC, area, distance and APGR."""
    joint = np.array([1.0, 2.0, 3.0, 5.0]), [0.2, 0.6, 0.5, 0.7]
    small = Pair(small_dollars=0.1, small_correct=0.2, large_dollars=0.5, large_correct=0.7)

    def figures(unit: float, pair: Pair) -> list[float | None]:
        c = unit * np.array(C)
        found = [
            qnc(c, Q, best_correct=0.6, best_dollars=5 * unit),
            deferral_area(c, Q, dearest=5 * unit, share=0.5),
            pareto_distance(c, Q, joint_dollars=unit * joint[0], joint_correct=joint[1]),
            apgr(c, Q, pair),
            cpt(c, Q, pair, 0.5),
        ]
        return [each.value for each in found]

    assert figures(0.1, small) == pytest.approx(figures(1.0, PAIR))


def test_a_joint_front_of_one_point_has_no_range_and_the_distance_is_0() -> None:
    assert pareto_distance([1.0], [0.5], joint_dollars=[1.0], joint_correct=[0.5]).value == 0.0


def test_pgr_by_hand() -> None:
    assert pgr(0.45, PAIR).value == pytest.approx(0.5)
    assert pgr(0.8, PAIR).value == pytest.approx(1.2)
    assert pgr(0.1, PAIR).value == pytest.approx(-0.2)


def test_apgr_by_hand() -> None:
    """x = 0, 0.25, 0.75, 1 with PGR 0, 0.8, 1, 1."""
    assert apgr(C, Q, PAIR).value == pytest.approx(0.25 * 0.4 + 0.5 * 0.9 + 0.25 * 1.0)


def test_blind_mixing_has_an_apgr_of_a_half() -> None:
    assert apgr([2.0, 3.0], [0.325, 0.45], PAIR).value == pytest.approx(0.5)


def test_a_setting_dearer_than_the_large_agent_is_left_out_and_one_cheaper_counts_at_0() -> None:
    """Left out: the line from (0, 0) to (1, 1) remains. At x = 0 with PGR 0.4: the mean of 0.4 and 1."""
    assert apgr([6.0], [0.9], PAIR).value == pytest.approx(0.5)
    assert apgr([0.5], [0.4], PAIR).value == pytest.approx(0.7)


def test_cpt_by_hand() -> None:
    """0.5 lies at 0.5 / 0.8 of the way to x = 0.25; 0.9 halfway from 0.25 to 0.75."""
    assert cpt(C, Q, PAIR, 0.5).value == pytest.approx(0.25 * 0.5 / 0.8)
    assert cpt(C, Q, PAIR, 0.9).value == pytest.approx(0.5)
    assert cpt(C, Q, PAIR, 0.0).value == 0.0


def test_peer_defect_cpt_of_a_curve_that_falls_is_its_first_crossing() -> None:
    """PGR 0.8 at x = 0.25 and 0.2 at x = 0.5. Interpolation of x by PGR needs a rising curve; the level 0.6 is first
    crossed at 0.75 of the way to 0.25."""
    assert cpt([2.0, 3.0], [0.6, 0.3], PAIR, 0.6).value == pytest.approx(0.1875)


@pytest.mark.parametrize(
    ("pair", "word"),
    [
        (Pair(small_dollars=1.0, small_correct=0.7, large_dollars=5.0, large_correct=0.7), "solves"),
        (Pair(small_dollars=5.0, small_correct=0.2, large_dollars=5.0, large_correct=0.7), "costs"),
        (
            Pair(small_dollars=1.0, small_correct=0.2, large_dollars=5.0, large_correct=0.7, best_correct=0.8),
            "best single agent",
        ),
    ],
)
def test_figures_between_two_agents_are_unknown_where_the_large_one_is_not_better_or_not_dearer(
    pair: Pair, word: str
) -> None:
    for found in (pgr(0.5, pair), apgr(C, Q, pair), cpt(C, Q, pair, 0.5)):
        assert unknown_for(found, word)


@pytest.mark.parametrize("level", [-0.1, 1.1])
def test_cpt_of_a_level_outside_0_to_1_is_unknown(level: float) -> None:
    assert unknown_for(cpt(C, Q, PAIR, level), "from 0 to 1")
