"""What all predictive routers promise: the same choice alone, in a batch, from a file, from shuffled data."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect._errors import OutcomesError
from sale_inspect.embedding import HashingEmbedder
from sale_inspect.routers import Arrays, Choices, Features, Outcomes, Predictions, Router, TaskBatch
from sale_inspect.routers.kinds._carrot import CarrotOptions, CarrotRouter, fit_carrot
from sale_inspect.routers.kinds._clusters import AvengersProOptions, AvengersProRouter, fit_avengers_pro
from sale_inspect.routers.kinds._factors import FactorOptions, FactorRouter, fit_factors
from sale_inspect.routers.kinds._to_router import ToRouter, ToRouterOptions, fit_to_router
from sale_inspect.routers.kinds._wtp import WtpOptions, WtpRouter, fit_wtp
from sale_inspect.routers.parts._choosing import choose_greatest, dollar_grid

Fit = Callable[[Outcomes, Features], Any]
FITS: dict[str, Fit] = {
    "wtp-knn": lambda o, f: fit_wtp(o, f, options=WtpOptions(k=7), seed=1),
    "wtp-mlp": lambda o, f: fit_wtp(o, f, options=WtpOptions(kind="mlp", hidden=(8,)), seed=1),
    "wtp-svm": lambda o, f: fit_wtp(o, f, options=WtpOptions(kind="svm"), seed=1),
    "carrot-knn": lambda o, f: fit_carrot(o, f, options=CarrotOptions(k=5), seed=1),
    "carrot-heads": lambda o, f: fit_carrot(o, f, options=CarrotOptions(kind="heads"), seed=1),
    "to-router-knn": lambda o, f: fit_to_router(o, f, options=ToRouterOptions(k=6), seed=1),
    "to-router-mlp": lambda o, f: fit_to_router(o, f, options=ToRouterOptions(kind="mlp", hidden=(8,)), seed=1),
    "avengers-pro": lambda o, f: fit_avengers_pro(o, f, options=AvengersProOptions(clusters=6, top_k=2), seed=1),
    "matrix-factorisation": lambda o, f: fit_factors(o, f, options=FactorOptions(factors=4), seed=1),
}
CLASSES: dict[str, Any] = {
    "wtp": WtpRouter,
    "carrot": CarrotRouter,
    "to-router": ToRouter,
    "avengers-pro": AvengersProRouter,
    "matrix-factorisation": FactorRouter,
}


def predicted(choices: Choices) -> Predictions:
    assert choices.predictions is not None
    return choices.predictions


def world(count: int = 240, agents: int = 3, width: int = 24, seed: int = 0) -> tuple[Outcomes, Features]:
    """Tasks in topics that agents are good at by turns; later agents are dearer."""
    rng = np.random.default_rng(seed)
    topics = rng.normal(size=(2 * agents, width))
    topic = rng.integers(len(topics), size=count)
    features = topics[topic] + 0.7 * rng.normal(size=(count, width))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    chance = np.where(topic[:, None] % agents == np.arange(agents), 0.9, 0.3)
    correct = (rng.random((count, agents)) < chance).astype(float)
    dollars = 0.001 * 3.0 ** np.arange(agents) * rng.uniform(0.5, 1.5, size=(count, 1))
    outcomes = Outcomes(
        agents=tuple(f"agent{column}" for column in range(agents)),
        tasks=tuple(f"task{row:04d}" for row in range(count)),
        texts=tuple("?" for _ in range(count)),
        correct=correct,
        dollars=dollars,
    )
    return outcomes, features.astype(np.float32)


def batch(features: Features) -> TaskBatch:
    return TaskBatch(ids=tuple(f"new{row}" for row in range(len(features))), features=features)


@pytest.fixture(scope="module")
def fitted() -> dict[str, Router]:
    return {name: fit(*world()) for name, fit in FITS.items()}


def class_of(name: str) -> Any:
    return next(kind for start, kind in CLASSES.items() if name.startswith(start))


@pytest.mark.parametrize("name", FITS)
def test_a_router_satisfies_the_interface(fitted: dict[str, Router], name: str) -> None:
    router = fitted[name]
    assert isinstance(router, Router)
    assert router.name == name
    assert router.agents == ("agent0", "agent1", "agent2")
    assert router.knob is not None and len(router.knob.grid) > 1


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize(("agents", "width"), [(1, 24), (2, 384), (9, 1024)])
def test_a_task_alone_gets_exactly_what_it_gets_in_any_batch(name: str, agents: int, width: int) -> None:
    outcomes, features = world(count=700, agents=agents, width=width, seed=3)
    router = FITS[name](outcomes.take(range(100)), features[:100])
    tasks = batch(features)
    whole = router.choose(tasks)
    order = np.random.default_rng(1).permutation(len(tasks))
    permuted = router.choose(tasks.take(order))
    np.testing.assert_array_equal(permuted.utility, whole.utility[order])
    np.testing.assert_array_equal(permuted.agent, whole.agent[order])
    for rows in ([row] for row in range(0, 700, 7)):
        alone = router.choose(tasks.take(rows))
        np.testing.assert_array_equal(alone.utility, whole.utility[rows])
        np.testing.assert_array_equal(alone.agent, whole.agent[rows])
        if whole.predictions is not None:
            np.testing.assert_array_equal(predicted(alone).correct, predicted(whole).correct[rows])
            np.testing.assert_array_equal(predicted(alone).dollars, predicted(whole).dollars[rows])


@pytest.mark.parametrize("name", FITS)
def test_the_order_of_training_rows_makes_no_difference(fitted: dict[str, Router], name: str) -> None:
    outcomes, features = world()
    order = np.random.default_rng(5).permutation(len(outcomes))
    again = FITS[name](outcomes.take(order), features[order])
    tasks = batch(world(seed=9)[1])
    np.testing.assert_array_equal(again.choose(tasks).utility, fitted[name].choose(tasks).utility)


@pytest.mark.parametrize("name", FITS)
def test_a_router_decides_equally_after_a_round_trip_through_json_and_arrays(
    fitted: dict[str, Router], name: str
) -> None:
    router = fitted[name]
    assert router.knob is not None
    router = router.at(router.knob.grid[len(router.knob.grid) // 2])
    meta, arrays = router.to_arrays()
    again = class_of(name).from_arrays(json.loads(json.dumps(meta)), {key: each.copy() for key, each in arrays.items()})
    tasks = batch(world(seed=9)[1])
    np.testing.assert_array_equal(again.choose(tasks).utility, router.choose(tasks).utility)
    assert again.knob == router.knob
    assert again.name == router.name
    assert again.explain(tasks, 3) == router.explain(tasks, 3)


def broken(meta: dict[str, Any], arrays: Arrays) -> list[tuple[str, dict[str, Any], dict[str, Any]]]:
    """(field, meta, arrays) with one fault each."""
    found: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
    for field in meta:
        found.append((field, {key: each for key, each in meta.items() if key != field}, dict(arrays)))
        found.append((field, meta | {field: None}, dict(arrays)))
    found.append(("version", meta | {"version": 2}, dict(arrays)))
    found.append(("value", meta | {"value": -1.0}, dict(arrays)))
    found.append(("value", meta | {"value": float("nan")}, dict(arrays)))
    found.append(("agents", meta | {"agents": ["agent0", "agent0", "agent2"]}, dict(arrays)))
    for field, array in arrays.items():
        found.append((field, meta, {key: each for key, each in arrays.items() if key != field}))
        holed = array.copy()
        holed.flat[0] = np.nan
        found.append((field, meta, {**arrays, field: holed}))
        found.append((field, meta, {**arrays, field: array[..., None]}))
        found.append((field, meta, {**arrays, field: array.astype(str)}))
    found.append(("dollars", meta, {**arrays, "dollars": arrays["dollars"][:-1]}))
    found.append(("dollars", meta, {**arrays, "dollars": -1.0 - arrays["dollars"]}))
    return found


@pytest.mark.parametrize("name", FITS)
def test_a_bad_file_is_refused_by_the_name_of_the_field(fitted: dict[str, Router], name: str) -> None:
    meta, arrays = fitted[name].to_arrays()
    for field, bad_meta, bad_arrays in broken(meta, arrays):
        with pytest.raises(OutcomesError, match=f"`{field}`"):
            class_of(name).from_arrays(bad_meta, bad_arrays)


@pytest.mark.parametrize("name", FITS)
def test_a_file_for_another_number_of_agents_is_refused(fitted: dict[str, Router], name: str) -> None:
    meta, arrays = fitted[name].to_arrays()
    with pytest.raises(OutcomesError):
        class_of(name).from_arrays(meta | {"agents": ["agent0", "agent1"]}, arrays)


@pytest.mark.parametrize("name", FITS)
def test_features_of_another_embedder_are_refused(fitted: dict[str, Router], name: str) -> None:
    with pytest.raises(OutcomesError, match="embedder"):
        fitted[name].choose(batch(np.zeros((2, 5), dtype=np.float32)))
    with pytest.raises(OutcomesError, match="finite"):
        fitted[name].choose(batch(np.full((2, 24), np.nan, dtype=np.float32)))


@pytest.mark.parametrize("name", FITS)
def test_no_task_at_all_is_a_clear_error_and_no_choice_an_empty_one(fitted: dict[str, Router], name: str) -> None:
    outcomes, features = world()
    with pytest.raises(OutcomesError, match="no task"):
        FITS[name](outcomes.take([]), features[:0])
    with pytest.raises(OutcomesError, match="one row"):
        FITS[name](outcomes, features[1:])
    with pytest.raises(OutcomesError, match="finite"):
        FITS[name](outcomes, features * np.float32(np.inf))
    assert fitted[name].choose(batch(features[:0])).agent.shape == (0,)


@pytest.mark.parametrize("name", FITS)
def test_few_and_equal_tasks_are_enough(name: str) -> None:
    outcomes, features = world()
    router = FITS[name](outcomes.take([0, 1]), features[[0, 0]])
    assert set(router.choose(batch(features)).agent) <= {0, 1, 2}


@pytest.mark.parametrize("name", FITS)
def test_the_end_of_the_grid_spends_the_most_and_its_start_the_least(fitted: dict[str, Router], name: str) -> None:
    outcomes, _ = world()
    tasks = batch(world(seed=9)[1][:100])
    knob = fitted[name].knob
    assert knob is not None
    spent = [outcomes.mean_dollars()[fitted[name].at(value).choose(tasks).agent].mean() for value in knob.grid]
    assert spent[0] == pytest.approx(outcomes.mean_dollars().min())
    assert spent[-1] > 1.5 * spent[0]
    # Utilities are linear in the knob, so more of it never pays more for what is predicted to be dearer.
    if name not in ("avengers-pro", "carrot-knn", "carrot-heads"):
        assert (np.diff(spent) >= -1e-12).all()


@pytest.mark.parametrize("name", FITS)
def test_the_chosen_agent_has_the_greatest_utility(fitted: dict[str, Router], name: str) -> None:
    choices = fitted[name].choose(batch(world(seed=9)[1]))
    np.testing.assert_array_equal(choices.utility[np.arange(240), choices.agent], choices.utility.max(axis=1))


@pytest.mark.parametrize("name", FITS)
def test_the_routers_learn_which_agent_is_good_at_what(fitted: dict[str, Router], name: str) -> None:
    fresh, features = world(count=600)
    knob = fitted[name].knob
    assert knob is not None
    choices = fitted[name].at(knob.grid[-1]).choose(batch(features[240:]))
    passed = fresh.correct[np.arange(240, 600), choices.agent].mean()
    assert passed > fresh.correct[240:].mean(axis=0).max() + 0.1


@pytest.mark.parametrize("name", FITS)
def test_a_knob_out_of_range_is_refused(fitted: dict[str, Router], name: str) -> None:
    for value in (-0.1, float("nan"), float("inf")):
        with pytest.raises(OutcomesError, match="Knob"):
            fitted[name].at(value)


@pytest.mark.parametrize("name", FITS)
def test_an_explanation_names_the_choice_the_numbers_and_the_runner_up(fitted: dict[str, Router], name: str) -> None:
    tasks = batch(world(seed=9)[1])
    router = fitted[name]
    choices = router.choose(tasks)
    text = router.explain(tasks, 4)
    chosen = choices.agent[4]
    second = max((column for column in range(3) if column != chosen), key=lambda column: choices.utility[4, column])
    assert text.startswith(f"{name} chooses agent{chosen} (")
    assert f"Runner-up: agent{second} (" in text
    assert f"utility {choices.utility[4, chosen]:.4g}" in text
    if choices.predictions is not None:
        assert f"expected pass@1 {predicted(choices).correct[4, chosen]:.3f}" in text
        assert f"${predicted(choices).dollars[4, chosen]:.4g} a run" in text


def test_a_neighbour_router_names_the_nearest_training_tasks(fitted: dict[str, Router]) -> None:
    outcomes, features = world()
    text = fitted["wtp-knn"].explain(batch(features), 17)
    assert f"the 7 nearest of 240 training tasks, first {outcomes.tasks[17]} (1.00)" in text


@given(
    values=st.lists(st.lists(st.integers(0, 3), min_size=3, max_size=3), min_size=1, max_size=8),
    dollars=st.lists(st.integers(0, 2), min_size=3, max_size=3),
)
def test_ties_go_to_the_cheaper_agent_then_to_pool_order(values: list[list[int]], dollars: list[int]) -> None:
    # The error of rounding must not decide: 0.1 * 3 differs from 0.3.
    utility = np.array(values) * 0.1 + np.array([0.0, 1.0, 2.0]) - np.array([0.0, 1.0, 2.0])
    found = choose_greatest(utility, np.array(dollars) * 0.1, None)
    for row, agent in zip(values, found.agent, strict=True):
        assert agent == min(range(3), key=lambda column: (-row[column], dollars[column], column))


@given(st.lists(st.floats(1e-6, 10.0), min_size=1, max_size=5))
def test_the_grid_of_lambdas_reaches_from_the_cheapest_to_the_best(dollars: list[float]) -> None:
    grid = np.array(dollar_grid(np.array(dollars)))
    assert grid[0] == 0.0 and (np.diff(grid) > 0).all()
    span = max(dollars) - min(dollars)
    # At the end a thousandth of pass@1 pays for any agent.
    assert grid[-1] * 1e-3 >= span


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), lower=st.floats(0, 1), upper=st.floats(0, 1))
def test_a_higher_lambda_never_lowers_the_predicted_pass_rate(seed: int, lower: float, upper: float) -> None:
    outcomes, features = world(count=60, seed=seed)
    router = FITS["wtp-knn"](outcomes, features)
    tasks = batch(world(count=40, seed=seed + 1)[1])
    passed, spent = [], []
    for value in sorted((lower, upper)):
        choices = router.at(value).choose(tasks)
        rows = np.arange(len(tasks))
        passed.append(predicted(choices).correct[rows, choices.agent].mean())
        spent.append(predicted(choices).dollars[rows, choices.agent].mean())
    assert passed[1] >= passed[0] - 1e-12
    assert spent[1] >= spent[0] - 1e-12


@pytest.mark.parametrize("name", ["wtp-knn", "carrot-heads", "to-router-knn", "avengers-pro"])
def test_on_real_outcomes_a_router_beats_a_uniform_draw_of_agents(real_data: Path, name: str) -> None:
    train, test = (real_outcomes(real_data, part) for part in ("train", "test"))
    embedder = HashingEmbedder()
    train = train.take(range(0, len(train), 5))
    router = FITS[name](train, embedder.embed(train.texts))
    knob = router.knob
    choices = router.at(knob.grid[-1]).choose(TaskBatch(ids=test.tasks, features=embedder.embed(test.texts)))
    gain = test.correct[np.arange(len(test)), choices.agent] - test.correct.mean(axis=1)
    draws = np.random.default_rng(0).integers(len(gain), size=(2_000, len(gain)))
    assert np.quantile(gain[draws].mean(axis=1), 0.005) > 0.05


def real_outcomes(folder: Path, part: str) -> Outcomes:
    """DCRouter's scores of nine models, which its two files name in another order.

    It has no costs: the dollars here are equal for all.
    """
    rows = json.loads((folder / "outcomes" / f"dcrouter_{part}.json").read_text(encoding="utf-8"))
    agents = tuple(sorted(rows[0]["scores"]))
    correct = np.array([[row["scores"][agent] for agent in agents] for row in rows], dtype=np.float64)
    return Outcomes(
        agents=agents,
        tasks=tuple(f"{part}{number:05d}" for number in range(len(rows))),
        texts=tuple(row["question"] for row in rows),
        correct=np.clip(correct, 0.0, 1.0),
        dollars=np.ones_like(correct),
        estimated=True,
    )


def test_a_copy_with_another_knob_shares_the_fit(fitted: dict[str, Router]) -> None:
    router = fitted["wtp-knn"]
    assert isinstance(router, WtpRouter)
    assert router.at(0.5).predictor is router.predictor
    assert replace(router, value=0.5).knob == router.at(0.5).knob
