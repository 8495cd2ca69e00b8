"""What a run learns from its outcomes: by hand, beside an independent computation, and in any order of asking."""

from __future__ import annotations

import math
import time
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.special import expit, logit

from sale_inspect._inspect.auction._learning import Learning
from sale_inspect.auction import PastAuction, PastPlan
from sale_inspect.calibrated import Learner, drawn_explorer
from sale_inspect.memory import RunPast
from sale_inspect.memory._rows import plans_as_data, plans_of_data

CHANCES = st.floats(0.01, 0.99)


def plain(n: int = 1, variance: float = 1.0) -> Learner:
    """Agents of even chances, whose levels alone are open, each by itself."""
    spread = np.diag([variance] * n + [0.0] * n)
    return Learner(agents=tuple("abcdefgh"[:n]), center=np.zeros(n), mean=np.zeros(2 * n), spread=spread)


def test_one_outcome_by_hand() -> None:
    """p = 1/2, w = 1/4: S' = 1 - (1/4) / (1 + 1/4) = 4/5, and the level moves by 4/5 (1 - 1/2) = 2/5."""
    after = plain().learn("a", 0.5, True)
    assert after.spread[0, 0] == pytest.approx(0.8) and after.shifts == {"a": pytest.approx(0.4)}
    assert after.outcomes == 1 and after.stretches == {"a": 1.0}
    # 1 / (1 + e^-0.4) = 0.5987; at 0.8 before, log-odds are 1.3863, and 1 / (1 + e^-1.7863) = 0.85647.
    assert after.forecast(np.array([[0.5], [0.8]])).ravel() == pytest.approx([0.59869, 0.85647], abs=1e-5)
    # Then a failure: p = 0.59869, w = 0.24026: S' = 0.8 / (1 + 0.24026 x 0.8) = 0.67103; 0.4 - 0.67103 x 0.59869.
    again = after.learn("a", 0.5, False)
    assert again.shifts["a"] == pytest.approx(0.4 - 0.67103 * 0.59869, abs=1e-5)


def test_the_prior_by_hand() -> None:
    """100 dev tasks at 1/2 leave a variance of 1 / (100 x 1/4) = 0.04; a run adds 0.25^2, and 0.5^2 for all alike."""
    start = Learner.before_a_run(("a", "b"), np.zeros(2), 100)
    assert start.spread[:2, :2] == pytest.approx(np.array([[0.3525, 0.25], [0.25, 0.3525]]))
    assert start.spread[2:, 2:] == pytest.approx(0.01 * np.eye(2))
    # One success of a: S h = (0.3525, 0.25), 1 + w h'Sh = 1.088125.
    after = start.learn("a", 0.5, True)
    assert after.shifts == {"a": pytest.approx(0.5 * 0.3525 / 1.088125), "b": pytest.approx(0.5 * 0.25 / 1.088125)}


@given(p=st.lists(CHANCES, min_size=3, max_size=3))
def test_before_the_first_outcome_the_fit_is_as_it_was(p: list[float]) -> None:
    start = Learner.before_a_run(("a", "b", "c"), np.array([-1.0, 0.0, 1.0]), 50)
    assert start.forecast(np.array([p])).tolist() == [p]


@given(
    outcomes=st.lists(st.tuples(st.integers(0, 2), CHANCES, st.booleans()), max_size=30), asked=CHANCES,
    one=st.integers(0, 2),
)  # fmt: skip
def test_a_success_never_lowers_an_agents_chance_and_a_failure_never_raises_it(
    outcomes: list[tuple[int, float, bool]], asked: float, one: int
) -> None:
    names = ("a", "b", "c")
    state = Learner.before_a_run(names, np.array([-1.0, 0.0, 1.0]), 60)
    for at, p, solved in outcomes:
        state = state.learn(names[at], p, solved)
    assert np.linalg.eigvalsh(state.spread).min() > -1e-9, "a covariance"
    before = state.forecast(np.array([[asked] * 3]))[0, one]
    for solved in (True, False):
        after = state.learn(names[one], asked, solved).forecast(np.array([[asked] * 3]))[0, one]
        assert after >= before - 1e-12 if solved else after <= before + 1e-12


