"""The FrugalGPT cascade: scorer, search, live verdicts and replay."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import brute
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import Features, Floats, Outcomes
from sale_inspect.routers.kinds.cascade._fit import FrugalCascade, FrugalOptions, fit_frugalgpt
from sale_inspect.routers.kinds.cascade._scorer import AnswerScorer, fit_scorer
from sale_inspect.routers.kinds.cascade._search import NEVER, Frontier, levels_of, search
from sale_inspect.routers.parts._cascade import Cascade, answer_text, embed_answers, replay_cascade


def random_data(count: int, seed: int = 0, agents: int = 3) -> tuple[Outcomes, Features, Features]:
    rng = np.random.default_rng(seed)
    ids = tuple(f"t{row:03d}" for row in range(count))
    correct = (rng.random((count, agents)) < np.linspace(0.4, 0.8, agents)).astype(float)
    outcomes = Outcomes(
        agents=tuple(f"a{column}" for column in range(agents)),
        tasks=ids,
        texts=ids,
        correct=correct,
        dollars=rng.lognormal(0, 0.4, (count, agents)) * 3.0 ** np.arange(agents),
        tokens=rng.integers(1, 99, (count, agents)).astype(float),
    )
    tasks = rng.normal(size=(count, 4)).astype(np.float32)
    answers = (rng.normal(size=(count, agents, 3)) + 2 * correct[:, :, None]).astype(np.float32)
    return outcomes, tasks, answers


def test_fewer_tasks_than_folds_are_a_fold_each() -> None:
    outcomes, tasks, answers = random_data(4, seed=3)
    few, four = (
        fit_frugalgpt(outcomes, tasks, options=FrugalOptions(folds=folds), seed=1, answers=answers) for folds in (5, 4)
    )
    assert (few.frontier.dollars == four.frontier.dollars).all()
    assert few.budget == four.budget


def by_hand() -> FrugalCascade:
    """A cascade that accepts an answer by its one number: sigmoid(answer) against 0.5 and 0.8."""
    scorer = AnswerScorer(width=1, hidden=None, shift=None, out=np.array([[0.0, 1.0]] * 3), bias=np.zeros(3))
    frontier = Frontier(
        orders=np.array([[1, 0, 2], [2, 1, 0]]),
        thresholds=np.array([[0.5, 0.8, 0.0], [NEVER, 0.5, 0.0]]),
        dollars=np.array([2.0, 5.0]),
        correct=np.array([0.5, 0.6]),
    )
    return FrugalCascade(agents=("a", "b", "c"), scorer=scorer, frontier=frontier, budget=2.0)


def test_replay_runs_in_order_and_pays_for_every_run() -> None:
    data = Outcomes(
        agents=("a", "b", "c"),
        tasks=("x", "y", "z"),
        texts=("", "", ""),
        correct=np.array([[1, 0, 1], [1, 0, 1], [0, 0, 1.0]]),
        dollars=np.array([[10, 1, 100], [20, 2, 200], [30, 3, 300.0]]),
        tokens=np.array([[1, 2, 3], [1, 2, 3], [1, 2, 3.0]]),
    )
    # b first, accepted from logit 0; then a, from logit ln 4 = 1.386; then c.
    answers = np.array([[[9], [0.1], [0]], [[1.5], [-1], [0]], [[1.3], [-1], [-9]]], dtype=np.float32)
    runs = replay_cascade(by_hand(), data, np.zeros((3, 1), dtype=np.float32), answers)
    assert runs.ran.tolist() == [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
    assert runs.agent.tolist() == [1, 0, 2]
    assert runs.correct.tolist() == [0, 1, 1]
    assert runs.dollars.tolist() == [1, 22, 333]
    assert runs.tokens is not None and runs.tokens.tolist() == [2, 3, 6]
    assert runs.seconds is None


def test_live_verdicts_equal_the_replay() -> None:
    outcomes, tasks, answers = random_data(90)
    for options in (FrugalOptions(levels=8), FrugalOptions(levels=8, scorer="mlp", hidden=5)):
        fitted = fit_frugalgpt(outcomes, tasks, options=options, seed=0, answers=answers)
        assert isinstance(fitted, Cascade)
        cascade = fitted.at(float(np.median(fitted.frontier.dollars)))
        runs = replay_cascade(cascade, outcomes, tasks, answers)
        for row in range(90):
            paid = 0.0
            for step, column in enumerate(cascade.order):
                paid += outcomes.dollars[row, column]
                verdict = cascade.accepts(step, tasks[row], answers[row, column])
                if verdict.accept:
                    assert (column, step) == (runs.agent[row], runs.ran[row].sum() - 1)
                    break
            assert paid == pytest.approx(runs.dollars[row])
        assert len(set(runs.ran.sum(axis=1).tolist())) > 1


def test_the_last_answer_is_accepted_whatever_its_score() -> None:
    verdict = by_hand().accepts(2, np.zeros(1, dtype=np.float32), np.full(1, -99, dtype=np.float32))
    assert verdict.accept and verdict.probability < 1e-6 and verdict.threshold == 0
    assert not by_hand().at(5.0).accepts(0, np.zeros(1, dtype=np.float32), np.full(1, 99, dtype=np.float32)).accept
    with pytest.raises(OutcomesError, match="no step 3"):
        by_hand().accepts(3, np.zeros(1, dtype=np.float32), np.zeros(1, dtype=np.float32))


def test_the_budget_picks_the_cascade() -> None:
    cascade = by_hand()
    assert [cascade.at(budget).order for budget in (1.0, 2.0, 4.9, 5.0, 99.0)] == [
        (1, 0, 2),
        (1, 0, 2),
        (1, 0, 2),
        (2, 1, 0),
        (2, 1, 0),
    ]
    assert "below the $2" in cascade.at(1.0).explain()
    assert "b (accepted from probability 0.500), then a" in cascade.explain()
    assert "c (never accepted)" in cascade.at(9.0).explain()
    assert cascade.knob.grid == (2.0, 5.0)


def run_all(
    order: tuple[int, ...], thresholds: tuple[float, ...], scores: Floats, correct: Floats, dollars: Floats
) -> tuple[float, float]:
    """pass@1 and dollars of a cascade, task by task."""
    right = paid = 0.0
    for row in range(len(scores)):
        for step, agent in enumerate(order):
            paid += dollars[row, agent]
            if step == len(order) - 1 or scores[row, agent] >= thresholds[step]:
                right += correct[row, agent]
                break
    return right / len(scores), paid / len(scores)


@pytest.mark.parametrize("length", [1, 2, 3, 4])
def test_search_finds_what_trying_everything_finds(length: int) -> None:
    rng = np.random.default_rng(length)
    scores, correct = rng.random((12, 4)), (rng.random((12, 4)) < 0.5).astype(float)
    dollars = rng.integers(1, 9, (12, 4)).astype(float)
    levels = 3 if length == 4 else 4
    found = search(scores, correct, dollars, length=length, levels=levels)
    tried = []
    for order in itertools.permutations(range(4), length):
        for chosen in itertools.product(range(levels), repeat=length - 1):
            thresholds = tuple(levels_of(scores[:, order[step]], levels)[level] for step, level in enumerate(chosen))
            tried.append(run_all(order, thresholds, scores, correct, dollars))
    for budget in np.linspace(min(cost for _, cost in tried), max(cost for _, cost in tried), 17):
        place = int(np.searchsorted(found.dollars, budget + 1e-9, side="right")) - 1
        assert found.correct[place] == pytest.approx(max(right for right, cost in tried if cost <= budget + 1e-9))
    for place, order in enumerate(found.orders):
        own = run_all(tuple(order), tuple(found.thresholds[place]), scores, correct, dollars)
        assert own == pytest.approx((found.correct[place], found.dollars[place]))


def test_search_equals_scipy_brute_for_one_order() -> None:
    rng = np.random.default_rng(8)
    scores, correct = rng.random((30, 2)), (rng.random((30, 2)) < [0.5, 0.8]).astype(float)
    dollars, budget = rng.random((30, 2)) + np.array([0, 3]), 2.5
    grid = levels_of(scores[:, 0], 40)

    def loss(level: Floats) -> float:
        right, cost = run_all((0, 1), (grid[round(float(level[0]))],), scores, correct, dollars)
        return -right if cost <= budget else float("inf")

    level = brute(loss, ((0, 39),), Ns=40, finish=None)
    found = search(scores[:, :2], correct, dollars, length=2, levels=40)
    other = search(scores[:, [1, 0]], correct[:, [1, 0]], dollars[:, [1, 0]], length=2, levels=40)
    best = [found.correct[np.searchsorted(found.dollars, budget, side="right") - 1], -loss(np.array([level]))]
    assert best[0] >= best[1] > 0
    assert found.correct.tolist() == other.correct.tolist()
    affordable = [place for place, spent in enumerate(found.dollars) if spent <= budget]
    mine = [place for place in affordable if tuple(found.orders[place]) == (0, 1)]
    assert best[1] == pytest.approx(max(found.correct[mine]))


def test_too_large_a_search_is_refused() -> None:
    with pytest.raises(OutcomesError, match="Lower the options levels or length"):
        search(np.zeros((2, 9)), np.zeros((2, 9)), np.zeros((2, 9)), length=4, levels=40)


@given(st.integers(0, 50))
def test_the_frontier_rises_and_starts_at_the_cheapest_agent(seed: int) -> None:
    rng = np.random.default_rng(seed)
    dollars = rng.random((9, 3))
    found = search(rng.random((9, 3)), rng.random((9, 3)).round(), dollars, length=2, levels=4)
    assert (np.diff(found.dollars) > 0).all() and (np.diff(found.correct) > 0).all()
    assert found.dollars[0] == pytest.approx(dollars.mean(axis=0).min())
    assert (found.thresholds[:, -1] == 0).all()


def test_the_scorer_is_the_logistic_regression_and_network_of_scikit_learn() -> None:
    outcomes, tasks, answers = random_data(70, seed=3)
    inputs = [np.concatenate([tasks, answers[:, agent]], axis=1).astype(float) for agent in range(3)]
    own = fit_scorer(outcomes.correct, tasks, answers, kind="logistic", c=2.0, hidden=1, seed=0)
    for agent in range(3):
        model = LogisticRegression(C=2.0, max_iter=1000).fit(inputs[agent], outcomes.correct[:, agent])
        wanted = model.predict_proba(inputs[agent])[:, 1]
        assert own.probability(agent, tasks, answers[:, agent]) == pytest.approx(wanted, abs=1e-3)
    network = fit_scorer(outcomes.correct, tasks, answers, kind="mlp", c=1.0, hidden=6, seed=4)
    model = MLPClassifier((6,), alpha=1e-3, max_iter=200, random_state=4)
    with pytest.warns(match="Maximum iterations"):
        model.fit(inputs[1], outcomes.correct[:, 1] >= 0.5)
    wanted = model.predict_proba(inputs[1])[:, 1]
    assert network.probability(1, tasks, answers[:, 1]) == pytest.approx(wanted, abs=1e-8)


def test_epochs_weigh_as_shares() -> None:
    _, tasks, answers = random_data(40, seed=5, agents=1)
    rate = np.random.default_rng(0).integers(0, 5, (40, 1)) / 4
    shared = fit_scorer(rate, tasks, answers, kind="logistic", c=1.0, hidden=1, seed=0)
    # Four rows a task, as many of them correct as the share says, each with a quarter of the weight.
    whole = (np.arange(4)[None, :] < 4 * rate).astype(float).reshape(-1)
    inputs = np.repeat(np.concatenate([tasks, answers[:, 0]], axis=1).astype(float), 4, axis=0)
    model = LogisticRegression(C=0.25, max_iter=1000).fit(inputs, whole)
    wanted = model.predict_proba(inputs[::4])[:, 1]
    assert shared.probability(0, tasks, answers[:, 0]) == pytest.approx(wanted, abs=1e-3)


def test_an_agent_that_is_always_right_or_wrong_gets_its_smoothed_rate() -> None:
    _, tasks, answers = random_data(9, agents=2)
    for kind in ("logistic", "mlp"):
        scorer = fit_scorer(np.tile([0.0, 1.0], (9, 1)), tasks, answers, kind=kind, c=1.0, hidden=2, seed=0)
        assert scorer.probability(0, tasks, answers[:, 0]) == pytest.approx([0.05] * 9)
        assert scorer.probability(1, tasks, answers[:, 1]) == pytest.approx([0.95] * 9)


def test_thresholds_are_chosen_on_scores_of_unseen_tasks() -> None:
    # Answers are pure noise with as many dimensions as tasks: a scorer is perfect on tasks it has seen.
    rng = np.random.default_rng(1)
    ids = tuple(f"t{row:03d}" for row in range(60))
    data = Outcomes(
        agents=("a", "b"),
        tasks=ids,
        texts=ids,
        correct=(rng.random((60, 2)) < 0.5).astype(float),
        dollars=np.tile([1.0, 2.0], (60, 1)),
    )
    tasks, answers = np.zeros((60, 1), dtype=np.float32), rng.normal(size=(60, 2, 80)).astype(np.float32)
    fitted = fit_frugalgpt(data, tasks, options=FrugalOptions(c=1e4), seed=0, answers=answers)
    scores = np.stack([fitted.scorer.probability(agent, tasks, answers[:, agent]) for agent in range(2)], axis=1)
    either = float(data.correct.max(axis=1).mean())
    assert search(scores, data.correct, data.dollars, length=2, levels=40).correct[-1] > either - 0.05
    assert fitted.frontier.correct[-1] < either - 0.1


def test_order_of_rows_makes_no_difference() -> None:
    outcomes, tasks, answers = random_data(60)
    back = np.random.default_rng(0).permutation(60)
    options = FrugalOptions(levels=6)
    first = fit_frugalgpt(outcomes, tasks, options=options, seed=1, answers=answers)
    second = fit_frugalgpt(outcomes.take(back), tasks[back], options=options, seed=1, answers=answers[back])
    assert (first.scorer.out == second.scorer.out).all()
    assert (first.frontier.thresholds == second.frontier.thresholds).all()


def test_round_trip_and_bad_files() -> None:
    outcomes, tasks, answers = random_data(50)
    meta: Mapping[str, Any] = {}
    arrays: Mapping[str, NDArray[Any]] = {}
    for kind in ("logistic", "mlp"):
        options = FrugalOptions(levels=5, scorer=kind, hidden=4, length=2)
        fitted = fit_frugalgpt(outcomes, tasks, options=options, seed=0, answers=answers)
        meta, arrays = fitted.to_arrays()
        again = FrugalCascade.from_arrays(meta, arrays)
        for mine, wanted in zip(again.verdicts(tasks, answers), fitted.verdicts(tasks, answers), strict=True):
            assert (mine == wanted).all()
        assert again.order == fitted.order
        for name in arrays:
            with pytest.raises(OutcomesError, match=name.split(".")[-1]):
                FrugalCascade.from_arrays(meta, {key: array for key, array in arrays.items() if key != name})
    orders = arrays["orders"].copy()
    orders[0] = 1
    with pytest.raises(OutcomesError, match=r"`orders`.*none twice"):
        FrugalCascade.from_arrays(meta, {**arrays, "orders": orders})
    with pytest.raises(OutcomesError, match="`dollars` must rise"):
        FrugalCascade.from_arrays(meta, {**arrays, "dollars": arrays["dollars"][::-1]})


def test_without_answers_the_error_says_how_to_get_them() -> None:
    outcomes, tasks, answers = random_data(20)
    with pytest.raises(OutcomesError, match=r"sale-inspect outcomes LOGS\.\.\. --answers"):
        fit_frugalgpt(outcomes, tasks, options=FrugalOptions(), seed=0, answers=None)
    with pytest.raises(OutcomesError, match=r"sale-inspect outcomes LOGS\.\.\. --answers"):
        embed_answers(outcomes, lambda texts: np.zeros((len(texts), 2), dtype=np.float32))
    with pytest.raises(OutcomesError, match="20 x 3 x D"):
        fit_frugalgpt(outcomes, tasks, options=FrugalOptions(), seed=0, answers=answers[:, :2])
    with pytest.raises(OutcomesError, match=r"had 4 and 3.*Use the embedder of the fit"):
        fitted = fit_frugalgpt(outcomes, tasks, options=FrugalOptions(levels=3), seed=0, answers=answers)
        fitted.accepts(0, tasks[0], answers[0, 0, :2])


def test_answers_are_embedded_with_their_query() -> None:
    data = Outcomes(
        agents=("a", "b"),
        tasks=("x",),
        texts=("  Capital of France? ",),
        correct=np.ones((1, 2)),
        dollars=np.ones((1, 2)),
        answers=np.array([["Paris", None]], dtype=object),
    )
    seen: list[str] = []

    def embed(texts: Sequence[str]) -> Features:
        seen.extend(texts)
        return np.arange(4, dtype=np.float32).reshape(2, 2)

    assert embed_answers(data, embed).tolist() == [[[0, 1], [2, 3]]]
    assert seen == ["Capital of France? Paris", "Capital of France?"]
    # The end of a long answer is kept, for that is where the answer is.
    assert answer_text("q" * 5000, "thought " * 5000 + "42").endswith("42")
    assert len(answer_text("q" * 5000, "a" * 5000)) == 1001


@pytest.mark.parametrize("bad", [{"length": 0}, {"levels": 1}, {"c": 0.0}, {"scorer": "bert"}, {"budget": -1.0}])
def test_bad_options_are_refused(bad: dict[str, object]) -> None:
    with pytest.raises(OutcomesError):
        FrugalOptions(**bad)  # type: ignore[arg-type]
