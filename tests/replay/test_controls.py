"""Shuffled control, zero router, best single agent, random choice and oracle: by hand and by brute force."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect.replays import Policy, PolicySetting, evaluate
from tests.replay.replays import AGENTS, blind, compared, knowing, made_up, outcomes_of, replayed, result

TABLE = outcomes_of([[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0]])
CHOICES = np.array([0, 1, 2, 2])


def test_the_shuffled_control_is_the_mean_over_all_permutations() -> None:
    table, _ = made_up(6, seed=3)
    choices = np.array([0, 2, 2, 1, 0, 2])
    tried = [table.correct[np.arange(6), choices[list(order)]].mean() for order in permutations(range(6))]
    found = result(replayed(Policy(name="p", agent=choices), table), "p")
    assert found.shuffled.value == pytest.approx(float(np.mean(tried)))
    assert found.shuffled_usd.value == pytest.approx((2 * 1 + 2 + 3 * 6) / 6)


def test_controls_by_hand() -> None:
    """Shares 1/4, 1/4, 1/2 of agents with 1/4, 2/4, 3/4. The policy costs (1 + 2 + 6 + 6) / 4 = 3.75 dollars; the hull
    there is 2/4 + 1/4 * (3.75 - 2) / 4."""
    found = result(replayed(Policy(name="p", agent=CHOICES), TABLE), "p")
    assert found.estimates["pass"].value == 0.75
    assert found.shuffled.value == pytest.approx(1 / 16 + 2 / 16 + 3 / 8)
    assert found.zero.value == pytest.approx(0.5 + 0.25 * 1.75 / 4)
    assert found.shares == {"small": 0.25, "middle": 0.25, "large": 0.5}
    assert found.entropy == pytest.approx(1.5)
    assert found.estimates["usd_per_task"].value == pytest.approx(3.75)
    # Best is the large agent with 3/4; random has 1/2; the oracle 3/4; small has 1/4.
    assert found.estimates["gain_at_best"].value == pytest.approx(0.0)
    assert found.estimates["gain_at_random"].value == pytest.approx(0.5)
    assert found.estimates["gap_to_oracle"].value == pytest.approx(0.0)
    assert found.estimates["pgr"].value == pytest.approx(1.0)


def test_every_single_agent_random_choice_and_the_oracle_are_rows() -> None:
    found = replayed(Policy(name="p", agent=CHOICES), TABLE)
    rows = {each.name: each for each in found.policies}
    assert list(rows) == ["p", *(f"{name} alone" for name in AGENTS), "random, expected", "oracle"]
    assert [rows[f"{name} alone"].estimates["pass"].value for name in AGENTS] == [0.25, 0.5, 0.75]
    assert rows["random, expected"].estimates["pass"].value == pytest.approx(0.5)
    assert rows["random, expected"].estimates["usd_per_task"].value == pytest.approx(3.0)
    assert rows["oracle"].estimates["pass"].value == 0.75
    # Cheapest right: 1, 2, 6; none right: 1.
    assert rows["oracle"].estimates["usd_per_task"].value == pytest.approx(10 / 4)
    assert [each.baseline for each in found.policies] == [False] + [True] * 5
    assert (found.best_single, found.cheapest, found.dearest) == ("large", "small", "large")


def test_a_router_that_knows_beats_its_control_and_the_zero_router() -> None:
    table, hard = made_up()
    found = replayed(Policy(name="knows", agent=knowing(hard)), table)
    for kind in ("shuffled", "zero", "random"):
        assert compared(found, kind).verdict == "better", kind


def test_a_blind_router_is_not_better_than_its_control() -> None:
    """Over 25 made-up routers a 95 % test may be wrong now and then, but not often."""
    claims = 0
    for seed in range(25):
        table, _ = made_up(120, seed=seed)
        claims += (
            compared(replayed(Policy(name="blind", agent=blind(120, seed)), table), "shuffled").verdict == "better"
        )
    assert claims <= 2


def test_one_agent_for_all_is_its_own_control_and_not_better_than_itself() -> None:
    table, _ = made_up(60)
    found = replayed(Policy(name="large only", agent=np.full(60, 2)), table)
    assert compared(found, "shuffled").verdict == "same"
    assert compared(found, "best single").verdict == "same"
    assert compared(found, "best single", "usd_per_task").verdict == "same"
    assert compared(found, "best single").difference == 0.0


def test_peer_defect_overhead_left_out_moves_the_zero_router() -> None:
    """With overhead of 2 dollars a task the same choices are held against the hull at 5.75 dollars."""
    free = result(replayed(Policy(name="p", agent=CHOICES), TABLE), "p")
    paid = result(replayed(Policy(name="p", agent=CHOICES, overhead=np.full(4, 2.0)), TABLE), "p")
    assert paid.estimates["usd_per_task"].value == pytest.approx(5.75)
    assert paid.zero.value == pytest.approx(0.5 + 0.25 * 3.75 / 4)
    assert paid.zero.value > free.zero.value
    assert paid.shuffled.value == free.shuffled.value


def test_overhead_is_in_the_comparison_of_dollars_and_in_every_point_of_the_curve() -> None:
    curve = (PolicySetting(value=0.0, agent=np.zeros(4, dtype=np.intp)), PolicySetting(value=1.0, agent=np.full(4, 2)))
    policy = Policy(name="p", agent=CHOICES, overhead=np.full(4, 3.0), knob="mu", curve=curve)
    found = replayed(policy, TABLE)
    # 6.75 against the large agent's 6.
    assert compared(found, "best single", "usd_per_task").difference == pytest.approx(0.75)
    assert [each.dollars for each in result(found, "p").curve.points] == pytest.approx([4.0, 9.0])


def test_a_policy_cheaper_than_every_agent_is_held_against_the_cheapest() -> None:
    policy = Policy(name="cheap", correct=np.array([1.0, 0, 0, 0]), dollars=np.full(4, 0.1))
    found = result(replayed(policy, TABLE), "cheap")
    assert found.zero.value == 0.25
    assert "cheaper than every agent" in found.zero.reason


def test_a_policy_without_one_agent_a_task_has_no_shuffled_control() -> None:
    policy = Policy(name="cascade", correct=np.array([1.0, 1, 1, 0]), dollars=np.full(4, 5.0))
    found = replayed(policy, TABLE)
    assert result(found, "cascade").shuffled.value is None
    assert "no one agent" in result(found, "cascade").shuffled.reason
    assert [each.kind for each in found.comparisons] == ["best single", "best single", "zero", "random"]
    assert result(found, "cascade").estimates["over_escalation"].value is None
    assert result(found, "cascade").shares == {}


def test_the_best_single_agent_is_the_cheaper_of_equals_or_the_one_that_is_named() -> None:
    table = outcomes_of([[1, 1, 0], [0, 0, 1], [1, 1, 1]])
    policy = Policy(name="p", agent=np.zeros(3, dtype=np.intp))
    own = replayed(policy, table)
    assert own.best_single == "small"
    assert any("favours it" in note for note in own.notes)
    named = replayed(policy, table, best_single="large")
    assert named.best_single == "large"
    assert not any("favours it" in note for note in named.notes)


@settings(max_examples=25)
@given(st.integers(0, 1000), st.sampled_from([0.001, 7.0]))
def test_the_unit_of_dollars_changes_no_pass_rate_and_no_share_of_dollars(seed: int, unit: float) -> None:
    table, _ = made_up(25, seed=seed)
    cheap, _ = made_up(25, seed=seed, dollars=unit * table.dollars)
    choices = blind(25, seed)
    curve = tuple(PolicySetting(value=float(at), agent=np.full(25, at)) for at in range(3))
    policy = Policy(name="p", agent=choices, knob="k", curve=curve)
    one, two = (result(replayed(policy, each, rounds=20), "p") for each in (table, cheap))
    assert two.zero.value == pytest.approx(one.zero.value)
    assert two.estimates["usd_per_task"].value == pytest.approx(unit * one.estimates["usd_per_task"].value)
    for name in ("aiq", "audc", "area_50", "qnc", "pareto_distance", "apgr", "cpt_50"):
        assert two.curve.figures[name].value == pytest.approx(one.curve.figures[name].value), name


@settings(max_examples=15)
@given(st.integers(0, 1000))
def test_the_order_of_the_tasks_changes_no_value(seed: int) -> None:
    table, _ = made_up(30, seed=seed)
    order = np.random.default_rng(seed).permutation(30)
    choices, paid = blind(30, seed), np.linspace(0, 1, 30)
    one = evaluate([Policy(name="p", agent=choices, overhead=paid)], table)
    two = evaluate([Policy(name="p", agent=choices[order], overhead=paid[order])], table.take(order))
    for name, each in result(one, "p").estimates.items():
        assert result(two, "p").estimates[name].value == pytest.approx(each.value), name
    assert result(two, "p").zero.value == pytest.approx(result(one, "p").zero.value)
