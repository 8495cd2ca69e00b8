"""The outcome fit: best first, honest about overfitting, and its promise about pass@1 kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sale_inspect import LogError
from sale_inspect.auction import BidFeatures, Weights, score, select
from sale_inspect.weights import FitData, FitTask, OutcomeOptions, WeightValues, dev_value, fit_outcome

MakeData = Callable[..., FitData]

QUICK = OutcomeOptions(samples=1500)


def weights_from(values: WeightValues) -> Weights:
    return Weights(price=values.price, entropy=values.entropy, judges=values.judges, origin="test")


def expert(count: int) -> FitData:
    """Two agents, alike in price x length and entropy. Judge `wise` knows who solves, judge `fool` the reverse."""
    rng = np.random.default_rng(7)
    tasks = []
    for number in range(count):
        right = int(rng.integers(2))
        features = {}
        for at, name in enumerate(("wise", "fool")):
            ratings: dict[str, float | None] = {"wise": float(at == right), "fool": float(at != right)}
            features[name] = BidFeatures(price_length=0.2, entropy=0.5, ratings=ratings)
        solved: dict[str, float | None] = {"wise": float(right == 0), "fool": float(right == 1)}
        task = FitTask(
            task_id=f"t{number}", features=features, solved=solved, usd={"wise": 1.0, "fool": 2.0}, usd_overhead=0.1
        )
        tasks.append(task)
    return FitData(
        pool="two",
        agents=("wise", "fool"),
        prices={"wise": 1.0, "fool": 2.0},
        strategy_tokens=300,
        tokenizer="t",
        entropy_kinds=("text",),
        tasks=tuple(tasks),
    )


def test_the_judge_who_knows_gets_the_greater_weight() -> None:
    weights, report = fit_outcome(expert(40), QUICK)
    assert weights.judges["wise"] > weights.judges["fool"]
    found = dev_value(expert(40), weights)
    assert found is not None and found.pass_rate == 1.0
    tested = report.cross_validation
    assert tested is not None and tested.pass_rate == 1.0 and tested.pass_stderr == 0.0
    assert report.uniform.pass_rate < 1.0


def test_of_weights_that_reach_the_same_the_ones_nearest_to_equal_are_chosen() -> None:
    """Every wise > fool solves all; the simplex' centre is at wise = fool, so the fit stays near it."""
    weights, _ = fit_outcome(expert(40), replace(QUICK, samples=5000))
    values = [weights.price, weights.entropy, *weights.judges.values()]
    assert max(abs(value - 0.25) for value in values) < 0.1


def test_no_other_weights_solve_more_or_the_same_for_less(data: MakeData) -> None:
    """Against independent draws, decided by the auction's own code."""
    own = data(25, seed=4, abstain=0.1)
    weights, _ = fit_outcome(own)
    reached = dev_value(own, weights)
    assert reached is not None
    draws = np.random.default_rng(99).dirichlet(np.ones(6), 300)
    better = 0
    for draw in draws:
        other = Weights(
            price=draw[0], entropy=draw[1], judges=dict(zip(own.agents, draw[2:], strict=True)), origin="draw"
        )
        found = dev_value(own, other)
        assert found is not None
        better += (found.pass_rate, -found.usd) > (reached.pass_rate + 1e-9, -reached.usd)
    assert better == 0


def test_dollars_decide_between_weights_that_solve_the_same(data: MakeData) -> None:
    own = data(20, seed=2)
    all_solve = replace(own, tasks=tuple(replace(task, solved=dict.fromkeys(own.agents, 1.0)) for task in own.tasks))
    weights, report = fit_outcome(all_solve, QUICK)
    found = dev_value(all_solve, weights)
    assert found is not None
    assert found.usd == pytest.approx(min(point.usd for point in report.frontier))
    assert len(report.frontier) == 1


def test_the_frontier_is_what_its_weights_reach_and_no_point_beats_another(data: MakeData) -> None:
    own = data(40, seed=6, abstain=0.1, absent=0.1)
    _, report = fit_outcome(own, QUICK)
    assert len(report.frontier) > 3
    for point in report.frontier:
        found = dev_value(own, weights_from(point.weights))
        assert found is not None
        assert (found.pass_rate, found.usd) == pytest.approx((point.pass_rate, point.usd))
    costs = [point.usd for point in report.frontier]
    rates = [point.pass_rate for point in report.frontier]
    assert costs == sorted(set(costs)) and rates == sorted(set(rates))


