"""Cells, shares, routes, pairs, ratings, orders and horizons against plain computations on the same frames."""

from __future__ import annotations

import json
import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats as scipy_stats

from sale_inspect.report.analysis import (
    ALL,
    alone,
    analyse,
    cells,
    escalations,
    judge_qualities,
    order_spreads,
    pairs,
    policies_of,
    policy_horizons,
    routes,
    shares,
    usual_baseline,
)
from sale_inspect.routers import Outcomes
from sale_inspect.stats import horizons, wilson
from tests.report.synthetic import synthetic_tidy

TIDY = synthetic_tidy(tasks=40, order_seeds=(0, 1))
ONCE = synthetic_tidy(tasks=40)


def test_cells_are_means_of_their_samples() -> None:
    for cell in cells(ONCE.samples):
        own = ONCE.samples[ONCE.samples["policy"] == cell.policy]
        own = own if cell.bin == ALL else own[own["bin"] == cell.bin]
        assert (cell.tasks, cell.samples) == (own["task_id"].nunique(), len(own))
        assert cell.correct == pytest.approx(own["correct"].mean())
        assert (cell.low, cell.high) == pytest.approx(wilson(own["correct"].sum(), len(own)))
        assert cell.usd_mtok == pytest.approx(1e6 * own["usd"].sum() / own["tokens"].sum())
        overhead = own[["usd_bid", "usd_jury", "usd_refine"]].sum().sum() / own["usd"].sum()
        assert cell.overhead == pytest.approx(overhead)


def test_runs_of_a_task_do_not_narrow_its_interval_as_tasks_would() -> None:
    doubled = pd.concat([ONCE.samples, ONCE.samples.assign(epoch=2)])
    one = {(c.policy, c.bin): c for c in cells(ONCE.samples)}
    for cell in cells(doubled):
        before = one[cell.policy, cell.bin]
        assert cell.correct == pytest.approx(before.correct)
        if cell.bin == ALL and 0.2 < cell.correct < 0.8:
            assert cell.high - cell.low == pytest.approx(before.high - before.low, rel=0.25)


def test_policies_stand_in_one_order() -> None:
    assert policies_of(ONCE.samples) == ["SALE", "wtp-knn", "4b alone", "8b alone", "14b alone", "32b alone"]
    assert usual_baseline(cells(ONCE.samples)).endswith(" alone")


def test_shares_add_up() -> None:
    found = pd.DataFrame([{"p": s.policy, "b": s.bin, "share": s.share} for s in shares(ONCE.samples)])
    assert set(found["p"]) == {"SALE", "wtp-knn"}
    assert found.groupby(["p", "b"])["share"].sum().to_numpy() == pytest.approx(1.0)


def test_escalation_is_against_the_cheapest_agent_that_solves_the_task() -> None:
    solo, why = alone(ONCE.samples)
    assert solo is not None and not why
    by_task = {task: row for row, task in enumerate(solo.tasks)}
    for each in escalations(ONCE.samples, solo):
        over = under = same = futile = 0
        own = ONCE.samples[ONCE.samples["policy"] == each.policy]
        for task, agent in zip(own["task_id"], own["agent"], strict=True):
            row = by_task[task]
            price = dict(zip(solo.agents, solo.dollars[row], strict=True))
            solvers = [name for name, ok in zip(solo.agents, solo.correct[row], strict=True) if ok == 1]
            best = min(solvers or solo.agents, key=lambda name: price[name])
            over += price[agent] > price[best]
            futile += price[agent] > price[best] and not solvers
            under += price[agent] < price[best]
            same += price[agent] == price[best]
        expected = (over / 40, under / 40, same / 40, futile / 40)
        assert (each.over, each.under, each.same, each.futile) == pytest.approx(expected)
        assert each.over + each.under + each.same == pytest.approx(1.0)
        assert each.over_low <= each.over <= each.over_high
        assert sum(r.count for r in routes(ONCE.samples, solo) if r.policy == each.policy) == 40


