"""Run a study: dev, fit, freeze, test, decide. Whatever stops it, the same call goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sale_inspect._bounds import json_value
from sale_inspect._errors import StudyError
from sale_inspect._files import write_file
from sale_inspect._inspect.store import Purse, spending_from
from sale_inspect._work.study._evaluate import Done, Evaluate, evaluate
from sale_inspect._work.study._finish import finish_study
from sale_inspect._work.study._fitting import fit_study, frozen_hashes
from sale_inspect._work.study._forecast import forecast_study
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect._work.study._purse_file import SpentFile, kept_spent
from sale_inspect.study import POOL_FILE, Decision, Evaluation, StepForecast, StudyStep

__all__ = ["STOPPED", "StudyResult", "Tell", "run_study"]

STOPPED = "Stopped. Run the same command again to go on; nothing that is done is lost."

Tell = Callable[[str], None]
"""Is told in a line what happens."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StudyResult:
    """How a study ended.

    Attributes:
        folder: The study's folder.
        decision: What to use.
        page: The decision page.
        spent: Dollars of all of it, those of failed attempts included.
        forecast: Dollars that were forecast before anything ran.
        seconds: Seconds of this call.
    """

    folder: Path
    decision: Decision
    page: Path
    spent: float
    forecast: float
    seconds: float


def run_study(
    prepared: PreparedStudy, *, tell: Tell = lambda _: None, run: Evaluate = evaluate, processes: int = 1
) -> StudyResult:
    """Run all that is left of a study.

    Args:
        prepared: The study.
        tell: Is told in lines what happens.
        run: What runs an evaluation.
        processes: Processes that read logs.

    Raises:
        StudyError: If the cap is below the forecast, is reached, samples are left that cannot be finished, or what was
            frozen was changed. What is finished stays; run the same command again.
    """
    began = time.monotonic()
    folder = prepared.folder
    kept = SpentFile(folder)
    purse = Purse(cap=prepared.study.cap, spent=kept_spent(folder), on_spent=kept.note)
    todo = _Study(prepared=prepared, purse=purse, kept=kept, tell=tell, run=run, began=began)
    forecast = todo.forecast_first()
    dev = [step for step in prepared.steps if step.side == "dev"]
    test = [step for step in prepared.steps if step.side == "test"]
    todo.steps(dev, {})
    fit_study(prepared, tell)
    hashes = frozen_hashes(prepared)
    todo.forecast_test(test, hashes)
    todo.steps(test, hashes)
    frozen_hashes(prepared)
    tell("The tables and the page.")
    decision, page = finish_study(prepared, spent=todo.purse.spent, forecast=forecast, processes=processes)
    return StudyResult(
        folder=folder,
        decision=decision,
        page=page,
        spent=todo.purse.spent,
        forecast=sum(each.usd for each in forecast),
        seconds=time.monotonic() - began,
    )


