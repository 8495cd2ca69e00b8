"""CARROT against scikit-learn and hand-computed decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.neighbors import KNeighborsRegressor

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import Choices, Features, Outcomes, Predictions, TaskBatch
from sale_inspect.routers.kinds._carrot import CarrotKind, CarrotOptions, CarrotRouter, fit_carrot


def predicted(choices: Choices) -> Predictions:
    assert choices.predictions is not None
    return choices.predictions


TWO = Outcomes(
    agents=("small", "large"),
    tasks=("easy 1", "easy 2", "hard 1", "hard 2"),
    texts=("",) * 4,
    correct=np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0], [0.5, 1.0]]),
    dollars=np.array([[0.1, 1.0], [0.1, 1.0], [0.1, 3.0], [0.3, 3.0]]),
)
TWO_FEATURES = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]], dtype=np.float32)


def some(count: int, seed: int = 0) -> tuple[Outcomes, Features]:
    rng = np.random.default_rng(seed)
    features = rng.normal(size=(count, 12))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    outcomes = Outcomes(
        agents=("a", "b", "c"),
        tasks=tuple(f"t{row:04d}" for row in range(count)),
        texts=("",) * count,
        correct=(rng.random((count, 3)) < 0.5 + features[:, :3]).astype(float),
        dollars=np.exp(features[:, 3:6]) * [0.001, 0.01, 0.1],
    )
    return outcomes, features.astype(np.float32)


def tasks(features: Features) -> TaskBatch:
    return TaskBatch(ids=tuple(str(row) for row in range(len(features))), features=features)


def test_two_agents_by_hand() -> None:
    router = fit_carrot(TWO, TWO_FEATURES, options=CarrotOptions(k=2), seed=0)
    asked = tasks(TWO_FEATURES[[0, 2]])
    assert router.scale == 2.0
    # Hard: f is 0.25 and 1, g is 0.2 and 3 dollars, of which 2 count as 1.
    choices = router.at(0.4).choose(asked)
    np.testing.assert_allclose(choices.utility, [[0.6 - 0.02, 0.6 - 0.2], [0.15 - 0.04, 0.6 - 0.6]], atol=1e-12)
    # 0.75 * (1 - mu) = 1.4 * mu at mu = 0.3488.
    assert router.at(0.34).choose(asked).agent.tolist() == [0, 1]
    assert router.at(0.36).choose(asked).agent.tolist() == [0, 0]
    np.testing.assert_allclose(predicted(choices).dollars, [[0.1, 1.0], [0.2, 3.0]])


@pytest.mark.parametrize("kind", ["knn", "heads"])
def test_the_ends_of_mu_are_the_best_and_the_cheapest(kind: CarrotKind) -> None:
    outcomes, features = some(200)
    router = fit_carrot(outcomes, features, options=CarrotOptions(kind=kind, k=9), seed=0)
    asked = tasks(some(100, seed=1)[1])
    best = router.at(0.0).choose(asked)
    rows = np.arange(100)
    np.testing.assert_array_equal(predicted(best).correct[rows, best.agent], predicted(best).correct.max(axis=1))
    cheapest = router.at(1.0).choose(asked)
    np.testing.assert_array_equal(
        predicted(cheapest).dollars[rows, cheapest.agent], predicted(cheapest).dollars.min(axis=1)
    )


def test_predicted_dollars_fall_as_mu_rises() -> None:
    outcomes, features = some(200)
    router = fit_carrot(outcomes, features, options=CarrotOptions(k=9), seed=0)
    asked = tasks(some(100, seed=1)[1])
    spent, passed = [], []
    for value in router.knob.grid:
        choices = router.at(value).choose(asked)
        spent.append(predicted(choices).dollars[np.arange(100), choices.agent].mean())
        passed.append(predicted(choices).correct[np.arange(100), choices.agent].mean())
    assert (np.diff(spent) >= -1e-12).all() and (np.diff(passed) >= -1e-12).all()
    assert spent[-1] > 2 * spent[0]


def test_neighbours_equal_scikit_learns_for_scores_and_dollars() -> None:
    outcomes, features = some(300)
    fresh = some(40, seed=1)[1]
    found = predicted(fit_carrot(outcomes, features, options=CarrotOptions(k=16), seed=0).choose(tasks(fresh)))
    both = np.hstack([outcomes.correct, outcomes.dollars])
    expected = KNeighborsRegressor(n_neighbors=16, metric="cosine").fit(features, both).predict(fresh)
    np.testing.assert_allclose(np.hstack([found.correct, found.dollars]), expected, atol=1e-12)


def test_linear_heads_equal_a_logistic_regression_and_a_ridge_for_each_agent() -> None:
    outcomes, features = some(300)
    fresh = some(40, seed=1)[1]
    options = CarrotOptions(kind="heads", penalty=1e-2, max_iter=2_000)
    found = predicted(fit_carrot(outcomes, features, options=options, seed=0).choose(tasks(fresh)))
    for column in range(3):
        scores = LogisticRegression(C=1 / (300 * 1e-2), tol=1e-8, max_iter=5_000)
        scores.fit(features.astype(float), outcomes.correct[:, column])
        np.testing.assert_allclose(found.correct[:, column], scores.predict_proba(fresh)[:, 1], atol=1e-4)
        dollars = outcomes.dollars[:, column]
        spread = dollars.std()
        ridge = Ridge(alpha=300 * 1e-2).fit(features.astype(float), (dollars - dollars.mean()) / spread)
        expected = np.maximum(ridge.predict(fresh) * spread + dollars.mean(), 0)
        np.testing.assert_allclose(found.dollars[:, column], expected, rtol=1e-3)


def test_heads_with_hidden_units_learn_what_a_line_cannot() -> None:
    rng = np.random.default_rng(0)
    angle = rng.uniform(0, 2 * np.pi, size=600)
    features = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    crossed = (np.cos(angle) * np.sin(angle) > 0).astype(float)
    outcomes = Outcomes(
        agents=("a", "b"),
        tasks=tuple(f"t{row:04d}" for row in range(600)),
        texts=("",) * 600,
        correct=np.stack([crossed, 1 - crossed], axis=1),
        dollars=np.stack([1 + crossed, np.full(600, 2.0)], axis=1),
    )
    options = CarrotOptions(kind="heads", hidden=(16,), penalty=1e-5)
    choices = fit_carrot(outcomes, features, options=options, seed=0).choose(tasks(features))
    assert (choices.agent == 1 - crossed).mean() > 0.95
    # The dollars' head is scaled back to dollars, also when an agent's never vary.
    np.testing.assert_allclose(predicted(choices).dollars[:, 1], 2.0)
    assert np.abs(predicted(choices).dollars[:, 0] - 1 - crossed).mean() < 0.1


def test_predicted_dollars_are_never_below_zero() -> None:
    outcomes, features = some(300)
    router = fit_carrot(outcomes, features, options=CarrotOptions(kind="heads"), seed=0)
    far = 20.0 * features
    assert router.predictor.predict(far)[:, 3:].min() < 0
    assert predicted(router.choose(tasks(far))).dollars.min() == 0.0


def test_free_agents_are_chosen_by_score_alone() -> None:
    free = Outcomes(agents=TWO.agents, tasks=TWO.tasks, texts=TWO.texts, correct=TWO.correct, dollars=np.zeros((4, 2)))
    router = fit_carrot(free, TWO_FEATURES, options=CarrotOptions(k=2), seed=0)
    assert router.at(0.5).choose(tasks(TWO_FEATURES[[0, 2]])).agent.tolist() == [0, 1]


def test_a_stored_pass_rate_above_one_is_refused() -> None:
    meta, arrays = fit_carrot(TWO, TWO_FEATURES, options=CarrotOptions(k=2), seed=0).to_arrays()
    values = arrays["predictor.values"].copy()
    values[0, 0] = 1.5
    with pytest.raises(OutcomesError, match=r"predictor\.values"):
        CarrotRouter.from_arrays(meta, {**arrays, "predictor.values": values})


@pytest.mark.parametrize("options", [{"k": 0}, {"mus": (1.1,)}, {"value": -0.1}, {"penalty": -1.0}, {"kind": "head"}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OutcomesError):
        CarrotOptions(**options)
