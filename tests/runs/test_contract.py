"""The contract: of one folder, all commands say the same, or all refuse with the same message."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inspect_ai import eval as inspect_eval
from inspect_ai.analysis import samples_df
from inspect_ai.scorer import Score

from sale_inspect._cli import main
from sale_inspect._errors import SaleError
from sale_inspect._inspect.logs.tidy import read_tidy, sale_columns
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import solved
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect._work import (
    ComparedLogsRequest,
    FitRequest,
    LogsRequest,
    OutcomesRequest,
    PlanRequest,
    ReportRequest,
    ablate,
    fit_weights,
    make_report,
    plan,
    policy_table,
    read_outcomes,
)
from sale_inspect._work._logs import read_options
from sale_inspect.outcomes import to_outcomes
from sale_inspect.runs import left_out_notes, parse_score
from sale_inspect.texts import Table, fmt_count, fmt_rate, fmt_usd
from tests.runs.cases import CASES, TASKS

Figures = Mapping[str, tuple[str, str, str]]
"""pass@1, dollars a task and tokens a task, as tables show them, by policy."""


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a case, made once."""
    root = tmp_path_factory.mktemp("cases")

    def folder(name: str) -> Path:
        if not (root / name).exists():
            with pytest.MonkeyPatch.context() as patch:
                patch.delenv("INSPECT_EVAL_MODEL", raising=False)
                CASES[name](root / name)
        return root / name

    return folder


@dataclass(frozen=True)
class Case:
    """What is right for a case: the figures, how many tasks, and sentences that must stand below every table."""

    name: str
    right: Figures
    score: tuple[str, ...] = ()
    tasks: int = TASKS
    samples: int = TASKS
    told: tuple[str, ...] = ()
    places: tuple[str, ...] = ("",)
    more: Mapping[str, Any] | None = None

    def places_in(self, folder: Path) -> list[str]:
        return [place.format(folder) if place else str(folder) for place in self.places]

    def options(self) -> dict[str, Any]:
        return {"scores": self.score, "cache": False, **(self.more or {})}


def both(lesser: str, greater: str, dollars: tuple[str, str] = ("$0.00200", "$0.0300"), tokens: str = "130") -> Figures:
    return {
        "mockllm/lesser": (lesser, dollars[0], tokens),
        "mockllm/greater": (greater, dollars[1], tokens),
    }


TRUTH = both("41.7%", "75.0%")

RIGHT = [
    Case("plain", TRUTH),
    Case("two_scorers", TRUTH, score=("exact",)),
    Case("headline", TRUTH),
    Case("points", TRUTH, score=("points>=5",)),
    Case("partly", both("30.8%", "47.5%")),
    Case("partly", TRUTH, score=("partly>=0.5",)),
    Case("pair", TRUTH, score=("pair.hit",)),
    Case("pair", both("70.8%", "87.5%"), score=("pair.near",)),
    Case("same_ids", TRUTH, tasks=2 * TASKS, samples=2 * TASKS),
    Case(
        "effort",
        {
            "mockllm/same reasoning_effort=low": ("25.0%", "$0.00200", "130"),
            "mockllm/same reasoning_effort=high": ("83.3%", "$0.0300", "130"),
        },
    ),
    Case(
        "model_args",
        {
            "mockllm/same model_path=this": ("25.0%", "$0.00200", "130"),
            "mockllm/same model_path=that": ("83.3%", "$0.0300", "130"),
        },
    ),
    Case(
        "effort",
        {"low": ("25.0%", "$0.00200", "130"), "high": ("83.3%", "$0.0300", "130")},
        more={"agent_from": "config:reasoning_effort"},
    ),
    Case(
        "errors",
        both("44.4%", "77.8%"),
        tasks=9,
        samples=9,
        told=("Compared on the 9 tasks that all policies finished.", "(error: _Mute()): 1 epoch 1, 7 epoch 1."),
    ),
    Case(
        "retried",
        both("41.7%", "75.0%", ("$0.00600", "$0.0900"), "390"),
        told=("mockllm/lesser: 12 samples were tried more than once; 24 calls of earlier attempts are paid",),
    ),
    Case("wide", both("0.0%", "0.0%"), tasks=2, samples=2),
    Case("pictures", both("0.0%", "0.0%"), tasks=4, samples=4, told=("4 of 4 tasks hold pictures",)),
    Case(
        "token_limit",
        both("0.0%", "0.0%"),
        told=("mockllm/lesser: 12 of 12 samples were stopped by their token limit.",),
    ),
    Case("epochs", TRUTH, samples=2 * TASKS),
    Case(
        "before_after",
        {"monday": ("41.7%", "$0.00200", "130"), "tuesday": ("66.7%", "$0.00200", "130")},
        places=("monday={}/monday", "tuesday={}/tuesday"),
    ),
    Case("old", TRUTH),
]


