"""Nested cross-validation and the knobs that it sets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sale_inspect._errors import OutcomesError
from sale_inspect.routers import (
    Features,
    HeldOut,
    Outcomes,
    budget_knob,
    embed_answers,
    fold_numbers,
    held_out_score,
    keep_pass_knob,
    options_grid,
    sweep,
    train,
)
from sale_inspect.routers.kinds._wtp import WtpOptions, fit_wtp

# Fixed values: the default grid of some knobs is spaced by the outcomes of all tasks.
KNOBS = {
    "wtp-knn": (0.0, 12.0, 100.0),
    "carrot-knn": (1.0, 0.3, 0.0),
    "avengers-pro": (0.0, 0.5, 1.0),
    "budget-exact": (2.0, 5.0, 9.0),
    "zero": (2.0, 5.0, 9.0),
}


def world(count: int = 60, seed: int = 0) -> tuple[Outcomes, Features]:
    """Two topics. The cheap agent is good at one of them, the dear agent at both."""
    rng = np.random.default_rng(seed)
    topic = rng.integers(0, 2, size=count)
    features = np.eye(2)[topic] + 0.2 * rng.normal(size=(count, 2))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    chance = np.where(topic[:, None] == 0, [0.85, 0.9], [0.1, 0.9])
    correct = (rng.random((count, 2)) < chance).astype(float)
    outcomes = Outcomes(
        agents=("cheap", "dear"),
        tasks=tuple(f"t{row:03d}" for row in range(count)),
        texts=tuple(f"task {row}" for row in range(count)),
        correct=correct,
        dollars=np.tile([1.0, 10.0], (count, 1)) * rng.uniform(0.5, 1.5, size=(count, 1)),
    )
    return outcomes, features.astype(np.float32)


@pytest.mark.parametrize("name", KNOBS)
def test_a_tasks_held_out_choice_does_not_depend_on_its_own_outcomes(name: str) -> None:
    outcomes, features = world()
    grid = (options_grid(WtpOptions(), {"k": [3, 15]})) if name == "wtp-knn" else None
    values = KNOBS[name]
    before = train(outcomes, features, router=name, grid=grid, values=values, outer=3, inner=2)
    for fold in range(3):
        rows = before.folds == fold
        correct, dollars = outcomes.correct.copy(), outcomes.dollars.copy()
        correct[rows] = 1.0 - correct[rows]
        dollars[rows] = dollars[rows][:, ::-1] * 3
        poisoned = train(
            replace(outcomes, correct=correct, dollars=dollars),
            features, router=name, grid=grid, values=values, outer=3, inner=2,
        )  # fmt: skip
        assert (poisoned.folds == before.folds).all()
        assert (poisoned.held_out.choices[:, rows] == before.held_out.choices[:, rows]).all()
    assert len({tuple(row) for row in before.held_out.choices.tolist()}) > 1, "the knob does something"


def test_the_order_of_rows_makes_no_difference() -> None:
    outcomes, features = world()
    back = np.random.default_rng(1).permutation(len(outcomes))
    first = train(outcomes, features, router="carrot-knn", outer=4, inner=2, seed=3)
    second = train(outcomes.take(back), features[back], router="carrot-knn", outer=4, inner=2, seed=3)
    assert first.options == second.options and first.fold_options == second.fold_options
    assert (first.held_out.choices[:, back] == second.held_out.choices).all()
    assert (first.folds[back] == second.folds).all()


def test_options_are_chosen_by_the_inner_folds() -> None:
    outcomes, features = world(count=90)
    # With all tasks as neighbours a router is blind; with seven it sees the topics.
    grid = options_grid(WtpOptions(), {"k": [80, 7]})
    found = train(outcomes, features, router="wtp-knn", grid=grid, outer=3, inner=3)
    assert found.options.k == 7
    assert found.scores[1] > found.scores[0]


def test_held_out_figures_are_those_of_unseen_tasks() -> None:
    # Outcomes are coin tosses: nothing can be learnt, and memory of single tasks must not show.
    rng = np.random.default_rng(4)
    outcomes, features = world(count=200)
    features = rng.normal(size=features.shape).astype(np.float32)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    outcomes = replace(outcomes, correct=(rng.random((200, 2)) < 0.5).astype(float), dollars=np.ones((200, 2)))
    found = train(outcomes, features, router="wtp-knn", grid=(WtpOptions(k=1),), values=(1.0,), outer=5)
    seen = sweep(found.router, (1.0,), outcomes, features, None)
    assert seen.pass_rate[0] > 0.7, "a fit that has seen the tasks remembers them"
    assert found.held_out.pass_rate[0] < 0.6


@given(count=st.integers(6, 40), folds=st.integers(2, 5), seed=st.integers(0, 50))
def test_folds_are_even_in_every_bin_and_keep_equal_texts_together(count: int, folds: int, seed: int) -> None:
    outcomes, _ = world(count=count)
    texts = tuple(f"text {row // 2}" if row < 4 else f"text {row}" for row in range(count))
    bins = tuple("b1" if row % 3 else "b2" for row in range(0, count))
    found = fold_numbers(replace(outcomes, texts=texts), folds, seed) if count - 2 >= folds else None
    if found is not None:
        assert found[0] == found[1] and found[2] == found[3]
        assert set(found.tolist()) == set(range(folds))
    binned = fold_numbers(replace(outcomes, bins=bins), folds, seed)
    sizes = np.bincount(binned, minlength=folds)
    assert sizes.max() - sizes.min() <= 1
    for name in ("b1", "b2"):
        inside = np.bincount(binned[[own == name for own in bins]], minlength=folds)
        assert inside.max() - inside.min() <= 1


@given(groups=st.integers(2, 7), folds=st.integers(2, 7))
def test_with_fewer_texts_than_folds_each_text_is_a_fold_where_that_is_asked_for(groups: int, folds: int) -> None:
    outcomes, _ = world(count=2 * groups)
    outcomes = replace(outcomes, texts=tuple(f"text {row // 2}" for row in range(2 * groups)))
    found = fold_numbers(outcomes, folds, 0, fewer=True)
    assert set(found.tolist()) == set(range(min(groups, folds)))
    if groups < folds:
        with pytest.raises(OutcomesError, match=f"{groups} tasks with texts of their own are too few for {folds}"):
            fold_numbers(outcomes, folds, 0)


def held(correct: list[list[float]], dollars: list[list[float]]) -> HeldOut:
    return HeldOut(
        tasks=tuple(f"t{row:03d}" for row in range(len(correct[0]))),
        knob="lambda",
        values=tuple(float(place) for place in range(len(correct))),
        choices=np.zeros((len(correct), len(correct[0])), dtype=np.intp),
        correct=np.array(correct, dtype=float),
        dollars=np.array(dollars, dtype=float),
    )


def test_a_budget_takes_the_dearest_value_that_surely_keeps_to_it() -> None:
    outcomes, _ = world(count=40)
    spent = [[1.0] * 40, [2.0] * 40, [3.0] * 40]
    found = budget_knob(held([[0.0] * 40, [1.0] * 40, [1.0] * 40], spent), outcomes, 2.0)
    assert (found.reached, found.value, found.bound) == (True, 1.0, 2.0)
    assert "Budget $2" in found.sentence and "lambda 1" in found.sentence
    missed = budget_knob(held([[0.0] * 40] * 3, spent), outcomes, 0.5)
    assert not missed.reached and missed.value == 0.0 and missed.sentence.startswith("NOT REACHED")


def test_kept_pass_takes_the_cheapest_value_that_surely_keeps_it() -> None:
    outcomes, _ = world(count=200)
    outcomes = replace(outcomes, correct=np.tile([0.0, 1.0], (200, 1)))
    half = (np.arange(200) % 2).astype(float)
    sweeping = held([half.tolist(), [1.0] * 200, [1.0] * 200], [[1.0] * 200, [2.0] * 200, [3.0] * 200])
    found = keep_pass_knob(sweeping, outcomes, keep=0.9)
    assert (found.reached, found.value, found.single) == (True, 1.0, "dear")
    assert not keep_pass_knob(sweeping, outcomes, keep=1.0).reached, "200 tasks cannot show that all is kept"


def test_a_certified_budget_is_rarely_exceeded_on_fresh_tasks() -> None:
    rng = np.random.default_rng(7)
    outcomes, _ = world(count=60)
    means = np.linspace(0.5, 2.0, 12)
    wrong = certified = 0
    for seed in range(200):
        spent = means[:, None] * rng.lognormal(-0.5, 1.0, size=(1, 60))
        found = budget_knob(held(np.zeros((12, 60)).tolist(), spent.tolist()), outcomes, 1.0, confidence=0.9, seed=seed)
        if found.reached:
            certified += 1
            wrong += means[found.place] > 1.0
    assert certified > 100
    # At most a tenth of all, up to three standard errors of 200 draws.
    assert wrong <= 200 * 0.1 + 3 * np.sqrt(200 * 0.1 * 0.9)


def test_a_certified_share_of_pass_is_rarely_missed_on_fresh_tasks() -> None:
    rng = np.random.default_rng(8)
    outcomes, _ = world(count=120)
    rates = np.linspace(0.5, 0.95, 10)
    wrong = 0
    for seed in range(150):
        luck = rng.random((1, 120))
        own = replace(outcomes, correct=np.concatenate([luck.T < 0.1, luck.T < 0.8], axis=1).astype(float))
        passed = (luck < rates[:, None]).astype(float)
        spent = np.tile(rates[:, None], (1, 120))
        found = keep_pass_knob(held(passed.tolist(), spent.tolist()), own, keep=0.9, confidence=0.9, seed=seed)
        wrong += found.reached and rates[found.place] < 0.9 * 0.8
    assert wrong <= 150 * 0.1 + 3 * np.sqrt(150 * 0.1 * 0.9)


def test_the_score_of_a_router_by_hand() -> None:
    outcomes, _ = world(count=4)
    outcomes = replace(outcomes, correct=np.tile([0.0, 1.0], (4, 1)), dollars=np.tile([1.0, 3.0], (4, 1)))
    # The cheapest agent alone (1, 0), then (2, 1) and (3, 1): half of the range rises to 1, half stays.
    points = held([[1.0] * 4, [1.0] * 4], [[2.0] * 4, [3.0] * 4])
    assert held_out_score(points, outcomes) == pytest.approx(0.75)
    blind = replace(held([[1.0] * 4], [[2.0] * 4]), knob="", values=(float("nan"),))
    assert held_out_score(blind, outcomes) == pytest.approx(0.5), "pass@1 above the mix at its dollars"
    with pytest.raises(OutcomesError, match="none at lambda 7"):
        points.place(7.0)


def test_a_cascade_is_trained_on_answers_and_asks_for_them() -> None:
    outcomes, features = world(count=40)
    with pytest.raises(OutcomesError, match="--answers"):
        train(outcomes, features, router="frugalgpt", outer=2, inner=2)
    texts = np.array([[f"answer {int(value)}" for value in row] for row in outcomes.correct], dtype=object)
    outcomes = replace(outcomes, answers=texts)

    def embed(asked: object) -> Features:
        # The answer's text ends with whether it is correct, so a scorer can learn it all.
        rows = [[float(text[-1]), 1.0] for text in asked]  # type: ignore[attr-defined]
        return np.array(rows, dtype=np.float32)

    found = train(outcomes, features, router="frugalgpt", outer=2, inner=2, answers=embed_answers(outcomes, embed))
    assert found.held_out.pass_rate[-1] == pytest.approx(outcomes.correct.max(axis=1).mean())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"router": "nothing"}, "Known:"),
        ({"router": "oracle"}, "bound for replays"),
        ({"router": "wtp-knn", "grid": ()}, "no options"),
        ({"router": "wtp-knn", "outer": 1}, "at least 2"),
        ({"router": "wtp-knn", "outer": 90}, "too few"),
    ],
)
def test_bad_training_is_told(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(OutcomesError, match=message):
        train(*world(), **arguments)  # type: ignore[arg-type]


def test_bad_calibration_is_told() -> None:
    outcomes, features = world()
    found = train(outcomes, features, router="wtp-knn", grid=(WtpOptions(k=5),), outer=2)
    assert isinstance(fit_wtp(outcomes, features, options=WtpOptions(k=5), seed=0).knob.value, float)
    with pytest.raises(OutcomesError, match="other tasks"):
        budget_knob(found.held_out, outcomes.take(range(10)), 1.0)
    with pytest.raises(OutcomesError, match="above 0"):
        budget_knob(found.held_out, outcomes, 0.0)
    with pytest.raises(OutcomesError, match="share"):
        keep_pass_knob(found.held_out, outcomes, keep=1.5)
    with pytest.raises(OutcomesError, match="confidence"):
        keep_pass_knob(found.held_out, outcomes, confidence=0.2)
