"""Curves of a knob: AIQ of the replay, the gain along the curve, and curves that are none."""

from __future__ import annotations

import numpy as np
import pytest

from sale_inspect.replays import Policy, PolicySetting, evaluate
from sale_inspect.stats import aiq
from tests.replay.replays import blind, compared, knowing, made_up, outcomes_of, replayed, result

TABLE = outcomes_of([[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]])


def curve_of(*settings: list[int]) -> tuple[PolicySetting, ...]:
    return tuple(PolicySetting(value=float(at), agent=np.array(agents)) for at, agents in enumerate(settings))


def test_aiq_is_over_the_range_of_the_agents_dollars() -> None:
    """Settings at 1 and 3.75 dollars with 1/4 and 3/4; the range is 1 to 6, where the hull is flat from 3.75 on."""
    policy = Policy(name="p", agent=np.array([0, 1, 2, 2]), knob="mu", curve=curve_of([0, 0, 0, 0], [0, 1, 2, 2]))
    found = result(replayed(policy, TABLE), "p").curve
    assert found.figures["aiq"].value == pytest.approx((2.75 * 0.5 + 2.25 * 0.75) / 5)
    # RouterBench's code starts at 1, too, but divides by 6.
    assert found.figures["aiq_zero_to_max"].value == pytest.approx((2.75 * 0.5 + 2.25 * 0.75) / 6)
    assert found.figures["audc"].value == pytest.approx((2.75 * 0.5 + 2.25 * 0.75) / 6)
    assert found.figures["peak"].value == 0.75
    assert found.figures["perf_gain"].value == pytest.approx(0.0)
    assert found.figures["qnc"].value == pytest.approx(3.75 / 6)
    assert found.figures["cost_save"].value == pytest.approx(1 - 3.75 / 6)
    assert found.knob == "mu"
    assert [(each.value, each.correct, each.dollars) for each in found.points] == [(0, 0.25, 1.0), (1, 0.75, 3.75)]


def test_the_zero_routers_aiq_is_that_of_the_agents() -> None:
    found = replayed(Policy(name="p", agent=np.zeros(4, dtype=np.intp)), TABLE)
    assert found.zero_aiq.value == pytest.approx(aiq([1, 2, 6], [0.25, 0.5, 0.75]).value)


def test_without_a_range_of_dollars_aiq_is_unknown_and_says_so() -> None:
    table = outcomes_of(TABLE.correct, dollars=np.ones((4, 3)))
    policy = Policy(name="p", agent=np.zeros(4, dtype=np.intp), knob="k", curve=curve_of([0] * 4, [1] * 4))
    found = replayed(policy, table)
    assert found.zero_aiq.value is None
    assert found.zero_aiq.reason == "all agents cost the same"
    figures = result(found, "p").curve.figures
    assert figures["aiq"].value is None
    assert "empty" in figures["aiq"].reason
    assert figures["apgr"].value is None


def test_one_setting_is_no_curve() -> None:
    found = replayed(Policy(name="p", agent=np.array([0, 1, 2, 2])), TABLE)
    figures = result(found, "p").curve.figures
    assert figures["aiq"].value is None
    assert figures["aiq"].reason == "one setting is no curve"
    assert figures["peak"].value == 0.75
    assert not [each for each in found.comparisons if each.kind == "zero curve"]


def test_the_gain_along_the_curve_by_hand() -> None:
    """Settings at 1, 3.75 and 6 dollars gain 0, 3/4 - 39/64 and 0 over the hull. They stand for half the way to their
    neighbours: 1.375, 2.5 and 1.125 of 5 dollars."""
    policy = Policy(name="p", agent=np.array([0, 1, 2, 2]), knob="k", curve=curve_of([0] * 4, [2] * 4, [0, 1, 2, 2]))
    found = compared(replayed(policy, TABLE), "zero curve", "curve_gain")
    assert found.difference == pytest.approx(0.5 * (0.75 - 39 / 64))


def test_a_knob_that_changes_no_dollars_makes_no_curve() -> None:
    policy = Policy(name="p", agent=np.zeros(4, dtype=np.intp), knob="k", curve=curve_of([0] * 4, [0] * 4))
    assert not [each for each in replayed(policy, TABLE).comparisons if each.kind == "zero curve"]


def test_many_blind_settings_do_not_look_better_than_the_zero_router() -> None:
    """The hull picks the best of 24 noisy settings in hindsight, so AIQ flatters a blind curve; the gain does not."""
    claims, gains, areas = 0, [], []
    for seed in range(12):
        table, _ = made_up(100, seed=seed)
        noise = np.random.default_rng([seed, 99]).random(100)
        cuts = np.linspace(-0.4, 1.0, 24)
        settings = tuple(PolicySetting(value=float(cut), agent=knowing(noise, cut, cut + 0.4)) for cut in cuts)
        policy = Policy(name="blind", agent=settings[5].agent, knob="k", curve=settings)
        found = replayed(policy, table, rounds=150)
        along = compared(found, "zero curve", "curve_gain")
        claims += along.verdict == "better"
        gains.append(along.difference)
        areas.append(result(found, "blind").curve.figures["aiq"].value - found.zero_aiq.value)
    assert claims <= 1
    assert np.mean(gains) < 0.005
    assert np.mean(areas) > np.mean(gains) + 0.005


def test_a_curve_that_knows_is_better_along_its_curve() -> None:
    table, hard = made_up(200)
    settings = tuple(PolicySetting(value=cut, agent=knowing(hard, cut, cut + 0.2)) for cut in (0.3, 0.5, 0.7))
    policy = Policy(name="knows", agent=settings[1].agent, knob="k", curve=settings)
    assert compared(replayed(policy, table), "zero curve", "curve_gain").verdict == "better"


def test_the_distance_to_the_joint_front_knows_the_other_policies() -> None:
    """Alone, the blind router's point may be on the front; beside one that knows it is not."""
    table, hard = made_up(200)
    both = evaluate([Policy(name="blind", agent=blind(200)), Policy(name="knows", agent=knowing(hard))], table)
    assert result(both, "knows").curve.figures["pareto_distance"].value == pytest.approx(0.0)
    assert result(both, "blind").curve.figures["pareto_distance"].value > 0.02
