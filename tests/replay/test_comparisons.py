"""Comparisons of a replay: by which test, on which tasks, against which rival. Words and verdicts: tests/stats."""

from __future__ import annotations

import numpy as np
import pytest

from sale_inspect.replays import Policy, ReplayOptions, evaluate
from sale_inspect.stats import mcnemar
from tests.replay.replays import blind, compared, knowing, made_up, outcomes_of, replayed, result


def test_policies_of_0_and_1_are_tested_exactly() -> None:
    table, hard = made_up(100)
    found = compared(replayed(Policy(name="p", agent=knowing(hard)), table), "best single")
    best = table.correct[:, table.agents.index("large")]
    assert found.test == "McNemar"
    assert found.p == pytest.approx(mcnemar(table.correct[np.arange(100), knowing(hard)], best).p)


def test_means_over_epochs_are_tested_by_signs() -> None:
    table, hard = made_up(100)
    policy = Policy(name="p", agent=knowing(hard))
    assert compared(replayed(policy, outcomes_of(table.correct / 2)), "best single").test == "sign-flip"


def test_runs_of_one_task_are_no_new_tasks() -> None:
    """Each task four times: with clusters all is as with the tasks alone."""
    table, _ = made_up(60)
    four = outcomes_of(np.repeat(table.correct, 4, axis=0))
    choices = blind(60)
    alone = replayed(Policy(name="p", agent=choices), table)
    policy = Policy(name="p", agent=np.repeat(choices, 4))
    names = [str(at) for at in range(60) for _ in range(4)]
    together = evaluate([policy], four, options=ReplayOptions(rounds=100), clusters=names)
    for kind in ("best single", "shuffled", "zero", "random"):
        one, other = compared(alone, kind), compared(together, kind)
        assert (other.tasks, other.test) == (60, one.test)
        assert (other.low, other.high, other.p) == pytest.approx((one.low, one.high, one.p), abs=1e-6)
    apart = compared(evaluate([policy], four, options=ReplayOptions(rounds=100)), "best single")
    assert apart.error == pytest.approx(compared(alone, "best single").error / 2, rel=0.06)
    spent, same = (result(each, "p").estimates["usd_per_task"] for each in (alone, together))
    assert (same.low, same.high) == pytest.approx((spent.low, spent.high))


def test_policies_are_compared_with_each_other_if_asked() -> None:
    table, hard = made_up(200)
    both = [Policy(name="SALE", agent=knowing(hard)), Policy(name="blind", agent=blind(200))]
    found = evaluate(both, table, options=ReplayOptions(rounds=200, against=("SALE",)))
    rows = [each for each in found.comparisons if each.kind == "policy"]
    assert [(each.policy, each.rival, each.measure) for each in rows] == [
        ("blind", "SALE", "pass"),
        ("blind", "SALE", "usd_per_task"),
    ]
    assert rows[0].verdict == "worse"


def test_differences_are_paired() -> None:
    """Policies that differ on 5 of 200 tasks differ by little, whatever these tasks are."""
    table = outcomes_of(np.column_stack([np.zeros(200), np.arange(200) % 2, np.arange(200) % 2]))
    first = Policy(name="p", agent=np.where(np.arange(200) < 10, 0, 1))
    found = compared(replayed(first, table, best_single="middle"), "best single")
    assert found.difference == pytest.approx(-5 / 200)
    # About sqrt(0.025 * 0.975 / 200), and a little for the task that was added; unpaired it would be 0.05.
    assert found.error == pytest.approx(0.0120, rel=0.03)


def test_a_best_agent_that_was_chosen_here_is_paid_for() -> None:
    table, hard = made_up(120)
    policy = Policy(name="p", agent=knowing(hard))
    chosen, named = replayed(policy, table), replayed(policy, table, best_single="large")
    assert (compared(chosen, "best single").comparisons, compared(named, "best single").comparisons) == (3, 1)
    wide, narrow = compared(chosen, "best single"), compared(named, "best single")
    assert wide.low < narrow.low and wide.high > narrow.high


def test_a_blind_policy_on_few_tasks_is_rarely_better_than_a_control() -> None:
    """100 data sets of 12 tasks: a false verdict in at most 5%, but for three standard errors."""
    wrong = dict.fromkeys(("shuffled", "zero", "random"), 0)
    for seed in range(100):
        table, _ = made_up(12, seed=seed)
        found = replayed(Policy(name="blind", agent=blind(12, seed)), table, rounds=100)
        for kind in wrong:
            wrong[kind] += compared(found, kind).verdict == "better"
    assert max(wrong.values()) <= 5 + 3 * np.sqrt(100 * 0.05 * 0.95)
