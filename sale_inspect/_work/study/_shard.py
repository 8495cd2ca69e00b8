"""One shard of a study: its part of dev, the fit once all have done theirs, and its part of test."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

from sale_inspect._errors import StudyError
from sale_inspect._work.study._at_work import StudyAtWork, begun_study
from sale_inspect._work.study._barrier import mark_done, require_all_shards, wait_for_dev
from sale_inspect._work.study._evaluate import Evaluate, evaluate
from sale_inspect._work.study._fitting import fit_study, frozen_hashes
from sale_inspect._work.study._forecast import kept_forecast
from sale_inspect._work.study._locks import held, lock_file
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect._work.study._run import StudyResult, end_of_study
from sale_inspect._work.study._telling import Tell
from sale_inspect.shards import Shard
from sale_inspect.study import StudySide

__all__ = ["WAIT_MINUTES", "ShardResult", "collect_study", "fit_when_all_are_done", "run_shard"]

WAIT_MINUTES = 30.0
"""Minutes without news of the others after which a shard that waits for them ends (ours)."""

_TAKEN_SECONDS = 30.0
"""How long a shard waits for a process that held it before: a machine that was lost may be a while in dying."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ShardResult:
    """How a shard ended.

    Attributes:
        shard: The shard.
        folder: The study's folder.
        side: The side that was done last.
        spent: Dollars of this shard, those of earlier calls included.
        seconds: Seconds of this call.
    """

    shard: Shard
    folder: Path
    side: StudySide
    spent: float
    seconds: float


def run_shard(
    prepared: PreparedStudy,
    shard: Shard,
    *,
    side: StudySide | None = None,
    wait: float = 60 * WAIT_MINUTES,
    tell: Tell = lambda _: None,
    run: Evaluate = evaluate,
) -> ShardResult:
    """Run what is left of one shard.

    Between dev and test it waits until all shards have done dev; the first that sees this fits and freezes, for all.

    Args:
        prepared: The study, divided into as many shards.
        shard: Which one.
        side: Only this side, without a wait; None for both. Test begins with the fit, if all have done dev.
        wait: Seconds without news of the others after which it does not wait for them any longer.
        tell: Is told in lines what happens.
        run: What runs an evaluation.

    Raises:
        StudyError: As `run_study`; or if the shard is at work elsewhere, or others did not do dev.
    """
    began = time.monotonic()
    prepared, _ = begun_study(prepared, tell)
    folder = prepared.folder
    with (
        held(lock_file(folder, "study"), "This study", shared=True),
        held(lock_file(folder, f"shard-{shard.name}"), f"Shard {shard}", wait=_TAKEN_SECONDS, tell=tell),
    ):
        todo = StudyAtWork(prepared=prepared, tell=tell, run=run, only=shard, began=began)
        if side != "test":
            todo.steps("dev", {})
            mark_done(prepared, shard, "dev", todo.left)
        if side is None:
            wait_for_dev(prepared, silence=wait, tell=tell)
        if side != "dev":
            fit_when_all_are_done(prepared, tell=tell)
            todo.steps("test", frozen_hashes(prepared))
            mark_done(prepared, shard, "test", todo.left)
        return ShardResult(
            shard=shard,
            folder=folder,
            side="dev" if side == "dev" else "test",
            spent=todo.purse.spent,
            seconds=time.monotonic() - began,
        )


def fit_when_all_are_done(prepared: PreparedStudy, *, tell: Tell) -> None:
    """Fit and freeze, unless another shard did, or does: then wait for it as long as it lives.

    Raises:
        StudyError: If a shard has not done dev.
    """
    folder = prepared.folder
    with held(lock_file(folder, "fit"), "The fit of this study", wait=None, tell=tell):
        if (folder / "frozen.json").exists():
            return
        require_all_shards(prepared, "dev", {})
        todo = StudyAtWork(prepared=prepared, tell=tell, run=evaluate)
        todo.say_health()
        fit_study(prepared, tell)
        todo.forecast_test(frozen_hashes(prepared))


def collect_study(prepared: PreparedStudy, *, tell: Tell = lambda _: None, processes: int = 1) -> StudyResult:
    """Join the shards' logs: the tables, the page and the decision. Runs nothing.

    Args:
        prepared: The study.
        tell: Is told in lines what happens.
        processes: Processes that read logs.

    Raises:
        StudyError: If nothing ran yet, or shards are missing; it says which.
    """
    began = time.monotonic()
    forecast = kept_forecast(prepared.folder)
    if forecast is None:
        raise StudyError(f"{prepared.folder}: this study did not begin yet. Run it: sale-inspect study {prepared.file}")
    with held(lock_file(prepared.folder, "collect"), "The end of this study"):
        if not (prepared.folder / "frozen.json").exists():
            require_all_shards(prepared, "dev", {})
            raise StudyError("Nothing is fitted and frozen yet. Run the study, or one of its shards, again: it fits.")
        require_all_shards(prepared, "test", frozen_hashes(prepared))
        return end_of_study(prepared, forecast, tell=tell, began=began, processes=processes)
