"""Logs of people at tasks, as attempts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from inspect_ai.log import EvalSample, read_eval_log, read_eval_log_samples

from sale_inspect._errors import LogError
from sale_inspect._inspect.logs._find import find_logs
from sale_inspect._inspect.store import solved
from sale_inspect.times import Attempt

__all__ = ["HumanLogs", "finished_tasks", "human_logs"]

# Inspect keeps the human agent's state in the sample's store under these names; the class itself is private.
_STATE = "HumanAgentState:"
_SECONDS, _RUNNING, _ANSWER = f"{_STATE}accumulated_time", f"{_STATE}running_state", f"{_STATE}answer"

_NOBODY = "\0"


@dataclass(frozen=True, kw_only=True, slots=True)
class HumanLogs:
    """What logs of people hold.

    Attributes:
        attempts: One for each sample, in the order in which they were begun.
        notes: What was left out and why, one sentence for each log.
    """

    attempts: tuple[Attempt, ...]
    notes: tuple[str, ...]


def human_logs(places: Iterable[str], annotator: str | None = None) -> HumanLogs:
    """Attempts in logs of Inspect's human agent, as `collect` or `inspect eval --solver human_cli` leave them.

    The time is the human agent's own clock, which stands while the person has stopped it. Samples that
    were finished count even if the run broke off later. A sample that several logs hold, because a run
    was retried, is read once. A log without a person in it is left out by name.

    Args:
        places: Log files, or folders of them.
        annotator: Who worked in logs that do not say so.

    Raises:
        LogError: If a place holds no log, or a log does not say who worked and `annotator` is not given.
    """
    found: dict[str, tuple[str, Attempt]] = {}
    notes: list[str] = []
    for name in find_logs(places):
        header = read_eval_log(name, header_only=True)
        samples = list(read_eval_log_samples(name, all_samples_required=False))
        who = (header.eval.metadata or {}).get("annotator") or annotator
        if not any(_SECONDS in sample.store for sample in samples) and "annotator" not in (header.eval.metadata or {}):
            notes.append(f"{name} is left out: it is no run of Inspect's human agent.")
            continue
        if not who:
            raise LogError(f"Log {name} does not say who worked on the tasks (metadata `annotator`). Give --annotator.")
        if header.status != "success":
            count = sum(sample.error is None for sample in samples)
            read = "1 finished sample is read" if count == 1 else f"{count} finished samples are read"
            notes.append(f"{name} broke off (status {header.status}); {read}.")
        for sample in samples:
            key = sample.uuid or f"{name} {sample.id} {sample.epoch}"
            found.setdefault(key, (str(sample.started_at or ""), _attempt(sample, str(who), name)))
    ordered = sorted(found.values(), key=lambda pair: pair[0])
    return HumanLogs(attempts=tuple(attempt for _, attempt in ordered), notes=tuple(notes))


def finished_tasks(log_dir: str, annotator: str) -> set[str]:
    """Tasks that a person has a result for in a folder of logs; none if the folder holds no log yet."""
    try:
        # Logs that do not say who worked are nobody's here, and no reason to stop.
        logs = human_logs([log_dir], _NOBODY)
    except LogError:
        return set()
    return {each.task_id for each in logs.attempts if each.annotator == annotator and each.correct is not None}


def _attempt(sample: EvalSample, annotator: str, where: str) -> Attempt:
    seconds = sample.store.get(_SECONDS)
    answer = sample.store.get(_ANSWER)
    correct = solved(sample.scores or {})
    remark = ""
    if sample.error is not None:
        remark = f"error: {sample.error.message.splitlines()[0][:120]}"
    elif sample.limit is not None:
        remark = f"stopped by its {sample.limit.type} limit"
    elif answer is None or sample.store.get(_RUNNING):
        remark = "not submitted"
    elif correct is None:
        remark = "not scored"
    elif answer == "":
        correct, remark = False, "gave up"
    if remark and remark != "gave up":
        correct = None
    return Attempt(
        task_id=str(sample.id),
        annotator=annotator,
        minutes=None if correct is None or seconds is None else float(seconds) / 60,
        correct=correct,
        where=where,
        remark=remark,
    )
