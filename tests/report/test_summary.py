"""How numbers look, and the table of policies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from sale_inspect.report.summary import PolicyRun, TaskRow, summary
from sale_inspect.texts import fmt_count, fmt_rate, fmt_usd, to_markdown

BINS = {"b1": "b1 (<= 0.1 min)", "b2": "b2 (<= 0.5 min)"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "$0"),
        (0.001234, "$0.00123"),
        (0.0001, "$0.000100"),
        (0.00005, "$5.00e-05"),
        (0.125, "$0.125"),
        (1.5, "$1.50"),
        (12.345, "$12.35"),
        (1234.5, "$1,234.50"),
        (None, "-"),
        (float("nan"), "-"),
    ],
)
def test_dollars_look_the_same_everywhere(value: float | None, text: str) -> None:
    assert fmt_usd(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.638, "63.8%"), (0.0, "0.0%"), (1.0, "100.0%"), (None, "-"), (float("nan"), "-")]
)
def test_rates_look_the_same_everywhere(value: float | None, text: str) -> None:
    assert fmt_rate(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(1234567.6, "1,234,568"), (0.0, "0"), (None, "-"), (float("nan"), "-")],
)
def test_counts_look_the_same_everywhere(value: float | None, text: str) -> None:
    assert fmt_count(value) == text


def row(task: str, bin_name: str, correct: float, usd: float, *, agent: str, overhead: float = 0) -> TaskRow:
    return TaskRow(
        task_id=task,
        epoch=1,
        bin=bin_name,
        correct=correct,
        usd=usd,
        usd_overhead=overhead,
        tokens=1000.0 * usd / 0.02,
        agent=agent,
    )


SALE = PolicyRun(
    policy="SALE",
    simulated=True,
    rows=(
        row("t1", "b1", 1.0, 0.02, agent="4b", overhead=0.005),
        row("t2", "b1", 1.0, 0.04, agent="4b", overhead=0.005),
        row("t3", "b2", 0.0, 0.04, agent="32b", overhead=0.01),
    ),
    left_out={"no score": 2},
)
ALONE = PolicyRun(
    policy="32b alone",
    simulated=False,
    rows=(row("t1", "b1", 1.0, 0.08, agent="32b"), row("t3", "b2", 1.0, 0.12, agent="32b")),
    left_out={},
)


def lines_of(runs: list[PolicyRun], measure: str) -> list[list[str]]:
    rows = [line.strip("| ").split(" | ") for line in to_markdown(summary(runs, BINS)).splitlines()]
    return [row[-4:] for row in rows if measure in row]


def test_the_summary_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    golden("summary.md", to_markdown(summary([SALE, ALONE], BINS)))


def test_pass_at_1_and_dollars_by_hand() -> None:
    """SALE: 2/2, 0/1, 2/3 right; (0.02 + 0.04)/2 = 0.03, 0.04, 0.10/3 dollars; 0.06/2, -, 0.10/2 a hit."""
    assert [line[1:] for line in lines_of([SALE], "pass@1")] == [["100.0%", "0.0%", "66.7%"]]
    assert [line[1:] for line in lines_of([SALE], "$ per task")] == [["$0.0300", "$0.0400", "$0.0333"]]
    assert [line[1:] for line in lines_of([SALE], "$ per solved task")] == [["$0.0300", "-", "$0.0500"]]


def test_the_overhead_is_the_auctions_share_of_the_dollars() -> None:
    """0.01/0.06 = 16.7 %, 0.01/0.04 = 25 %, 0.02/0.10 = 20 %; one agent alone has no such line."""
    (line,) = lines_of([SALE, ALONE], "auction overhead, $")
    assert line[1:] == ["16.7%", "25.0%", "20.0%"]


def test_the_share_of_tasks_goes_to_the_agent_that_executed() -> None:
    assert [line[1:] for line in lines_of([SALE], "tasks to 4b")] == [["100.0%", "0.0%", "66.7%"]]
    assert lines_of([ALONE], "tasks to 32b") == []


def test_a_simulated_policy_is_marked_in_the_table_and_a_real_one_is_not() -> None:
    text = to_markdown(summary([SALE, ALONE], BINS))
    assert "| SALE (simulated) |" in text
    assert "| 32b alone |" in text
    assert "nothing here is a measurement of any model" in text
    assert "imulated" not in to_markdown(summary([ALONE], BINS))


def test_samples_that_were_left_out_are_named_with_their_reason() -> None:
    notes = summary([SALE, ALONE], BINS).notes
    assert "SALE: 2 samples left out: no score." in notes
    assert not any(note.startswith("32b alone:") and "left out" in note for note in notes)


def test_a_policy_whose_every_sample_was_left_out_says_so() -> None:
    failed = PolicyRun(policy="8b alone", simulated=False, rows=(), left_out={"the sample failed": 3})
    assert "8b alone: 3 samples left out: the sample failed." in summary([ALONE, failed], BINS).notes


def test_a_bin_without_tasks_shows_a_dash_and_not_zero() -> None:
    only = PolicyRun(policy="one", simulated=False, rows=ALONE.rows[:1], left_out={})
    assert [line[1:] for line in lines_of([only], "pass@1")] == [["100.0%", "-", "100.0%"]]


def test_the_interval_counts_tasks_and_not_repetitions_of_them() -> None:
    """Two epochs of one task, right once: 0.5 of 1 task, Wilson (0.5 of 1) is 5.5% to 94.5%."""
    first = ALONE.rows[0]
    twice = (
        first,
        TaskRow(task_id="t1", epoch=2, bin="b1", correct=0.0, usd=0, usd_overhead=0, tokens=0, agent="x"),
    )
    (note, *_) = summary([PolicyRun(policy="p", simulated=False, rows=twice, left_out={})], BINS).notes
    assert note.startswith("p: 2 samples of 1 tasks; pass@1 95% interval")
    assert note.endswith("5.5% to 94.5%.")


def test_calls_whose_tokens_nobody_knows_make_the_dollars_a_lower_bound() -> None:
    known = row("t1", "b1", 1.0, 0.5, agent="a")
    rows = (known, replace(known, task_id="t2", uncounted=2), replace(known, task_id="t3", uncounted=1))
    notes = summary([PolicyRun(policy="SALE", simulated=False, rows=rows, left_out={})], BINS).notes
    (note,) = [note for note in notes if "lower bound" in note]
    assert note.startswith("SALE: 3 model calls")
    alone = PolicyRun(policy="SALE", simulated=False, rows=(known,), left_out={})
    assert not [note for note in summary([alone], BINS).notes if "lower bound" in note]
