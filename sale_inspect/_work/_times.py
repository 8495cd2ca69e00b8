"""Human times: from people's working times in logs and tables to one time a task."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sale_inspect._errors import BenchError
from sale_inspect._files import write_file
from sale_inspect._inspect.logs import finished_tasks, human_logs
from sale_inspect._inspect.tasks import collect, require_person, task_args, tasks_for
from sale_inspect._work._places import Places, listed
from sale_inspect.runs import parse_score
from sale_inspect.times import Aggregation, Attempt, aggregate, human_times, read_attempts, times_text

if TYPE_CHECKING:
    from inspect_ai import Task

__all__ = ["CollectRequest", "Session", "aggregate_times", "open_session", "require_times", "write_times"]

_LOG_DIR = "logs/times"


@dataclass(frozen=True, kw_only=True, slots=True)
class CollectRequest:
    """Which tasks a person works on.

    Attributes:
        annotator: Who works; always the same name for the same person.
        task: `coding` or `deep_search`.
        pairs: Arguments of the task, `NAME=VALUE` each.
        sample_ids: Only these tasks; empty for all.
        limit: Only the first tasks that the person has not done; None for all.
        log_dir: Folder for the logs; None for logs/times.
        grader: Model that grades short answers which do not match literally.

    Raises:
        BenchError: If the annotator has no name.
    """

    annotator: str
    task: Literal["coding", "deep_search"] = "coding"
    pairs: tuple[str, ...] = ()
    sample_ids: tuple[str, ...] = ()
    limit: int | None = None
    log_dir: str | None = None
    grader: str | None = None

    def __post_init__(self) -> None:
        if not self.annotator.strip():
            raise BenchError("--annotator: it is empty. Give the person's name.")


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """Tasks that wait for a person.

    Attributes:
        request: What was asked for.
        tasks: The tasks, as one task of Inspect.
        finished: How many tasks the person has done in the same folder before.
        other_spellings: How else the person's name is spelled in those logs.
    """

    request: CollectRequest
    tasks: Task
    finished: int
    other_spellings: tuple[str, ...] = ()

    @property
    def log_dir(self) -> str:
        """Folder for the logs."""
        return self.request.log_dir or _LOG_DIR

    @property
    def count(self) -> int:
        """Tasks that wait."""
        return len(self.tasks.dataset)

    def run(self) -> tuple[str, tuple[Attempt, ...]]:
        """Have the person work through the tasks, timed by Inspect's human agent.

        Returns:
            Where the log is, and the attempts in it.
        """
        request = self.request
        log = collect(self.tasks, request.annotator.strip(), self.log_dir, request.grader)
        return log.location, human_logs([log.location]).attempts


def open_session(request: CollectRequest) -> Session:
    """The tasks that a person has not done yet.

    Raises:
        BenchError: If there is no terminal or no Docker, or no task is left.
    """
    require_person()
    done = finished_tasks(request.log_dir or _LOG_DIR, request.annotator.strip())
    tasks = tasks_for(request.task, task_args(request.pairs), request.sample_ids, done.ids, request.limit)
    return Session(request=request, tasks=tasks, finished=len(done.ids), other_spellings=done.other_spellings)


def aggregate_times(
    logs: Places = (),
    tables: Places = (),
    *,
    annotator: str | None = None,
    min_annotators: int = 3,
    sd: float = 2.0,
    scores: Iterable[str] = (),
) -> tuple[Aggregation, tuple[str, ...]]:
    """One human time for each task, from attempts in logs and CSV files.

    As in the paper: only correct solutions count, times more than `sd` standard deviations from the mean are dropped,
    the rest is averaged.

        times, notes = sale_inspect.aggregate_times("logs/times")
        print({task.task_id: task.tau_minutes for task in times.tasks}, *notes)
        sale_inspect.write_times(times, "times.csv")

    Args:
        logs: Logs of Inspect's human agent, and folders of them.
        tables: CSV files in UTF-8 with the columns task_id, annotator, minutes, correct.
        annotator: Who worked in logs that do not say so.
        min_annotators: How many times of a task must count for it to have one.
        sd: Sample standard deviations.
        scores: Scores that say whether a task of a log is solved: `NAME`, `NAME.KEY`, or either with `>=X`.

    Returns:
        The times, and what was left out of the logs, one sentence each.

    Raises:
        BenchError: If there is nothing to aggregate, or a table cannot be read.
        LogError: If a place holds no log, or a log does not say who worked.
    """
    log_names, table_names = listed(logs), listed(tables)
    scores = tuple(scores)
    if scores and not log_names:
        raise BenchError("--score is for logs, and none is given; a table's column `correct` says what is solved.")
    if not log_names and not table_names:
        raise BenchError("Nothing to aggregate. Give logs, folders of logs, or --csv FILE.")
    notes: tuple[str, ...] = ()
    attempts: list[Attempt] = []
    if log_names:
        read = human_logs(log_names, annotator, tuple(map(parse_score, scores)))
        attempts, notes = list(read.attempts), read.notes
    for name in table_names:
        attempts += read_attempts(_text(Path(name)), name)
    if not attempts:
        raise BenchError(
            " ".join((*notes, "No attempt of a person was found. Start with: sale-inspect times collect --help."))
        )
    return aggregate(attempts, min_annotators, sd), notes


def require_times(times: Aggregation) -> None:
    """Refuse what holds no time of any task.

    Raises:
        BenchError: If no task has one.
    """
    if not times.timed:
        raise BenchError(
            f"No task has {times.min_annotators} times that count, so no file is written. Collect more, or lower "
            "--min-annotators."
        )


def write_times(times: Aggregation, file: str | Path) -> None:
    """Write a times file, for `-T times=FILE`.

    Raises:
        BenchError: If no task has a time.
        FileWriteError: If the file cannot be written.
    """
    require_times(times)
    write_file(file, times_text(human_times(times.tasks)))


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"{path}: the file cannot be read: {error}. Give a CSV in UTF-8.") from error
