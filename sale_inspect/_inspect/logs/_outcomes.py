"""From evaluation logs, ours or not, to rows of a table of outcomes."""

from __future__ import annotations

import zipfile
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from inspect_ai.log import EvalLog, EvalSample, read_eval_log, read_eval_log_samples

from sale_inspect._errors import LogError, SaleError
from sale_inspect._inspect.logs._find import find_logs
from sale_inspect._inspect.logs._outcome_rows import LogOptions, ledger_kept, outcome_row, sample_key, score_name
from sale_inspect._inspect.store import with_stores
from sale_inspect.outcomes import OutcomeRow, RunLeftOut, named

__all__ = ["LogOptions", "LogOutcomes", "OnLog", "read_outcome_logs"]

OnLog = Callable[[int, int], None]
"""Is told how many logs are read, and how many there are."""

_UNUSED_FIELDS = {"messages", "attachments"}


@dataclass(frozen=True, kw_only=True, slots=True)
class LogOutcomes:
    """What logs hold, for `sale_inspect.outcomes.join`.

    Attributes:
        rows: One for each scored sample, in the order in which the evaluations were begun.
        left_out: Samples without a row, those that were never run included.
        faults: What does not line up between logs, one sentence each.
    """

    rows: tuple[OutcomeRow, ...]
    left_out: tuple[RunLeftOut, ...]
    faults: tuple[str, ...]


@dataclass(kw_only=True, slots=True)
class _Found:
    rows: list[OutcomeRow] = field(default_factory=list)
    left_out: list[RunLeftOut] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    # By name of the task, then by version or score: a log that has it.
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    scores: dict[str, dict[str, str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    # By Inspect's id of the evaluation, which its retries share: the samples that its logs have, and their agent.
    seen: dict[str, set[tuple[str, int]]] = field(default_factory=lambda: defaultdict(set))
    doers: dict[str, tuple[str, str]] = field(default_factory=dict)


def read_outcome_logs(places: Iterable[str], options: LogOptions, on_log: OnLog | None = None) -> LogOutcomes:
    """The outcomes in log files and folders of them.

    Logs are read sample by sample; what stays in memory are rows, with each task's text once. Samples of `single`
    and of other people's solvers become rows of agents, samples of `sale` and `routed` rows of policies. A sample
    that several logs hold is several rows with one uuid, which `join` takes once.

    Args:
        places: Log files and folders of them.
        options: How they become rows.
        on_log: Is called after each log.

    Raises:
        LogError: If a place holds no log, a log cannot be read, or a choice that it needs was not made.
        UnpricedAgentError: If a model has neither dollars nor a price.
        OutcomesError: If a value is out of its range.
    """
    names = list(dict.fromkeys(find_logs(places)))
    headers = []
    for name in names:
        with _readable(name):
            headers.append(read_eval_log(name, header_only=True))
    # The order of a retry and of what it retries is that of their beginnings, whatever folders they lie in.
    headers.sort(key=lambda header: header.eval.created)
    found = _Found()
    for number, header in enumerate(headers, start=1):
        _read(header, options, found)
        if on_log is not None:
            on_log(number, len(names))
    # What a broken run did not come to is missing only if none of its retries did.
    last = {header.eval.task_id: header for header in headers}
    finished = {header.eval.task_id for header in headers if header.status == "success"}
    for task_id, header in last.items():
        if task_id not in finished:
            found.left_out += _not_run(header, options, found)
    return LogOutcomes(
        rows=tuple(found.rows),
        left_out=tuple(found.left_out),
        faults=(
            *found.faults,
            *_differing(found.versions, "has versions"),
            *([] if options.scores else _differing(found.scores, "is scored by")),
        ),
    )


def _read(header: EvalLog, options: LogOptions, found: _Found) -> None:
    log = Path(header.location).name
    rows: list[OutcomeRow] = []
    left_out: list[RunLeftOut] = []
    seen = found.seen[header.eval.task_id]
    for sample in _samples(header.location):
        made = outcome_row(sample, header, options)
        seen.add((str(sample.id), sample.epoch))
        if isinstance(made, RunLeftOut):
            left_out.append(made)
            continue
        rows.append(replace(made, text=found.texts.setdefault(made.text, made.text)))
        score = score_name(sample, options.scores, header)
        found.scores.setdefault(header.eval.task, {}).setdefault(score, log)
    found.versions.setdefault(header.eval.task, {}).setdefault(str(header.eval.task_version), log)
    # A log is of one solver, so a sample that says nothing of itself is of the same one.
    if rows:
        found.doers[header.eval.task_id] = rows[0].kind, rows[0].name
        left_out = [replace(each, kind=rows[0].kind, name=rows[0].name) for each in left_out]
    found.rows += rows
    found.left_out += left_out


def _not_run(header: EvalLog, options: LogOptions, found: _Found) -> list[RunLeftOut]:
    """The samples that an evaluation which is not finished, and its retries, did not come to."""
    log, ids = Path(header.location).name, header.eval.dataset.sample_ids
    seen = found.seen[header.eval.task_id]
    kind, name = found.doers.get(header.eval.task_id, ("agent", ""))
    if not ids:
        found.faults.append(f"{log}: is not finished (status {header.status}), and does not say what is missing")
        return []
    epochs = range(1, (header.eval.config.epochs or 1) + 1)
    return [
        RunLeftOut(
            reason=f"not run, status {header.status}",
            log=log,
            kind=kind,
            name=name,
            task=sample_key(header, sample_id, options.task_ids),
            epoch=epoch,
        )
        for epoch in epochs
        for sample_id in ids
        if (str(sample_id), epoch) not in seen
    ]


def _samples(location: str) -> Iterator[EvalSample]:
    """The samples of a log, with their transcripts only where there is no ledger to say what was spent."""
    with _readable(location):
        bare = _UNUSED_FIELDS | {"events"}
        first = next(read_eval_log_samples(location, all_samples_required=False, exclude_fields=bare), None)
        unused = bare if first is not None and ledger_kept(first) else _UNUSED_FIELDS
        read = read_eval_log_samples(location, all_samples_required=False, exclude_fields=unused)
    samples = with_stores(read, location)
    while True:
        with _readable(location):
            sample = next(samples, None)
        if sample is None:
            return
        yield sample


@contextmanager
def _readable(location: str) -> Iterator[None]:
    try:
        yield
    except SaleError:
        raise
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, NotImplementedError) as error:
        said = (str(error).splitlines() or [""])[0]
        raise LogError(
            f"Log {location} cannot be read: {type(error).__name__}: {said}. Is it an Inspect log?"
        ) from error


def _differing(found: dict[str, dict[str, str]], what: str) -> list[str]:
    return [
        f"task {task} {what} {named([f'{value} ({log})' for value, log in values.items()])}"
        for task, values in found.items()
        if len(values) > 1
    ]
