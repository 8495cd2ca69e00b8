"""`sale-inspect times`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Literal

import click
import rich.markup
import rich.table

from sale_inspect._cli._draw import console
from sale_inspect._edge import clean_errors
from sale_inspect._errors import BenchError
from sale_inspect._files import write_file
from sale_inspect.bench import bin_of
from sale_inspect.times import Aggregation, Attempt, TaskTime, aggregate, human_times, read_attempts, times_text

__all__ = ["times"]

_WHAT_HAPPENS = """\
{annotator} will work on {count} task{s}, one after the other, timed by Inspect's human agent.

What you do
  For each task a command appears: docker exec -it ... bash -l. Run it in a second terminal. It logs you
  in to a container, shows the task, and starts the clock. If it shows an error instead, the container was
  not ready: type exit and run it again. The task's text is also in task.txt there.
  Answer with `task submit`, as the screen says, and confirm. The next task's command appears.

The clock
  Only working time counts. Pause with `task stop`, go on with `task start`, look with `task status`.
  `task quit` gives a task up; that counts as not solved, and your time for it is not used.
  Ctrl-C in this terminal ends the session. Finished tasks are kept; the same command goes on after them.

What is allowed
  Your browser and your IDE, on your own machine. No language model, no assistant and no completion by
  one, and no help of other people: the time is to be that of one expert who works alone.
  The container has no network. Python is there to try programs.

