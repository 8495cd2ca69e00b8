"""The one engine of claims: verdicts, corrections, what it would take, and the words for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sale_inspect.stats import (
    FEWEST,
    RawClaim,
    dollars_draft,
    figure_draft,
    holm,
    pass_draft,
    settle_claims,
    smallest_difference,
    tasks_needed,
)

DRAFT = RawClaim(
    policy="wtp", rival="random choice", kind="random", measure="pass", tasks=200, difference=0.08, low=0.03, high=0.13,
    error=0.025, test="sign-flip", p=0.001,
)  # fmt: skip


def test_better_and_worse_in_words() -> None:
    (better,) = settle_claims([DRAFT])
    assert better.verdict == "better"
    assert better.sentence == (
        "wtp is better than random choice: pass@1 +8.0 points (95% interval +3.0 to +13.0, 200 tasks)."
    )
    (worse,) = settle_claims([replace(DRAFT, difference=-0.08, low=-0.13, high=-0.03)])
    assert worse.verdict == "worse" and worse.sentence.startswith("wtp is worse than random choice: pass@1 -8.0 points")


def test_an_open_question_says_what_the_tasks_resolve_and_that_perhaps_no_number_would() -> None:
    (claim,) = settle_claims([replace(DRAFT, difference=0.02, low=-0.05, high=0.09, error=0.035, p=0.5)])
    assert claim.verdict == "not resolved" and claim.needed is not None and claim.needed.most is None
    assert claim.smallest == pytest.approx(smallest_difference(0.035, 200))
    assert claim.sentence.endswith(
        f"With 80% power 200 tasks resolve a difference of {100 * smallest_difference(0.035, 200):.1f} points. To "
        f"resolve it would take at least {-(-claim.needed.least // 10) * 10} tasks; perhaps no number would."
    )


def test_an_interval_without_0_and_no_verdict_is_explained() -> None:
    three = settle_claims([replace(DRAFT, policy=name, p=0.02) for name in "abc"])
    for claim in three:
        assert (claim.verdict, claim.comparisons) == ("not resolved", 3)
        assert "is not resolved after correction for 3 comparisons" in claim.sentence
        assert claim.needed is not None and claim.needed.most is not None
    (alone,) = settle_claims([replace(DRAFT, p=0.06)])
    assert "is not resolved (p = 0.06)" in alone.sentence and "correction" not in alone.sentence


def test_the_correction_is_within_a_kind_and_measure_and_keeps_the_order() -> None:
    p = [0.02, 0.03, 0.01]
    passed = [replace(DRAFT, policy=str(at), p=each) for at, each in enumerate(p)]
    others = [replace(DRAFT, kind="zero"), replace(DRAFT, measure="curve_gain")]
    claims = settle_claims([passed[0], others[0], passed[1], others[1], passed[2]])
    assert [claims[at].p_adjusted for at in (0, 2, 4)] == pytest.approx(list(holm(p)))
    assert claims[1].p_adjusted == claims[3].p_adjusted == pytest.approx(0.001)


def test_comparisons_that_another_choice_would_have_made_are_paid_for() -> None:
    (claim,) = settle_claims([replace(DRAFT, p=0.02, unchosen=(0.3, 0.9), chosen_among=3)])
    assert claim.p_adjusted == pytest.approx(0.06) and claim.comparisons == 3
    assert "the rival chosen among 3 on these tasks" in claim.sentence


def test_few_tasks_claim_nothing() -> None:
    few = pass_draft("a", "b", np.ones(FEWEST - 1), np.zeros(FEWEST - 1))
    (claim,) = settle_claims([few])
    assert claim.verdict == "too few tasks" and "Fewer than 10 tasks resolve nothing." in claim.sentence
    spent = np.exp(np.random.default_rng(0).normal(0, 1, 24))
    (dollars,) = settle_claims([dollars_draft("a", "b", 0.1 * spent, spent)])
    assert dollars.verdict == "too few tasks"
    assert "0.10 times the dollars" in dollars.sentence and "24 tasks are too few" in dollars.sentence


def test_dollars_in_words() -> None:
    spent = np.exp(np.random.default_rng(0).normal(0, 1, 80))
    (cheaper,) = settle_claims([dollars_draft("a", "b", 0.5 * spent, spent)])
    assert cheaper.verdict == "better" and cheaper.sentence.startswith(
        "a is cheaper than b: 0.50 times the dollars (95%"
    )
    (dearer,) = settle_claims([dollars_draft("a", "b", 2 * spent, spent)])
    assert "a is more expensive than b: 2.00 times the dollars" in dearer.sentence
    assert cheaper.needed is None


def test_what_is_the_same_or_not_defined() -> None:
    same = pass_draft("a", "b", np.ones(20), np.ones(20))
    assert settle_claims([same])[0].sentence == "a equals b in pass@1 on each of 20 tasks."
    nothing = figure_draft("a", "the mix", float("nan"), np.full(20, np.nan), kind="zero")
    (claim,) = settle_claims([nothing])
    assert claim.verdict == "not resolved" and claim.p_adjusted is None
    assert claim.sentence == "a cannot be compared with the mix in pass@1: it is not defined for one of the two."


def test_another_confidence() -> None:
    (claim,) = settle_claims([replace(DRAFT, p=0.03)], confidence=0.99)
    assert claim.verdict == "not resolved" and "(99% interval" in claim.sentence


def test_tasks_needed_come_from_the_ends_of_the_interval() -> None:
    crossing = tasks_needed(-0.02, 0.10, 0.03, 100)
    assert crossing is not None and crossing.most is None and crossing.least > 100
    beside = tasks_needed(0.01, 0.11, 0.03, 100)
    assert beside is not None and beside.most is not None and beside.most > beside.least
    assert tasks_needed(float("nan"), 0.1, 0.03, 100) is None
    # More comparisons, more tasks.
    many = tasks_needed(0.01, 0.11, 0.03, 100, comparisons=9)
    assert many is not None and many.most is not None and many.most > beside.most


def test_so_few_tasks_resolve_nothing() -> None:
    assert smallest_difference(0.3, 4) > 1
