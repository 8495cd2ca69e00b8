"""Human times that are not known: which tasks people would have to time, and how good the proxies are."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sale_inspect._errors import BenchError, LogError, MissingSourceError
from sale_inspect._files import write_file
from sale_inspect._work._logs import ComparedLogsRequest
from sale_inspect._work._places import Places, listed
from sale_inspect._work._progress import Progress, silent
from sale_inspect._work._report import compared_tidy
from sale_inspect.bench import packaged_manifest
from sale_inspect.bench.sources import SOURCES, Candidate, DataPlace, mini_items, obtain
from sale_inspect.report.analysis import TimedTasks, policies_of, timed_tasks
from sale_inspect.stats import Rate
from sale_inspect.taus import (
    DrawnHorizon,
    ProxyJudgement,
    TauSpread,
    TimingPlan,
    draw_times,
    drawn_horizons,
    judge_proxy,
    rank_with_times,
    timing_plan,
)
from sale_inspect.texts import csv_cell
from sale_inspect.times import HumanTime, people_cv, read_times

__all__ = [
    "FeatureRank",
    "JudgedProxies",
    "TimesPlan",
    "TimesPlanRequest",
    "judge_times",
    "plan_times",
    "write_times_plan",
]

_LEVELS = {"Easy": 1.0, "Medium": 2.0, "Hard": 3.0}
_COLUMNS = ("order", "task_id", "source_and_bin", "tau_minutes", "tau_low", "tau_high", "end_over_end", "at_random")


@dataclass(frozen=True, kw_only=True, slots=True)
class TimesPlanRequest(ComparedLogsRequest):
    """What timing is to reach, and how the logs are read.

    Attributes:
        width: Upper end over lower end of the horizon's interval that is wanted, for instance `1.5x`.
        policy: Policy whose horizon it is, as the tables name it; empty for the first of them.
        chance: p of the horizon.
        people: People for each task.
        seed: Seed of all that is drawn.

    Raises:
        BenchError: If the width is no number above 1.
    """

    width: str = "1.5x"
    policy: str = ""
    chance: float = 0.5
    people: int = 3
    seed: int = 0

    def __post_init__(self) -> None:
        _ = self.wanted

    @property
    def wanted(self) -> float:
        """The width as a number."""
        try:
            wanted = float(self.width.strip().removesuffix("x"))
        except ValueError:
            wanted = math.nan
        if not 1.0 < wanted < math.inf:
            raise BenchError(f"--width {self.width!r}: write upper end over lower end, above 1, for instance 1.5x.")
        return wanted


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TimesPlan:
    """Whose time people would have to take.

    Attributes:
        policy: The policy.
        horizon: Its horizon with what is not known of human times inside.
        plan: The tasks in order.
        tasks: The policy's tasks with what is known of their times.
        uncertain: Tasks whose time is not certain.
        minutes: Working time of all people together, minutes, if the stated times are right and everybody solves.
    """

    policy: str
    horizon: DrawnHorizon
    plan: TimingPlan
    tasks: TimedTasks
    uncertain: int
    minutes: float


def plan_times(logs: Places, request: TimesPlanRequest | None = None, *, progress: Progress = silent) -> TimesPlan:
    """How many tasks and people would bring the interval of a horizon to a width, and which tasks.

        made = sale_inspect.plan_times("logs", sale_inspect.TimesPlanRequest(width="3x"))
        print(made.horizon.ratio, [step.task for step in made.plan.steps])

    Args:
        logs: As of `make_report`.
        request: What is to be reached.
        progress: Is told what is being done.

    Raises:
        LogError: If a place holds no log, logs do not line up, the policy is none of them, every human time is certain,
            or the interval has an open end.
    """
    request = request or TimesPlanRequest()
    samples = compared_tidy(listed(logs), request, progress).tidy.samples
    timed = samples[np.isfinite(samples["tau"]) & (samples["tau"] > 0)]
    policies = policies_of(timed) if len(timed) else []
    policy = request.policy or next(iter(policies), "")
    if policy not in policies:
        known = ", ".join(policies) or "none: no task has a human time"
        raise LogError(f"--policy {policy!r} is no policy with human times here. There are: {known}.")
    found = timed_tasks(timed[timed["policy"] == policy])
    if found.times.certain:
        raise LogError(f"Every human time of {policy} is stated as certain, so there is nothing to time.")
    if found.fitted.alike:
        raise LogError(f"{policy} solves all tasks or none, so it has no horizon.")
    if found.fitted.one_time:
        raise LogError(
            f"All tasks of {policy} have one human time, so it has no horizon. It takes tasks of other times."
        )
    progress("drawing human times", 0, None)
    drawn = draw_times(found.fitted, found.times, seed=request.seed)
    (now,) = drawn_horizons(found.fitted, drawn, chances=[request.chance])
    if not math.isfinite(now.share):
        raise LogError(
            f"The interval of the {request.chance:.0%} horizon of {policy} has an open end, so its width is not known "
            "and timing cannot be planned. It takes more tasks first."
        )
    made = timing_plan(found.fitted, found.times, now, wanted=request.wanted, people=request.people, seed=request.seed)
    place = {name: number for number, name in enumerate(found.fitted.names)}
    minutes = request.people * sum(float(np.exp2(found.times.centre[place[step.task]])) for step in made.steps)
    return TimesPlan(
        policy=policy, horizon=now, plan=made, tasks=found, uncertain=int((found.times.sd > 0).sum()), minutes=minutes
    )


def write_times_plan(made: TimesPlan, file: str | Path) -> None:
    """Write the tasks to time as CSV, in order, with the width after each.

    Raises:
        FileWriteError: If the file cannot be written.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(_COLUMNS)
    place = {name: number for number, name in enumerate(made.tasks.fitted.names)}
    times = made.tasks.times
    for number, step in enumerate(made.plan.steps, start=1):
        at = place[step.task]
        known = [f"{float(np.exp2(each[at])):.6g}" for each in (times.centre, times.low, times.high)]
        writer.writerow(
            (
                number, csv_cell(step.task), csv_cell(made.tasks.groups[at]), *known, f"{step.ratio:.4g}",
                f"{step.random_ratio:.4g}",
            )
        )  # fmt: skip
    write_file(file, out.getvalue())


