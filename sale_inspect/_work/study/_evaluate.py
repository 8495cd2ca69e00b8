"""Run one evaluation of a study, or what is left of it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import chdir
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from inspect_ai import eval as inspect_eval
from inspect_ai import eval_retry
from inspect_ai.log import EvalLog, list_eval_logs, read_eval_log
from inspect_ai.solver import SolverSpec
from inspect_ai.util import AdaptiveConcurrency

from sale_inspect._errors import StudyError
from sale_inspect._inspect.store import adaptive_share, connections_share, money_left
from sale_inspect.study import Evaluation

__all__ = ["Done", "Evaluate", "evaluate", "log_place", "newest_log", "runs_done"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Done:
    """How an evaluation stands.

    Attributes:
        runs: Runs of samples that are finished.
        left: Runs that are not.
        cancelled: The user stopped it.
        reason: Why runs are left, in one line; empty if none are.
    """

    runs: int
    left: int
    cancelled: bool = False
    reason: str = ""


def log_place(logs: str, evaluation: Evaluation) -> str:
    """The folder of an evaluation's logs, from the study's folder or as an address."""
    return f"{logs.rstrip('/')}/{evaluation.folder}"


def newest_log(place: str) -> EvalLog | None:
    """Header of the last log in a folder; None if there is none."""
    if "://" not in place and not Path(place).is_dir():
        return None
    logs = list_eval_logs(place, descending=True)
    return read_eval_log(logs[0].name, header_only=True) if logs else None


def runs_done(log: EvalLog | None) -> int:
    """Finished runs of samples in a log; 0 while it has no result."""
    return 0 if log is None or log.results is None else log.results.completed_samples


def evaluate(evaluation: Evaluation, folder: Path, logs: str, *, attempts: int = 2) -> Done:
    """Run an evaluation with Inspect, or go on with what is left of it. Nothing finished runs twice.

    Args:
        evaluation: The evaluation.
        folder: The study's folder, from which files are named.
        logs: Where the logs are.
        attempts: How often what failed is tried, in this call.

    Raises:
        StudyError: If the folder holds another evaluation.
    """
    with chdir(folder):
        place = log_place(logs, evaluation)
        log = newest_log(place)
        if log is not None and (key := (log.eval.metadata or {}).get("study_key")) != evaluation.key:
            raise StudyError(
                f"{place} holds another evaluation (key {key}, now {evaluation.key}): the study's file, pool or tasks "
                "were changed meanwhile. Undo that, or name another folder with --out."
            )
        done = _standing(evaluation, log)
        for _ in range(attempts):
            if not done.left:
                break
            log = _begun(evaluation, place) if log is None else _again(evaluation, log, place)
            done = _standing(evaluation, log)
            if done.cancelled or not money_left():
                break
        return done


def _begun(evaluation: Evaluation, place: str) -> EvalLog:
    limits: dict[str, Any] = dict(evaluation.limits)
    (log,) = inspect_eval(
        evaluation.task,
        model=None,
        task_args=dict(evaluation.task_args),
        solver=SolverSpec(evaluation.solver, dict(evaluation.solver_args), dict(evaluation.solver_args)),
        sample_id=list(evaluation.sample_ids),
        epochs=evaluation.epochs,
        sandbox=evaluation.sandbox,
        max_samples=evaluation.max_samples,
        model_roles=dict(evaluation.roles) or None,
        metadata=dict(evaluation.metadata),
        tags=list(evaluation.tags),
        log_dir=place,
        adaptive_connections=_adaptive(evaluation),
        log_realtime=evaluation.watched,
        **_MANNER,
        **limits,
    )
    return log


def _again(evaluation: Evaluation, log: EvalLog, place: str) -> EvalLog:
    (again,) = eval_retry(
        log.location,
        log_dir=place,
        max_samples=evaluation.max_samples,
        adaptive_connections=_adaptive(evaluation),
        log_realtime=evaluation.watched,
        **_MANNER,
    )
    return again


def _adaptive(evaluation: Evaluation) -> AdaptiveConcurrency | None:
    """Limits of the models that state none; None for Inspect's own. A retry of a shard's log would have its share."""
    return None if evaluation.shard.of == 1 else adaptive_share(AdaptiveConcurrency(), connections_share())


# A sample that fails must not end the others; what fails is tried again. A finished sample is written at once, so that
# whatever stops the process costs no more than what was in flight.
_MANNER: dict[str, Any] = {"display": "none", "fail_on_error": False, "log_buffer": 1, "score_display": False}


def _standing(evaluation: Evaluation, log: EvalLog | None) -> Done:
    if log is None:
        return Done(runs=0, left=evaluation.runs)
    done = runs_done(log)
    left = max(0, evaluation.runs - done, int(log.status != "success"))
    return Done(runs=done, left=left, cancelled=log.status == "cancelled", reason=_reason(log) if left else "")


def _reason(log: EvalLog) -> str:
    """Why a log is not whole: its own error, or the first sample's."""
    if log.error is not None:
        return _line(log.error.message)
    for summary in _failed(log):
        return _line(summary)
    return f"the evaluation ended with status {log.status}"


def _failed(log: EvalLog) -> list[str]:
    from inspect_ai.log import read_eval_log_sample_summaries

    try:
        return [str(each.error) for each in read_eval_log_sample_summaries(log.location) if each.error]
    except (OSError, ValueError, KeyError):
        return []


def _line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1 if text.startswith("Traceback") else 0][:300] if lines else "no reason is given"


Evaluate = Callable[[Evaluation, Path, str], Done]
"""What runs an evaluation: this process, or an engine that has many."""
