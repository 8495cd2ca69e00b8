"""The shuffled control."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import ROUTERS, Outcomes, TaskBatch
from sale_inspect.routers._train import train
from sale_inspect.routers.kinds._shuffled import (
    ShuffledOptions,
    ShuffledRouter,
    fit_shuffled,
    permuted,
    permuted_expectation,
    shuffled_of,
)
from sale_inspect.routers.kinds._wtp import WtpOptions


def batch(count: int) -> TaskBatch:
    return TaskBatch(ids=tuple(f"n{row}" for row in range(count)), features=np.zeros((count, 2), dtype=np.float32))


def test_exact_expectation_equals_that_over_all_permutations() -> None:
    rng = np.random.default_rng(0)
    values, choices = rng.random((6, 3)), np.array([0, 0, 2, 1, 2, 2])
    rows = np.arange(6)
    means = [values[rows, np.array(order)].mean() for order in itertools.permutations(choices)]
    found = permuted_expectation(choices, values)
    assert found.mean == pytest.approx(np.mean(means))
    assert found.deviation == pytest.approx(np.std(means))


def test_a_router_without_information_has_the_mean_of_its_control() -> None:
    values = np.array([[0.0, 1.0], [0.0, 1.0]])
    found = permuted_expectation(np.array([0, 1]), values)
    assert (found.mean, found.deviation) == (0.5, 0.0)
    with pytest.raises(OutcomesError, match="2 choices for 3 tasks"):
        permuted_expectation(np.array([0, 1]), np.zeros((3, 2)))


def test_permutations_keep_the_shares_and_repeat_for_a_seed() -> None:
    choices = np.array([0] * 5 + [1] * 3 + [2])
    found = permuted(choices, 200, seed=4)
    assert found.shape == (200, 9)
    assert (np.sort(found, axis=1) == choices).all()
    assert (found == permuted(choices, 200, seed=4)).all()
    assert (found != permuted(choices, 200, seed=5)).any()
    # Each place has each agent in proportion: no place is fixed.
    assert np.abs((found == 0).mean(axis=0) - 5 / 9).max() < 5 * np.sqrt(20 / 81 / 200)


def test_live_draws_have_the_shares() -> None:
    choices = np.array([[0] * 6 + [2] * 4])
    router = shuffled_of(choices, ["a", "b", "c"], base="wtp-knn", seed=2)
    drawn = router.choose(batch(5000))
    counts = np.bincount(drawn.agent, minlength=3)
    assert drawn.drawn and counts[1] == 0
    assert abs(counts[0] - 3000) < 5 * np.sqrt(5000 * 0.24)
    assert "wtp-knn" in router.explain(batch(3), 1)
    assert router.knob is None
    with pytest.raises(OutcomesError, match="no knob"):
        router.at(1.0)


def test_shares_follow_the_knob_of_the_other_router() -> None:
    router = shuffled_of(
        np.array([[0, 0], [0, 1], [1, 1]]), ["a", "b"], base="x", seed=0, values=(1.0, 2.0, 4.0), knob_name="lambda"
    )
    assert router.choose(batch(9)).agent.tolist() == [0] * 9
    assert router.at(4.0).choose(batch(9)).agent.tolist() == [1] * 9
    near = router.at(1.9)
    assert near.knob is not None and near.knob.value == 2.0
    again = ShuffledRouter.from_arrays(*near.to_arrays())
    assert (again.choose(batch(99)).agent == near.choose(batch(99)).agent).all()
    meta, arrays = near.to_arrays()
    with pytest.raises(OutcomesError, match="`shares` must sum to 1"):
        ShuffledRouter.from_arrays(meta, {"shares": arrays["shares"] * 0.5})


def test_fit_takes_the_held_out_shares_of_the_other_router() -> None:
    rng = np.random.default_rng(3)
    features = rng.normal(size=(60, 5)).astype(np.float32)
    ids = tuple(f"t{row}" for row in range(60))
    data = Outcomes(
        agents=("a", "b"),
        tasks=ids,
        texts=ids,
        correct=(rng.random((60, 2)) < [0.4, 0.7]).astype(float),
        dollars=np.tile([1.0, 3.0], (60, 1)),
    )
    options = WtpOptions(k=5, lambdas=(0.0, 4.0, 9.0), value=4.0)
    router = fit_shuffled(
        data, features, options=ShuffledOptions(router="wtp-knn", options=options), seed=1, kinds=ROUTERS
    )
    held = train(data, features, router="wtp-knn", grid=[options], seed=1).held_out
    assert router.shares[1, 1] == (held.choices[1] == 1).mean()
    assert 0 < router.shares[1, 1] < 1
    assert router.knob is not None and router.knob.value == 4.0
