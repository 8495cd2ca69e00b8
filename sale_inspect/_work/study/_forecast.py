"""What is left of a study will cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path

from sale_inspect._bounds import json_value
from sale_inspect._errors import StudyError
from sale_inspect._work._logs import LogsRequest, read_logs
from sale_inspect._work.study._evaluate import log_place, newest_log, runs_done
from sale_inspect._work.study._prepare import PreparedStudy
from sale_inspect.forecast import RecordedSample
from sale_inspect.runs import recorded_samples
from sale_inspect.study import Evaluation, StepForecast, StudyStep, forecast_steps

__all__ = ["StepForecast", "dev_health", "forecast_study", "kept_forecast", "runs_left"]


def forecast_study(
    prepared: PreparedStudy, steps: Sequence[StudyStep], hashes: Mapping[str, str], *, recorded: bool = False
) -> tuple[StepForecast, ...]:
    """Forecast what is left of steps.

    Args:
        prepared: The study.
        steps: Which steps.
        hashes: Of what dev gave; empty before.
        recorded: Take what dev took, where a policy ran on dev.
    """
    left = [(step, runs) for step in steps if (runs := _left(prepared, step, hashes))]
    prices = {agent.name: agent.price.price() for agent in prepared.pool.agents}
    known = _dev_runs(prepared) if recorded else {}
    auctions = known.get("auctions", ())
    by_policy = {**known, **{policy.name: auctions for policy in prepared.study.policies.sale if auctions}}
    return forecast_steps(
        left,
        prices,
        task_tokens=prepared.task_tokens,
        at_once=prepared.study.max_samples,
        speed=prepared.study.speed,
        recorded=by_policy,
    )


def kept_forecast(folder: Path) -> tuple[StepForecast, ...] | None:
    """The forecast that was made before anything ran; None if nothing ran.

    Raises:
        StudyError: If the file is damaged.
    """
    path = folder / "forecast.json"
    if not path.exists():
        return None
    try:
        return tuple(StepForecast.of(each) for each in json_value(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise StudyError(
            f"{path}: is damaged, or of an earlier version. Remove it; a new forecast of what is left takes its place."
        ) from error


def dev_health(prepared: PreparedStudy) -> tuple[str, ...]:
    """What did not work as meant on dev, a sentence each."""
    dev = f"{prepared.logs.rstrip('/')}/dev"
    places = [
        f"{dev}/{step.folder}" if step.solver.endswith("/single") else f"{step.policy}={dev}/{step.folder}"
        for step in prepared.steps
        if step.side == "dev"
    ]
    with chdir(prepared.folder):
        return read_logs(places, LogsRequest(), line_up=False).health


def _left(prepared: PreparedStudy, step: StudyStep, hashes: Mapping[str, str]) -> int:
    return sum(runs_left(prepared, each) for each in prepared.evaluations(step, hashes))


def runs_left(prepared: PreparedStudy, evaluation: Evaluation) -> int:
    """Runs of an evaluation that no log has."""
    with chdir(prepared.folder if prepared.folder.is_dir() else prepared.file.resolve().parent):
        return max(0, evaluation.runs - runs_done(newest_log(log_place(prepared.logs, evaluation))))


def _dev_runs(prepared: PreparedStudy) -> dict[str, list[RecordedSample]]:
    """Runs on dev by the name of the step's policy."""
    made: dict[str, list[RecordedSample]] = {}
    with chdir(prepared.folder):
        for step in prepared.steps:
            if step.side == "dev":
                runs = read_logs([f"{prepared.logs.rstrip('/')}/{step.name}"], LogsRequest(), line_up=False)
                made[step.policy] = [each for own in recorded_samples(runs).values() for each in own]
    return made
