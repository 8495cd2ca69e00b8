"""What it does to a policy's figures that human times are not known exactly."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sale_inspect.bench import BINS, bin_of, spread_for
from sale_inspect.report.analysis._cells import policies_of
from sale_inspect.report.analysis._estimates import TaskEstimate
from sale_inspect.stats import HorizonTasks, Rate, bin_order, horizon_tasks, mean_interval, rate
from sale_inspect.taus import (
    DrawnHorizon,
    DrawnTimes,
    TaskTimes,
    TauSpread,
    bins_drawn,
    can_move,
    chances_at,
    difference_in,
    draw_times,
    drawn_horizons,
    fit_draws,
    group_gains,
    horizon_pulls,
    rate_in,
    stated_spread,
    task_times,
    timing_gains,
)

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BinFigure", "HorizonDrawn", "HumanTimes", "PassAtTime", "TimedTasks", "human_times", "timed_tasks"]

Floats = NDArray[np.float64]

_NAMED = 5
_BOUNDS = {each.name: (each.low, each.high) for each in BINS}


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TimedTasks:
    """A policy's tasks that have a human time.

    Attributes:
        fitted: The tasks as a horizon is fitted to them.
        times: What is known of their times, in the same order.
        bins: Bin of each.
        groups: Source and bin of each: tasks that may be off together.
    """

    fitted: HorizonTasks
    times: TaskTimes
    bins: tuple[str, ...]
    groups: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class HorizonDrawn:
    """A horizon when human times are drawn from what is known of them.

    Attributes:
        policy: The policy.
        horizon: The horizon with its interval.
        minutes_per_usd: Minutes of the horizon for each dollar a task, with the ends of its interval; dollars are those
            that were paid. NaN where dollars or an end are not known.
        tasks: Tasks whose time matters most, with the share of the variance from human times that goes when that task
            alone is timed by three people.
        groups: Sources and bins by their share of that variance.
    """

    policy: str
    horizon: DrawnHorizon
    minutes_per_usd: TaskEstimate
    tasks: tuple[tuple[str, float], ...]
    groups: tuple[tuple[str, float], ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class BinFigure:
    """pass@1 in a bin, or the difference of two policies there, with human times as stated and drawn.

    Attributes:
        policy: The policy.
        baseline: What it is held against; "" for pass@1 itself.
        bin: The bin by the stated times.
        stated: The figure with times as stated; None if no task lies there.
        drawn: The figure with times drawn; the same where no task can lie elsewhere.
    """

    policy: str
    baseline: str
    bin: str
    stated: Rate | None
    drawn: Rate | None


@dataclass(frozen=True, kw_only=True, slots=True)
class PassAtTime:
    """pass@1 of a policy's curve at a human time.

    Attributes:
        policy: The policy.
        minutes: The human time.
        stated: With times as stated.
        drawn: With times drawn.
    """

    policy: str
    minutes: float
    stated: TaskEstimate
    drawn: TaskEstimate


@dataclass(frozen=True, kw_only=True, slots=True)
class HumanTimes:
    """What it does that human times are not known exactly. All is empty where every time is certain.

    Attributes:
        tasks: Tasks with a time.
        uncertain: Those of them whose time is not certain.
        forms: How many tasks are known how, see `taus.TauForm`.
        horizons: Horizons with times drawn.
        bins: pass@1 by bin.
        differences: Differences to the baseline by bin.
        chances: pass@1 by human time.
    """

    tasks: int = 0
    uncertain: int = 0
    forms: tuple[tuple[str, int], ...] = ()
    horizons: tuple[HorizonDrawn, ...] = ()
    bins: tuple[BinFigure, ...] = ()
    differences: tuple[BinFigure, ...] = ()
    chances: tuple[PassAtTime, ...] = ()


def timed_tasks(own: pd.DataFrame, values: str = "correct") -> TimedTasks:
    """The tasks of some samples, all of which have a human time.

    Args:
        own: Tidy samples.
        values: Column of the scores, 0 to 1.
    """
    fitted = horizon_tasks(
        own[values].to_numpy(float), own["tau"].to_numpy(float), [str(task) for task in own["task_id"]],
        [str(name) for name in own["source"]],
    )  # fmt: skip
    firsts = own.drop_duplicates("task_id").set_index("task_id").loc[list(fitted.names)]
    spreads = [
        _spread(*row)
        for row in zip(
            firsts["tau"], firsts["tau_form"], firsts["tau_low"], firsts["tau_high"], firsts["tau_provenance"],
            strict=True,
        )
    ]  # fmt: skip
    bins = tuple(str(name) for name in firsts["bin"])
    groups = tuple(" ".join(pair).strip() for pair in zip(firsts["source"].astype(str), bins, strict=True))
    return TimedTasks(fitted=fitted, times=task_times(spreads, groups), bins=bins, groups=groups)


def _spread(tau: float, form: str, low: float, high: float, provenance: str) -> TauSpread:
    """As it is stated; where only the provenance is, by that."""
    return stated_spread(float(tau), form, low, high) if form else spread_for(str(provenance), float(tau))


def human_times(samples: pd.DataFrame, baseline: str, *, seed: int = 0) -> HumanTimes:
    """Horizons, pass@1 by bin and by human time, and differences by bin, with human times drawn.

    Args:
        samples: Tidy samples, scored.
        baseline: Policy that the others are held against.
        seed: Of the draws.
    """
    timed = samples[np.isfinite(samples["tau"]) & (samples["tau"] > 0)]
    if not len(timed):
        return HumanTimes()
    every = timed_tasks(timed)
    forms = [each.form for each in _spreads_of(timed)]
    counts = tuple((form, forms.count(form)) for form in dict.fromkeys(sorted(forms)))
    uncertain = int((every.times.sd > 0).sum())
    if not uncertain:
        return HumanTimes(tasks=len(forms), forms=counts)
    horizons: list[HorizonDrawn] = []
    bins: list[BinFigure] = []
    chances: list[PassAtTime] = []
    order = bin_order(every.bins, np.exp2(every.times.centre).tolist())
    for policy in policies_of(timed):
        own = timed[timed["policy"] == policy]
        found = timed_tasks(own)
        if found.fitted.alike or len(found.bins) < 3:
            continue
        drawn = draw_times(found.fitted, found.times, seed=seed)
        bins += _bins(policy, found, drawn, order)
        if found.fitted.one_time:
            continue
        horizons += _horizons(policy, found, drawn, float(own["usd"].mean(skipna=False)))
        chances += _chances(policy, found, drawn)
    return HumanTimes(
        tasks=len(forms),
        uncertain=uncertain,
        forms=counts,
        horizons=tuple(horizons),
        bins=tuple(bins),
        differences=tuple(_differences(timed, baseline, order, seed)),
        chances=tuple(chances),
    )


def _spreads_of(timed: pd.DataFrame) -> list[TauSpread]:
    firsts = timed.drop_duplicates("task_id")
    names = ("tau", "tau_form", "tau_low", "tau_high", "tau_provenance")
    return [_spread(*row) for row in zip(*(firsts[name] for name in names), strict=True)]


def _horizons(policy: str, found: TimedTasks, drawn: DrawnTimes, usd: float) -> Iterator[HorizonDrawn]:
    for each in drawn_horizons(found.fitted, drawn):
        pulls = horizon_pulls(found.fitted, found.times, each.chance)
        gains = timing_gains(pulls, found.times)
        most = np.argsort(-gains, kind="stable")[:_NAMED]
        shares = group_gains(pulls, found.times)
        names = list(dict.fromkeys(found.groups))
        inside = found.fitted.logs.min() <= math.log2(max(each.minutes, 1e-300)) <= found.fitted.logs.max()
        known = usd > 0 and math.isfinite(each.minutes) and bool(inside)
        ends = (each.low, each.high) if math.isfinite(each.share) else (math.nan, math.nan)
        yield HorizonDrawn(
            policy=policy,
            horizon=each,
            minutes_per_usd=TaskEstimate(*(value / usd if known else math.nan for value in (each.minutes, *ends))),
            tasks=tuple((found.fitted.names[place], float(gains[place])) for place in most if gains[place] > 0),
            groups=tuple(
                sorted(((name, float(shares[n])) for n, name in enumerate(names) if shares[n] > 0), key=lambda x: -x[1])
            ),
        )


def _bins(policy: str, found: TimedTasks, drawn: DrawnTimes, order: Sequence[str]) -> Iterator[BinFigure]:
    success, labels = found.fitted.success, np.array(found.bins, dtype=object)
    member = _members(found, drawn)
    for name in order:
        here = labels == name
        stated = rate(success[here]) if here.any() else None
        if stated is None and name not in member:
            continue
        yield BinFigure(
            policy=policy,
            baseline="",
            bin=name,
            stated=stated,
            drawn=rate_in(success, member[name]) if name in member else stated,
        )


def _members(found: TimedTasks, drawn: DrawnTimes) -> dict[str, NDArray[np.bool_]]:
    """Tasks of each bin in each draw; empty if no task can lie elsewhere."""
    bounds = _bounds(found)
    if not can_move(found.times, found.bins, bounds):
        return {}
    return bins_drawn(drawn.logs, found.times, found.bins, bounds)


def _bounds(found: TimedTasks) -> dict[str, tuple[float, float]]:
    """Bounds of the benchmark's bins, if these tasks stand in them by their times."""
    minutes = np.exp2(found.times.centre)
    longest = BINS[-1].high
    alike = all(name == bin_of(min(float(time), longest)).name for name, time in zip(found.bins, minutes, strict=True))
    return _BOUNDS if alike else {}


