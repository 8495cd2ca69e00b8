"""The threshold of acceptance in the auction's own order: by hand, and beside a loop of its own."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect._errors import LogError
from sale_inspect.auction import ExecutionStep
from sale_inspect.calibrated import ExecutedSteps, Goals, accept_figures, accept_text, attempt_at, fit_accept
from sale_inspect.routers import Outcomes

AGENTS = ("a", "b")


def step(agent: str, score: float | None, solved: bool, usd: float = 0.01, **other: object) -> ExecutionStep:
    values = {"agent": agent, "score": score, "solved": solved, "usd": usd, "usd_accept": 0.001, "accepted": False}
    return ExecutionStep(**{"reason": "", **values, **other})  # type: ignore[arg-type]


def attempt(*steps: ExecutionStep, task: str = "t", up_to: float = 5.0) -> ExecutedSteps:
    return ExecutedSteps(task=task, usd=0.002, steps=steps, up_to=up_to)


def test_by_hand() -> None:
    """a's answer has 2, b's 4. From 2 on a's stands at 1.3 cents; from 2.1 b's at 2.4; from 4.5 none: b's is better."""
    both = attempt(step("a", 2.0, False), step("b", 4.0, True))
    assert attempt_at(both, 2.0) == pytest.approx((0, 1, 0.013))
    assert attempt_at(both, 2.1) == pytest.approx((1, 2, 0.024))
    assert attempt_at(both, 4.5) == pytest.approx((1, 2, 0.024))
    assert attempt_at(attempt(step("a", 4.0, True), step("b", 2.0, False)), 4.5)[0] == 0, "the highest score counts"
    with pytest.raises(ValueError, match="is not known: answers were accepted from 3"):
        attempt_at(attempt(step("a", 3.0, True), up_to=3.0), 3.5)


def test_what_came_to_no_end_or_is_empty_is_never_accepted_and_an_only_bidder_always() -> None:
    failed = step("a", None, False, finished=False)
    empty = step("a", None, False, answered=False)
    for first in (failed, empty):
        assert attempt_at(attempt(first, step("b", 1.0, True)), 0.0)[:2] == (1, 2)
    assert attempt_at(attempt(step("a", None, True, accepted=True)), 5.0)[:2] == (0, 1)


STEPS = st.lists(
    st.tuples(st.one_of(st.none(), st.integers(0, 20).map(lambda quarter: quarter / 4)), st.booleans()), min_size=1,
    max_size=4,
)  # fmt: skip


@given(drawn=STEPS, thresholds=st.lists(st.integers(0, 20), min_size=2, max_size=2).map(sorted))
def test_a_higher_threshold_never_runs_less_or_costs_less(
    drawn: list[tuple[float | None, bool]], thresholds: list[int]
) -> None:
    tried = attempt(*(step(f"a{at}", score, solved) for at, (score, solved) in enumerate(drawn)))
    low, high = (attempt_at(tried, quarter / 4) for quarter in thresholds)
    assert low[1] <= high[1] and low[2] <= high[2] + 1e-12
    for (place, ran, _), quarter in zip((low, high), thresholds, strict=True):
        scores = [score for score, _ in drawn]
        known = [score if score is not None else -1.0 for score in scores]
        reached = [at for at, score in enumerate(known) if score >= quarter / 4]
        assert ran == (reached[0] + 1 if reached else len(drawn))
        assert place == (reached[0] if reached else known.index(max(known)))


def data(tasks: int = 300) -> tuple[list[ExecutedSteps], Outcomes]:
    """a solves 60% and is cheap, b 80% and costs ten times as much; scores of right answers are two points higher."""
    rng = np.random.default_rng(4)
    solved = rng.random((tasks, 2)) < (0.6, 0.8)
    scores = np.clip(np.round(4 * (1.5 + 2.0 * solved + 0.5 * rng.standard_normal((tasks, 2)))) / 4, 0, 4.75)
    usd = np.array([0.001, 0.01]) * rng.uniform(0.5, 1.5, (tasks, 2))
    made = [
        attempt(
            *(
                step(AGENTS[at], float(scores[row, at]), bool(solved[row, at]), float(usd[row, at]), usd_accept=0.0)
                for at in (0, 1)
            ),
            task=f"t{row}",
        )
        for row in range(tasks)
    ]
    outcomes = Outcomes(
        agents=AGENTS, tasks=tuple(f"t{row}" for row in range(tasks))[::-1], texts=("",) * tasks,
        correct=solved[::-1].astype(float), dollars=usd[::-1],
    )  # fmt: skip
    return made, outcomes


def test_the_cheapest_certified_threshold_is_taken_and_every_figure_is_that_of_a_loop() -> None:
    made, outcomes = data()
    fit = fit_accept("jury", made, outcomes, Goals(keep_pass=0.99), seed=0)
    assert fit.rule.values == tuple(quarter / 4 for quarter in range(21))
    for row, at in enumerate(fit.rule.values):
        ends = [attempt_at(each, at) for each in made]
        solved = [bool(each.steps[place].solved) for each, (place, _, _) in zip(made, ends, strict=True)]
        assert fit.rule.pass_rate[row] == pytest.approx(np.mean(solved))
        assert fit.rule.mean_dollars[row] == pytest.approx(np.mean([spent for _, _, spent in ends]))
        assert fit.executions[row] == pytest.approx(np.mean([ran for _, ran, _ in ends]))
    # From 2.5, a wrong answer of a goes on to b, which solves 80% of those: 92% at less than b's dollars.
    assert fit.found.reached and 1.5 <= fit.found.value <= 3.0
    assert fit.found.dollars < 0.01 + 0.002 and fit.single[0] == "b"
    text = accept_text(fit)
    assert f"Take it with -S accept_at={fit.found.value:g}." in text and "b alone" in text
    assert accept_figures(fit)["accept_at"] == fit.found.value
    within = fit_accept("jury", made, outcomes, Goals(budget=0.009), seed=0)
    assert within.found.reached and within.found.dollars <= 0.009


def test_what_cannot_be_certified_is_said() -> None:
    made, outcomes = data(20)
    fit = fit_accept("jury", made, outcomes, Goals(keep_pass=1.0), seed=0)
    assert not fit.found.reached and "No threshold is certified." in accept_text(fit)
    assert accept_figures(fit)["accept_at"] is None


def test_only_thresholds_that_are_known_are_tried_and_what_lacks_is_refused() -> None:
    made, outcomes = data(30)
    low = [ExecutedSteps(task=each.task, usd=each.usd, steps=each.steps, up_to=2.0) for each in made]
    assert fit_accept("jury", low, outcomes, Goals(keep_pass=0.9), seed=0).rule.values[-1] == 2.0
    with pytest.raises(LogError, match="1 of the escalated tasks have no run of every agent alone, for instance 'x'"):
        fit_accept("jury", [*made, attempt(step("a", 1.0, True), task="x")], outcomes, Goals(keep_pass=0.9), seed=0)
    with pytest.raises(LogError, match="needs a goal"):
        fit_accept("jury", made, outcomes, Goals(), seed=0)
