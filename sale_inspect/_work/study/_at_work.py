"""A study at work in this process: its folder, its purse, and its evaluations one after the other."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace

from sale_inspect._errors import SaleError, StudyError
from sale_inspect._files import write_file
from sale_inspect._inspect.auction import memory_choice
from sale_inspect._inspect.store import Purse, connections_of, spending_from
from sale_inspect._work.study._division import fix_division
from sale_inspect._work.study._evaluate import Done, Evaluate
from sale_inspect._work.study._forecast import dev_health, forecast_study, kept_forecast, runs_left
from sale_inspect._work.study._locks import held, lock_file
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect._work.study._purse_file import SpentElsewhere, SpentFile, spent_files
from sale_inspect._work.study._telling import Heartbeat, Tell, forecast_line, money, span
from sale_inspect.shards import WHOLE, Shard, share_of
from sale_inspect.study import POOL_FILE, Evaluation, StepForecast, StudyStep

__all__ = ["STOPPED", "StudyAtWork", "begun_study"]

STOPPED = "Stopped. Run the same command again to go on; nothing that is done is lost."

_WORTH_TELLING = 0.5
"""Seconds; a step that took less and cost nothing was done before."""

_BEGIN_SECONDS = 120.0


def begun_study(prepared: PreparedStudy, tell: Tell) -> tuple[PreparedStudy, tuple[StepForecast, ...]]:
    """Make the study's folder, or find it: with the forecast from before anything ran, the pool, and how it is divided.

    Raises:
        StudyError: If the cap is below the forecast, the pool was changed, or an auction memory cannot be used.
    """
    folder = prepared.folder
    forecast = kept_forecast(folder)
    new = forecast is None
    if forecast is None:
        forecast = forecast_study(prepared, prepared.steps, {})
        low, cap = sum(each.usd.low for each in forecast), prepared.study.cap
        tell(forecast_line("Forecast, assumed", forecast))
        if cap is not None and cap < low:
            raise StudyError(
                f"The cap of {money(cap)} is below the least that the study can cost, {money(low)}. Nothing was paid. "
                "Raise the cap, or take fewer samples (split.most_dev, split.most_test) or policies."
            )
    _require_memories(prepared)
    # Shards begin at once, and the first one decides.
    with held(lock_file(folder, "begin"), "The beginning of this study", wait=_BEGIN_SECONDS, tell=tell):
        _make_folder(prepared)
        division = fix_division(folder, prepared.division)
        if new and kept_forecast(folder) is None:
            text = json.dumps([asdict(each) for each in forecast], indent=1) + "\n"
            write_file(folder / "forecast.json", text)
    return replace(prepared, division=division), forecast


def _require_memories(prepared: PreparedStudy) -> None:
    """Refuse a server that auctions would look for once dev is paid; in each process, since each needs to reach it."""
    for step in prepared.steps:
        if step.shares_memory and any(runs_left(prepared, each) for each in prepared.evaluations(step, {})):
            try:
                memory_choice(str(step.args["memory"]), frozen=False)
            except SaleError as error:
                raise StudyError(f"Policy {step.policy}: {error}") from error


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
class StudyAtWork:
    """What this process does of a study.

    Attributes:
        prepared: The study, begun.
        tell: Is told in lines what happens.
        run: What runs an evaluation.
        only: The shard that is done here; None for all of it.
        began: When it began, in seconds of the monotonic clock.
        kept: Where the dollars are kept.
        purse: Where they are counted.
        expected: Forecasts of steps by name, once dev has shown them.
        left: Runs that each evaluation of this process was left with, by its folder.
    """

    prepared: PreparedStudy
    tell: Tell
    run: Evaluate
    only: Shard | None = None
    began: float = field(default_factory=time.monotonic)
    kept: SpentFile = field(init=False)
    purse: Purse = field(init=False)
    expected: dict[str, StepForecast] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open the purse."""
        folder = self.prepared.folder
        self.kept = SpentFile(folder, self.only)
        files = spent_files(folder, self.prepared.division.shards)
        elsewhere = SpentElsewhere(path for path in files if path != self.kept.path)
        self.purse = Purse(
            cap=self.prepared.study.cap, spent=self.kept.before, elsewhere=elsewhere, on_spent=self.kept.note
        )

    def of_side(self, side: str) -> tuple[StudyStep, ...]:
        """The steps of a side, in order."""
        return tuple(step for step in self.prepared.steps if step.side == side)

    def forecast_test(self, hashes: Mapping[str, str]) -> None:
        """Say what the rest will cost, by what dev took."""
        left = forecast_study(self.prepared, self.of_side("test"), hashes, recorded=True)
        if left:
            self.expected = {each.name: each for each in left}
            self.tell(forecast_line("Forecast of the test steps, by what dev took", left))

    def say_health(self) -> None:
        """Say what was noticed on dev, before the test steps are paid."""
        if not (self.prepared.folder / "frozen.json").exists():
            for sentence in dev_health(self.prepared):
                self.tell(f"On dev: {sentence}")

    def steps(self, side: str, hashes: Mapping[str, str]) -> None:
        """Run what is left of the steps of a side."""
        every = self.prepared.steps
        for step in self.of_side(side):
            number = every.index(step) + 1
            later = [each.name for each in every[number:]]
            made = self.prepared.evaluations(step, hashes)
            self._require_side_by_side(step, made)
            for evaluation in made:
                if self.only is None or evaluation.shard == self.only:
                    name = f"[{number}/{len(every)}] {step.name}{self._which(evaluation)}"
                    self._one(name, evaluation, later)

    def _require_side_by_side(self, step: StudyStep, made: Sequence[Evaluation]) -> None:
        """Refuse to do shards one after the other that wait for each other's auctions."""
        alone = self.only is None and self.prepared.division.shards > 1
        if alone and step.shares_memory and any(runs_left(self.prepared, each) for each in made):
            raise StudyError(
                f"{step.name}: its shards look at each other's auctions, so they must be at work side by side: run "
                f"each with --shard, 1/{self.prepared.division.shards} and so on, or all with --ray."
            )

    def _which(self, evaluation: Evaluation) -> str:
        """Each task of a study is an evaluation of its own, and each shard of it."""
        told = [evaluation.task.rpartition("/")[2]] if len(self.prepared.study.tasks) > 1 else []
        told += [f"shard {evaluation.shard}"] if evaluation.shard.of > 1 else []
        return f" ({', '.join(told)})" if told else ""

    def _one(self, name: str, evaluation: Evaluation, later: Sequence[str]) -> None:
        before, began = self.purse.spent, time.monotonic()
        share = self.only or WHOLE
        evaluation = replace(evaluation, max_samples=max(1, share_of(evaluation.max_samples, share)))
        self.purse.ended = 0
        self.purse.on_ended = Heartbeat(name, runs_left(self.prepared, evaluation), self.purse, self.kept, self.tell)
        try:
            with spending_from(self.purse), connections_of(share):
                done = self.run(evaluation, self.prepared.folder, self.prepared.logs)
        finally:
            self.kept.keep(self.purse.spent)
        spent = self.purse.spent - before
        seconds = time.monotonic() - began
        if seconds >= _WORTH_TELLING or spent:
            cap = "" if self.purse.cap is None else f" of {money(self.purse.cap)}"
            self.tell(
                f"{name}: {done.runs} of {evaluation.runs} runs, {money(spent)} in {span(seconds)}; all "
                f"{money(self.purse.total)}{cap}, {span(time.monotonic() - self.began)}{self._left(later)}"
            )
        self._stop_if_unfinished(name, evaluation, done)

    def _left(self, later: Sequence[str]) -> str:
        """Time left by the forecast from dev, once there is one."""
        hours = sum(self.expected[name].hours.value for name in later if name in self.expected)
        return f", about {span(3600 * hours)} left" if hours else ""

    def _stop_if_unfinished(self, name: str, evaluation: Evaluation, done: Done) -> None:
        if done.cancelled:
            raise StudyError(STOPPED)
        self.left[evaluation.folder] = done.left
        if not done.left:
            return
        if self.purse.empty:
            raise StudyError(
                f"The cap is reached: {money(self.purse.total)} of {money(self.purse.cap or 0)} are spent, and {name} "
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
