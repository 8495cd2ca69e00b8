"""Probabilities and bills: against hand computations, scikit-learn's own predictions, and known worlds."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from sale_inspect._errors import LogError
from sale_inspect.calibrated import Bids, Forecasts, Model, ModelRecipe, TaskFacts, fit_model
from sale_inspect.calibrated._columns import Neighbours, column_names, columns
from sale_inspect.calibrated._crossed import choose_recipe, fold_of
from sale_inspect.calibrated._newton import newton_logistic
from sale_inspect.market import Market
from tests.calibrated.worlds import dev


def test_a_forecast_by_hand() -> None:
    """Columns: text length, own and pool's success on similar tasks; only the first has a slope.

    x = (log(1 + 99) - 4) / 0.5 = 1.2103; log-odds .2 + .3 x 1.2103 = .56310, p = .63717.
    Log dollars -4 + .1 x 1.2103 = -3.87897, times the smear 1.1: $.022739.
    """
    model = Model(
        agents=("a",),
        domains=("",),
        bids=False,
        neighbours=Neighbours(features=np.eye(2, dtype=np.float32), apart=np.zeros((2, 1)), k=1),
        mean=np.array([4.0, 0.0, 0.0]),
        scale=np.array([0.5, 1.0, 1.0]),
        level=np.array([0.2]),
        slope=np.array([[0.3, 0.0, 0.0]]),
        bill=np.array([-4.0]),
        bill_slope=np.array([[0.1, 0.0, 0.0]]),
        smear=np.array([1.1]),
    )
    task = TaskFacts(features=np.eye(2, dtype=np.float32)[:1], letters=np.array([99.0]), domains=("",))
    found = model.forecast(task)
    assert found.p[0, 0] == pytest.approx(0.63717, abs=1e-5)
    assert found.usd[0, 0] == pytest.approx(0.022739, abs=1e-6)


def test_similar_tasks_count_by_their_cosine_and_are_shrunk() -> None:
    """Cosines .8 and .6 with outcomes +.5 and -.25 apart: (.8 x .5 - .6 x .25) / (1 + .8 + .6) = .25 / 2.4; the third,
    at a cosine of 0, is not among the 2 nearest."""
    known = Neighbours(
        features=np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float32),
        apart=np.array([[0.5], [-0.25], [0.9]]),
        k=2,
    )
    query = np.array([[0.8, 0.6, 0.0]], dtype=np.float32)
    assert known.look(query)[0, 0] == pytest.approx(0.25 / 2.4)
    # Its own task is left out: then the second and third are nearest.
    own = known.look(query, own=np.array([0]), groups=np.array([0, 1, 2]))
    assert own[0, 0] == pytest.approx(-0.6 * 0.25 / 1.6)


def test_the_columns_of_a_bid_by_hand() -> None:
    """Agent a is rated 1.0 by itself and .6 by b, b is rated .4 by a and not by itself; c made no bid."""
    nan = np.nan
    bids = Bids(
        valid=np.array([[True, True, False]]),
        ratings=np.array([[[1.0, 0.6, nan], [0.4, nan, nan], [nan, nan, nan]]]),
        entropy=np.array([[0.3, 0.5, 0.0]]),
        lengths=np.array([[99.0, 299.0, 0.0]]),
        cut=np.array([[False, True, False]]),
    )
    names = column_names(("a", "b", "c"), ("coding",), bids=True)
    task = TaskFacts(features=np.ones((1, 1), dtype=np.float32), letters=np.array([9.0]), domains=("coding",))
    found = columns(task, bids, np.array([[0.1, 0.2, 0.3]]), ("coding",))
    assert found.shape == (1, 3, len(names))
    rows = [dict(zip(names, row, strict=True)) for row in found[0]]
    # The bids' means are .8 and .4, the auction's (.8 + .4) / 2 = .6.
    assert rows[0]["auction's mean rating"] == pytest.approx(0.6) == rows[1]["auction's mean rating"]
    assert rows[0]["rating over the auction's mean"] == pytest.approx(0.2)
    assert rows[0]["best other rating"] == pytest.approx(0.4) and rows[1]["best other rating"] == pytest.approx(0.8)
    assert rows[0]["spread of ratings"] == pytest.approx(0.2) and rows[0]["own rating of itself"] == pytest.approx(0.2)
    assert rows[1]["own rating of itself"] == 0.0, "it did not rate itself"
    assert rows[0]["rating by b over the mean"] == pytest.approx(-0.2)
    assert rows[1]["plan cut"] == 1.0 and rows[0]["plan length"] == pytest.approx(np.log(100))
    assert rows[2]["no bid"] == 1.0 and rows[2]["auction's mean rating"] == 0.0
    assert [row["pool's success on similar tasks"] for row in rows] == pytest.approx([0.2] * 3)


@pytest.mark.parametrize("bids", [False, True])
def test_the_forecasts_are_those_of_scikit_learns_regression(bids: bool) -> None:
    """The level and slopes that are kept give scikit-learn's probabilities of the design that they were fitted on.

    scikit-learn takes no share of runs as an outcome, so there each run is a row; a third of the tasks have two.
    """
    data = dev(Market(agents=3, insight=0.7), 120)
    data = replace(data, solved=np.where(np.arange(120)[:, None] % 3 == 0, 0.5, data.solved))
    seen: dict[str, np.ndarray] = {}

    def fit(
        design: np.ndarray, solved: np.ndarray, weights: np.ndarray, strength: np.ndarray, **given: Any
    ) -> np.ndarray:
        rows = np.concatenate([np.flatnonzero(solved > 0), np.flatnonzero(solved < 1)])
        target = np.repeat([1.0, 0.0], [(solved > 0).sum(), (solved < 1).sum()])
        share = np.concatenate([(weights * solved)[solved > 0], (weights * (1 - solved))[solved < 1]])
        # Its one penalty for all columns, on columns that are scaled by the root of their own.
        design = design * np.sqrt(strength)
        plain = LogisticRegression(C=1.0, solver="newton-cholesky", tol=1e-10, max_iter=100)
        seen["p"] = plain.fit(design[rows], target, sample_weight=share).predict_proba(design)[:, 1]
        return newton_logistic(design / np.sqrt(strength), solved, weights, strength, **given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sale_inspect.calibrated._model.newton_logistic", fit)
        model = fit_model(data, ModelRecipe(strength=0.03, k=8), bids=bids)
    similar = model.neighbours.look(data.tasks.features, own=data.groups, groups=data.groups)
    x = (columns(data.tasks, data.bids if bids else None, similar, model.domains) - model.mean) / model.scale
    p = expit(model.level + np.einsum("anp,np->an", x, model.slope))
    assert p.ravel() == pytest.approx(seen["p"], abs=1e-3)


def test_few_tasks_give_the_agents_means_and_nothing_else() -> None:
    """20 tasks: (successes + 2 x pool) / (20 + 2), the pool's mean being (sum + 1) / (count + 2) over tasks."""
    data = dev(Market(agents=2), 20, seed=3)
    recipe = choose_recipe(data, bids=True, inner=3, seed=0)
    assert recipe.strength == 0.0
    model = fit_model(data, recipe, bids=True)
    assert not model.slope.any()
    pool = (data.solved.mean() * 20 + 1) / 22
    expected = (data.solved.sum(axis=0) + 2 * pool) / 22
    assert model.level == pytest.approx(logit(expected))
    found = model.forecast(data.tasks, data.bids)
    assert found.usd[0] == pytest.approx(data.usd.mean(axis=0)), "smearing gives the mean where there are no slopes"


