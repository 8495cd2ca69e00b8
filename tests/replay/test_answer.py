"""The answer of a replay: what is certified, what is only the best bet, and what would certify it."""

from __future__ import annotations

import numpy as np

from sale_inspect.replays import Policy, PolicySetting, ReplayAnswer, ReplayOptions, evaluate
from sale_inspect.stats import rounded_up
from tests.replay.replays import knowing, made_up, outcomes_of


def answer(policies: list[Policy], outcomes: object, **options: object) -> ReplayAnswer:
    made = evaluate(policies, outcomes, options=ReplayOptions(rounds=100, **options)).answer  # type: ignore[arg-type]
    assert made is not None
    return made


def test_a_router_that_keeps_it_by_far_is_certified_and_its_dollars_are_said() -> None:
    outcomes, hard = made_up(600)
    found = answer([Policy(name="knows", agent=knowing(hard))], outcomes, keep_pass=0.9)
    assert found.certified and found.policy == "knows" and found.needed is None
    dollars = outcomes.dollars[np.arange(600), knowing(hard)].mean() / outcomes.dollars[:, 2].mean()
    assert found.dollars == dollars
    assert found.sentence.startswith("Cheapest router that keeps 90% of large's pass@1: knows, certified with 600")
    assert f"{100 * (dollars - 1):+.0f}% dollars" in found.sentence


def test_what_is_not_certified_is_a_best_bet_with_the_tasks_that_would_do() -> None:
    outcomes, hard = made_up(80, seed=2)
    found = answer([Policy(name="knows", agent=knowing(hard))], outcomes, keep_pass=0.99)
    assert not found.certified and found.needed is not None and found.needed > 80
    assert (
        f"none is certified with 80 tasks; about {rounded_up(found.needed):,} would; best bet knows: " in found.sentence
    )


def test_a_router_is_not_certified_by_being_the_agent_that_happens_to_look_best() -> None:
    rng = np.random.default_rng(5)
    correct = np.column_stack([rng.random(60) < 0.72, np.zeros(60), rng.random(60) < 0.7]).astype(float)
    dollars = np.tile([3.0, 9.0, 1.0], (60, 1))
    best = int(correct.mean(axis=0).argmax())
    cheap = Policy(name="cheap", correct=correct[:, best], dollars=dollars[:, best] / 2)
    found = answer([cheap], outcomes_of(correct, dollars), keep_pass=1.0)
    assert found.policy == "cheap" and not found.certified


def test_a_knob_that_was_set_on_these_tasks_is_certified_among_all_its_settings() -> None:
    outcomes, hard = made_up(200, seed=3)
    rng = np.random.default_rng(0)
    other = tuple(PolicySetting(value=float(at), agent=rng.integers(0, 3, 200)) for at in range(40))
    router = Policy(name="knows", agent=knowing(hard), knob="k", curve=other)
    lows = []
    for here in (False, True):
        shares = np.linspace(0.84, 0.96, 13)
        kept = [answer([router], outcomes, keep_pass=float(share), knobs_set_here=here).certified for share in shares]
        lows.append(sum(kept))
    assert 0 < lows[1] < lows[0], "among more settings less is certified"


def test_a_budget_is_certified_by_the_bound_and_not_by_the_mean() -> None:
    outcomes, hard = made_up(240)
    router = Policy(name="knows", agent=knowing(hard))
    spent = float(outcomes.dollars[np.arange(240), knowing(hard)].mean())
    assert answer([router], outcomes, budget=1.3 * spent).certified
    near = answer([router], outcomes, budget=1.01 * spent)
    assert not near.certified and near.policy == "knows" and "best bet knows" in near.sentence
    assert answer([router], outcomes, budget=0.5 * spent).policy is None


def test_without_a_goal_it_must_be_better_or_cheaper_at_no_loss() -> None:
    outcomes, hard = made_up(1500)
    oracle = np.where(outcomes.correct.any(axis=1), outcomes.correct.argmax(axis=1), 0)
    found = answer([Policy(name="sees all", agent=oracle), Policy(name="knows", agent=knowing(hard))], outcomes)
    assert found.goal == "better" and found.certified and found.policy == "sees all"
    same = answer([Policy(name="large", agent=np.full(1500, 2, dtype=np.intp))], outcomes)
    assert not same.certified and same.policy is None and "none looks like it" in same.sentence