def _make_folder(prepared: PreparedStudy) -> None:
    """The study's folder with its own copy of the pool, by which evaluations name it."""
    folder = prepared.folder
    for name in ("", "fits", "routers"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    text = json.dumps(prepared.pool.model_dump(mode="json"), indent=1, ensure_ascii=False) + "\n"
    copy = folder / POOL_FILE
    if not copy.exists():
        # JSON is YAML. Private: a pool may hold addresses and arguments that are not for others.
        write_file(copy, text, private=True)
    elif copy.read_text(encoding="utf-8") != text:
        raise StudyError(
            f"The pool {prepared.pool_place} was changed since the study began ({copy} has the old one). Undo that; or "
            "say `sale-inspect study add-agent` if only agents were added, `sale-inspect study reprice` for other "
            "prices; or name another folder with --out."
        )


@dataclass(kw_only=True, slots=True)
class _Study:
    prepared: PreparedStudy
    purse: Purse
    kept: SpentFile
    tell: Tell
    run: Evaluate
    began: float

    def forecast_first(self) -> tuple[StepForecast, ...]:
        """The forecast that was made before anything ran; made now if this is the beginning."""
        kept = self.prepared.folder / "forecast.json"
        if kept.exists():
            _make_folder(self.prepared)
            return tuple(StepForecast(**each) for each in json_value(kept.read_text(encoding="utf-8")))
        forecast = forecast_study(self.prepared, self.prepared.steps, {})
        low = sum(each.low for each in forecast)
        cap = self.prepared.study.cap
        self.tell(_range("Forecast", forecast))
        if cap is not None and cap < low:
            raise StudyError(
                f"The cap of ${cap:,.4g} is below the least that the study can cost, ${low:,.4g}. Nothing was paid. "
                "Raise the cap, or take fewer samples (split.most_dev, split.most_test) or policies."
            )
        _make_folder(self.prepared)
        write_file(kept, json.dumps([asdict(each) for each in forecast], indent=1) + "\n")
        return forecast

    def forecast_test(self, test: Sequence[StudyStep], hashes: Mapping[str, str]) -> None:
        """Say what the rest will cost, by what dev took."""
        left = forecast_study(self.prepared, test, hashes, recorded=True)
        if left:
            self.tell(_range("Forecast of the test steps, by what dev took", left))

    def steps(self, steps: Sequence[StudyStep], hashes: Mapping[str, str]) -> None:
        """Run what is left of steps."""
        every = self.prepared.steps
        for step in steps:
            number = every.index(step) + 1
            for evaluation in self.prepared.evaluations(step, hashes):
                self._one(f"[{number}/{len(every)}] {step.name}", evaluation)

    def _one(self, name: str, evaluation: Evaluation) -> None:
        before, began = self.purse.spent, time.monotonic()
        try:
            with spending_from(self.purse):
                done = self.run(evaluation, self.prepared.folder, self.prepared.logs)
        finally:
            self.kept.keep(self.purse.spent)
        spent = self.purse.spent - before
        seconds = time.monotonic() - began
        if seconds >= 0.5 or spent:
            cap = "" if self.purse.cap is None else f" of ${self.purse.cap:,.4g}"
            self.tell(
                f"{name}: {done.runs} of {evaluation.runs} runs, ${spent:,.4g} in {_span(seconds)}; "
                f"all ${self.purse.spent:,.4g}{cap}, {_span(time.monotonic() - self.began)}"
            )
        self._stop_if_unfinished(name, done)

    def _stop_if_unfinished(self, name: str, done: Done) -> None:
        if done.cancelled:
            raise StudyError(STOPPED)
        if not done.left:
            return
        if self.purse.empty:
            raise StudyError(
                f"The cap is reached: ${self.purse.spent:,.4g} of ${self.purse.cap or 0:,.4g} are spent, and {name} "
                f"has {done.left} runs left. Raise `cap` in {self.prepared.file} and run the same command again; "
                "nothing that is done is lost."
            )
        if done.left <= self.prepared.study.failed:
            self.tell(f"{name}: {done.left} runs are left out, as `failed` allows: {done.reason}")
            return
        raise StudyError(
            f"{name}: {done.left} runs are left: {done.reason} Mend that and run the same command again; nothing that "
            "is done is lost. To go on without some samples, set `failed`."
        )


def _range(what: str, forecast: Sequence[StepForecast]) -> str:
    low, high = sum(each.low for each in forecast), sum(each.high for each in forecast)
    middle = sum(each.usd for each in forecast)
    hours = [each.hours for each in forecast]
    known: list[Any] = [each for each in hours if each is not None]
    times = f", {sum(known):.1f} hours" if known and len(known) == len(hours) else ""
    runs = sum(each.runs for each in forecast)
    return f"{what}: {runs:,} runs of samples, ${middle:,.4g} (${low:,.4g} to ${high:,.4g}){times}. Estimated."


def _span(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 3600 else f"{seconds / 3600:.1f} h"
