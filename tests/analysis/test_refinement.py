"""What refinement added, against hand-made outcomes and in a world whose truth is known."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from sale_inspect.report.analysis import RefinementEffect, refinement_effects
from sale_inspect.report.page import refinement_sentence
from tests.report.synthetic import synthetic_tidy


def runs(rows: list[tuple[str, str, str, float, bool]], alone: dict[tuple[str, str], float]) -> pd.DataFrame:
    """Samples of SALE (task, provisional winner, agent, correct, refined) and of agents alone."""
    held = [
        {"kind": "sale", "policy": "SALE", "task_id": task, "provisional": first, "agent": agent, "correct": correct,
         "refined": refined, "n_refined": 1, "executed": ""}
        for task, first, agent, correct, refined in rows
    ]  # fmt: skip
    single = [
        {"kind": "single", "policy": f"{agent} alone", "task_id": task, "provisional": "", "agent": agent,
         "correct": correct, "refined": False, "n_refined": 0, "executed": ""}
        for (task, agent), correct in alone.items()
    ]  # fmt: skip
    return pd.DataFrame(held + single)


LOGS = pd.DataFrame({"policy": ["SALE"], "auction": [json.dumps({"options": {"preset": "ours"}})]})


def effect(samples: pd.DataFrame) -> RefinementEffect:
    (found,) = refinement_effects(samples, LOGS)
    return found


def test_by_hand() -> None:
    """Of four auctions two were displaced: one lost a task that the displaced winner solves, one gained half of one.

    (0 - 1) + (1 - 0.5) over the three tasks whose provisional winner ran alone: -1/6. Task t4 has no such run.
    """
    samples = runs(
        [("t1", "big", "small", 0.0, True), ("t2", "big", "small", 1.0, True), ("t3", "big", "big", 1.0, False),
         ("t4", "big", "big", 0.0, False)],
        {("t1", "big"): 1.0, ("t2", "big"): 0.5, ("t3", "big"): 0.0, ("t1", "small"): 1.0},
    )  # fmt: skip
    found = effect(samples)
    assert (found.preset, found.auctions, found.heard, found.won, found.known, found.tasks) == ("ours", 4, 4, 2, 2, 3)
    assert (found.solved.value, found.first_solved.value, found.displaced.value) == (0.5, 0.5, 0.75)
    assert found.added.value == pytest.approx(-1 / 6) and found.added.low < -1 / 6 < found.added.high
    assert "refined bids won 2 of 4 auctions, and 50.0% of these were solved" in refinement_sentence(found)
    assert "Whether refinement helped is not resolved" in refinement_sentence(found)


def test_an_outcome_that_is_not_the_winners_says_nothing_of_refinement() -> None:
    rows = [("t1", "big", "small", 1.0, True), ("t2", "big", "small", 0.0, True), ("t3", "big", "big", 1.0, False)]
    samples = runs(rows, {})
    # The first one escalated: its outcome is another's. The second could have, and did not.
    samples.loc[samples["task_id"] == "t1", "executed"] = "small, big"
    samples.loc[samples["task_id"] == "t2", "executed"] = "small"
    found = effect(samples)
    assert (found.auctions, found.won, found.solved.value) == (2, 1, 0.0)


def test_without_runs_alone_the_record_is_all_that_is_said() -> None:
    found = effect(runs([("t1", "big", "small", 1.0, True), ("t2", "big", "big", 1.0, False)], {}))
    assert not found.added.known and found.tasks == 0
    assert "What the displaced winners would have solved is not known" in refinement_sentence(found)
    assert refinement_effects(runs([], {("t1", "big"): 1.0}), LOGS) == ()


def test_the_interval_holds_the_truth_at_its_rate() -> None:
    """200 worlds of 60 tasks: 40% displaced, refined winners solve 45%, displaced ones alone 60%: truth -6 points."""
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        displaced = rng.random(60) < 0.4
        rows = [
            (f"t{n}", "big", "small" if moved else "big", float(rng.random() < (0.45 if moved else 0.6)), bool(moved))
            for n, moved in enumerate(displaced)
        ]
        found = effect(runs(rows, {(f"t{n}", "big"): float(rng.random() < 0.6) for n in range(60)}))
        held += found.added.low <= -0.06 <= found.added.high
    assert held >= 184  # 95% of 200 less two and a half standard errors


def test_every_policy_of_a_report_has_its_effect() -> None:
    tidy = synthetic_tidy(tasks=40, sale=("SALE", "SALE, no jury"))
    effects = refinement_effects(tidy.samples, tidy.logs)
    assert [each.policy for each in effects] == ["SALE", "SALE, no jury"]
    for each in effects:
        own = tidy.samples[tidy.samples["policy"] == each.policy]
        assert each.won == int(own["refined"].sum()) and each.known == each.won