def test_without_every_agent_alone_there_is_no_oracle() -> None:
    without = ONCE.samples[ONCE.samples["policy"] != "8b alone"]
    solo, why = alone(without)
    assert solo is None and "none of 8b" in why
    tidy = type(ONCE)(samples=without, bids=ONCE.bids, logs=ONCE.logs)
    found = analyse(tidy)
    assert found.oracle is None and found.routes == () and "8b" in found.why["routes"]
    assert found.cells and found.claims and found.ablations


def test_pairs_split_the_tasks() -> None:
    correct = np.array([[1, 1], [1, 0], [0, 1], [0, 0], [1, 1]], dtype=float)
    (pair,) = pairs(
        Outcomes(
            agents=("a", "b"), tasks=tuple("tuvwx"), texts=("",) * 5, correct=correct, dollars=np.ones((5, 2)),
        )
    )  # fmt: skip
    assert (pair.both, pair.first_only, pair.second_only, pair.neither) == pytest.approx((0.4, 0.2, 0.2, 0.2))
    assert pair.phi == pytest.approx(np.corrcoef(correct.T)[0, 1])


def test_ratings_are_held_against_outcomes() -> None:
    found = {each.judge: each for each in judge_qualities(ONCE.bids)}
    assert set(found) == {"4b", "8b", "14b", "32b", "mean"}
    won = ONCE.bids[ONCE.bids["winner"]]
    for judge in ("4b", "32b"):
        ratings = np.array([json.loads(text)[judge] for text in won["ratings"]], dtype=float)
        good, bad = ratings[won["correct"] == 1], ratings[won["correct"] == 0]
        statistic = scipy_stats.mannwhitneyu(good, bad).statistic / (len(good) * len(bad))
        assert found[judge].auc == pytest.approx(statistic)
        assert found[judge].solved == pytest.approx(good.mean())


def test_a_judge_that_abstains_is_said_to() -> None:
    bids = ONCE.bids.assign(ratings=[json.dumps({"4b": None, "8b": 3})] * len(ONCE.bids))
    found = {each.judge: each for each in judge_qualities(bids)}
    assert found["4b"].abstained == 1.0 and found["4b"].ratings == 0 and math.isnan(found["4b"].mean)
    assert found["8b"].abstained == 0.0


def test_orders_are_compared_task_by_task() -> None:
    assert order_spreads(ONCE.samples) == ()
    (sale, *_) = order_spreads(TIDY.samples)
    own = TIDY.samples[TIDY.samples["policy"] == "SALE"]
    table = own.pivot_table(index="task_id", columns="order_seed", values="correct")
    assert sale.means == pytest.approx(tuple(table.mean()))
    assert sale.deviation == pytest.approx(table.mean().std(ddof=1))
    assert sale.changed == pytest.approx((table.nunique(axis=1) > 1).mean())


def test_horizons_are_those_of_the_statistics_with_dollars() -> None:
    found = policy_horizons(ONCE.samples)
    own = ONCE.samples[ONCE.samples["policy"] == "32b alone"]
    expected = horizons(
        own["correct"].to_numpy(float), own["tau"].to_numpy(float), list(own["task_id"]), list(own["source"]),
    )  # fmt: skip
    mine = [each for each in found if each.policy == "32b alone"]
    assert [each.horizon for each in mine] == list(expected)
    for each in mine:
        inside = not each.horizon.extrapolated and math.isfinite(each.horizon.minutes)
        assert math.isnan(each.minutes_per_usd) != inside
        if inside:
            assert each.minutes_per_usd == pytest.approx(each.horizon.minutes / own["usd"].mean())


def test_everything_at_once_is_repeatable() -> None:
    one, two = (analyse(TIDY, seed=5) for _ in range(2))
    assert one.claims == two.claims and one.agents == two.agents and one.escalations == two.escalations
    assert {cell.policy for cell in one.cells} == set(TIDY.samples["policy"])
