"""The end of a study: tables, the page, the decision, and the folder of what a paper's appendix needs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from contextlib import chdir
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sale_inspect._errors import StudyError
from sale_inspect._files import write_file
from sale_inspect._work._outcomes import OutcomesRequest, read_outcomes
from sale_inspect._work._report import MadeReport, ReportRequest, make_report
from sale_inspect._work.study._fitting import frozen_baseline
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect.study import (
    Decision,
    MeasuredPolicy,
    StepForecast,
    StudyGoal,
    by_policy,
    decide_study,
)

__all__ = ["decide_from", "finish_study", "test_places"]

_TIDY = ("samples.parquet", "bids.parquet", "logs.parquet")


def finish_study(
    prepared: PreparedStudy, *, spent: float, forecast: Sequence[StepForecast], processes: int = 1
) -> tuple[Decision, MadeReport]:
    """Write the page and the condensed folder, and decide.

    Args:
        prepared: The study, all steps of which are done.
        spent: Dollars of all of it.
        forecast: What was forecast before.
        processes: Processes that read logs.

    Returns:
        The decision, and the report.
    """
    study, folder = prepared.study, prepared.folder
    baseline = f"{frozen_baseline(folder)} alone"
    with chdir(folder):
        places = test_places(prepared)
        # The page decides as the study does: for its goal, against the baseline that dev chose.
        request = ReportRequest(
            title=study.name, baseline=baseline, goal=study.goal, processes=processes, viewer="", common_tasks=True
        )
        made = make_report(places, "report", request)
        read_outcomes(places, OutcomesRequest(common_tasks=True, processes=processes), "test.parquet")
        decision = decide_from(Path("report"), baseline, study.goal)
        said = {
            "study": study.name,
            "goal": study.goal.model_dump(exclude_none=True),
            "spent_usd": spent,
            "forecast_usd": sum(each.usd.value for each in forecast),
            **asdict(decision),
        }
        _condense(said)
    return decision, replace(made, folder=folder / made.folder)


def decide_from(report: Path, baseline: str, goal: StudyGoal) -> Decision:
    """The decision by the tidy data of a report.

    Args:
        report: Its folder, with samples.parquet.
        baseline: Name of the best single agent on dev, as tables have it.
        goal: What is wanted.

    Raises:
        StudyError: If the baseline is not in the data.
    """
    import pandas as pd

    samples = pd.read_parquet(report / "samples.parquet")
    samples = samples[samples["correct"].notna() & samples["usd"].notna()]
    rows: dict[str, dict[str, list[tuple[float, float]]]] = {}
    simulated: dict[str, bool] = {}
    kinds: dict[str, str] = {}
    columns = ("policy", "kind", "task_id", "correct", "usd", "simulated")
    for policy, kind, task, correct, usd, pretended in zip(*(samples[name] for name in columns), strict=True):
        kinds[policy] = kind
        rows.setdefault(policy, {}).setdefault(task, []).append((float(correct), float(usd)))
        simulated[policy] = simulated.get(policy, False) or bool(pretended)
    if baseline not in rows:
        raise StudyError(f"{baseline!r} is no policy of these logs: {', '.join(rows)}.")
    policies = [
        MeasuredPolicy(
            name=name,
            solved=solved,
            dollars=dollars,
            simulated=simulated[name],
            single=kinds[name] == "single",
        )
        for name, (solved, dollars) in by_policy(rows).items()
    ]
    return decide_study(policies, baseline, goal)


def test_places(prepared: PreparedStudy) -> list[str]:
    """Where the test logs are, auctions and routers under the names that the study gives them."""
    logs = prepared.logs.rstrip("/")
    places: dict[str, None] = {}
    for step in prepared.steps:
        if step.side == "test":
            folder = f"{logs}/test/{step.folder}"
            places[folder if step.solver.endswith("/single") else f"{step.policy}={folder}"] = None
    return list(places)


def _condense(decision: dict[str, Any]) -> None:
    """What the tables are made from, without tasks, answers and paths, in the folder `condensed`."""
    target = Path("condensed")
    target.mkdir(exist_ok=True)
    for name in _TIDY:
        shutil.copyfile(Path("report") / name, target / name)
    shutil.copyfile("report/report.md", target / "report.md")
    for name in ("frozen.json", "forecast.json"):
        shutil.copyfile(name, target / name)
    text = json.dumps(decision, indent=1) + "\n"
    write_file("decision.json", text)
    write_file(target / "decision.json", text)
