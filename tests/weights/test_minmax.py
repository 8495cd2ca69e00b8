"""The paper's program: against brute force, and by what its solution means."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, milp

from sale_inspect.auction import BidFeatures, Weights, score
from sale_inspect.weights import FitData, fit_minmax

MakeData = Callable[..., FitData]


def signed(bid: BidFeatures, agents: tuple[str, ...]) -> list[float]:
    """Coefficients of z in (w_c, w_h, w_1, ...)."""
    ratings = [bid.ratings[agent] for agent in agents]
    return [bid.price_length, -bid.entropy, *(-rating for rating in ratings if rating is not None)]


def brute_force(data: FitData, floor: float) -> float:
    """The least worst z: one linear program for each way to select one bid per task."""
    size = len(data.agents) + 2
    best = np.inf
    for bids in itertools.product(*(task.features.values() for task in data.tasks)):
        rows = [[*signed(bid, data.agents), -1.0] for bid in bids]
        found = linprog(
            [0.0] * size + [1.0],
            A_ub=rows,
            b_ub=[0.0] * len(rows),
            A_eq=[[1.0] * size + [0.0]],
            b_eq=[1.0],
            bounds=[(floor, 1.0)] * size + [(-1.0, 1.0)],
        )
        best = min(best, float(found["fun"]))
    return float(best)


def worst_z(data: FitData, weights: object) -> float:
    return max(min(score(bid, weights).z for bid in task.features.values()) for task in data.tasks)  # type: ignore[arg-type]


@pytest.mark.parametrize("floor", [0.0, 0.01, 0.1])
@pytest.mark.parametrize("seed", range(4))
def test_no_selection_with_its_best_weights_does_better(data: MakeData, seed: int, floor: float) -> None:
    own = data(4, agents=3, seed=seed, absent=0.2)
    _, report = fit_minmax(own, floor=floor)
    assert report.status == "optimal"
    assert report.worst_z == pytest.approx(brute_force(own, floor), abs=1e-6)
    assert report.gap <= 1e-6


@settings(max_examples=25)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 15), floor=st.sampled_from([0.0, 0.02, 1 / 6]))
def test_the_reported_worst_z_is_the_auctions_own(data: MakeData, seed: int, count: int, floor: float) -> None:
    own = data(count, seed=seed)
    weights, report = fit_minmax(own, floor=floor)
    values = [weights.price, weights.entropy, *weights.judges.values()]
    assert min(values) >= floor - 1e-9 and sum(values) == pytest.approx(1.0)
    assert report.worst_z == pytest.approx(worst_z(own, weights), abs=1e-12)
    assert report.lower_bound <= report.program_worst_z
    assert report.gap == pytest.approx(report.program_worst_z - report.lower_bound, abs=1e-12)


@settings(max_examples=15)
@given(seed=st.integers(0, 10_000), data_order=st.permutations(range(10)))
def test_the_order_of_tasks_does_not_matter(data: MakeData, seed: int, data_order: list[int]) -> None:
    own = data(10, seed=seed)
    shuffled = replace(own, tasks=tuple(own.tasks[number] for number in data_order))
    assert fit_minmax(shuffled) == fit_minmax(own)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000), count=st.integers(1, 14))
def test_another_task_never_makes_the_worst_case_better(data: MakeData, seed: int, count: int) -> None:
    own = data(15, seed=seed)
    fewer = replace(own, tasks=own.tasks[:count])
    assert fit_minmax(own)[1].worst_z >= fit_minmax(fewer)[1].worst_z - 1e-6


def test_a_dev_set_of_the_papers_size_is_solved_to_optimality(data: MakeData) -> None:
    own = data(88, seed=3)
    weights, report = fit_minmax(own)
    assert report.status == "optimal" and report.gap <= 1e-6
    assert report.variables == 6 + 4 * 88 + 1
    draws = 0.01 + 0.94 * np.random.default_rng(0).dirichlet(np.ones(6), 300)
    tried = [replace_weights(weights, draw) for draw in draws]
    assert min(worst_z(own, each) for each in tried) >= report.lower_bound - 1e-9


def replace_weights(weights: Weights, values: np.ndarray) -> Weights:
    price, entropy, *judges = (float(value) for value in values)
    by_judge = dict(zip(weights.judges, judges, strict=True))
    return Weights(price=price, entropy=entropy, judges=by_judge, origin=weights.origin)


def test_abstentions_are_linearised_and_both_values_are_reported(data: MakeData) -> None:
    """One bid, rated 1 by the first judge, 0 by the second, not by the third; price and entropy cancel.

    The program gives the first judge all but the floors: 0.96 * 1 + 0.01 * 0 + 0.01 * mean(1, 0) = 0.965.
    By the auction's rule the jury's 0.98 go to two judges: 0.98 * 0.96 / (0.96 + 0.01) = 0.96990.
    """
    own = data(1, agents=3)
    bid = BidFeatures(price_length=0.5, entropy=0.5, ratings={"4b": 1.0, "8b": 0.0, "14b": None})
    weights, report = fit_minmax(replace(own, tasks=(replace(own.tasks[0], features={"8b": bid}),)))
    assert weights.judges == pytest.approx({"4b": 0.96, "8b": 0.01, "14b": 0.01})
    assert report.abstentions == 1
    assert report.program_worst_z == pytest.approx(-0.965)
    assert report.worst_z == pytest.approx(-0.98 * 0.96 / 0.97)


def test_with_equal_abstentions_the_linear_program_is_exact(data: MakeData) -> None:
    """Judges that did not rate get the mean of the rest; if the rest agree, so do both rules."""
    own = data(6, seed=2)
    tasks = []
    for task in own.tasks:
        features = {}
        for agent, bid in task.features.items():
            rating = bid.ratings["4b"]
            ratings = {"4b": rating, "8b": rating, "14b": None, "32b": rating}
            features[agent] = replace(bid, ratings=ratings)
        tasks.append(replace(task, features=features))
    _, report = fit_minmax(replace(own, tasks=tuple(tasks)))
    assert report.abstentions == 24
    assert report.worst_z == pytest.approx(report.program_worst_z, abs=1e-12)


def test_when_the_time_is_over_the_best_weights_so_far_come_with_their_gap(data: MakeData) -> None:
    own = data(300, seed=5)
    weights, report = fit_minmax(own, time_limit=1e-9)
    assert report.status == "time limit"
    assert report.gap == pytest.approx(report.program_worst_z - report.lower_bound) and report.gap > 1e-3
    assert report.lower_bound <= fit_minmax(own)[1].worst_z <= report.worst_z
    assert report.worst_z == pytest.approx(worst_z(own, weights), abs=1e-12)


def failing(monkeypatch: pytest.MonkeyPatch, fails: Callable[[dict[str, Any]], bool]) -> None:
    """HiGHS ends some programs with its status 4, "solve error"."""

    def program(*args: Any, **options: Any) -> Any:
        if fails(options["options"]):
            return SimpleNamespace(status=4, x=None, message="Solve error")
        return milp(*args, **options)

    monkeypatch.setattr("scipy.optimize.milp", program)


def test_an_error_in_the_solvers_presolve_changes_nothing(data: MakeData, monkeypatch: pytest.MonkeyPatch) -> None:
    own = data(20, seed=4)
    expected = fit_minmax(own)[1]
    failing(monkeypatch, lambda options: bool(options["presolve"]))
    report = fit_minmax(own)[1]
    assert report.status == "optimal"
    assert report.worst_z == pytest.approx(expected.worst_z, abs=1e-6)


def test_an_error_of_the_solver_is_not_taken_for_an_optimum(data: MakeData, monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, lambda options: True)
    _, report = fit_minmax(data(20, seed=4))
    assert report.status == "solver failure"
    assert report.lower_bound == -1.0 and report.gap > 0.1


@pytest.mark.parametrize(("option", "value"), [("floor", 0.5), ("floor", -0.1), ("time_limit", 0.0)])
def test_options_without_meaning_are_refused(data: MakeData, option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option} must be"):
        fit_minmax(data(2), **{option: value})
