"""How numbers look, and the table of policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from sale_inspect.money import Entry, Phase, TokenUsage
from sale_inspect.report.summary import summary
from sale_inspect.runs import LogHead, PolicyRun, Runs, SampleFacts, SamplesLeftOut
from sale_inspect.texts import Table, fmt_count, fmt_rate, fmt_usd, to_markdown

BINS = {"b1": "b1 (<= 0.1 min)", "b2": "b2 (<= 0.5 min)"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "$0"),
        (0.001234, "$0.00123"),
        (0.0001, "$0.000100"),
        (0.00005, "50.0 \N{MICRO SIGN}$"),
        (3.21e-7, "321 n$"),
        (1e-12, "0.00100 n$"),
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


def row(
    policy: str,
    task: str,
    bin_name: str,
    correct: float,
    usd: float,
    *,
    agent: str,
    overhead: float = 0,
    simulated: bool = False,
    **sample: Any,
) -> PolicyRun:
    def entry(phase: Phase, tokens: float, dollars: float) -> Entry:
        usage = TokenUsage(input=round(tokens))
        return Entry(phase=phase, agent=agent, model="m", calls=1, usage=usage, usd=dollars, seconds=0.0)

    return PolicyRun(
        head=LogHead(log=f"{policy}.eval"),
        sample=SampleFacts(
            sample_id=task, metadata={"bin": bin_name}, agent=agent, ledger_policy=policy, simulated=simulated, **sample
        ),
        kind="sale" if policy == "SALE" else "single",
        policy=policy,
        agent_name=agent,
        task=task,
        score=correct,
        entries=(entry("bid", 0, overhead), entry("execute", 1000.0 * usd / 0.02, usd - overhead)),
    )


SALE = (
    row("SALE", "t1", "b1", 1.0, 0.02, agent="4b", overhead=0.005, simulated=True),
    row("SALE", "t2", "b1", 1.0, 0.04, agent="4b", overhead=0.005, simulated=True),
    row("SALE", "t3", "b2", 0.0, 0.04, agent="32b", overhead=0.01, simulated=True),
)
ALONE = (
    row("32b alone", "t1", "b1", 1.0, 0.08, agent="32b"),
    row("32b alone", "t3", "b2", 1.0, 0.12, agent="32b"),
)
LEFT_OUT = (SamplesLeftOut(reason="no score", log="SALE.eval", count=2),)


def table_of(*rows: PolicyRun, left_out: tuple[SamplesLeftOut, ...] = (), **more: Any) -> Table:
    return summary(Runs(runs=rows, heads=(), left_out=left_out, **more), BINS)


def lines_of(rows: tuple[PolicyRun, ...], measure: str) -> list[list[str]]:
    lines = [line.strip("| ").split(" | ") for line in to_markdown(table_of(*rows)).splitlines()]
    return [line[-4:] for line in lines if measure in line]


def test_the_summary_is_the_golden_one(golden: Callable[[str, str], None]) -> None:
    golden("summary.md", to_markdown(table_of(*SALE, *ALONE, left_out=LEFT_OUT)))


def test_pass_at_1_and_dollars_by_hand() -> None:
    """SALE: 2/2, 0/1, 2/3 right; (0.02 + 0.04)/2 = 0.03, 0.04, 0.10/3 dollars; 0.06/2, -, 0.10/2 a hit."""
    assert [line[1:] for line in lines_of(SALE, "pass@1")] == [["100.0%", "0.0%", "66.7%"]]
    assert [line[1:] for line in lines_of(SALE, r"\$ per task")] == [["$0.0300", "$0.0400", "$0.0333"]]
    assert [line[1:] for line in lines_of(SALE, r"\$ per solved task")] == [["$0.0300", "-", "$0.0500"]]


def test_the_overhead_is_the_auctions_share_of_the_dollars() -> None:
    """0.01/0.06 = 16.7 %, 0.01/0.04 = 25 %, 0.02/0.10 = 20 %; one agent alone has no such line."""
    (line,) = lines_of((*SALE, *ALONE), r"auction overhead, \$")
    assert line[1:] == ["16.7%", "25.0%", "20.0%"]


def test_the_share_of_tasks_goes_to_the_agent_that_executed() -> None:
    assert [line[1:] for line in lines_of(SALE, "tasks to 4b")] == [["100.0%", "0.0%", "66.7%"]]
    assert lines_of(ALONE, "tasks to 32b") == []


def test_a_simulated_policy_is_marked_in_the_table_and_a_real_one_is_not() -> None:
    text = to_markdown(table_of(*SALE, *ALONE))
    assert "| SALE (simulated) |" in text
    assert "| 32b alone |" in text
    assert "nothing here is a measurement of any model" in text
    assert "imulated" not in to_markdown(table_of(*ALONE))


def test_samples_that_were_left_out_are_named_with_their_reason() -> None:
    notes = table_of(*SALE, *ALONE, left_out=LEFT_OUT).notes
    assert "2 samples of SALE.eval are left out (no score)." in notes
    assert not any("left out" in note for note in table_of(*SALE, *ALONE).notes)


def test_what_must_be_known_and_what_did_not_work_stands_below_the_table() -> None:
    notes = table_of(*SALE, notes=("Compared on 3 tasks.",), health=("SALE: no judge rated.",)).notes
    assert "Compared on 3 tasks." in notes and "SALE: no judge rated." in notes


def test_a_bin_without_tasks_shows_a_dash_and_not_zero() -> None:
    assert [line[1:] for line in lines_of(ALONE[:1], "pass@1")] == [["100.0%", "-", "100.0%"]]


def test_the_interval_counts_tasks_and_not_repetitions_of_them() -> None:
    """Two epochs of one task, right once: 0.5 of 1 task, Wilson (0.5 of 1) is 5.5% to 94.5%."""
    twice = (ALONE[0], row("32b alone", "t1", "b1", 0.0, 0.08, agent="32b", epoch=2))
    (note, *_) = table_of(*twice).notes
    assert note.startswith("32b alone: 2 samples of 1 tasks; pass@1 95% interval")
    assert note.endswith("5.5% to 94.5%.")
