"""Logs of people at tasks, as attempts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sale_inspect._errors import LogError
from sale_inspect._inspect.logs._read import read_facts
from sale_inspect.runs import HumanClock, LogFacts, LogHead, SampleFacts, ScoreChoice, chosen_score, score_of
from sale_inspect.times import Attempt, person_key

__all__ = ["FinishedTasks", "HumanLogs", "finished_tasks", "human_logs"]

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


def human_logs(
    places: Iterable[str], annotator: str | None = None, scores: Sequence[ScoreChoice] = ()
) -> HumanLogs:  # fmt: skip
    """Attempts in logs of Inspect's human agent, as `collect` or `inspect eval --solver human_cli` leave them.

    The time is the human agent's own clock, which stands while the person has stopped it. Samples that
    were finished count even if the run broke off later. A sample that several logs hold, because a run
    was retried, is read once. A log without a person in it is left out by name.

    Args:
        places: Log files, or folders of them.
        annotator: Who worked in logs that do not say so.
        scores: Which score says whether a task is solved; empty for the one rule of all commands.

    Raises:
        LogError: If a place holds no log, a log does not say who worked and `annotator` is not given, or a score is
            neither solved (1) nor not (0).
    """
    facts, notes = read_facts(places)
    found: dict[str, tuple[str, Attempt]] = {}
    for log in facts:
        head = log.head
        who = head.metadata.get("annotator") or annotator
        if "annotator" not in head.metadata and not any(sample.human for sample in log.samples):
            notes.append(f"{head.log_path} is left out: it is no run of Inspect's human agent.")
            continue
        if not who:
            raise LogError(
                f"Log {head.log_path} does not say who worked on the tasks (metadata `annotator`). Give --annotator."
            )
        if head.status != "success":
            notes.append(_broken_off(log))
        for sample in log.samples:
            key = sample.uuid or f"{head.log_path} {sample.sample_id} {sample.epoch}"
            found.setdefault(key, (sample.started, _attempt(sample, head, str(who), scores)))
    ordered = sorted(found.values(), key=lambda pair: pair[0])
    return HumanLogs(attempts=tuple(attempt for _, attempt in ordered), notes=tuple(notes))


def _broken_off(log: LogFacts) -> str:
    count = sum(sample.error is None for sample in log.samples)
    read = "1 finished sample is read" if count == 1 else f"{count} finished samples are read"
    return f"{log.head.log_path} broke off (status {log.head.status}); {read}."


@dataclass(frozen=True, kw_only=True, slots=True)
class FinishedTasks:
    """What a person has done before.

    Attributes:
        ids: The tasks.
        other_spellings: How else the person's name is spelled in those logs.
    """

    ids: frozenset[str] = frozenset()
    other_spellings: tuple[str, ...] = ()


def finished_tasks(log_dir: str, annotator: str) -> FinishedTasks:
    """Tasks that a person has a result for in a folder of logs; none if the folder holds no log yet."""
    try:
        # Logs that do not say who worked are nobody's here, and no reason to stop.
        logs = human_logs([log_dir], _NOBODY)
    except LogError:
        return FinishedTasks()
    key = person_key(annotator)
    done = [each for each in logs.attempts if each.correct is not None and person_key(each.annotator) == key]
    return FinishedTasks(
        ids=frozenset(each.task_id for each in done),
        other_spellings=tuple(sorted({each.annotator for each in done} - {annotator})),
    )


def _attempt(sample: SampleFacts, head: LogHead, annotator: str, scores: Sequence[ScoreChoice]) -> Attempt:
    clock = sample.human
    correct, remark = None, ""
    if sample.error is not None:
        remark = f"error: {sample.error[:120]}"
    elif sample.limit:
        remark = f"stopped by its {sample.limit} limit"
    elif clock is None or clock.answer is None or clock.running:
        remark = "not submitted"
    else:
        correct = _solved(sample, head, scores)
        if correct is None:
            remark = "not scored"
        elif clock.answer == "":
            correct, remark = False, "gave up"
    seconds = None if clock is None else clock.seconds
    return Attempt(
        task_id=sample.sample_id,
        annotator=annotator,
        minutes=None if correct is None or seconds is None else seconds / 60,
        correct=correct,
        where=head.log_path,
        remark=remark,
        off_clock=None if clock is None else _off_clock(clock),
        has_session=None if clock is None else clock.has_session,
    )


def _off_clock(clock: HumanClock) -> float | None:
    if clock.seconds is None or clock.stood_seconds is None:
        return None
    whole = clock.seconds + clock.stood_seconds
    return clock.stood_seconds / whole if whole > 0 else None


def _solved(sample: SampleFacts, head: LogHead, scores: Sequence[ScoreChoice]) -> bool | None:
    """Whether the person solved the task; None if it is not scored.

    Raises:
        LogError: If the score is neither 1 nor 0.
    """
    where = f"Log {head.log}"
    choice = chosen_score(sample.scores, scores, head.headline, where)
    score = score_of(sample.scores, choice, f"{where}, sample {sample.sample_id}")
    if score != score:
        return None
    if score not in (0.0, 1.0):
        name = "" if choice is None else choice.name
        raise LogError(
            f"{where}, sample {sample.sample_id}: score {name!r} is {score:g}, and a person's attempt is solved (1) or "
            f"not (0). Say from which value on it is solved: --score '{name}>=NUMBER'."
        )
    return bool(score)
