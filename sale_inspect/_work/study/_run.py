"""Run a study: dev, fit, freeze, test, decide. Whatever stops it, the same call goes on."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sale_inspect._work.study._at_work import STOPPED, StudyAtWork, begun_study
from sale_inspect._work.study._evaluate import Evaluate, evaluate
from sale_inspect._work.study._finish import finish_study
from sale_inspect._work.study._fitting import fit_study, frozen_hashes
from sale_inspect._work.study._locks import held, lock_file
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect._work.study._purse_file import kept_spent
from sale_inspect._work.study._telling import Tell
from sale_inspect.study import Decision, StepForecast

__all__ = ["STOPPED", "StudyResult", "end_of_study", "run_study"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyResult:
    """How a study ended.

    Attributes:
        folder: The study's folder.
        decision: What to use.
        page: The decision page.
        spent: Dollars of all of it, those of failed attempts included.
        forecast: Dollars that were forecast before anything ran.
        health: What was noticed in the runs, a sentence each: silent judges, failed calls, limits.
        seconds: Seconds of this call.
    """

    folder: Path
    decision: Decision
    page: Path
    spent: float
    forecast: float
    health: tuple[str, ...]
    seconds: float


def run_study(
    prepared: PreparedStudy, *, tell: Tell = lambda _: None, run: Evaluate = evaluate, processes: int = 1
) -> StudyResult:
    """Run all that is left of a study in this process, whoever did the rest.

    Args:
        prepared: The study.
        tell: Is told in lines what happens.
        run: What runs an evaluation.
        processes: Processes that read logs.

    Raises:
        StudyError: If the cap is below the forecast, is reached, samples are left that cannot be finished, what was
            frozen was changed, or another process is at work on the study. What is finished stays; run the same command
            again.
    """
    began = time.monotonic()
    prepared, forecast = begun_study(prepared, tell)
    with (
        held(lock_file(prepared.folder, "driver"), "This study"),
        held(lock_file(prepared.folder, "study"), "This study"),
    ):
        todo = StudyAtWork(prepared=prepared, tell=tell, run=run, began=began)
        todo.steps("dev", {})
        todo.say_health()
        fit_study(prepared, tell)
        hashes = frozen_hashes(prepared)
        todo.forecast_test(hashes)
        todo.steps("test", hashes)
        return end_of_study(prepared, forecast, tell=tell, began=began, processes=processes)


def end_of_study(
    prepared: PreparedStudy, forecast: Sequence[StepForecast], *, tell: Tell, began: float, processes: int = 1
) -> StudyResult:
    """The tables, the page and the decision of a study whose runs are done.

    Args:
        prepared: The study.
        forecast: What was forecast before anything ran.
        tell: Is told.
        began: When the call began, by the monotonic clock.
        processes: Processes that read logs.

    Raises:
        StudyError: If what was frozen was changed.
    """
    frozen_hashes(prepared)
    tell("The tables and the page.")
    spent = kept_spent(prepared.folder, prepared.division.shards)
    decision, made = finish_study(prepared, spent=spent, forecast=forecast, processes=processes)
    return StudyResult(
        folder=prepared.folder,
        decision=decision,
        page=made.page,
        spent=spent,
        forecast=sum(each.usd.value for each in forecast),
        health=made.health,
        seconds=time.monotonic() - began,
    )