def test_slopes_vanish_where_nothing_can_be_foreseen() -> None:
    """Outcomes are drawn anew, apart from bids and tasks: forecasts are near the agents' means."""
    data = dev(Market(agents=3, insight=1.0), 300, seed=5)
    rng = np.random.default_rng(0)
    data = replace(data, solved=(rng.random((300, 3)) < [0.3, 0.5, 0.7]).astype(float))
    model = fit_model(data, choose_recipe(data, bids=True, inner=3, seed=0), bids=True)
    assert model.forecast(data.tasks, data.bids).p.std(axis=0).max() < 0.06
    assert model.forecast(data.tasks, data.bids).p.mean(axis=0) == pytest.approx(data.solved.mean(axis=0), abs=0.02)


def held(model: Model, market: Market) -> tuple[Forecasts, np.ndarray]:
    fresh = dev(market, 5_000, seed=77)
    return model.forecast(fresh.tasks, fresh.bids), fresh.solved


def test_bids_help_where_plans_show_something_and_forecasts_are_calibrated() -> None:
    market = Market(insight=0.9, fit=0.9)
    data = dev(market, 600, seed=1)
    without, with_bids = (
        held(fit_model(data, choose_recipe(data, bids=bids, inner=3, seed=0), bids=bids), market)
        for bids in (False, True)
    )
    brier = [float(((found.p - solved) ** 2).mean()) for found, solved in (without, with_bids)]
    assert brier[1] < brier[0] - 0.04
    p, solved = with_bids[0].p.ravel(), with_bids[1].ravel()
    for group in np.array_split(np.argsort(p), 10):
        assert p[group].mean() == pytest.approx(solved[group].mean(), abs=0.07)