def _differences(timed: pd.DataFrame, baseline: str, order: Sequence[str], seed: int) -> Iterator[BinFigure]:
    """Paired, on the tasks that both did; times are drawn given the mean of the two policies' results."""
    means = timed.groupby(["policy", "task_id"])["correct"].mean()
    policies = policies_of(timed)
    if baseline not in policies:
        return
    about = timed.drop_duplicates("task_id")
    for policy in policies:
        if policy == baseline:
            continue
        both = means[policy].to_frame("first").join(means[baseline].rename("second"), how="inner")
        rows = about[about["task_id"].isin(both.index)].copy()
        rows["mean"] = [float(both.loc[task].mean()) for task in rows["task_id"]]
        if len(rows) < 3:
            continue
        found = timed_tasks(rows, "mean")
        pair = both.loc[list(found.fitted.names)]
        apart = pair["first"].to_numpy(float) - pair["second"].to_numpy(float)
        member: dict[str, NDArray[np.bool_]] = {}
        if can_move(found.times, found.bins, _bounds(found)) and not found.fitted.alike:
            member = _members(found, draw_times(found.fitted, found.times, seed=seed))
        labels = np.array(found.bins, dtype=object)
        for name in order:
            own = apart[labels == name]
            stated = None
            if len(own):
                low, high, _ = mean_interval(own)
                stated = Rate(value=float(own.mean()), low=low, high=high, tasks=len(own))
            drawn = difference_in(apart, member[name]) if name in member else stated
            if stated is not None or drawn is not None:
                yield BinFigure(policy=policy, baseline=baseline, bin=name, stated=stated, drawn=drawn)


def _chances(policy: str, found: TimedTasks, drawn: DrawnTimes) -> Iterator[PassAtTime]:
    """At the middle of each of the benchmark's bins that lies among the tasks' times."""
    low, high = np.exp2([found.times.centre.min(), found.times.centre.max()])
    minutes = [each.midpoint for each in BINS if low / 2 <= each.midpoint <= high * 2]
    alone = np.broadcast_to(found.times.centre, (1, len(found.bins)))
    stated = chances_at(found.fitted, DrawnTimes(logs=alone, curves=fit_draws(found.fitted, alone)), minutes)
    for known, mixed in zip(stated, chances_at(found.fitted, drawn, minutes), strict=True):
        yield PassAtTime(
            policy=policy,
            minutes=known.minutes,
            stated=TaskEstimate(known.value, known.low, known.high),
            drawn=TaskEstimate(mixed.value, mixed.low, mixed.high),
        )
