"""The fit as a whole: what it settles on, when it falls back, what it writes down."""

from __future__ import annotations

import datetime
import json
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect._errors import LogError, PoolError
from sale_inspect.calibrated import (
    MARGIN,
    Bids,
    CalibratedFile,
    CalibratedOptions,
    Goals,
    HeldOutRule,
    after_bids,
    before_bids,
    calibrated_text,
    fit_calibrated,
    load_calibrated,
    make_file,
    read_calibrated,
    save_calibrated,
    settle,
    task_of,
)
from sale_inspect.market import Market
from sale_inspect.routers import EmbedderName, HeldOut, Outcomes
from tests.calibrated.worlds import dev

SEES = Market(agents=3, insight=1.0, fit=1.0, price_ratio=3.0)
BLIND = Market(agents=3, insight=0.0, fit=0.5, topic=0.0, skill_spread=0.2)
DAY = datetime.date(2026, 1, 2)


def fitted(market: Market, count: int, goals: Goals | None = None, seed: int = 0) -> CalibratedFile:
    data = dev(market, count, seed)
    options = CalibratedOptions(goals=goals or Goals())
    name = EmbedderName(name="given", dimensions=data.tasks.features.shape[1])
    return make_file(data, fit_calibrated(data, options), options=options, embedder=name, date=DAY)


@pytest.fixture(scope="module")
def seeing() -> CalibratedFile:
    return fitted(SEES, 400, Goals(keep_pass=0.99))


def rule_of(choices: np.ndarray, correct: np.ndarray, dollars: np.ndarray, bill: float = 0.0) -> HeldOutRule:
    """A rule with given choices at each price, and an auction bill on every task."""
    rows = np.arange(len(correct))
    tasks = tuple(f"t{row}" for row in rows)
    return HeldOutRule(
        held_out=HeldOut(
            tasks=tasks,
            knob="worth",
            values=tuple(float(place) for place in range(len(choices))),
            choices=choices,
            correct=correct[rows, choices],
            dollars=dollars[rows, choices] + bill,
        ),
        held=np.ones(choices.shape),
    )


def outcomes(correct: np.ndarray, dollars: np.ndarray) -> Outcomes:
    count, n = correct.shape
    return Outcomes(
        agents=tuple(f"a{place}" for place in range(n)),
        tasks=tuple(f"t{row}" for row in range(count)),
        texts=("",) * count,
        correct=correct,
        dollars=dollars,
    )


def test_a_rule_that_is_always_the_best_agents_choice_decides_and_one_that_is_not_falls_back() -> None:
    """a1 solves all, a0 half: choosing a1 differs from a1 nowhere; choosing a0 loses 50 points."""
    correct = np.stack([np.arange(100) % 2, np.ones(100)], axis=1).astype(float)
    dollars = np.tile([0.01, 0.02], (100, 1))
    for choice, fallback in ((1, False), (0, True)):
        rule = rule_of(np.full((1, 100), choice), correct, dollars)
        found = settle(rule, outcomes(correct, dollars), Goals(), seed=0)
        assert (found.fallback, found.single) == (fallback, "a1")
        assert found.sentence.startswith("FALLBACK to a1 alone" if fallback else "The forecasts decide")
        assert found.alone.pass_rate == 1.0 and found.rule.pass_rate == (1.0 if choice else 0.5)


def test_worth_weighs_dollars_in_the_fallback_too() -> None:
    """At $1 a solved task, a0 is worth .9 - .1 = .8 and a1 1 - .5 = .5: a0 is the single agent to fall back to."""
    correct = np.stack([np.arange(200) % 10 != 0, np.ones(200)], axis=1).astype(float)
    dollars = np.tile([0.1, 0.5], (200, 1))
    rule = rule_of(np.stack([np.zeros(200, np.intp), np.ones(200, np.intp)]), correct, dollars)
    found = settle(rule, outcomes(correct, dollars), Goals(worth=1.0), seed=0)
    assert (found.single, found.fallback) == ("a0", True), "the rule at $1 takes a1, worth 30 cents less"


