"""The threshold of acceptance, fitted to logs: each answer in the auction's order is scored, and decides nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from inspect_ai.log import EvalLog, EvalSample

from sale_inspect import FitRequest, LogError, fit_acceptance, sale_agent
from sale_inspect._cli import main
from sale_inspect._errors import SaleError
from sale_inspect._inspect.logs import read_runs
from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.store import read
from sale_inspect.auction import AuctionRecord

from .conftest import RunEval
from .test_escalation import searches

TASKS, AGENTS = 8, ("4b", "8b", "14b", "32b")
ALL: dict[str, Any] = {"pool": "sim", "memory": "off", "escalate": 3, "accept": "jury", "accept_at": 5.0}


@pytest.fixture(scope="module")
def scored(run_eval_once: RunEval) -> EvalLog:
    log = run_eval_once(searches(TASKS), sale(**ALL, score_steps=True))
    assert log.status == "success", log.error
    return log


@pytest.fixture(scope="module")
def singles(run_eval_once: RunEval) -> list[str]:
    return [run_eval_once(searches(TASKS), single(agent=agent, pool="sim")).location for agent in AGENTS]


def record_of(sample: EvalSample) -> AuctionRecord:
    record = read(sample).auction
    assert record is not None and record.escalation is not None
    return record


def test_each_answer_is_scored_as_the_samples_own_and_decides_nothing(scored: EvalLog, run_eval: RunEval) -> None:
    plain = run_eval(searches(TASKS), sale(**ALL))
    scores = {run.task: run.score for run in read_runs([scored.location], cache=False).runs}
    found = set()
    for one, other in zip(scored.samples or [], plain.samples or [], strict=True):
        record, without = record_of(one), record_of(other)
        assert record.escalation is not None and without.escalation is not None
        assert all(step.solved is None for step in without.escalation.steps)
        steps = [step.model_copy(update={"solved": None}) for step in record.escalation.steps]
        assert [step.model_dump() for step in steps] == [step.model_dump() for step in without.escalation.steps]
        counts = next(step for step in record.escalation.steps if step.agent == record.escalation.stands)
        assert float(bool(counts.solved)) == scores[str(one.id)]
        found |= {step.solved for step in record.escalation.steps}
        assert sum(entry.usd for entry in read(one).entries or ()) == sum(e.usd for e in read(other).entries or ())
    assert found == {True, False}


def test_the_command_fits_a_threshold_to_logs(scored: EvalLog, singles: list[str], tmp_path: Path) -> None:
    words = ["fit", scored.location, *singles, "--objective", "accept", "--keep-pass", "0.2", "--confidence", "0.6"]
    ran = CliRunner().invoke(main, [*words, "--json", str(tmp_path / "fit.json")])
    assert ran.exit_code == 0, ran.output
    figures = json.loads((tmp_path / "fit.json").read_text())
    fit = fit_acceptance([scored.location, *singles], FitRequest(objective="accept", keep_pass=0.2, confidence=0.6))
    assert figures["accept"] == "jury" and figures["found"]["value"] == fit.found.value
    top = figures["thresholds"][-1]
    assert top["accept_at"] == 5.0 and top["executions"] == pytest.approx(
        sum(len(e.steps) for sample in scored.samples or [] if (e := record_of(sample).escalation)) / TASKS
    )
    spent = sum(entry.usd for sample in scored.samples or [] for entry in read(sample).entries or ())
    assert top["usd"] == pytest.approx(spent / TASKS)
    assert figures["thresholds"][0]["executions"] < top["executions"]
    assert f"accept_at={fit.found.value:g}" in ran.output


def test_what_cannot_be_fitted_is_refused_with_a_remedy(
    run_eval: RunEval, scored: EvalLog, singles: list[str]
) -> None:  # fmt: skip
    request = FitRequest(objective="accept", budget=1.0)
    with pytest.raises(LogError, match=r"8 tasks lack a run alone of some agent.*Give logs of single"):
        fit_acceptance([scored.location, *singles[:3]], request)
    with pytest.raises(LogError, match=r"No auction in these logs may escalate.*score_steps=true"):
        fit_acceptance([run_eval(searches(2), sale(pool="sim", memory="off")).location, *singles], request)
    unscored = run_eval(searches(2), sale(**ALL))
    with pytest.raises(LogError, match=r"do not say which of their answers are right.*score_steps=true"):
        fit_acceptance([unscored.location, *singles], request)
    with pytest.raises(LogError, match="--objective accept needs a goal"):
        FitRequest(objective="accept")
    ran = CliRunner().invoke(main, ["fit", scored.location, "--objective", "accept", "--budget", "1", "-o", "x.json"])
    assert ran.exit_code == 1 and "--objective accept makes no file: leave -o out" in ran.output
    with pytest.raises(SaleError, match="score_steps has no effect without escalate"):
        sale(pool="sim", score_steps=True)
    with pytest.raises(SaleError, match="sale_agent: score_steps is for solvers"):
        sale_agent(**ALL, score_steps=True)
