"""Avengers-Pro by hand and against scikit-learn's clusters."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import Choices, Outcomes, Predictions, TaskBatch
from sale_inspect.routers.kinds._clusters import AvengersProOptions, AvengersProRouter, fit_avengers_pro


def predicted(choices: Choices) -> Predictions:
    assert choices.predictions is not None
    return choices.predictions


X, Y = [1.0, 0.0], [0.0, 1.0]
FEATURES = np.array([X, X, Y, Y], dtype=np.float32)
OUTCOMES = Outcomes(
    agents=("small", "middle", "large"),
    tasks=("x1", "x2", "y1", "y2"),
    texts=("",) * 4,
    correct=np.array([[0.0, 0.5, 1.0], [0.5, 0.5, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]),
    dollars=np.array([[0.1, 0.5, 1.0], [0.1, 0.5, 3.0], [0.1, 0.2, 0.4], [0.1, 0.2, 0.4]]),
)


def tasks(*features: list[float]) -> TaskBatch:
    rows = np.array(features, dtype=np.float32)
    return TaskBatch(ids=tuple(str(row) for row in range(len(rows))), features=rows)


def fit(**options: Any) -> AvengersProRouter:
    return fit_avengers_pro(OUTCOMES, FEATURES, options=AvengersProOptions(clusters=2, **options), seed=0)


def test_three_agents_by_hand() -> None:
    choices = fit(value=0.7).choose(tasks(X, Y))
    # Cluster x: acc .25 .5 1, cost .1 .5 2. Cluster y: all right, cost .1 .2 .4.
    expected = [
        [0.7 * 0 + 0.3 * 0.95, 0.7 / 3 + 0.3 * 0.75, 0.7],
        [0.7 + 0.3 * 0.75, 0.7 + 0.3 * 0.5, 0.7],
    ]
    np.testing.assert_allclose(choices.utility, np.array(expected))
    assert choices.agent.tolist() == [2, 0]
    np.testing.assert_allclose(predicted(choices).correct, [[0.25, 0.5, 1.0], [1.0, 1.0, 1.0]])
    np.testing.assert_allclose(predicted(choices).dollars, [[0.1, 0.5, 2.0], [0.1, 0.2, 0.4]])
    # x: the middle agent pays from alpha / 3 > 0.2 * (1 - alpha) on, at 0.375, the large from 0.5294 on.
    assert [int(fit(value=value).choose(tasks(X)).agent[0]) for value in (0.37, 0.38, 0.52, 0.54)] == [0, 1, 1, 2]


def test_equal_scores_at_alpha_one_go_to_the_cheapest() -> None:
    assert fit(value=1.0).choose(tasks(Y)).agent.tolist() == [0]


def test_more_clusters_are_averaged_by_their_nearness() -> None:
    router = fit(top_k=2, beta=9.0)
    asked = np.array([0.8, 0.6])
    weights = np.exp(9.0 * asked) / np.exp(9.0 * asked).sum()
    one = fit().choose(tasks(X, Y))
    both = router.choose(tasks(asked.tolist()))
    np.testing.assert_allclose(both.utility[0], weights @ one.utility, rtol=1e-6)
    np.testing.assert_allclose(predicted(both).correct[0], weights @ predicted(one).correct, rtol=1e-6)
    assert "weight 0.86" in router.explain(tasks(asked.tolist()), 0)


def test_clusters_are_those_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(6, 10))[rng.integers(6, size=300)] + 0.3 * rng.normal(size=(300, 10))
    features = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    outcomes = Outcomes(
        agents=("a", "b"),
        tasks=tuple(f"t{row:04d}" for row in range(300)),
        texts=("",) * 300,
        correct=rng.random((300, 2)),
        dollars=rng.random((300, 2)),
    )
    router = fit_avengers_pro(outcomes, features, options=AvengersProOptions(clusters=6), seed=4)
    labels = KMeans(n_clusters=6, n_init=10, random_state=4).fit_predict(features)
    found = predicted(router.choose(TaskBatch(ids=outcomes.tasks, features=features)))
    for label in range(6):
        inside = labels == label
        np.testing.assert_allclose(
            np.median(found.correct[inside], axis=0), outcomes.correct[inside].mean(axis=0), rtol=1e-9
        )
    assert sorted(router.sizes) == sorted(np.bincount(labels))


@pytest.mark.parametrize("unit", [False, True])
def test_a_task_goes_to_the_centre_with_the_greatest_product(unit: bool) -> None:
    """Means as k-means has them, as the authors multiply with; or unit vectors, which tasks go to by the cosine."""
    loose, tight = [[0.0, 1.0], [0.6, 0.8]], [[1.0, 0.0], [0.96, -0.28]]
    features = np.array([*loose, *tight], dtype=np.float32)
    options = AvengersProOptions(clusters=2, unit_centres=unit, value=1.0)
    router = fit_avengers_pro(OUTCOMES, features, options=options, seed=0)
    assert router.sizes.tolist() == [2, 2]
    means = np.array([np.mean(loose, axis=0), np.mean(tight, axis=0)])
    means = means / np.linalg.norm(means, axis=1, keepdims=True) if unit else means
    np.testing.assert_allclose(router.centres, means, atol=1e-6)
    # Products 0.736 and 0.752 with the means (0.3, 0.9) and (0.98, -0.14); cosines 0.776 and 0.760.
    asked = [float(np.cos(0.566)), float(np.sin(0.566))]
    nearest = int(np.argmax(means @ np.array(asked)))
    assert nearest == (0 if unit else 1)
    expected = router.correct[nearest]
    np.testing.assert_allclose(predicted(router.choose(tasks(asked))).correct[0], expected)


def test_clusters_are_capped_by_different_tasks_and_none_is_empty() -> None:
    router = fit_avengers_pro(OUTCOMES, FEATURES, options=AvengersProOptions(clusters=32, top_k=5), seed=0)
    assert router.sizes.tolist() == [2, 2]
    assert router.top_k == 2


def test_free_agents_count_as_no_cost() -> None:
    free = Outcomes(
        agents=OUTCOMES.agents,
        tasks=OUTCOMES.tasks,
        texts=OUTCOMES.texts,
        correct=OUTCOMES.correct,
        dollars=np.zeros((4, 3)),
    )
    router = fit_avengers_pro(free, FEATURES, options=AvengersProOptions(clusters=2, value=0.5), seed=0)
    np.testing.assert_allclose(router.choose(tasks(X)).utility, [[0.5, 0.5 / 3 + 0.5, 1.0]])


@pytest.mark.parametrize("options", [{"clusters": 0}, {"top_k": 0}, {"value": 1.5}, {"alphas": (2.0,)}, {"beta": -1.0}])
def test_options_out_of_range_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(OutcomesError):
        AvengersProOptions(**options)
