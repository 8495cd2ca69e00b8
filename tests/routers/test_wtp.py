"""WTP against scikit-learn, brute force and hand-computed decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.svm import LinearSVR

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import Choices, Features, Outcomes, Predictions, TaskBatch
from sale_inspect.routers.kinds._wtp import WtpKind, WtpOptions, fit_wtp
from sale_inspect.routers.parts._neighbours import nearest_rows
from sale_inspect.routers.parts._networks import Networks


def predicted(choices: Choices) -> Predictions:
    assert choices.predictions is not None
    return choices.predictions


def unit(rows: NDArray[Any]) -> Features:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def tasks(features: Features) -> TaskBatch:
    return TaskBatch(ids=tuple(str(row) for row in range(len(features))), features=features)


def random_outcomes(count: int, seed: int = 0) -> tuple[Outcomes, Features]:
    rng = np.random.default_rng(seed)
    features = unit(rng.normal(size=(count, 16)))
    correct = np.clip(0.5 + features[:, :3] + 0.2 * rng.normal(size=(count, 3)), 0, 1)
    outcomes = Outcomes(
        agents=("a", "b", "c"),
        tasks=tuple(f"t{row:04d}" for row in range(count)),
        texts=("",) * count,
        correct=correct,
        dollars=rng.uniform(1, 2, size=(count, 3)) * [1, 2, 4],
    )
    return outcomes, features


TWO = Outcomes(
    agents=("small", "large"),
    tasks=("easy 1", "easy 2", "hard 1", "hard 2"),
    texts=("",) * 4,
    correct=np.array([[1.0, 1.0], [1.0, 1.0], [0.0, 1.0], [0.5, 1.0]]),
    dollars=np.array([[0.1, 1.0], [0.1, 1.0], [0.1, 3.0], [0.1, 3.0]]),
)
EASY, HARD = [1.0, 0.0], [0.0, 1.0]
TWO_FEATURES = np.array([EASY, EASY, HARD, HARD], dtype=np.float32)


def test_two_agents_by_hand() -> None:
    router = fit_wtp(TWO, TWO_FEATURES, options=WtpOptions(k=2), seed=0)
    asked = tasks(np.array([EASY, HARD], dtype=np.float32))
    # Mean dollars: 0.1 and 2. Hard: P is 0.25 and 1, so that large pays from lambda = 1.9 / 0.75 on.
    choices = router.at(2.5).choose(asked)
    np.testing.assert_allclose(choices.utility, [[2.4, 0.5], [0.525, 0.5]])
    assert choices.agent.tolist() == [0, 0]
    assert router.at(2.6).choose(asked).agent.tolist() == [0, 1]
    assert router.at(0.0).choose(asked).agent.tolist() == [0, 0]
    # Both are right on easy tasks, so that no lambda buys the large one.
    assert router.at(1e9).choose(asked).agent.tolist() == [0, 1]
    np.testing.assert_allclose(predicted(choices).dollars, [[0.1, 2.0], [0.1, 2.0]])
    assert "expected pass@1 0.250, $0.1 a run, utility 0.525" in router.at(2.5).explain(asked, 1)


@pytest.mark.parametrize("k", [1, 5, 40])
def test_neighbours_equal_scikit_learns(k: int) -> None:
    outcomes, features = random_outcomes(300)
    fresh = unit(np.random.default_rng(1).normal(size=(50, 16)))
    expected = KNeighborsRegressor(n_neighbors=k, metric="cosine").fit(features, outcomes.correct).predict(fresh)
    found = fit_wtp(outcomes, features, options=WtpOptions(k=k), seed=0).choose(tasks(fresh))
    np.testing.assert_allclose(predicted(found).correct, expected, atol=1e-12)


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 60), k=st.integers(1, 70), copies=st.integers(1, 4))
def test_nearest_rows_equal_brute_force_also_with_equal_and_almost_equal_rows(
    seed: int, count: int, k: int, copies: int
) -> None:
    rng = np.random.default_rng(seed)
    base = unit(rng.normal(size=(count, 8)))
    rows = np.concatenate([base, *(base + np.float32(1e-7 * copy) for copy in range(copies - 1))])
    rows = rows[rng.permutation(len(rows))]
    queries = np.concatenate([unit(rng.normal(size=(5, 8))), rows[:2], np.zeros((1, 8), dtype=np.float32)])
    k = min(k, len(rows))
    found = nearest_rows(queries, rows, k)
    for query, numbers in zip(queries.astype(np.float64), found, strict=True):
        similar = (rows.astype(np.float64) * query).sum(axis=1)
        best = sorted(range(len(rows)), key=lambda row: (-similar[row], row))[:k]
        assert numbers.tolist() == sorted(best)


def test_k_is_capped_by_the_tasks() -> None:
    router = fit_wtp(TWO, TWO_FEATURES, options=WtpOptions(k=40), seed=0)
    np.testing.assert_allclose(predicted(router.choose(tasks(TWO_FEATURES))).correct, [[0.625, 1.0]] * 4)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("hidden", [(7,), (6, 5)])
@pytest.mark.parametrize("count", [60, 400])
def test_the_networks_forward_pass_equals_scikit_learns(hidden: tuple[int, ...], count: int) -> None:
    outcomes, features = random_outcomes(count)
    fresh = unit(np.random.default_rng(1).normal(size=(50, 16)))
    options = WtpOptions(kind="mlp", hidden=hidden, max_iter=300)
    found = fit_wtp(outcomes, features, options=options, seed=1234).predictor.predict(fresh)
    for column in range(3):
        own = MLPRegressor(hidden_layer_sizes=hidden, max_iter=300, early_stopping=count >= 200, random_state=1234).fit(
            features, outcomes.correct[:, column].astype(np.float32)
        )
        np.testing.assert_allclose(found[:, column], own.predict(fresh), atol=1e-5)


def test_support_vector_regressions_equal_scikit_learns() -> None:
    outcomes, features = random_outcomes(200)
    fresh = unit(np.random.default_rng(1).normal(size=(50, 16)))
    router = fit_wtp(outcomes, features, options=WtpOptions(kind="svm", max_iter=5_000), seed=1234)
    for column in range(3):
        own = LinearSVR(random_state=1234, max_iter=5_000).fit(features, outcomes.correct[:, column])
        np.testing.assert_allclose(router.predictor.predict(fresh)[:, column], own.predict(fresh), atol=1e-5)
    assert isinstance(router.predictor, Networks)


def test_predictions_stay_a_pass_rate() -> None:
    outcomes, features = random_outcomes(200)
    router = fit_wtp(outcomes, features, options=WtpOptions(kind="svm"), seed=0)
    far = tasks(10.0 * features)
    correct = predicted(router.choose(far)).correct
    assert router.predictor.predict(far.features).max() > 1.0
    assert correct.min() >= 0.0 and correct.max() == 1.0


def test_a_fit_that_is_cut_short_warns_nobody() -> None:
    outcomes, features = random_outcomes(100)
    kinds: tuple[WtpKind, ...] = ("mlp", "svm")
    for kind in kinds:
        # Warnings are errors in this test suite.
        fit_wtp(outcomes, features, options=WtpOptions(kind=kind, max_iter=1), seed=0)
    with pytest.warns(ConvergenceWarning):
        MLPRegressor(max_iter=1).fit(features, outcomes.correct[:, 0])


@pytest.mark.parametrize(
    "options", [{"k": 0}, {"hidden": (0,)}, {"max_iter": 0}, {"lambdas": (-1.0,)}, {"value": -1.0}, {"kind": "svn"}]
)
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OutcomesError):
        WtpOptions(**options)


def test_the_grid_and_the_first_value_are_options() -> None:
    router = fit_wtp(TWO, TWO_FEATURES, options=WtpOptions(lambdas=(0.0, 2.0, 5.0)), seed=0)
    assert router.knob.grid == (0.0, 2.0, 5.0)
    assert router.knob.value == 5.0
    assert fit_wtp(TWO, TWO_FEATURES, options=WtpOptions(value=2.5), seed=0).knob.value == 2.5