def test_chosen_weights_are_the_frontiers_best(data: MakeData) -> None:
    own = data(40, seed=6)
    weights, report = fit_outcome(own, QUICK)
    found = dev_value(own, weights)
    assert found is not None
    assert (found.pass_rate, found.usd) == pytest.approx((report.frontier[-1].pass_rate, report.frontier[-1].usd))


def test_labels_without_any_signal_look_good_on_dev_and_not_out_of_fold(data: MakeData) -> None:
    own = data(80, seed=8)
    rng = np.random.default_rng(1)
    noise = replace(
        own,
        tasks=tuple(
            replace(task, solved={agent: float(rng.uniform() < 0.5) for agent in own.agents}) for task in own.tasks
        ),
    )
    weights, report = fit_outcome(noise, QUICK)
    found, tested = dev_value(noise, weights), report.cross_validation
    assert found is not None and tested is not None
    assert found.pass_rate > 0.6
    assert tested.pass_rate < 0.6
    assert tested.pass_rate == pytest.approx(np.mean(tested.fold_pass_rates))


def test_single_agents_and_the_oracle_are_those_of_the_labels(data: MakeData) -> None:
    own = data(30, seed=9)
    _, report = fit_outcome(own, QUICK)
    for agent in own.agents:
        assert report.agents[agent].pass_rate == pytest.approx(np.mean([task.solved[agent] for task in own.tasks]))
        assert report.agents[agent].usd == pytest.approx(np.mean([task.usd[agent] for task in own.tasks]))
    picks = []
    for task in own.tasks:
        able = [agent for agent in own.agents if task.solved[agent]]
        picks.append(able[0] if able else own.agents[0])
    rate = np.mean([task.solved[pick] for task, pick in zip(own.tasks, picks, strict=True)])
    dollars = np.mean([task.usd[pick] for task, pick in zip(own.tasks, picks, strict=True)])
    assert (report.oracle.pass_rate, report.oracle.usd) == pytest.approx((rate, dollars))


def test_epochs_of_a_task_count_as_one_task(data: MakeData) -> None:
    """Three identical auctions of each task must change nothing: no standard error, no bound, no choice."""
    once = data(24, seed=10)
    thrice = replace(once, tasks=tuple(replace(task, instance=number) for task in once.tasks for number in (1, 2, 3)))
    options = replace(QUICK, keep_pass=0.8)
    first, second = fit_outcome(once, options), fit_outcome(thrice, options)
    assert thrice.task_count == 24
    assert first[0] == second[0]
    assert first[1].keep is not None and second[1].keep is not None
    assert first[1].keep.lower_bound == pytest.approx(second[1].keep.lower_bound)
    assert first[1].cross_validation is not None and second[1].cross_validation is not None
    assert first[1].cross_validation.fold_pass_rates == second[1].cross_validation.fold_pass_rates
    for name in ("pass_rate", "pass_stderr", "usd", "usd_stderr"):
        assert getattr(first[1].cross_validation, name) == pytest.approx(getattr(second[1].cross_validation, name))


def test_the_same_seed_gives_the_same_fit_in_any_order_of_tasks(data: MakeData) -> None:
    own = data(30, seed=11)
    assert fit_outcome(replace(own, tasks=own.tasks[::-1]), QUICK) == fit_outcome(own, QUICK)
    assert fit_outcome(own, replace(QUICK, seed=1))[1].cross_validation != fit_outcome(own, QUICK)[1].cross_validation


def kept_share(data: FitData, weights: Weights, share: float) -> tuple[np.ndarray, float]:
    """Differences by task to the best agent's, and dollars, decided by the auction's own code."""
    rates = {agent: np.mean([task.solved[agent] for task in data.tasks]) for agent in data.agents}
    best = max(data.agents, key=lambda agent: rates[agent])
    differences, dollars = [], []
    for task in data.tasks:
        z = {agent: score(bid, weights).z for agent, bid in task.features.items()}
        winner = select(z, data.prices, data.agents)
        differences.append(task.solved[winner] - share * task.solved[best])  # type: ignore[operator]
        dollars.append(task.usd[winner] + task.usd_overhead)  # type: ignore[operator]
    return np.array(differences), float(np.mean(dollars))