def test_the_expected_bill_is_right_on_average() -> None:
    market = Market(insight=0.5)
    data = dev(market, 400, seed=2)
    fresh = dev(market, 4_000, seed=8)
    found = fit_model(data, ModelRecipe(strength=0.03, k=8), bids=True).forecast(fresh.tasks, fresh.bids)
    assert found.usd.mean(axis=0) == pytest.approx(fresh.usd.mean(axis=0), rel=0.15)


def test_an_agent_that_costs_nothing_is_expected_to_cost_nothing() -> None:
    data = dev(Market(agents=2), 60)
    free = data.usd.copy()
    free[:, 0] = 0.0
    found = fit_model(replace(data, usd=free), ModelRecipe(strength=0.03, k=8), bids=True).forecast(
        data.tasks, data.bids
    )
    assert (found.usd[:, 0] == 0).all() and (found.usd[:, 1] > 0).all()


@pytest.mark.parametrize("value", [0.0, 1.0])
def test_agents_that_always_or_never_succeed_are_no_error(value: float) -> None:
    data = dev(Market(agents=2), 40)
    model = fit_model(replace(data, solved=np.full((40, 2), value)), ModelRecipe(strength=0.03, k=8), bids=True)
    p = model.forecast(data.tasks, data.bids).p
    assert np.abs(p - value).max() < 0.1


def test_epochs_count_as_one_task_and_stay_in_one_fold() -> None:
    data = dev(Market(agents=2), 40)
    # Nothing is similar, as a task's own epochs are no neighbours of it, but of others.
    data = replace(data, tasks=replace(data.tasks, features=np.zeros_like(data.tasks.features)))
    twice = data.take(np.repeat(np.arange(40), 2))
    folds = fold_of(twice.groups, 5, 0)
    assert (folds[::2] == folds[1::2]).all() and len(np.unique(folds)) == 5
    once, doubled = (fit_model(each, ModelRecipe(strength=0.03, k=8), bids=True) for each in (data, twice))
    assert doubled.level == pytest.approx(once.level, abs=1e-4)
    assert len(twice.outcomes()) == 40


def test_the_order_of_auctions_changes_no_hash() -> None:
    data = dev(Market(agents=2), 10)
    assert data.take(np.arange(10)[::-1]).data_hash == data.data_hash
    assert dev(Market(agents=2), 10, seed=1).data_hash != data.data_hash


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"solved": np.full((10, 2), 1.5)}, "solved must be finite, at least 0 and at most 1"),
        ({"usd": np.full((10, 2), np.nan)}, "usd must be finite"),
        ({"overhead": np.zeros(9)}, r"overhead has the shape \(9,\)"),
        ({"prices": {"a0": 1.0}}, "prices must name"),
    ],
)
def test_data_that_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(LogError, match=message):
        dev(Market(agents=2), 10, **changes)
