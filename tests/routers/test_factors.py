"""Matrix factorisation: its gradient, its map and its decision."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import approx_fprime
from sklearn.linear_model import LogisticRegression

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import Choices, Outcomes, Predictions, TaskBatch
from sale_inspect.routers.kinds._factors import FactorOptions, FactorRouter, factor_objective, fit_factors


def predicted(choices: Choices) -> Predictions:
    assert choices.predictions is not None
    return choices.predictions


def tasks(features: NDArray[Any]) -> TaskBatch:
    return TaskBatch(ids=tuple(str(row) for row in range(len(features))), features=features.astype(np.float32))


@settings(max_examples=30)
@given(seed=st.integers(0, 1_000), agents=st.integers(1, 4), factors=st.integers(1, 5))
def test_the_gradient_is_that_of_finite_differences(seed: int, agents: int, factors: int) -> None:
    rng = np.random.default_rng(seed)
    function = factor_objective(rng.normal(size=(7, 6)), rng.random((7, agents)), factors, 0.1)

    def value_of(flat: NDArray[np.float64]) -> float:
        return function(flat)[0]

    vectors = rng.normal(size=agents * factors)
    # A short vector makes the gradient of its direction steep.
    vectors += np.sign(vectors) * 0.5
    start = np.concatenate([vectors, rng.normal(size=factors * 6 + factors + agents)])
    numeric = approx_fprime(start, value_of, 1e-7)
    np.testing.assert_allclose(function(start)[1], numeric, atol=2e-5, rtol=2e-5)


def hand_made(value: float) -> FactorRouter:
    return FactorRouter(
        agents=("small", "large"),
        vectors=np.array([[3.0, 4.0], [0.0, 2.0]]),
        projection=np.array([[1.0, 0.0], [0.0, 2.0]]),
        weights=np.array([5.0, 1.0]),
        biases=np.array([0.0, -1.0]),
        dollars=np.array([0.1, 1.1]),
        tasks=10,
        grid=(1.0, 0.0),
        value=value,
    )


def test_two_agents_by_hand() -> None:
    asked = tasks(np.array([[0.0, 1.0], [1.0, 0.0]]))
    # v is (.6, .8) and (0, 1); W e is (0, 2) and (1, 0): delta is 1.6, 2 and 3, 0.
    chance = 1 / (1 + np.exp(-np.array([[1.6, 1.0], [3.0, -1.0]])))
    choices = hand_made(0.0).choose(asked)
    np.testing.assert_allclose(predicted(choices).correct, chance, rtol=1e-6)
    np.testing.assert_allclose(hand_made(0.5).choose(asked).utility, chance - [0.05, 0.55], rtol=1e-6)
    assert choices.agent.tolist() == [0, 0]


def test_a_dollar_buys_until_lambda_says_no() -> None:
    dear = FactorRouter(
        agents=("small", "large"),
        vectors=np.ones((2, 1)),
        projection=np.zeros((1, 2)),
        weights=np.ones(1),
        biases=np.array([0.0, np.log(3.0)]),
        dollars=np.array([0.1, 1.1]),
        tasks=10,
        grid=(1.0, 0.0),
        value=0.0,
    )
    # P is 0.5 and 0.75 for one dollar more.
    asked = tasks(np.eye(2))
    assert dear.at(0.24).choose(asked).agent.tolist() == [1, 1]
    assert dear.at(0.26).choose(asked).agent.tolist() == [0, 0]


def test_with_enough_factors_and_no_penalty_it_is_a_logistic_regression_for_each_agent() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 4))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    correct = (rng.random((400, 3)) < 0.5 + 0.4 * features[:, :3]).astype(float)
    outcomes = Outcomes(
        agents=("a", "b", "c"),
        tasks=tuple(f"t{row:04d}" for row in range(400)),
        texts=("",) * 400,
        correct=correct,
        dollars=np.ones((400, 3)),
    )
    single = features.astype(np.float32)
    options = FactorOptions(factors=8, penalty=0.0, max_iter=3_000)
    found = predicted(fit_factors(outcomes, single, options=options, seed=0).choose(tasks(single)))
    for column in range(3):
        own = LogisticRegression(C=1e8, tol=1e-8, max_iter=5_000).fit(single.astype(float), correct[:, column])
        np.testing.assert_allclose(found.correct[:, column], own.predict_proba(single)[:, 1], atol=5e-3)


def test_one_factor_ties_the_agents_together() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(300, 4))
    correct = (rng.random((300, 3)) < 0.5).astype(float)
    outcomes = Outcomes(
        agents=("a", "b", "c"),
        tasks=tuple(f"t{row:04d}" for row in range(300)),
        texts=("",) * 300,
        correct=correct,
        dollars=np.ones((300, 3)),
    )
    router = fit_factors(outcomes, features.astype(np.float32), options=FactorOptions(factors=1), seed=0)
    assert np.linalg.matrix_rank(router.slopes, tol=1e-6) == 1


@pytest.mark.parametrize("options", [{"factors": 0}, {"max_iter": 0}, {"penalty": -1.0}, {"lambdas": (-1.0,)}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OutcomesError):
        FactorOptions(**options)