def test_kept_pass_is_certified_on_tasks_that_did_not_choose(data: MakeData) -> None:
    own = data(400, seed=12)
    weights, report = fit_outcome(own, OutcomeOptions(keep_pass=0.8, samples=1000))
    keep = report.keep
    assert keep is not None and keep.reached and keep.lower_bound >= -1e-9 and keep.needed is None
    assert keep.tasks == 200, "half of the tasks certify"
    differences, dollars = kept_share(own, weights, 0.8)
    assert differences.mean() > 0, "of the best agent on all tasks"
    free_weights, _ = fit_outcome(own, OutcomeOptions(samples=1000))
    assert dollars < kept_share(own, free_weights, 0.8)[1], "keeping a share saves dollars against the most pass@1"


def test_what_cannot_be_certified_says_how_many_tasks_could(data: MakeData) -> None:
    _, report = fit_outcome(data(20, seed=12), replace(QUICK, keep_pass=0.8))
    assert report.keep is not None and not report.keep.reached
    assert report.keep.needed is not None and report.keep.needed > 20


def test_when_no_weights_keep_it_the_best_are_returned_and_the_report_says_so(data: MakeData) -> None:
    """The jury takes the agent that fails for the better one, and a floor keeps it in power."""
    own = data(20, seed=13, agents=2)
    tasks = []
    for task in own.tasks:
        features = {
            "4b": BidFeatures(price_length=0.1, entropy=0.9, ratings={"4b": 1.0, "8b": 1.0}),
            "8b": BidFeatures(price_length=0.3, entropy=0.1, ratings={"4b": 0.0, "8b": 0.0}),
        }
        tasks.append(replace(task, features=features, solved={"4b": 0.0, "8b": 1.0}))
    hopeless = replace(own, tasks=tuple(tasks))
    weights, report = fit_outcome(hopeless, replace(QUICK, keep_pass=0.99))
    assert report.keep is not None and not report.keep.reached
    assert report.keep.best_agent == "8b" and report.keep.best_pass_rate == 1.0
    assert report.keep.difference == pytest.approx(-0.99)
    assert report.cross_validation is not None and report.cross_validation.folds_not_kept == 5
    found = dev_value(hopeless, weights)
    assert found is not None and found.pass_rate == 0.0 and found.wins == {"4b": 1.0, "8b": 0.0}


def test_weights_keep_to_the_floor(data: MakeData) -> None:
    weights, report = fit_outcome(data(20), replace(QUICK, floor=0.1))
    chosen = [weights, *(weights_from(point.weights) for point in report.frontier)]
    for each in chosen:
        values = [each.price, each.entropy, *each.judges.values()]
        assert min(values) >= 0.1 - 1e-12 and sum(values) == pytest.approx(1.0)


def test_a_missing_outcome_is_named_with_the_remedy(data: MakeData) -> None:
    own = data(3)
    lacking = replace(own.tasks[1], solved={**own.tasks[1].solved, "14b": None})
    with pytest.raises(LogError, match=r"'14b' has no outcome on 1 of 3 tasks, 't001'.*single -S agent=14b"):
        fit_outcome(replace(own, tasks=(own.tasks[0], lacking, own.tasks[2])), QUICK)


def test_one_task_cannot_be_cross_validated(data: MakeData) -> None:
    assert fit_outcome(data(1), QUICK)[1].cross_validation is None


@pytest.mark.parametrize(
    ("option", "value"),
    [("keep_pass", 0.0), ("keep_pass", 1.5), ("confidence", 0.4), ("confidence", 1.0), ("folds", 1)],
)
def test_options_without_meaning_are_refused(option: str, value: float) -> None:
    with pytest.raises(ValueError, match=f"{option} must be"):
        OutcomeOptions(**{option: value})  # type: ignore[arg-type]
