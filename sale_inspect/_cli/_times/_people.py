"""`sale-inspect times`, `times collect` and `times aggregate`."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import draw_rows, say
from sale_inspect._cli._group import SentenceGroup
from sale_inspect._edge import clean_errors
from sale_inspect._work import CollectRequest, aggregate_times, open_session, require_times, write_times
from sale_inspect.bench import bin_of
from sale_inspect.times import Aggregation, Attempt, TaskTime

__all__ = ["times"]

_NAMED = 5

_WHAT_HAPPENS = """\
{annotator} will work on {count} task{s}, one after the other, timed by Inspect's human agent.

What you do
  For each task a command appears: docker exec -it ... bash -l. Run it in a second terminal. It logs you
  in to a container, starts the clock, and then shows the task, which is nowhere to be seen before. If it
  shows an error instead, the container was not ready: type exit and run it again. From the clock's first
  start on, the task's text is also in task.txt there.
  Answer with `task submit`, as the screen says, and confirm. The next task's command appears.

The clock
  Only working time counts. Pause with `task stop`, go on with `task start`, look with `task status`.
  How long the clock stood after its first start is shown beside your time, as its share.
  `task quit` gives a task up; that counts as not solved, and your time for it is not used.
  Ctrl-C in this terminal ends the session. Finished tasks are kept; the same command goes on after them.

What is allowed
  Your browser and your IDE, on your own machine. No language model, no assistant and no completion by
  one, and no help of other people: the time is to be that of one expert who works alone.
  The container has no network. Python is there to try programs.

What is recorded
  Your name as you gave it ({annotator}), the task, your answer, whether it is right, the working time, when
  you started and stopped the clock, and all that is typed and shown in the container's terminal.
  It is written to {log_dir}, on this machine only. Type no passwords there. Nothing else of you is kept:
  at the end, this machine's folders and the address of its repository are taken out of the log."""


@click.group(cls=SentenceGroup)
def times() -> None:
    """Measure how long people take for tasks, and turn that into the benchmark's human times.

    A human time (tau) is the mean working time, in minutes, of at least 3 experts who solved the task.
    Have each expert work through the tasks, then put their logs together, then use the result:

    \b
      sale-inspect times collect --annotator anna -T sources=mbpp --limit 20
      sale-inspect times collect --annotator ben -T sources=mbpp --limit 20
      sale-inspect times collect --annotator cleo -T sources=mbpp --limit 20
      sale-inspect times aggregate logs/times -o times.csv
      inspect eval sale_inspect/hst_coding -T times=times.csv \\
        --solver sale_inspect/sale
    """  # noqa: D301 - click wants the character itself


@times.command()
@options.annotator(required=True)
@click.option(
    "--task", type=click.Choice(["coding", "deep_search"]), default="coding", show_default=True,
    help="Which kind of tasks.",
)  # fmt: skip
@click.option("-T", "pairs", multiple=True, metavar="NAME=VALUE", help="Argument of the task, as for inspect eval.")
@click.option("--sample-id", "sample_ids", multiple=True, help="Only this task; may be given several times.")
@options.limit
@options.log_dir
@click.option("--grader", help="Model that grades short answers which do not match literally.")
@click.option("--yes", is_flag=True, help="Do not ask before starting.")
@options.gathers(CollectRequest)
def collect(request: CollectRequest, yes: bool) -> None:
    """Have one person work through tasks, timed by Inspect's human agent.

    Explains what will happen, asks, and starts. Needs a terminal and Docker. Tasks that the person has
    finished in an earlier run of the same log folder (logs/times) are left out, so the work can be spread over
    days, and --limit counts the rest. Names that differ by case or spaces are one person.

    \b
      sale-inspect times collect --annotator anna -T set=mini --limit 2
      sale-inspect times collect --annotator anna -T bins=b4 \\
        --sample-id leetcode-two-sum
      sale-inspect times collect --annotator anna --task deep_search \\
        --grader openai/gpt-5
    """  # noqa: D301 - click wants the character itself
    who = request.annotator.strip()
    with clean_errors():
        session = open_session(request)
        told = {"annotator": who, "count": session.count, "s": _plural(session.count), "log_dir": session.log_dir}
        say(*(line.format(**told) for line in _WHAT_HAPPENS.splitlines()))
        if session.finished:
            number = f"{session.finished} task{_plural(session.finished)}"
            say("", f"{who} has finished {number} in {session.log_dir} before; no task is done twice.")
        if session.other_spellings:
            names = ", ".join(session.other_spellings)
            say(f"There the name is spelled {names}: taken for one person. Another person needs another name.")
        if not yes:
            click.confirm("\nStart?", abort=True)
        location, attempts = session.run()
    for attempt in attempts:
        say(f"{attempt.task_id}: {_result(attempt)}")
    say(
        "",
        f"Log: {location}",
        f"When at least 3 people are done: sale-inspect times aggregate {session.log_dir} -o times.csv",
    )