def figures_of_table(table: Table) -> Figures:
    figures = {}
    for section in table.sections:
        lines = {row[1]: row[-1] for row in section}
        figures[section[0][0]] = (lines["pass@1"], lines["$ per task"], lines["tokens per task"])
    return figures


def shown(score: float, usd: float, tokens: float) -> tuple[str, str, str]:
    return fmt_rate(score), fmt_usd(usd), fmt_count(tokens)


@pytest.mark.parametrize("case", RIGHT, ids=lambda case: f"{case.name} {' '.join(case.score)}".strip())
def test_all_commands_say_what_is_right(case: Case, folders: Callable[[str], Path]) -> None:
    places = case.places_in(folders(case.name))
    options = case.options()

    table = policy_table(places, ComparedLogsRequest(**options))
    assert figures_of_table(table) == case.right

    outcomes = read_outcomes(places, OutcomesRequest(**options))
    of_agent: dict[str, list[Any]] = {}
    for row in outcomes.rows:
        of_agent.setdefault(row.name, []).append(row)
    assert {
        name: shown(
            *(sum(getattr(row, field) for row in rows) / len(rows) for field in ("correct", "dollars", "tokens"))
        )
        for name, rows in of_agent.items()
    } == case.right
    assert {len({row.task for row in rows}) for rows in of_agent.values()} == {case.tasks}
    assert {len(rows) for rows in of_agent.values()} == {case.samples}

    found = read_tidy(places, read_options(ReportRequest(**options), line_up=True, need_tau=True), cache=False)
    means = found.tidy.samples.groupby("policy")[["correct", "usd", "tokens"]].mean()
    assert {str(name): shown(*row) for name, row in zip(means.index, means.to_numpy(), strict=True)} == case.right
    assert found.tidy.samples["task_id"].nunique() == case.tasks
    assert len(found.tidy.samples) == case.samples * len(case.right)

    matrix = to_outcomes(outcomes)
    assert {name: fmt_rate(column.mean()) for name, column in zip(matrix.agents, matrix.correct.T, strict=True)} == {
        name: right[0] for name, right in case.right.items()
    }, "what train and replay read"

    # A forecast takes every finished run; where tasks were left out, it has more of them.
    planned = plan(case.tasks, PlanRequest(like=tuple(places), **options))
    assert {each.policy: fmt_usd(each.usd / case.tasks) for each in planned.forecasts} == {
        name: right[1] for name, right in case.right.items()
    }

    below = {*left_out_notes(found.left_out), *found.notes, *found.health}
    assert below <= {*table.notes} and below <= {*outcomes.notes}, "what was left out and did not work is said by all"
    for sentence in case.told:
        assert any(sentence in note for note in below), (sentence, below)


REFUSED = [
    ("two_scorers", r"Log .*: its samples have several scores: exact, polite\. Choose one with --score NAME\."),
    ("points", r"sample 1: score 'points' is 9, must be .* a number from 0 to 1\. Say .* --score 'points>=NUMBER'\."),
    ("pair", r"score 'pair' is a dictionary\. Choose one of its values: --score pair\.hit, pair\.near\."),
    ("hidden", r"12 samples have no dollars.*Give its price with --prices FILE"),
]