def test_keep_pass_falls_back_where_auctions_eat_the_saving() -> None:
    """The rule takes the cheap agent, which is as good; with a bill above the difference of prices it saves nothing."""
    correct = np.ones((400, 2))
    correct[::20] = 0.0
    dollars = np.tile([0.01, 0.02], (400, 1))
    correct[1, 0] = 0.0
    for bill, fallback in ((0.001, False), (0.05, True)):
        found = settle(
            rule_of(np.zeros((1, 400), np.intp), correct, dollars, bill),
            outcomes(correct, dollars),
            Goals(keep_pass=0.9),
            seed=0,
        )
        assert (found.fallback, found.single) == (fallback, "a1")
        assert ("auctions included" in found.sentence) == fallback


def test_a_budget_that_only_the_cheap_agent_keeps_falls_back_to_it() -> None:
    rng = np.random.default_rng(0)
    correct = np.stack([rng.random(300) < 0.5, rng.random(300) < 0.9], axis=1).astype(float)
    dollars = np.stack([rng.uniform(0.009, 0.011, 300), rng.uniform(0.09, 0.11, 300)], axis=1)
    rule = rule_of(np.full((1, 300), 1), correct, dollars)
    found = settle(rule, outcomes(correct, dollars), Goals(budget=0.02), seed=0)
    assert (found.fallback, found.single) == (True, "a0") and "NOT REACHED" in found.sentence
    roomy = settle(rule, outcomes(correct, dollars), Goals(budget=0.2), seed=0)
    assert (roomy.fallback, roomy.single) == (False, "a1")


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    n=st.integers(2, 4),
    count=st.integers(5, 60),
    goal=st.sampled_from([Goals(), Goals(worth=1.0), Goals(keep_pass=0.95), Goals(budget=0.5), Goals(budget=1e-9)]),
)
def test_the_fallback_never_picks_an_agent_whose_dev_evidence_is_worse(
    seed: int, n: int, count: int, goal: Goals
) -> None:
    """By pass@1, or by value where dollars of a solved task are given; within the budget, if one is given."""
    rng = np.random.default_rng(seed)
    correct = (rng.random((count, n)) < rng.random(n)).astype(float)
    dollars = rng.gamma(2.0, 0.1, (count, n))
    rule = rule_of(rng.integers(0, n, (2, count)), correct, dollars)
    found = settle(rule, outcomes(correct, dollars), goal, seed=0)
    single = int(found.single[1:])
    passed, spent = correct.mean(axis=0), dollars.mean(axis=0)
    if goal.worth is not None:
        assert goal.worth * passed[single] - spent[single] >= (goal.worth * passed - spent).max() - 1e-9
    elif goal.budget is None:
        assert passed[single] >= passed.max() - 1e-9
    else:
        # Of those that spend no more, none solves more.
        assert passed[single] >= passed[spent <= spent[single]].max() - 1e-9
        assert spent[single] <= goal.budget or spent[single] == spent.min()
    assert found.alone.pass_rate == pytest.approx(passed[single])
    if not found.fallback and goal.name in ("most-solved", "worth"):
        assert found.bound is not None and found.bound >= -MARGIN


def test_where_plans_show_all_the_forecasts_decide_and_save(seeing: CalibratedFile) -> None:
    setting = seeing.header.setting
    assert not setting.fallback
    assert setting.rule.usd < setting.alone.usd
    fresh = dev(SEES, 4_000, seed=9)
    found = seeing.after.forecast(fresh.tasks, fresh.bids)
    chosen = (setting.worth * found.p - found.usd).argmax(axis=1)
    passed = fresh.solved[np.arange(4_000), chosen].mean()
    assert passed >= 0.99 * fresh.solved.mean(axis=0).max() - 0.01


def test_where_nothing_can_be_told_one_agent_does_every_task_without_auctions() -> None:
    file = fitted(BLIND, 40, Goals(keep_pass=0.99))
    assert file.header.setting.fallback
    fresh = dev(BLIND, 5, seed=4)
    for row in range(5):
        task, bids = fresh.tasks.take(np.array([row])), fresh.bids.take(np.array([row]))
        asked, without = before_bids(file, task)
        assert not asked.hold and without.winner == asked.choice == file.header.setting.single
        decided = after_bids(file, task, bids)
        assert decided.winner == file.header.setting.single and decided.fallback
        assert "does every task" in decided.reason