What is recorded
  Your name as you gave it ({annotator}), the task, your answer, whether it is right, the working time, when
  you started and stopped the clock, and all that is typed and shown in the container's terminal.
  It is written to {log_dir}, on this machine only. Type no passwords there."""


@click.group()
def times() -> None:
    """Measure how long people take for tasks, and turn that into the benchmark's human times.

    A human time (tau) is the mean working time, in minutes, of at least 3 experts who solved the task.
    Have each expert work through the tasks, then put their logs together, then use the result:

    \b
      sale-inspect times collect --annotator anna --task coding -T sources=mbpp --limit 20
      sale-inspect times collect --annotator ben  --task coding -T sources=mbpp --limit 20
      sale-inspect times collect --annotator cleo --task coding -T sources=mbpp --limit 20
      sale-inspect times aggregate logs/times -o times.csv
      inspect eval sale_inspect/hst_coding -T times=times.csv --solver sale_inspect/sale
    """  # noqa: D301 - click wants the character itself


@times.command()
@click.option("--annotator", required=True, help="Who works; always the same name for the same person.")
@click.option("--task", type=click.Choice(["coding", "deep_search"]), default="coding", show_default=True)
@click.option("-T", "pairs", multiple=True, metavar="NAME=VALUE", help="Argument of the task, as for inspect eval.")
@click.option("--sample-id", "sample_ids", multiple=True, help="Only this task; may be given several times.")
@click.option("--limit", type=click.IntRange(min=1), help="Only the first N tasks that the person has not done.")
@click.option("--log-dir", default="logs/times", show_default=True, help="Folder for the logs.")
@click.option("--grader", help="Model that grades short answers which do not match literally.")
@click.option("--yes", is_flag=True, help="Do not ask before starting.")
def collect(
    annotator: str,
    task: Literal["coding", "deep_search"],
    pairs: tuple[str, ...],
    sample_ids: tuple[str, ...],
    limit: int | None,
    log_dir: str,
    grader: str | None,
    yes: bool,
) -> None:
    """Have one person work through tasks, timed by Inspect's human agent.

    Explains what will happen, asks, and starts. Needs a terminal and Docker. Tasks that the person has
    finished in an earlier run of the same log folder are left out, so the work can be spread over days.

    \b
      sale-inspect times collect --annotator anna -T set=mini --limit 2      a rehearsal
      sale-inspect times collect --annotator anna -T bins=b4 --sample-id leetcode-two-sum
      sale-inspect times collect --annotator anna --task deep_search --grader openai/gpt-5
    """  # noqa: D301 - click wants the character itself
    from sale_inspect._inspect.logs import finished_tasks, human_logs
    from sale_inspect._inspect.tasks import collect as run_person
    from sale_inspect._inspect.tasks import require_person, task_args, tasks_for

    with clean_errors():
        annotator = annotator.strip()
        if not annotator:
            raise BenchError("--annotator: it is empty. Give the person's name.")
        require_person()
        done = finished_tasks(log_dir, annotator)
        chosen = tasks_for(task, task_args(pairs), sample_ids, done, limit)
        count = len(chosen.dataset)
        told = {"annotator": annotator, "count": count, "s": "s" * (count != 1), "log_dir": log_dir}
        click.echo(_WHAT_HAPPENS.format(**told))
        if done:
            number = f"{len(done)} task{'s' * (len(done) != 1)}"
            click.echo(f"\n{annotator} has finished {number} in {log_dir} before; no task is done twice.")
        if not yes:
            click.confirm("\nStart?", abort=True)
        log = run_person(chosen, annotator, log_dir, grader)
        made = human_logs([log.location]).attempts
    for attempt in made:
        click.echo(f"{attempt.task_id}: {_said(attempt)}")
    click.echo(
        f"\nLog: {log.location}\nWhen at least 3 people are done: sale-inspect times aggregate {log_dir} -o times.csv"
    )


@times.command("aggregate")
@click.argument("logs", nargs=-1)
@click.option(
    "--csv",
    "tables",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="Also these attempts: columns task_id, annotator, minutes, correct. May be given several times.",
)
@click.option("--annotator", help="Who worked in logs that do not say so.")
@click.option("--min-annotators", type=click.IntRange(min=1), default=3, show_default=True)
@click.option("--sd", default=2.0, show_default=True, help="Drop times this many standard deviations from the mean.")
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="Where to write the times file.")
def aggregate_times(
    logs: tuple[str, ...],
    tables: tuple[Path, ...],
    annotator: str | None,
    min_annotators: int,
    sd: float,
    output: Path | None,
) -> None:
    """Turn the attempts in LOGS and CSV files into one human time for each task.

    LOGS are evaluation logs of Inspect's human agent, or folders of them. As in the paper: only correct
    solutions count, times more than 2 standard deviations from the mean are dropped, the rest is
    averaged. The table shows what was dropped and why, and how far the annotators agree.

    \b
      sale-inspect times aggregate logs/times -o times.csv
      sale-inspect times aggregate --csv stopwatch.csv --min-annotators 2 -o times.csv
      inspect eval sale_inspect/hst_coding -T times=times.csv
    """  # noqa: D301 - click wants the character itself
    from sale_inspect._inspect.logs import human_logs

    with clean_errors():
        if not logs and not tables:
            raise BenchError("Nothing to aggregate. Give logs, folders of logs, or --csv FILE.")
        notes: tuple[str, ...] = ()
        attempts: list[Attempt] = []
        if logs:
            read = human_logs(logs, annotator)
            attempts, notes = list(read.attempts), read.notes
        for path in tables:
            attempts += read_attempts(_text(path), str(path))
        for note in notes:
            click.echo(f"- {note}")
        if not attempts:
            raise BenchError("No attempt of a person was found. Start with: sale-inspect times collect --help.")
        found = aggregate(attempts, min_annotators, sd)
        _show(found)
        if not found.timed:
            raise BenchError(
                f"No task has {min_annotators} times that count, so no file is written. Collect more, or lower "
                "--min-annotators."
            )
        if output is not None:
            write_file(output, times_text(human_times(found.tasks)))
            click.echo(f"wrote {output}: use it with -T times={output}")


def _said(attempt: Attempt) -> str:
    if attempt.correct is None:
        return f"no result ({attempt.remark})"
    solved = "solved" if attempt.correct else attempt.remark or "not solved"
    return f"{solved}, {attempt.minutes:.2f} min" if attempt.minutes is not None else solved


def _show(found: Aggregation) -> None:
    drawn = rich.table.Table(title="human times", title_justify="left")
    drawn.add_column("task", no_wrap=True)
    for name in ("tau, min", "bin", "SD, min"):
        drawn.add_column(name, justify="right", no_wrap=True)
    drawn.add_column("kept")
    drawn.add_column("dropped, and why")
    for task in found.tasks:
        drawn.add_row(*(rich.markup.escape(cell) for cell in _row(task)))
    out = console()
    out.print(drawn)
    for sentence in _sentences(found):
        out.print(f"- {sentence}", markup=False, highlight=False, soft_wrap=True)


def _row(task: TaskTime) -> tuple[str, ...]:
    tau = task.tau_minutes
    return (
        task.task_id,
        f"none: {task.why_none}" if tau is None else f"{tau:.3g}",
        "" if tau is None else bin_of(tau).name,
        "" if task.sd_minutes is None else f"{task.sd_minutes:.3g}",
        "\n".join(f"{each.annotator} {each.minutes:.3g}" for each in task.kept),
        "\n".join(f"{each.attempt.annotator}: {each.reason} ({each.detail})" for each in task.dropped),
    )


def _sentences(found: Aggregation) -> list[str]:
    reasons = Counter(each.reason for task in found.tasks for each in task.dropped)
    kept = sum(len(task.kept) for task in found.tasks)
    dropped = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) or "none"
    said = [
        f"{len(found.timed)} of {len(found.tasks)} tasks have a time (mean of at least {found.min_annotators}).",
        f"{kept} attempts kept; dropped: {dropped}.",
        _filter_said(found),
    ]
    agree = found.agreement
    for name, value in (("interval, log minutes", agree.log_minutes), ("ordinal, bins", agree.bins)):
        shown = f"not defined: {agree.why_none}" if value is None else f"{value:.3f} over {agree.tasks} tasks"
        said.append(f"Krippendorff's alpha ({name}): {shown}.")
    return said


def _filter_said(found: Aggregation) -> str:
    rule = f"Outlier filter: more than {found.sd:g} sample standard deviations from the mean."
    if found.filter_can_bite:
        return rule
    return (
        f"{rule} It could not drop any: that takes at least {found.filter_needs} correct times of one task; "
        "with fewer, no time can be that far from the mean."
    )


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BenchError(f"{path}: the file cannot be read: {error}. Give a CSV in UTF-8.") from error