@pytest.mark.parametrize(("name", "message"), REFUSED, ids=[name for name, _ in REFUSED])
def test_all_commands_refuse_with_the_same_message(
    name: str, message: str, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    folder = str(folders(name))
    commands: list[Callable[[], object]] = [
        lambda: policy_table(folder, ComparedLogsRequest(cache=False)),
        lambda: make_report(folder, tmp_path / "report", ReportRequest(cache=False)),
        lambda: read_outcomes(folder, OutcomesRequest(cache=False)),
        lambda: plan(TASKS, PlanRequest(like=(folder,), cache=False)),
        lambda: fit_weights(folder, FitRequest(cache=False)),
        lambda: ablate(folder, LogsRequest(cache=False)),
    ]
    messages = set()
    for command in commands:
        with pytest.raises(SaleError) as caught:
            command()
        messages.add(str(caught.value))
    (only,) = messages
    assert re.search(message, only, re.DOTALL), only


def test_hidden_reasoning_is_paid_at_the_output_price(folders: Callable[[str], Path], tmp_path: Path) -> None:
    listed = tmp_path / "prices.yaml"
    listed.write_text("mockllm/lesser: {input: 1, output: 10}\n", "utf-8")
    priced = ComparedLogsRequest(prices=str(listed), cache=False)
    usd = (100 * 1 + 4010 * 10) / 1e6
    assert figures_of_table(policy_table(str(folders("hidden")), priced)) == {
        "mockllm/lesser": ("41.7%", fmt_usd(usd), "4,110")
    }


def test_the_same_words_on_the_command_line(folders: Callable[[str], Path], tmp_path: Path) -> None:
    words = [str(folders("points")), "--score", "points>=5", "--no-cache"]
    table = CliRunner().invoke(main, ["table", "--markdown", *words])
    outcomes = CliRunner().invoke(main, ["outcomes", *words, "-o", str(tmp_path / "o.parquet")])
    for ran in (table, outcomes):
        assert ran.exit_code == 0 and "41.7%" in ran.output and "75.0%" in ran.output, ran.output
    refusals = [
        CliRunner().invoke(main, [*command, str(folders("points")), "--no-cache"]).output
        for command in (["table"], ["outcomes"], ["fit"], ["ablate"], ["report", "-o", str(tmp_path / "r")])
    ]
    assert len(set(refusals)) == 1 and "--score 'points>=NUMBER'" in refusals[0]


# inspect_ai 0.3.285 calls pandas with a parameter that pandas 3.1 deprecates.
@pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame.drop_duplicates")
def test_data_frames_and_the_auction_memory_read_scores_by_the_same_rule(folders: Callable[[str], Path]) -> None:
    frame = samples_df(str(folders("points")), columns=sale_columns("points>=5"), quiet=True)
    assert sorted(frame.groupby("log")["correct"].mean().round(3)) == [0.417, 0.75]
    assert solved({}, (), "", "Here") is None
    with pytest.raises(SaleError, match="must be a grade"):
        solved({"points": Score(value=9)}, (), "", "Here")
    assert solved({"points": Score(value=9)}, (parse_score("points>=5"),), "", "Here") is True


def test_what_did_not_work_stands_at_the_top_of_the_page(folders: Callable[[str], Path], tmp_path: Path) -> None:
    made = make_report(str(folders("token_limit")), tmp_path / "report", ReportRequest(cache=False))
    sentence = "mockllm/lesser: 12 of 12 samples were stopped by their token limit."
    assert sentence in made.health
    page = (tmp_path / "report" / "report.md").read_text("utf-8")
    assert 0 < page.index(sentence) < page.index("## What was compared")


@pytest.fixture(scope="module")
def auctions(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two variants of SALE and two agents alone, on the same three tasks."""
    folder = tmp_path_factory.mktemp("auctions")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SALE_MINILM_DIR", raising=False)
        patch.delenv("INSPECT_EVAL_MODEL", raising=False)
        for given in (
            sale(pool="sim", memory="off"),
            sale(pool="sim", memory="off", jury="panel"),
            single("4b", pool="sim"),
            single("32b", pool="sim"),
        ):
            task = hst_coding(set="mini", bins="b1", sandbox="local")
            inspect_eval(task, solver=given, log_dir=str(folder), display="none", log_realtime=False, limit=3)
    return str(folder)


def test_variants_of_sale_are_named_by_what_differs_and_by_all_alike(auctions: str) -> None:
    names = {"SALE", "SALE, panel jury", "4b alone", "32b alone"}
    table = policy_table(auctions, ComparedLogsRequest(cache=False))
    assert {section[0][0].removesuffix(" (simulated)") for section in table.sections} == names
    assert "All runs of SALE have: preset paper, no memory." in table.notes
    outcomes = read_outcomes(auctions, OutcomesRequest(cache=False))
    assert {row.policy for row in outcomes.rows} - {""} == {"SALE", "SALE, panel jury"}
    found = read_tidy([auctions], cache=False)
    assert {*found.tidy.samples["policy"]} == names
    assert {each.policy for each in plan(3, PlanRequest(like=(auctions,), cache=False)).forecasts} == names


def test_other_prices_decide_recorded_auctions_again(auctions: str, tmp_path: Path) -> None:
    def first_row(reprice: str) -> tuple[str, ...]:
        return ablate(auctions, LogsRequest(reprice=reprice, cache=False)).sections[0][0]

    assert first_row("sim")[:2] == ("decided at these prices", "0 of 6"), "at their own prices nothing changes"
    turned = tmp_path / "turned.yaml"
    dollars = {"4b": 900, "8b": 90, "14b": 9, "32b": 0.001}
    lines = [f"{name}: {{input: {price}, output: {price}}}\n" for name, price in dollars.items()]
    turned.write_text("".join(lines), "utf-8")
    assert first_row(str(turned))[1] != "0 of 6"
    told = policy_table(auctions, ComparedLogsRequest(reprice=str(turned), cache=False)).notes
    assert any("The 6 auctions were decided at the prices of their time" in note for note in told)