def test_if_the_agent_to_fall_back_to_made_no_bid_the_forecasts_choose_among_the_others() -> None:
    file = fitted(BLIND, 40, Goals(keep_pass=0.99))
    fresh = dev(BLIND, 2, seed=4)
    task, bids = fresh.tasks.take(np.array([0])), fresh.bids.take(np.array([0]))
    valid = bids.valid.copy()
    valid[0, file.agents.index(file.header.setting.single)] = False
    found = after_bids(file, task, replace(bids, valid=valid))
    assert found.winner != file.header.setting.single and found.fallback and "made no bid" in found.reason


def test_the_gate_changes_no_winner_of_an_auction_that_is_held() -> None:
    """The same data with `auto` and `always` at one price: the same forecasts, the same winners."""
    files = [fitted(SEES, 150, Goals(worth=0.05, auction=auction)) for auction in ("auto", "always")]
    fresh = dev(SEES, 30, seed=4)
    holds = []
    for row in range(30):
        task, bids = fresh.tasks.take(np.array([row])), fresh.bids.take(np.array([row]))
        first, second = (after_bids(file, task, bids) for file in files)
        assert first.winner == second.winner and first.forecasts == second.forecasts
        holds.append([before_bids(file, task)[0].hold for file in files])
    assert all(always for _, always in holds) or files[1].header.setting.fallback


def test_a_decision_takes_less_than_a_millisecond_beside_the_embedding(seeing: CalibratedFile) -> None:
    fresh = dev(SEES, 2, seed=4)
    task, bids = fresh.tasks.take(np.array([0])), fresh.bids.take(np.array([0]))
    spent = []
    for _ in range(50):
        start = time.perf_counter()
        after_bids(seeing, task, bids)
        spent.append(time.perf_counter() - start)
    assert min(spent) < 0.001


def test_a_file_comes_back_as_it_was_saved(seeing: CalibratedFile, tmp_path: Path) -> None:
    save_calibrated(seeing, tmp_path / "one.npz")
    again = read_calibrated(tmp_path / "one.npz")
    save_calibrated(again, tmp_path / "two.npz")
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    fresh = dev(SEES, 20, seed=4)
    first, second = (each.after.forecast(fresh.tasks, fresh.bids) for each in (seeing, again))
    assert (first.p == second.p).all() and (first.usd == second.usd).all()
    asked = [before_bids(each, fresh.tasks.take(np.array([0]))) for each in (seeing, again)]
    assert asked[0] == asked[1]


def changed(path: Path, header: dict[str, Any] | None = None, **arrays: np.ndarray) -> Path:
    """A copy of a file with other values in its header or other arrays."""
    with np.load(path, allow_pickle=False) as archive:
        members = {name: archive[name] for name in archive.files}
    values = json.loads(members["header"].tobytes().decode()) | (header or {})
    members["header"] = np.frombuffer(json.dumps(values).encode(), dtype=np.uint8)
    target = path.with_name("changed.npz")
    np.savez(target, allow_pickle=False, **{**members, **arrays})
    return target


