"""`sale-inspect times plan` and `times judge`: what is not known of human times."""

from __future__ import annotations

import math
from pathlib import Path

import click

from sale_inspect._cli import _options as options
from sale_inspect._cli._draw import draw_rows, progress_shown, say
from sale_inspect._edge import clean_errors
from sale_inspect._work import JudgedProxies, TimesPlan, TimesPlanRequest, judge_times, plan_times, write_times_plan
from sale_inspect.stats import Rate
from sale_inspect.taus import PERSON_CV, PROXY_FACTOR, SHARED, ProxyJudgement

__all__ = ["judge", "plan"]

_SHOWN = 10


@click.command()
@click.argument("logs", nargs=-1, required=True)
@click.option(
    "--width", default="1.5x", show_default=True, help="Wanted width of the interval: upper end over lower end."
)
@click.option("--policy", default="", help="Policy whose horizon it is, as the tables name it; default: the first.")
@click.option(
    "--chance", type=click.FloatRange(0, 1, min_open=True, max_open=True), default=0.5, show_default=True,
    help="Chance of success at the horizon.",
)  # fmt: skip
@click.option("--people", type=click.IntRange(min=1), default=3, show_default=True, help="People for each task.")
@options.seed
@options.output()
@options.compares_logs
@options.gathers(TimesPlanRequest)
def plan(logs: tuple[str, ...], output: Path | None, request: TimesPlanRequest) -> None:
    """State which tasks people would have to time to narrow a horizon's interval.

    LOGS are as for report. Tasks are chosen one after the other, each the one whose time takes most of what is left of
    the interval's width; beside it stands a choice at random. What tasks and runs bring to the width is left by any
    timing, so not every width can be reached; then all tasks are listed, with what is left. -o names a CSV of the tasks
    in order, for times collect --sample-id.

    \b
      sale-inspect times plan logs --width 1.5x
      sale-inspect times plan logs --policy "32b alone" --width 3x -o tasks.csv
    """  # noqa: D301 - click reads \b
    with clean_errors(), progress_shown() as progress:
        made = plan_times(logs, request, progress=progress)
        if output is not None:
            write_times_plan(made, output)
    steps = made.plan.steps
    if steps:
        draw_rows(
            ["", "task", "upper over lower end after it", "as many at random"],
            [[(str(n), x.task, f"{x.ratio:.3g}x", f"{x.random_ratio:.3g}x") for n, x in enumerate(steps[:_SHOWN], 1)]],
            title="tasks to time, in order",
            right=(2, 3),
            notes=[f"{len(steps) - _SHOWN} more; -o writes them all."] if len(steps) > _SHOWN else [],
        )
    say(*(f"- {sentence}" for sentence in _plan_said(made)))
    if output is not None:
        say(f"wrote {output}")


def _plan_said(made: TimesPlan) -> list[str]:
    found, now = made.plan, made.horizon
    said = [
        f"{made.policy}, {now.chance:.0%} horizon: {now.minutes:.2g} min, from {now.low:.2g} to {now.high:.2g} min, "
        f"{now.ratio:.3g}x from end to end. Not knowing human time makes {now.share:.0%} of that width; "
        f"{made.uncertain} of {len(made.tasks.bins)} times are not certain."
    ]
    people = f"{found.people} {'person' if found.people == 1 else 'people'}"
    effort = (
        f"{people} at each of {len(found.steps)} tasks: {found.people * len(found.steps)} correct solutions, about "
        f"{made.minutes:.0f} minutes of work in all if the stated times are right."
    )
    if found.reached and not found.steps:
        said.append(f"It is {found.wanted:g}x or narrower already; nobody has to be timed for that.")
    elif found.reached:
        other = "no number at random reaches it" if found.random_count is None else f"at random, {found.random_count}"
        said.append(f"{found.wanted:g}x takes the times of {len(found.steps)} tasks ({other}). {effort}")
    else:
        said.append(
            f"No timing reaches {found.wanted:g}x: with all {len(found.steps)} tasks timed it is {found.least:.3g}x, "
            f"for the rest of the width is that of tasks and runs. More tasks would narrow it. {effort}"
        )
    said.append(
        f"Estimates of first order (ours): people differ by {PERSON_CV:.0%} of their mean at one task, and the tasks "
        f"of one source and bin share {SHARED:.0%} of the variance of their errors. A wrong solution gives no time."
    )
    return said


@click.command()
@click.argument("files", nargs=-1, metavar="TIMES...", type=click.Path(path_type=Path, dir_okay=False))
@options.data_dir
def judge(files: tuple[Path, ...], data_dir: Path | None) -> None:
    """Hold the proxies of human times against times that people took.

    TIMES are files of times aggregate. With the benchmark's original files (--data-dir), GAIA's own times are measured
    ones too, and the features that the recipe sorts tasks by are ranked against times. States rank correlation, bias
    and spread, and which constants they speak for.

    \b
      sale-inspect times judge times.csv
      sale-inspect times judge times.csv --data-dir data
    """  # noqa: D301 - click reads \b
    with clean_errors():
        found = judge_times(files, data_dir=data_dir)
    if found.judgements:
        draw_rows(
            ["source", "tasks", "rank correlation [95%]", "people over proxy", "spread", "inside", "shared"],
            [[(name, *_judged(each)) for name, each in found.judgements]],
            title="proxies against people's times",
            right=(1, 2, 3, 4, 5, 6),
        )
    if found.features:
        draw_rows(
            ["source", "feature", "times", "tasks", "rank correlation [95%]"],
            [[(x.source, x.feature, x.measured, str(x.rank.tasks), _ranged(x.rank)) for x in found.features]],
            title="features against measured times",
            right=(3, 4),
        )
    say(*(f"- {sentence}" for sentence in _judge_said(found)))


def _judged(each: ProxyJudgement) -> tuple[str, ...]:
    return (
        str(each.tasks),
        _ranged(each.rank),
        f"{each.bias:.2f}x",
        "-" if math.isnan(each.factor) else f"within {each.factor:.2g}x",
        f"{each.inside.value:.0%} [{each.inside.low:.0%}, {each.inside.high:.0%}]",
        "-" if math.isnan(each.shared) else f"{each.shared:.0%}",
    )


def _ranged(rank: Rate) -> str:
    if math.isnan(rank.value):
        return "-"
    ends = "" if math.isnan(rank.low) else f" [{rank.low:.2f}, {rank.high:.2f}]"
    return f"{rank.value:.2f}{ends}"


def _judge_said(found: JudgedProxies) -> list[str]:
    said = []
    if found.judgements:
        said += [
            "People over proxy: geometric mean. Spread: 95 of 100 measured times lie within this factor of the proxy, "
            f"its bias taken off; the package takes {PROXY_FACTOR:g}x, bias included. Inside: measured times that lie "
            "within what is said of them (95% interval, or bin); it should be 95% of proxies and all of bins.",
            "Shared: part of the variance of errors that tasks of one source and bin share; the package takes "
            f"{SHARED:.0%}.",
        ]
    if found.cv is not None:
        said.append(
            f"People differ by {found.cv:.0%} of their mean at one task; the package takes {PERSON_CV:.0%} where one "
            "person alone was timed."
        )
    if found.unknown:
        said.append(f"In no set of this package, so without a proxy: {found.unknown} of the timed tasks.")
    return [*said, *found.missing]