@dataclass(frozen=True, kw_only=True, slots=True)
class FeatureRank:
    """How a feature of a source's tasks ranks them against measured times.

    Attributes:
        source: The source.
        feature: The feature, for instance `words` or `lines`.
        measured: Where the times are from: `people` or `published`.
        rank: Spearman's rank correlation with its interval.
    """

    source: str
    feature: str
    measured: str
    rank: Rate


@dataclass(frozen=True, kw_only=True, slots=True)
class JudgedProxies:
    """Proxies against measured times.

    Attributes:
        judgements: For all tasks (`all`) and for each source of them that has several.
        features: What else could rank the tasks of a source.
        unknown: Timed tasks that are in neither set.
        missing: Why sources could not be read.
        cv: Standard deviation over mean of several people's times at one task; None if no task has two.
    """

    judgements: tuple[tuple[str, ProxyJudgement], ...]
    features: tuple[FeatureRank, ...]
    unknown: int
    missing: tuple[str, ...]
    cv: float | None


def judge_times(files: Sequence[str | Path] = (), *, data_dir: str | Path | None = None) -> JudgedProxies:
    """Hold the proxies of HST-BENCH and hst_mini against measured times.

    Args:
        files: Times files of `times aggregate`.
        data_dir: Folder of original files: GAIA's own times are measured too, and features of all sources are ranked.

    Raises:
        BenchError: If a file cannot be read, or nothing is measured.
    """
    times: dict[str, HumanTime] = {}
    for file in files:
        try:
            times |= read_times(Path(file).read_text(encoding="utf-8"), str(file))
        except (OSError, UnicodeDecodeError) as error:
            raise BenchError(f"{file}: the file cannot be read: {error}. Give what times aggregate wrote.") from error
    minutes = {name: each.tau_minutes for name, each in times.items()}
    proxies = _proxies()
    both = sorted(minutes.keys() & proxies.keys())
    offered, missing = ({}, []) if data_dir is None else _offered(data_dir)
    features = tuple(_ranks(offered, minutes))
    if not both and not features:
        raise BenchError(
            "No measured time is of a task with a proxy. Give a file of `sale-inspect times aggregate`, or --data-dir "
            "with GAIA's files." + "".join(f" {reason}" for reason in missing)
        )
    return JudgedProxies(
        judgements=tuple(_judged(both, proxies, minutes)),
        features=features,
        unknown=len(minutes) - len(both),
        missing=tuple(missing),
        cv=people_cv(times.values()),
    )


def _proxies() -> dict[str, tuple[TauSpread, str, str]]:
    """What is said of each task that nobody timed: spread, source, bin."""
    mini = [*mini_items("coding"), *mini_items("deep_search")]
    return {item.id: (item.spread, item.source, item.bin) for item in packaged_manifest().items} | {
        item.id: (item.spread, item.source, item.bin) for item in mini
    }


def _judged(
    tasks: Sequence[str], proxies: Mapping[str, tuple[TauSpread, str, str]], minutes: Mapping[str, float]
) -> Iterator[tuple[str, ProxyJudgement]]:
    sources = sorted({proxies[task][1] for task in tasks})
    for source in ("all", *(sources if len(sources) > 1 else ())):
        own = [task for task in tasks if source in ("all", proxies[task][1])]
        if own:
            groups = [" ".join(proxies[task][1:]) for task in own]
            yield source, judge_proxy([proxies[task][0] for task in own], [minutes[task] for task in own], groups)


def _offered(data_dir: str | Path) -> tuple[dict[str, list[Candidate]], list[str]]:
    found: dict[str, list[Candidate]] = {}
    missing: list[str] = []
    place = DataPlace.of(data_dir, offline=True)
    for name, source in SOURCES.items():
        try:
            found[name] = [each for each in obtain(source, place).read() if isinstance(each, Candidate)]
        except MissingSourceError as error:
            missing.append(str(error))
    return found, missing


def _ranks(offered: Mapping[str, Sequence[Candidate]], minutes: Mapping[str, float]) -> Iterator[FeatureRank]:
    for source, candidates in offered.items():
        for measured in ("people", "published"):
            pairs = [
                (each, time)
                for each in candidates
                if (time := minutes.get(each.content.id) if measured == "people" else each.minutes) is not None
            ]
            names = sorted({name for each, _ in pairs for name in each.features})
            for name in names:
                values = [_number(each.features.get(name)) for each, _ in pairs]
                known = [(value, time) for value, (_, time) in zip(values, pairs, strict=True) if value is not None]
                if len(known) < 3 or len({value for value, _ in known}) < 2:
                    continue
                rank = rank_with_times(np.array([value for value, _ in known]), np.array([time for _, time in known]))
                yield FeatureRank(source=source, feature=name, measured=measured, rank=rank)


def _number(value: object) -> float | None:
    if isinstance(value, str):
        return float(value) if value.isdecimal() else _LEVELS.get(value)
    return float(value) if isinstance(value, bool | int | float) else None
