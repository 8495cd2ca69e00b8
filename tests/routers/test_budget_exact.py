"""The budget-exact router."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import ROUTERS, Features, Outcomes, Predictions, TaskBatch
from sale_inspect.routers.kinds._budget_exact import (
    BudgetExactOptions,
    BudgetExactRouter,
    fit_budget_exact,
    solve_budget,
)
from sale_inspect.routers.kinds._carrot import CarrotOptions
from sale_inspect.routers.kinds._wtp import WtpOptions, fit_wtp
from sale_inspect.routers.parts._folds import fold_numbers


def random_data(count: int, seed: int = 0, agents: int = 3) -> tuple[Outcomes, Features]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 6))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    chance = 1 / (1 + np.exp(4 * features[:, :1] - np.arange(agents)))
    ids = tuple(f"t{row:03d}" for row in range(count))
    outcomes = Outcomes(
        agents=tuple(f"a{column}" for column in range(agents)),
        tasks=ids,
        texts=ids,
        correct=(rng.random((count, agents)) < chance).astype(float),
        dollars=rng.lognormal(0, 0.5, (count, agents)) * 2.0 ** np.arange(agents),
    )
    return outcomes, features.astype(np.float32)


OUTCOMES, FEATURES = random_data(80)
ROUTER = fit_budget_exact(
    OUTCOMES, FEATURES, options=BudgetExactOptions(options=WtpOptions(k=7)), seed=2, kinds=ROUTERS
)
LOW, HIGH = ROUTER.knob.grid[0], ROUTER.knob.grid[-1]


def expected_spending(router: BudgetExactRouter) -> float:
    """Mean recorded dollars of the training tasks over the draw, decided anew from the stored predictions."""
    means = router.dollars.mean(axis=0)
    spent = []
    for weight in (router.point.dear, router.point.cheap):
        total = 0.0
        for q, c, usd in zip(router.known.correct, router.known.dollars, router.dollars, strict=True):
            utility = (1 - weight) * q - weight * c / router.scale
            best = max(range(len(q)), key=lambda m: (round(utility[m], 13), -means[m]))
            total += usd[best]
        spent.append(total / len(router.dollars))
    gamma = router.point.gamma
    return float(gamma * spent[0] + (1 - gamma) * spent[1])


@given(st.floats(0.0, 1.0))
def test_the_expected_dollars_of_the_training_tasks_are_the_budget(part: float) -> None:
    budget = LOW + part * (HIGH - LOW)
    router = ROUTER.at(budget)
    assert 0 <= router.point.gamma <= 1
    assert expected_spending(router) == pytest.approx(budget, rel=1e-9)


def test_by_hand_on_two_agents() -> None:
    # Going to the dear agent gains 0.5, 0.3 and 0.1 for $2 more. A budget of $2 is the one with 0.5 and
    # half of the one with 0.3: (1 + 1 + 3 + (0.5 * 2)) / 3 = 2.
    known = Predictions(
        correct=np.array([[0.0, 0.5], [0.0, 0.3], [0.0, 0.1]]), dollars=np.array([[1.0, 3.0]] * 3, dtype=float)
    )
    point = solve_budget(known, known.dollars, 2.0, 3.0)
    assert point.gamma == pytest.approx(0.5)
    # lambda = 0.3 / 2, so w / (1 - w) = 0.15 * 3.
    assert point.cheap / (1 - point.cheap) == pytest.approx(0.45)
    assert point.dear == pytest.approx(point.cheap)


def test_it_gets_the_highest_predicted_pass_of_all_mixes_within_the_budget() -> None:
    from scipy.optimize import linprog

    rng = np.random.default_rng(5)
    known = Predictions(correct=rng.random((9, 3)), dollars=rng.random((9, 3)) + np.arange(3))
    budget = 1.4
    bound = linprog(
        -known.correct.ravel() / 9,
        A_ub=[known.dollars.ravel() / 9],
        b_ub=[budget],
        A_eq=np.kron(np.eye(9), np.ones(3)),
        b_eq=np.ones(9),
    )
    scale = 3.0
    point = solve_budget(known, known.dollars, budget, scale)
    assert bound.fun is not None

    def value(weight: float) -> float:
        agent = ((1 - weight) * known.correct - weight * known.dollars / scale).argmax(axis=1)
        return float(known.correct[np.arange(9), agent].mean())

    reached = point.gamma * value(point.dear) + (1 - point.gamma) * value(point.cheap)
    assert reached == pytest.approx(-bound.fun)


def test_predictions_of_training_tasks_are_by_fits_without_the_task() -> None:
    folds = fold_numbers(OUTCOMES, 5, 2, "budget-exact")
    seen, away = np.flatnonzero(folds != 1), np.flatnonzero(folds == 1)
    fitted = fit_wtp(OUTCOMES.take(seen), FEATURES[seen], options=WtpOptions(k=7), seed=2)
    found = fitted.choose(TaskBatch(ids=("x",) * len(away), features=FEATURES[away])).predictions
    assert found is not None
    assert (ROUTER.known.correct[away] == found.correct).all()


def test_fewer_tasks_than_folds_are_a_fold_each() -> None:
    four = OUTCOMES.take(np.arange(4))
    found = fit_budget_exact(
        four, FEATURES[:4], options=BudgetExactOptions(options=WtpOptions(k=2)), seed=2, kinds=ROUTERS
    )
    for row in range(4):
        seen = np.flatnonzero(np.arange(4) != row)
        fitted = fit_wtp(four.take(seen), FEATURES[seen], options=WtpOptions(k=2), seed=2)
        alone = fitted.choose(TaskBatch(ids=("x",), features=FEATURES[[row]])).predictions
        assert alone is not None
        assert (found.known.correct[row] == alone.correct[0]).all()


def test_budgets_beyond_the_reach() -> None:
    below, above = ROUTER.at(LOW / 2), ROUTER.at(HIGH * 2)
    tasks = TaskBatch(ids=OUTCOMES.tasks, features=FEATURES)
    assert "below the" in below.explain(tasks, 0)
    assert not below.choose(tasks).drawn
    found = above.choose(tasks)
    assert found.predictions is not None
    top = found.predictions.correct.max(axis=1)
    assert (found.predictions.correct[np.arange(80), found.agent] == top).all()
    with pytest.raises(OutcomesError, match="Knob budget"):
        ROUTER.at(-1.0)


def test_a_batch_decides_as_single_tasks_and_the_file_as_the_fit() -> None:
    router = ROUTER.at(0.5 * (LOW + HIGH))
    others, features = random_data(60, seed=9)
    tasks = TaskBatch(ids=others.tasks, features=features)
    choices = router.choose(tasks).agent
    assert [router.choose(tasks.take([row])).agent[0] for row in range(60)] == choices.tolist()
    meta, arrays = router.to_arrays()
    again = BudgetExactRouter.from_arrays(meta, arrays, kinds=ROUTERS)
    assert again.point == router.point
    assert (again.choose(tasks).agent == choices).all()
    assert again.explain(tasks, 3) == router.explain(tasks, 3)
    for field, change in (("dollars", arrays["dollars"][:-1]), ("known_correct", arrays["known_correct"] * np.nan)):
        with pytest.raises(OutcomesError, match="known_correct"):
            BudgetExactRouter.from_arrays(meta, {**arrays, field: change}, kinds=ROUTERS)
    with pytest.raises(OutcomesError, match="No router 'nonsense'"):
        BudgetExactRouter.from_arrays(meta | {"base_name": "nonsense"}, arrays, kinds=ROUTERS)


def test_ties_of_new_tasks_are_drawn_with_probability_gamma() -> None:
    # One feature for all tasks and k of all: each prediction is the same, so every new task is a tie.
    ids = tuple(f"t{row}" for row in range(10))
    data = Outcomes(
        agents=("small", "large"),
        tasks=ids,
        texts=ids,
        correct=np.tile([0.0, 1.0], (10, 1)),
        dollars=np.tile([1.0, 3.0], (10, 1)),
    )
    features = np.ones((10, 1), dtype=np.float32)
    options = BudgetExactOptions(options=WtpOptions(k=10), budget=1.5)
    router = fit_budget_exact(data, features, options=options, seed=0, kinds=ROUTERS)
    assert router.point.gamma == pytest.approx(0.25)
    new = TaskBatch(ids=tuple(f"n{row}" for row in range(3000)), features=np.ones((3000, 1), dtype=np.float32))
    choices = router.choose(new)
    assert choices.drawn
    assert abs(choices.agent.mean() - 0.25) < 5 * np.sqrt(0.1875 / 3000)
    assert "probability 0.250" in router.explain(new, 0)


def test_predictors_with_dollars_work_and_those_without_predictions_are_refused() -> None:
    options = BudgetExactOptions(predictor="carrot-knn", options=CarrotOptions(k=5), budget=2.0)
    router = fit_budget_exact(OUTCOMES, FEATURES, options=options, seed=0, kinds=ROUTERS)
    assert expected_spending(router) == pytest.approx(2.0)
    for name in ("random", "frugalgpt", "oracle"):
        with pytest.raises(OutcomesError, match=f"{name} does not predict"):
            fit_budget_exact(OUTCOMES, FEATURES, options=BudgetExactOptions(predictor=name), seed=0, kinds=ROUTERS)
