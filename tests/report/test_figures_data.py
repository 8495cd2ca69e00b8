"""The numbers in the pictures: against hands, scipy and the package's own statistics."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sale_inspect.report.figures import (
    bid_length,
    calibration,
    confusion,
    frontiers,
    horizon_marks,
    learning,
    pass_by_time,
    phases,
    shapley_bars,
    workload,
)
from sale_inspect.report.figures._means import rates, thinned
from sale_inspect.report.tidy._tables import BID_COLUMNS, SAMPLE_COLUMNS, frame
from sale_inspect.stats import firth_horizon, rate
from tests.report.synthetic import synthetic_tidy


def samples(*rows: dict[str, Any]) -> pd.DataFrame:
    base = {"kind": "router", "correct": 1.0, "usd": 1.0, "agent": "a", "tau": 1.0, "epoch": 1, "bin": "b1"}
    return frame([{**base, **row} for row in rows], SAMPLE_COLUMNS)


def bids(*rows: dict[str, Any]) -> pd.DataFrame:
    base = {"policy": "SALE", "agent": "a", "winner": True, "correct": 1.0, "rating_mean": 3.0, "length": 10}
    base |= {"tokens_execute": 100.0}
    return frame([{"task_id": f"t{n}", **base, **row} for n, row in enumerate(rows)], BID_COLUMNS)


def test_intervals_of_pictures_are_those_of_tables() -> None:
    once = synthetic_tidy(tasks=10).samples
    for each in rates(once, ["policy"]).to_dict("records"):
        found = rate(once[once["policy"] == each["policy"]].groupby("task_id")["correct"].mean())
        assert (each["low"], each["high"]) == pytest.approx((found.low, found.high))


def test_more_runs_of_the_same_tasks_do_not_narrow_an_interval() -> None:
    once = synthetic_tidy(tasks=10).samples
    twice = pd.concat([once, once.assign(epoch=2)], ignore_index=True)
    a, b = rates(once, ["policy"]), rates(twice, ["policy"])
    pd.testing.assert_frame_equal(a.drop(columns="runs"), b.drop(columns="runs"))
    assert list(b["runs"]) == [2 * runs for runs in a["runs"]]


def test_the_front_and_the_hull_by_hand() -> None:
    def policy(name: str, usd: float, solved: int) -> list[dict[str, Any]]:
        return [{"policy": name, "task_id": f"t{n}", "usd": usd, "correct": float(n < solved)} for n in range(10)]

    rows = [*policy("cheap", 1, 2), *policy("middle", 5, 3), *policy("best", 6, 9), *policy("waste", 7, 8)]
    drawing = frontiers(samples(*rows, {"policy": "unpriced", "task_id": "t0", "usd": math.nan}))
    found = drawing.data[drawing.data["bin"] == "all"].set_index("policy")
    assert dict(found["pass_at_1"]) == pytest.approx({"best": 0.9, "cheap": 0.2, "middle": 0.3, "waste": 0.8})
    assert sorted(found.index[found["front"]]) == ["best", "cheap", "middle"]
    assert sorted(found.index[found["hull"]]) == ["best", "cheap"]
    assert "unpriced" in drawing.caption and "1 samples" not in drawing.caption
    assert dict(found["usd_per_task"]) == {"best": 6.0, "cheap": 1.0, "middle": 5.0, "waste": 7.0}


def test_calls_that_nobody_counted_are_said_where_dollars_are_shown() -> None:
    given_ = samples({"policy": "p", "task_id": "t", "uncounted": 3})
    for drawing in (frontiers(given_), phases(given_)):
        assert "3 model calls are not known" in drawing.caption


def test_curves_are_those_of_the_horizons_and_parts_hold_every_task_once() -> None:
    given_ = synthetic_tidy(tasks=60, epochs=2).samples
    data = pass_by_time(given_).data
    assert set(data["policy"]) == {"4b alone", "8b alone", "14b alone", "32b alone"}
    mine = given_[given_["policy"] == "8b alone"].groupby("task_id").agg({"correct": "mean", "tau": "first"})
    fit = firth_horizon(mine["correct"].to_numpy(), mine["tau"].to_numpy())
    own = data[data["policy"] == "8b alone"]
    assert own["slope"].iloc[0] == pytest.approx(fit.slope) and own["intercept"].iloc[0] == pytest.approx(fit.intercept)
    assert own["tasks"].sum() == 60 and fit.slope < 0
    assert ((own["tau_low"] <= own["tau"] * 1.000001) & (own["tau"] <= own["tau_high"] * 1.000001)).all()
    assert (own["pass_at_1"] * own["tasks"]).sum() == pytest.approx(mine["correct"].sum())


def test_without_single_agents_policies_are_drawn_and_agents_never_by_the_tasks_they_got() -> None:
    given_ = synthetic_tidy(tasks=20).samples
    drawing = pass_by_time(given_[given_["kind"] != "single"])
    assert set(drawing.data["policy"]) == {"SALE", "wtp-knn"}
    assert "No agent was run alone" in drawing.caption


def test_workload_by_hand() -> None:
    rows = [
        {"policy": "p", "task_id": f"t{n}", "position": n, "agent": agent, "order_seed": order}
        for order, agents in enumerate(("aaaaabbbbb", "bbbbbbbbbb"))
        for n, agent in enumerate(agents)
    ]
    data = workload(samples(*reversed(rows))).data
    a = data[data["agent"] == "a"].set_index("tasks_done")
    assert list(a.index) == [5, 6, 7, 8, 9, 10] and set(a["window"]) == {5} and set(a["runs"]) == {2}
    assert list(a["share"]) == pytest.approx([0.5, 0.4, 0.3, 0.2, 0.1, 0.0])
    assert list(a["high"]) == pytest.approx([1.0, 0.8, 0.6, 0.4, 0.2, 0.0]) and set(a["low"]) == {0.0}
    assert data.groupby("tasks_done")["share"].sum().to_list() == pytest.approx([1.0] * 6)


def test_learning_counts_refined_winners_and_cheaper_winners_apart() -> None:
    rows = [
        {"policy": "SALE", "kind": "sale", "task_id": f"t{n}", "visible": n, "provisional": "big",
         "agent": "small" if n >= 2 else "big", "refined": n >= 1}
        for n in range(4)
    ]  # fmt: skip
    priced = bids({"agent": "small", "usd_per_mtok": 1.0}, {"agent": "big", "usd_per_mtok": 9.0})
    data = learning(samples(*rows), priced).data.set_index("measure")
    assert data.loc["refined bid won", "share"] == 0.75 and data.loc["cheaper agent won", "share"] == 0.5
    assert data.loc["refined bid won", "auctions"] == 4 and data.loc["refined bid won", "seen"] == 1.5
    unpriced = learning(samples(*rows), priced.iloc[:0])
    assert set(unpriced.data["measure"]) == {"refined bid won"} and "not known" in unpriced.caption


def test_only_winners_count_in_lengths_and_ratings() -> None:
    losers = [{"winner": False, "rating_mean": 0.2, "correct": 0.0, "length": 999 - n} for n in range(5)]
    given_ = bids(*losers, *({"length": n, "tokens_execute": n**2, "rating_mean": 4.6} for n in range(1, 9)))
    data = bid_length(given_, simulated=False).data.set_index("agent")
    assert data.loc["all agents", "rho"] == 1.0 and data.loc["all agents", "auctions"] == 8
    rated = calibration(given_, simulated=False).data
    assert len(rated) == 1
    assert dict(rated.iloc[0][["rating_low", "rating_high", "tasks", "pass_at_1"]]) == {
        "rating_low": 4.5, "rating_high": 5.0, "tasks": 8, "pass_at_1": 1.0,
    }  # fmt: skip


def test_the_best_rating_falls_into_the_last_step() -> None:
    data = calibration(bids({"rating_mean": 5.0}, {"rating_mean": 4.5, "correct": 0.0}), simulated=False).data
    assert list(data["tasks"]) == [2] and list(data["pass_at_1"]) == [0.5]


def test_phases_add_up_to_all_dollars() -> None:
    given_ = synthetic_tidy(tasks=20).samples
    data = phases(given_).data
    parts = data[["usd_execute", "usd_bid", "usd_jury", "usd_refine"]].sum(axis=1)
    np.testing.assert_allclose(parts, data["usd"])
    alone = data[(data["policy"] == "4b alone") & (data["bin"] == "all")]
    assert alone["usd"].item() == pytest.approx(given_[given_["policy"] == "4b alone"]["usd"].mean())


def test_horizons_outside_the_tasks_are_said_and_not_numbered() -> None:
    found = pd.DataFrame(
        {
            "policy": ["p", "q", "r", "s"], "chance": 0.5, "minutes": [1e6, math.inf, 0.0, math.nan],
            "low": [2.0, 3.0, 0.0, math.nan], "high": [math.inf, math.inf, 0.5, math.nan],
            "extrapolated": True, "note": "",
        }
    )  # fmt: skip
    drawing = horizon_marks(found, simulated=False, span=(0.1, 60.0))
    assert "q at 50%: everything solved (outside the tasks); r at 50%: nothing solved" in drawing.alt_text
    assert "s at 50%: no horizon" in drawing.alt_text and "Hollow" in drawing.caption
    assert drawing.figure.axes[0].get_xlim()[1] <= 60 * 30 * 2
    pd.testing.assert_frame_equal(drawing.data, found)


def test_confusion_shares_are_of_the_oracles_tasks() -> None:
    found = pd.DataFrame(
        [("p", "small", "small", 3), ("p", "small", "big", 1), ("p", "big", "big", 2), ("p", "big", "small", 0)],
        columns=["policy", "oracle", "chosen", "count"],
    )
    drawing = confusion(found, simulated=False, agents=["small", "big"])
    assert list(drawing.data["share"]) == [0.75, 0.25, 1.0]
    assert "p 83%" in drawing.alt_text
    ticks = [text.get_text() for text in drawing.figure.axes[0].get_xticklabels()]
    assert ticks == ["small", "big"]


def test_a_shapley_value_without_an_interval_is_drawn_without_one() -> None:
    found = pd.DataFrame({"agent": ["a", "b"], "value": [0.3, -0.1], "low": [0.2, math.nan], "high": [0.4, math.nan]})
    alt = shapley_bars(found, simulated=False).alt_text
    assert "a +0.3 [0.2, 0.4]; b -0.1." in alt


def test_drawn_rows_are_few_sorted_and_the_same_again() -> None:
    rows = thinned(1000, 10)
    assert len(set(rows)) == 10 and list(rows) == sorted(rows) and list(rows) == list(thinned(1000, 10))
    assert list(thinned(3, 10)) == [0, 1, 2]
