"""What may be claimed, in which words, and by which test."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sale_inspect.replays import FEWEST, Policy, ReplayOptions, evaluate
from sale_inspect.replays._compare import RawComparison, settled
from sale_inspect.replays._parts import Comparison, Estimate
from sale_inspect.stats import holm, mcnemar, tasks_needed
from tests.replay.replays import blind, compared, knowing, made_up, outcomes_of, replayed

BASE = RawComparison(
    policy="wtp",
    rival="its shuffled control",
    kind="shuffled",
    measure="pass",
    difference=Estimate(value=0.08, low=0.03, high=0.13, error=0.025),
    test="normal",
    p=0.001,
)


def one(draft: RawComparison, tasks: int = 200, **options: float) -> Comparison:
    (found,) = settled([draft], tasks=tasks, options=ReplayOptions(**options))  # type: ignore[arg-type]
    return found


def test_better_in_words() -> None:
    found = one(BASE)
    assert found.verdict == "better"
    assert found.tasks_needed is None
    assert found.sentence == (
        "wtp is better than its shuffled control: pass@1 +8.0 points (95% interval +3.0 to +13.0, 200 tasks)."
    )


def test_worse_in_words() -> None:
    seen = Estimate(value=-0.08, low=-0.13, high=-0.03, error=0.025)
    found = one(replace(BASE, difference=seen, rival="large alone", kind="best single"))
    assert found.verdict == "worse"
    assert found.sentence == (
        "wtp is worse than large alone: pass@1 -8.0 points (95% interval -13.0 to -3.0, 200 tasks)."
    )


def test_not_resolved_in_words_says_how_many_tasks_would_resolve_it() -> None:
    """200 * (2.8016 * 0.04 / 0.05)^2 = 1,004.6 tasks, rounded up to two figures."""
    seen = Estimate(value=0.05, low=-0.03, high=0.13, error=0.04)
    found = one(replace(BASE, difference=seen, p=0.21))
    assert (found.verdict, found.tasks_needed) == ("not resolved", 1005)
    assert found.tasks_needed == tasks_needed(0.05, 0.04, 200)
    assert found.sentence == (
        "Whether wtp is better or worse than its shuffled control is not resolved: pass@1 +5.0 points (95% interval "
        "-3.0 to +13.0, 200 tasks). About 1,100 tasks would resolve a difference of this size."
    )


def test_dollars_in_words() -> None:
    seen = Estimate(value=-0.25, low=-0.5, high=-0.125, error=0.1)
    found = one(replace(BASE, measure="usd_per_task", difference=seen))
    assert found.verdict == "better"
    assert found.sentence == (
        "wtp is cheaper than its shuffled control: dollars a task -$0.250 (95% interval -$0.500 to -$0.125, 200 tasks)."
    )
    dear = one(replace(BASE, measure="usd_per_task", difference=Estimate(value=0.2, low=0.1, high=0.3, error=0.05)))
    assert dear.verdict == "worse"
    assert "wtp is dearer than" in dear.sentence
    open_ = one(replace(BASE, measure="usd_per_task", difference=Estimate(value=0.2, low=-0.1, high=0.5, error=0.2)))
    assert open_.sentence.startswith("Whether wtp is cheaper or dearer than")


def test_the_same_in_words() -> None:
    found = one(replace(BASE, difference=Estimate(value=0.0, low=0.0, high=0.0, error=0.0), p=1.0))
    assert found.verdict == "same"
    assert (
        found.sentence == "wtp equals its shuffled control in pass@1: no difference in any of the 200 tasks or rounds."
    )


def test_no_difference_but_a_spread_is_not_resolved_and_no_number_of_tasks_would_do() -> None:
    found = one(replace(BASE, difference=Estimate(value=0.0, low=-0.1, high=0.1, error=0.05), p=1.0))
    assert (found.verdict, found.tasks_needed) == ("not resolved", None)
    assert "would resolve" not in found.sentence


def test_what_is_not_defined_is_not_compared() -> None:
    found = one(replace(BASE, difference=Estimate(value=None, reason="it is not defined for one of the two"), p=None))
    assert (found.verdict, found.p_adjusted) == ("not resolved", None)
    assert found.sentence == (
        "wtp cannot be compared with its shuffled control in pass@1: it is not defined for one of the two."
    )


def test_of_few_tasks_nothing_is_claimed() -> None:
    assert one(BASE, tasks=FEWEST).verdict == "better"
    found = one(BASE, tasks=FEWEST - 1)
    assert (found.verdict, found.tasks_needed) == ("not resolved", None)
    assert f"fewer than {FEWEST} tasks nothing is claimed" in found.sentence


def test_an_interval_without_0_is_no_claim_if_the_test_or_the_correction_disagrees() -> None:
    rivals = [replace(BASE, policy=name, p=0.02) for name in ("a", "b", "c")]
    for found in settled(rivals, tasks=200, options=ReplayOptions()):
        assert found.verdict == "not resolved"
        assert found.p_adjusted == pytest.approx(0.06)
        assert "The interval excludes 0, but the normal approximation, corrected for 3 comparisons," in found.sentence
        assert "p = 0.06." in found.sentence
    alone = one(replace(BASE, p=0.06, test="mcnemar"))
    assert "but McNemar's exact test gives p = 0.06." in alone.sentence


def test_the_correction_is_within_one_kind_and_measure_and_keeps_the_order() -> None:
    p = [0.02, 0.03, 0.01]
    passed = [replace(BASE, policy=str(at), p=each) for at, each in enumerate(p)]
    others = [replace(BASE, kind="zero", rival="zero"), replace(BASE, measure="usd_per_task")]
    mixed = [passed[0], others[0], passed[1], others[1], passed[2]]
    found = settled(mixed, tasks=200, options=ReplayOptions())
    assert [each.policy for each in found] == [each.policy for each in mixed]
    assert [found[at].p_adjusted for at in (0, 2, 4)] == pytest.approx(list(holm(p)))
    assert found[1].p_adjusted == found[3].p_adjusted == pytest.approx(0.001)


def test_a_claim_at_another_confidence() -> None:
    assert one(replace(BASE, p=0.03), confidence=0.95).verdict == "better"
    assert one(replace(BASE, p=0.03), confidence=0.99).verdict == "not resolved"
    assert "(99% interval" in one(BASE, confidence=0.99).sentence


def test_policies_of_0_and_1_are_tested_exactly() -> None:
    table, hard = made_up(100)
    found = compared(replayed(Policy(name="p", agent=knowing(hard)), table), "best single")
    best = table.correct[:, table.agents.index("large")]
    assert found.test == "mcnemar"
    assert found.p == pytest.approx(mcnemar(table.correct[np.arange(100), knowing(hard)], best).p)


def test_means_over_epochs_and_clusters_have_no_exact_test() -> None:
    table, hard = made_up(100)
    policy = Policy(name="p", agent=knowing(hard))
    means = outcomes_of(table.correct / 2)
    assert compared(replayed(policy, means), "best single").test == "normal"
    clusters = [str(at // 2) for at in range(100)]
    clustered = evaluate([policy], table, options=ReplayOptions(rounds=100), clusters=clusters)
    assert compared(clustered, "best single").test == "normal"


def test_runs_of_one_task_are_no_new_tasks() -> None:
    """Each task four times: with clusters the interval stays as wide as with the tasks alone."""
    table, _ = made_up(60)
    four = outcomes_of(np.repeat(table.correct, 4, axis=0))
    choices = blind(60)
    alone = compared(replayed(Policy(name="p", agent=choices), table, rounds=3000), "best single")
    policy = Policy(name="p", agent=np.repeat(choices, 4))
    names = [str(at) for at in range(60) for _ in range(4)]
    options = ReplayOptions(rounds=3000)
    apart = compared(evaluate([policy], four, options=options), "best single")
    together = compared(evaluate([policy], four, options=options, clusters=names), "best single")
    assert together.difference.error == pytest.approx(alone.difference.error, rel=0.06)
    assert apart.difference.error == pytest.approx(alone.difference.error / 2, rel=0.06)


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
    """Policies that differ on 5 of 200 tasks differ by little in every round, whatever these tasks are."""
    table = outcomes_of(np.column_stack([np.zeros(200), np.arange(200) % 2, np.arange(200) % 2]))
    first = Policy(name="p", agent=np.where(np.arange(200) < 10, 0, 1))
    found = compared(replayed(first, table, rounds=2000), "best single")
    assert found.difference.value == pytest.approx(-5 / 200)
    # sqrt(0.025 * 0.975 / 200); unpaired it would be 0.05.
    assert found.difference.error == pytest.approx(0.0110, rel=0.1)