@pytest.mark.parametrize(
    ("header", "arrays", "message"),
    [
        ({"format": "other"}, {}, "another format"),
        ({"version": 2}, {}, "newer than the 1"),
        ({"bill_usd": -1}, {}, "field `bill_usd`"),
        ({"near": [0, 8]}, {}, "near must be at least 1"),
        ({"columns": ["x"]}, {}, "columns are not those"),
        ({"surplus": 1}, {}, "field `surplus`"),
        ({}, {"after.slope": np.zeros((3, 2))}, "field `after.slope` has the shape"),
        ({}, {"prior.level": np.array([np.nan, 0, 0])}, "field `prior.level` must hold finite numbers"),
        ({}, {"prior.smear": np.array([-1.0, 0, 0])}, "field `prior.smear`"),
        ({}, {"after.scale": np.zeros(15)}, "field `after.scale`"),
        ({}, {"updates": np.full((3, 3), 2.0)}, "field `updates`"),
        ({}, {"updates": np.zeros((1000, 3))}, "1000 rows; 200 are the most"),
        ({}, {"features": np.array(["a"])}, "field `features`"),
    ],
)
def test_a_file_that_cannot_be_is_refused_with_its_field(
    seeing: CalibratedFile, tmp_path: Path, header: dict[str, Any], arrays: dict[str, np.ndarray], message: str
) -> None:
    path = tmp_path / "one.npz"
    save_calibrated(seeing, path)
    with pytest.raises(PoolError, match=message) as caught:
        read_calibrated(changed(path, header, **arrays))
    assert "changed.npz" in str(caught.value) and str(caught.value).endswith(".")


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PoolError, match=r"cannot be read.*--objective calibrated"):
        read_calibrated(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("words")
    with pytest.raises(PoolError, match="damaged, cut off"):
        read_calibrated(tmp_path / "text.npz")
    with zipfile.ZipFile(tmp_path / "empty.npz", "w") as archive:
        archive.writestr("x.txt", "words")
    with pytest.raises(PoolError, match=r"damaged|header"):
        read_calibrated(tmp_path / "empty.npz")


def test_a_file_is_for_its_pool_its_cap_and_its_embedder(seeing: CalibratedFile, tmp_path: Path) -> None:
    path = tmp_path / "one.npz"
    save_calibrated(seeing, path)
    prices = {agent.name: agent.usd_per_mtok for agent in seeing.header.agents}
    good: dict[str, Any] = {"agents": seeing.agents, "prices": prices, "strategy_tokens": 300}
    assert load_calibrated(path, **good, embedder=seeing.header.embedder).agents == seeing.agents
    for change, message in (
        ({"agents": ("x", "y")}, "field `agents`: fitted for the pool"),
        ({"prices": {**prices, "a0": 9.0}}, "field `agents`: fitted with 'a0'"),
        ({"embedder": EmbedderName(name="other", dimensions=4)}, "field `embedder`"),
        ({"strategy_tokens": 200}, "field `features.strategy_tokens`"),
    ):
        with pytest.raises(PoolError, match=message):
            load_calibrated(path, **{**good, **change})


def test_the_text_says_who_decides_and_how_good_forecasts_are(seeing: CalibratedFile) -> None:
    text = calibrated_text(seeing)
    assert "calibrated auction for simulated pool 'market', 2026-01-02, on 400 tasks" in text
    assert "goal: keep-pass 0.99" in text and "Who decides: the forecasts." in text
    assert "a2 alone" in text and "Brier" in text and "lambda" in text
    assert "Who decides: a" in calibrated_text(fitted(BLIND, 40, Goals(keep_pass=0.99)))


def test_a_task_is_read_from_its_text_and_embedding(seeing: CalibratedFile) -> None:
    task = task_of("what?", [1.0, 0.0, 0.0, 0.0])
    asked, without = before_bids(seeing, task)
    assert without.winner in seeing.agents and asked.choice == without.winner
    nothing = Bids(
        valid=np.zeros((1, 3), dtype=bool),
        ratings=np.full((1, 3, 3), np.nan),
        entropy=np.zeros((1, 3)),
        lengths=np.zeros((1, 3)),
        cut=np.zeros((1, 3), dtype=bool),
    )
    with pytest.raises(ValueError, match="Nobody may be chosen"):
        after_bids(seeing, task, nothing)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"keep_pass": 0.9, "budget": 1.0}, "--keep-pass and --budget are two goals"),
        ({"keep_pass": 1.5}, "--keep-pass must be"),
        ({"worth": -1.0}, "--worth must be"),
        ({"budget": float("inf")}, "--budget must be"),
        ({"confidence": 1.0}, "--confidence must be"),
    ],
)
def test_goals_that_cannot_be_are_refused(values: dict[str, float], message: str) -> None:
    with pytest.raises(LogError, match=message):
        Goals(**values)  # type: ignore[arg-type]
    with pytest.raises(LogError, match="at least 2 tasks"):
        fit_calibrated(dev(BLIND, 10, ids=("one",) * 10))
    with pytest.raises(LogError, match="at least 2 folds"):
        CalibratedOptions(folds=1)
