"""A report from a table of outcomes: the figures of the page are those of the rows."""

from __future__ import annotations

import math
from statistics import fmean
from typing import Any

import numpy as np
import pytest

from sale_inspect.outcomes import OutcomeRow, OutcomeTable, make_table
from sale_inspect.report.analysis import Analyses, analyse
from sale_inspect.report.tidy import screened, tidy_of_outcomes

TAUS = {"minute": 1.0, "hour": 30.0, "days": 600.0}


def rows(*, taus: bool = True) -> list[OutcomeRow]:
    """30 tasks in three bins; `small` solves the quick ones, `large` most; SALE has large's run for 10% more."""
    made = []
    for number in range(30):
        name = list(TAUS)[number % 3]
        about: dict[str, Any] = {
            "task": f"t{number}", "text": f"Question {number}", "bin": name,
            "tau": TAUS[name] * (1 + number / 100) if taus else None, "source": "mine", "log": "runs.csv",
        }  # fmt: skip
        small, large = float(name == "minute"), float(number % 5 > 0)
        made += [
            OutcomeRow(**about, agent="small", correct=small, dollars=0.001, tokens=100.0),
            OutcomeRow(**about, agent="large", correct=large, dollars=0.01, tokens=120.0),
            OutcomeRow(
                **about, kind="policy", policy="SALE", winner="large", correct=large, dollars=0.011, overhead_usd=0.001
            ),
        ]
    return made


def analysed(table: OutcomeTable) -> Analyses:
    tidy, _ = tidy_of_outcomes(table, "outcomes.parquet")
    return analyse(screened(tidy).tidy)


def test_pass_rates_and_dollars_are_those_of_the_rows() -> None:
    given = rows()
    found = {(cell.policy, cell.bin): cell for cell in analysed(make_table(given)).cells}
    for who, name in (("small alone", "small"), ("large alone", "large"), ("SALE", "SALE")):
        own = [row for row in given if row.name == name]
        assert found[who, "all"].correct == pytest.approx(fmean(row.correct for row in own))
        assert found[who, "all"].usd == pytest.approx(fmean(row.dollars for row in own))
        assert found[who, "all"].samples == len(own) == 30
    assert found["SALE", "all"].overhead == pytest.approx(0.001 / 0.011)
    assert found["small alone", "all"].overhead == 0.0


def test_horizons_and_the_oracle_are_there_when_human_times_are() -> None:
    found = analysed(make_table(rows()))
    assert {each.policy for each in found.horizons} == {"small alone", "large alone", "SALE"}
    assert found.oracle is not None and found.baseline == "large alone"
    bare = analysed(make_table(rows(taus=False)))
    assert bare.why["horizons"] == "No task has a human time."


def test_bins_stand_in_order_of_human_time_on_the_page() -> None:
    found = analysed(make_table(rows()))
    assert found.bins == ("minute", "hour", "days")
    bare = analysed(make_table(rows(taus=False)))
    assert bare.bins == ("days", "hour", "minute")


def test_epochs_of_a_table_are_runs_of_a_task() -> None:
    again = [OutcomeRow(task="t0", agent="small", epoch=n, correct=float(n > 1), dollars=0.5) for n in (1, 2)]
    (cell,) = [each for each in analysed(make_table(again)).cells if each.bin == "all"]
    assert (cell.tasks, cell.samples, cell.correct) == (1, 2, 0.5)


def test_what_a_table_does_not_know_is_said() -> None:
    given = [*rows(), OutcomeRow(task="t0", kind="policy", policy="old", winner="small", correct=1.0, dollars=1.0)]
    given[0] = OutcomeRow(task="t0", agent="small", correct=1.0, dollars=0.1, basis="estimated", tau=0.0)
    tidy, notes = tidy_of_outcomes(make_table(given, ["A task is left out."]), "outcomes.parquet")
    assert "A task is left out." in notes
    assert any("1 of 91 runs are estimated" in note for note in notes)
    assert any("not known for 1 runs" in note for note in notes)
    assert any("no auctions" in note for note in notes)
    old = tidy.samples[tidy.samples["policy"] == "old"].iloc[0]
    assert np.isnan(old["usd_execute"]) and old["usd"] == 1.0
    small = tidy.samples[(tidy.samples["policy"] == "small alone") & (tidy.samples["task_id"] == "t0")].iloc[0]
    assert math.isnan(small["tau"]), "a human time of 0 minutes is none"
