"""TO-Router and its fit with soft labels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import approx_fprime, minimize
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsRegressor

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import Features, Outcomes, TaskBatch
from sale_inspect.routers.kinds._to_router import ToRouterOptions, fit_to_router, soft_labels
from sale_inspect.routers.parts._network_fit import Loss, fit_network, objective, shapes_of
from sale_inspect.routers.parts._networks import softmax, stack


def some(count: int, seed: int = 0) -> tuple[Outcomes, Features]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 6))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    outcomes = Outcomes(
        agents=("a", "b", "c"),
        tasks=tuple(f"t{row:04d}" for row in range(count)),
        texts=("",) * count,
        correct=np.clip(0.5 + features[:, :3] + 0.2 * rng.normal(size=(count, 3)), 0, 1),
        dollars=np.full((count, 3), 0.001) * [1, 10, 100],
    )
    return outcomes, features.astype(np.float32)


def tasks(features: Features) -> TaskBatch:
    return TaskBatch(ids=tuple(str(row) for row in range(len(features))), features=features)


def test_soft_labels_by_hand() -> None:
    correct = np.array([[1.0, 0.0], [0.5, 0.5]])
    high = 1 / (1 + np.exp(-10.0))
    np.testing.assert_allclose(soft_labels(correct, 10.0), [[high, 1 - high], [0.5, 0.5]])
    low = 1 / (1 + np.exp(-0.1))
    np.testing.assert_allclose(soft_labels(correct, 10.0, "divide"), [[low, 1 - low], [0.5, 0.5]])


def test_two_agents_by_hand() -> None:
    outcomes = Outcomes(
        agents=("small", "large"),
        tasks=("1", "2"),
        texts=("", ""),
        correct=np.array([[0.0, 1.0], [1.0, 1.0]]),
        dollars=np.array([[1.0, 4.0], [1.0, 4.0]]),
    )
    features = np.eye(2, dtype=np.float32)
    router = fit_to_router(outcomes, features, options=ToRouterOptions(k=1, temperature=np.log(3.0)), seed=0)
    choices = router.choose(tasks(features))
    np.testing.assert_allclose(choices.utility, [[0.25, 0.75], [0.5, 0.5]])
    # Equal probabilities go to the cheaper agent, without the term with mu too.
    assert choices.agent.tolist() == [1, 0]
    # mu * (4 - 1) / 4 = 0.5 at mu = 2 / 3.
    assert router.at(0.66).choose(tasks(features)).agent.tolist() == [1, 0]
    assert router.at(0.67).choose(tasks(features)).agent.tolist() == [0, 0]
    assert choices.predictions is None
    assert "best agent with probability 0.750, for $4 a task on average" in router.explain(tasks(features), 0)


def test_neighbours_average_soft_labels() -> None:
    outcomes, features = some(200)
    fresh = some(30, seed=1)[1]
    router = fit_to_router(outcomes, features, options=ToRouterOptions(k=11), seed=0)
    labels = soft_labels(outcomes.correct, 10.0)
    expected = KNeighborsRegressor(n_neighbors=11, metric="cosine").fit(features, labels).predict(fresh)
    np.testing.assert_allclose(router.probabilities(fresh), expected, atol=1e-12)


def test_a_linear_fit_equals_scikit_learns_with_each_row_written_once_for_each_agent() -> None:
    outcomes, features = some(150)
    fresh = some(30, seed=1)[1]
    options = ToRouterOptions(kind="mlp", hidden=(), penalty=1e-2, max_iter=2_000)
    found = fit_to_router(outcomes, features, options=options, seed=0).probabilities(fresh)
    labels = soft_labels(outcomes.correct, 10.0)
    expanded = LogisticRegression(C=1 / (150 * 1e-2), tol=1e-8, max_iter=5_000)
    expanded.fit(np.repeat(features.astype(float), 3, axis=0), np.tile(range(3), 150), sample_weight=labels.ravel())
    np.testing.assert_allclose(found, expanded.predict_proba(fresh), atol=1e-4)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 1_000),
    hidden=st.sampled_from([(), (4,), (3, 5)]),
    loss=st.sampled_from(["soft-label", "binary", "squared"]),
)
def test_the_gradient_is_that_of_finite_differences(seed: int, hidden: tuple[int, ...], loss: Loss) -> None:
    rng = np.random.default_rng(seed)
    features, targets = rng.normal(size=(9, 5)), rng.random((9, 3))
    shapes = shapes_of(5, hidden, 3)
    start = rng.normal(size=sum((rows + 1) * columns for rows, columns in shapes))
    function = objective(features, targets, shapes, loss, 0.1)
    value, gradient = function(start)
    assert np.isfinite(value)

    def value_of(flat: NDArray[np.float64]) -> float:
        return function(flat)[0]

    numeric = approx_fprime(start, value_of, 1e-7)
    np.testing.assert_allclose(gradient, numeric, atol=2e-5, rtol=2e-5)


def test_the_loss_of_one_task_by_hand() -> None:
    flat = np.array([2.0, 0.0, 0.0, 1.0])
    features, shapes = np.array([[1.0]]), shapes_of(1, (), 2)
    # Outputs 2 and 1, penalty 0.5 / 2 * 4.
    soft = objective(features, np.array([[0.25, 0.75]]), shapes, "soft-label", 0.5)(flat)[0]
    assert soft == pytest.approx(np.log(np.exp(2) + np.exp(1)) - 0.25 * 2 - 0.75 * 1 + 1.0)
    binary = objective(features, np.array([[0.25, 0.75]]), shapes, "binary", 0.5)(flat)[0]
    assert binary == pytest.approx(np.log1p(np.exp(2)) + np.log1p(np.exp(1)) - 0.25 * 2 - 0.75 * 1 + 1.0)
    squared = objective(features, np.array([[0.25, 0.75]]), shapes, "squared", 0.5)(flat)[0]
    assert squared == pytest.approx((1.75**2 + 0.25**2) / 2 + 1.0)


def test_a_fit_lowers_the_loss_to_where_the_gradient_is_flat() -> None:
    outcomes, features = some(200)
    labels = soft_labels(outcomes.correct, 10.0)
    layers = fit_network(features, labels, loss="soft-label", hidden=(5,), penalty=1e-2, max_iter=3_000, seed=3)
    flat = np.concatenate([np.concatenate([weights.ravel(), biases]) for weights, biases in layers])
    function = objective(features.astype(float), labels, shapes_of(6, (5,), 3), "soft-label", 1e-2)
    assert np.abs(function(flat)[1]).max() < 1e-3
    # The forward pass of the stored arrays is that of the fit.
    hidden = np.maximum(features @ layers[0][0] + layers[0][1], 0)
    expected = softmax(hidden @ layers[1][0] + layers[1][1])
    np.testing.assert_allclose(softmax(stack([layers], 200).predict(features)), expected, atol=1e-5)


@pytest.mark.parametrize("hidden", [(), (4,)])
def test_a_fit_on_few_tasks_ends_where_the_loss_of_all_weights_is_flat(hidden: tuple[int, ...]) -> None:
    rng = np.random.default_rng(5)
    features, targets = rng.normal(size=(12, 60)), rng.random((12, 3))
    layers = fit_network(
        features.astype(np.float32), targets, loss="binary", hidden=hidden, penalty=1e-2, max_iter=5_000, seed=3
    )
    flat = np.concatenate([np.concatenate([weights.ravel(), biases]) for weights, biases in layers])
    function = objective(features.astype(np.float32).astype(float), targets, shapes_of(60, hidden, 3), "binary", 1e-2)
    value, gradient = function(flat)
    assert np.abs(gradient).max() < 1e-2
    if not hidden:
        # Convex: the one minimum is found in all 60 numbers too.
        found = minimize(function, np.zeros_like(flat), jac=True, method="L-BFGS-B", options={"gtol": 1e-9})
        assert value == pytest.approx(found.fun, abs=1e-6)
        np.testing.assert_allclose(flat, found.x, atol=5e-3)


@pytest.mark.parametrize(
    "options", [{"k": 0}, {"temperature": 0.0}, {"scaling": "plus"}, {"value": -1.0}, {"penalty": np.inf}, {"kind": ""}]
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OutcomesError):
        ToRouterOptions(**options)