@times.command("aggregate")
@click.argument("logs", nargs=-1)
@click.option(
    "--csv", "tables", multiple=True, type=click.Path(path_type=Path, dir_okay=False),
    help="Also these attempts: columns task_id, annotator, minutes, correct. May be given several times.",
)  # fmt: skip
@options.annotator()
@click.option(
    "--min-annotators", type=click.IntRange(min=1), default=3, show_default=True,
    help="How many times of a task must count for it to have one.",
)  # fmt: skip
@options.score
@click.option("--sd", default=2.0, show_default=True, help="Drop times this many standard deviations from the mean.")
@options.output()
def aggregate_logs(
    logs: tuple[str, ...],
    tables: tuple[Path, ...],
    annotator: str | None,
    min_annotators: int,
    sd: float,
    scores: tuple[str, ...],
    output: Path | None,
) -> None:
    """Turn the attempts in LOGS and CSV files into one human time for each task.

    LOGS are evaluation logs of Inspect's human agent, or folders of them; --annotator says who worked in logs that do
    not say so. As in the paper: only correct solutions count, times more than 2 standard deviations from the mean are
    dropped, the rest is averaged. Names that differ by case or spaces are one person. The table shows what was
    dropped and why, what went off the clock, which sessions are missing, and how far the annotators agree. -o names
    the times file.

    \b
      sale-inspect times aggregate logs/times -o times.csv
      sale-inspect times aggregate --csv stopwatch.csv --min-annotators 2 \\
        -o times.csv
      inspect eval sale_inspect/hst_coding -T times=times.csv
    """  # noqa: D301 - click wants the character itself
    with clean_errors():
        found, notes = aggregate_times(
            logs, tables, annotator=annotator, min_annotators=min_annotators, sd=sd, scores=scores
        )
        for note in notes:
            say(f"- {note}")
        _show(found)
        require_times(found)
        if output is not None:
            write_times(found, output)
            say(f"wrote {output}: use it with -T times={output}")


def _plural(count: int) -> str:
    return "s" if count != 1 else ""


def _result(attempt: Attempt) -> str:
    if attempt.correct is None:
        return f"no result ({attempt.remark})"
    solved = "solved" if attempt.correct else attempt.remark or "not solved"
    shown = f"{solved}, {attempt.minutes:.2f} min" if attempt.minutes is not None else solved
    off = f", {attempt.off_clock:.0%} of the time off the clock" if attempt.off_clock else ""
    return shown + off + ", the terminal's session is missing" * (attempt.has_session is False)


def _remarks(attempt: Attempt) -> str:
    """How much of the time went off the clock, and whether the terminal's session is missing."""
    off = [f"{attempt.off_clock:.0%} off"] if attempt.off_clock else []
    remarks = ", ".join(off + ["no session"] * (attempt.has_session is False))
    return f" ({remarks})" * bool(remarks)


def _show(found: Aggregation) -> None:
    draw_rows(
        ["task", "tau, min", "bin", "SD, min", "kept", "dropped, and why"],
        [map(_row, found.tasks)],
        title="human times",
        right=(1, 2, 3),
        whole=(5,),
    )
    say(*(f"- {sentence}" for sentence in _sentences(found)))


def _row(task: TaskTime) -> tuple[str | list[str], ...]:
    tau = task.tau_minutes
    return (
        task.task_id,
        f"none: {task.why_none}" if tau is None else f"{tau:.3g}",
        "" if tau is None else bin_of(tau).name,
        "" if task.sd_minutes is None else f"{task.sd_minutes:.3g}",
        [f"{each.annotator} {each.minutes:.3g}{_remarks(each)}" for each in task.kept],
        [f"{each.attempt.annotator}: {each.reason} ({each.detail}){_remarks(each.attempt)}" for each in task.dropped],
    )


def _sentences(found: Aggregation) -> list[str]:
    reasons = Counter(each.reason for task in found.tasks for each in task.dropped)
    kept = sum(len(task.kept) for task in found.tasks)
    dropped = ", ".join(f"{count} {reason}" for reason, count in reasons.most_common()) or "none"
    said = [
        f"{len(found.timed)} of {len(found.tasks)} tasks have a time (mean of at least {found.min_annotators}).",
        f"{kept} attempts kept; dropped: {dropped}.",
        _filter_said(found),
        *(f"Taken for one person: {', '.join(names)}." for names in found.joined),
        *_off_clock_said(found),
        *_sessions_said(found),
    ]
    agree = found.agreement
    for name, value in (("interval, log minutes", agree.log_minutes), ("ordinal, bins", agree.bins)):
        shown = f"not defined: {agree.why_none}" if value is None else f"{value:.3f} over {agree.tasks} tasks"
        said.append(f"Krippendorff's alpha ({name}): {shown}.")
    return said


def _off_clock_said(found: Aggregation) -> list[str]:
    known = [attempt for attempt in found.kept if attempt.off_clock is not None]
    if not known:
        return []
    # A kept time is over 0, so the clock did not stand all the time.
    wholes = [(each.minutes or 0.0) / max(1e-9, 1 - (each.off_clock or 0.0)) for each in known]
    share = 1 - sum(each.minutes or 0.0 for each in known) / sum(wholes)
    most = max(known, key=lambda attempt: attempt.off_clock or 0.0)
    return [
        f"Off the clock: {share:.0%} of the time from the first start of the clock to its end, over "
        f"the {len(known)} kept attempts whose logs say so; at most {most.off_clock:.0%} "
        f"({most.annotator} at {most.task_id})."
    ]


def _sessions_said(found: Aggregation) -> list[str]:
    of_logs = [attempt for attempt in found.kept if attempt.has_session is not None]
    missing = [f"{each.annotator} at {each.task_id}" for each in of_logs if not each.has_session]
    if not missing:
        return []
    shown = "; ".join(missing[:_NAMED]) + (f" and {len(missing) - _NAMED} more" if len(missing) > _NAMED else "")
    return [
        f"The terminal's session is missing for {len(missing)} of the {len(of_logs)} kept attempts of logs: {shown}. "
        "Nobody can look at how they were made."
    ]


def _filter_said(found: Aggregation) -> str:
    rule = f"Outlier filter: more than {found.sd:g} sample standard deviations from the mean."
    if found.filter_can_bite:
        return rule
    return (
        f"{rule} It could not drop any: that takes at least {found.filter_needs} correct times of one task; "
        "with fewer, no time can be that far from the mean."
    )