def test_many_outcomes_come_near_the_whole_regression() -> None:
    """One case at a time is an approximation; the penalised regression of all at once is computed by itself."""
    rng = np.random.default_rng(3)
    names, level = ("a", "b", "c"), np.array([-0.5, 0.0, 0.8])
    start = state = Learner.before_a_run(names, level, 100)
    rows, truth = [], np.array([0.7, -0.6, 0.1])
    for _ in range(400):
        at, own = int(rng.integers(3)), float(rng.normal(0.2, 1.0))
        solved = bool(rng.random() < expit(own + truth[at]))
        state = state.learn(names[at], float(expit(own)), solved)
        row = np.zeros(6)
        row[at], row[3 + at] = 1.0, own - level[at]
        rows.append((own, row, solved))
    owns, design, solved_all = (np.array(part) for part in zip(*rows, strict=True))
    inverse = np.linalg.inv(start.spread)

    def loss(theta: np.ndarray) -> float:
        odds = owns + design @ theta
        return float((np.logaddexp(0, odds) - solved_all * odds).sum() + theta @ inverse @ theta / 2)

    whole = minimize(loss, np.zeros(6), method="BFGS").x
    assert state.mean == pytest.approx(whole, abs=0.06)
    assert np.abs(state.mean[:3] - truth).max() < 0.35


def test_an_outcome_costs_far_less_than_a_millisecond_however_many_came_before() -> None:
    names = tuple("abcdefgh")
    state = Learner.before_a_run(names, np.zeros(8), 1000)
    start = time.process_time()
    for number in range(2000):
        state = state.learn(names[number % 8], 0.6, number % 3 > 0)
    assert (time.process_time() - start) / 2000 < 0.001


@given(
    settled=st.lists(st.one_of(st.none(), st.tuples(st.sampled_from("ab"), CHANCES, st.booleans())), max_size=200),
    bounds=st.lists(st.integers(0, 200), min_size=1, max_size=8),
)
def test_what_is_known_before_a_place_does_not_depend_on_what_was_asked_before(
    settled: list[tuple[str, float, bool] | None], bounds: list[int]
) -> None:
    start, past = Learner.before_a_run(("a", "b"), np.zeros(2), 50), RunPast()
    for position, each in enumerate(settled):
        past.settle(1, position, None if each is None else lesson(position, *each))
    learning = Learning(past, 1, start)
    for asked in bounds:
        bound = min(asked, len(settled))
        plainly = start
        for each in settled[:bound]:
            plainly = plainly if each is None else plainly.learn(*each)
        found = learning.before(bound)
        assert (found.mean == plainly.mean).all() and (found.spread == plainly.spread).all()
        assert found.outcomes == plainly.outcomes


def lesson(position: int, agent: str, p: float, solved: bool) -> PastAuction:
    plan = PastPlan(agent=agent, identity="", refined=False, text="", fitted_p=p)
    return PastAuction(
        epoch=1, position=position, task="t", plans=(plan,), provisional_winner=agent, winner=agent, solved=solved
    )


@given(p=st.floats(0, 1))
def test_a_memory_keeps_what_was_foreseen_to_the_last_digit(p: float) -> None:
    import json

    plans = lesson(0, "a", p, True).plans
    assert plans_of_data(json.loads(json.dumps(plans_as_data(plans)))) == plans
    for wrong in (-0.1, 1.1, "0.5", True, None, math.nan):
        assert plans_of_data([{**plans_as_data(plans)[0], "fitted_p": wrong}]) is None


@given(share=st.floats(0, 1), key=st.text("0123456789abcdef", min_size=16, max_size=64))
def test_who_is_tried_is_another_agent_and_follows_from_the_key(share: float, key: str) -> None:
    found = drawn_explorer("b", "abc", share, key)
    assert found == drawn_explorer("b", "abc", share, key) and found in ("", "a", "c")
    assert drawn_explorer("b", "b", share, key) == "" and drawn_explorer("b", "abc", 0.0, key) == ""


def test_tasks_are_tried_as_often_as_was_said_and_all_others_alike() -> None:
    rng = np.random.default_rng(1)
    found = [drawn_explorer("b", "abcd", 0.2, rng.bytes(16).hex()) for _ in range(20_000)]
    assert sum(map(bool, found)) / len(found) == pytest.approx(0.2, abs=0.01)
    for agent in "acd":
        assert found.count(agent) / len(found) == pytest.approx(0.2 / 3, abs=0.007)


def test_stretched_forecasts_are_around_the_level() -> None:
    state = replace(plain(), center=np.array([float(logit(0.6))]), mean=np.array([0.0, 0.5]), outcomes=1)
    assert state.forecast(np.array([[0.6]]))[0, 0] == pytest.approx(0.6)
    assert float(logit(state.forecast(np.array([[0.9]]))[0, 0])) == pytest.approx(
        float(logit(0.9)) + 0.5 * (float(logit(0.9)) - float(logit(0.6)))
    )
