"""How a study stands."""

from __future__ import annotations

from contextlib import chdir
from dataclasses import dataclass

from sale_inspect._errors import StudyError
from sale_inspect._work.study._evaluate import log_place, newest_log, runs_done
from sale_inspect._work.study._fitting import frozen_hashes
from sale_inspect._work.study._forecast import kept_forecast
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect._work.study._purse_file import kept_spent
from sale_inspect.texts import Table, fmt_usd

__all__ = ["StepStatus", "StudyStatus", "study_status"]


@dataclass(frozen=True, kw_only=True, slots=True)
class StepStatus:
    """How a step stands.

    Attributes:
        name: Its name.
        runs: Finished runs of samples.
        planned: All of them.
        stale: Its logs are of another pool, file or task than now.
    """

    name: str
    runs: int
    planned: int
    stale: bool = False

    @property
    def state(self) -> str:
        """In a word."""
        if self.stale:
            return "stale"
        return "done" if self.runs >= self.planned else "begun" if self.runs else "to do"


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyStatus:
    """How a study stands.

    Attributes:
        steps: Its steps, in order.
        frozen: What dev gave is frozen.
        decided: There is a decision.
        spent: Dollars so far.
        forecast: Dollars that were forecast before; None if nothing ran.
        cap: Most dollars; None for no cap.
    """

    steps: tuple[StepStatus, ...]
    frozen: bool
    decided: bool
    spent: float
    forecast: float | None
    cap: float | None

    @property
    def table(self) -> Table:
        """One row a step."""
        money = f"{fmt_usd(self.spent)} spent"
        if self.forecast is not None:
            money += f", {fmt_usd(self.forecast)} forecast"
        if self.cap is not None:
            money += f", cap {fmt_usd(self.cap)}"
        return Table(
            title="The study",
            header=("step", "state", "runs"),
            sections=(tuple((each.name, each.state, f"{each.runs} of {each.planned}") for each in self.steps),),
            notes=(
                f"{money}.",
                "What was fitted on dev is frozen." if self.frozen else "Nothing is frozen yet.",
                "There is a decision." if self.decided else "There is no decision yet.",
            ),
        )


def study_status(prepared: PreparedStudy) -> StudyStatus:
    """How the steps of a study stand. Reads the headers of its logs."""
    folder = prepared.folder
    try:
        hashes = frozen_hashes(prepared) if (folder / "frozen.json").exists() else {}
    except StudyError:
        hashes = {}
    steps = []
    with chdir(folder if folder.is_dir() else prepared.file.resolve().parent):
        for step in prepared.steps:
            done = planned = 0
            stale = False
            for evaluation in prepared.evaluations(step, hashes):
                log = newest_log(log_place(prepared.logs, evaluation))
                planned += evaluation.runs
                done += runs_done(log)
                key = None if log is None else (log.eval.metadata or {}).get("study_key")
                stale = stale or (log is not None and key != evaluation.key)
            steps.append(StepStatus(name=step.name, runs=done, planned=planned, stale=stale))
    kept = kept_forecast(folder)
    return StudyStatus(
        steps=tuple(steps),
        frozen=bool(hashes),
        decided=(folder / "decision.json").exists(),
        spent=kept_spent(folder, prepared.division.shards),
        forecast=None if kept is None else sum(each.usd.value for each in kept),
        cap=prepared.study.cap,
    )
