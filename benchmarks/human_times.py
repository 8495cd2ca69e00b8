"""What not knowing human times does: intervals with and without it, and whether timing the planned tasks narrows them.

    python benchmarks/human_times.py            # 4 minutes of CPU; the figures of docs/statistics.md
    python benchmarks/human_times.py --quick    # seconds; what the tests run

Tasks stand in five bins, as in HST-BENCH. Their true times are drawn: log-uniform in the bin, or log-normal around the
middle of it with 95 of 100 within four times; half of the variance is shared by the tasks of a bin. Success falls with
the true time. The fit is told the bin, or the middle of it, and never the time. The command ends with 1 if intervals
with the uncertainty do not hold their rate, but for three standard errors.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import defaultdict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.bench import BINS
from sale_inspect.stats import HorizonTasks, horizon_tasks, horizons, rate
from sale_inspect.taus import (
    PERSON_CV,
    TaskTimes,
    TauSpread,
    bin_spread,
    bins_drawn,
    draw_times,
    drawn_horizons,
    people_spread,
    proxy_spread,
    rate_in,
    task_times,
    timing_plan,
)

Floats = NDArray[np.float64]

_HALF = 2.0
_BOUNDS = {each.name: (each.low, each.high) for each in BINS}
_WORLDS = (("bin", 77, -0.8, 150), ("proxy", 77, -0.8, 150), ("bin", 353, -0.8, 80), ("proxy", 353, -0.8, 80))
_PLANS = ((77, 30),)
_PEOPLE = 3


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class World:
    """Tasks with true times.

    Attributes:
        tasks: What a horizon is fitted to.
        times: What is told of the times.
        spreads: The same, task by task.
        bins: Bin of each task, by the middle.
        minutes: The times as stated.
        logs: True log2 minutes.
        truths: True pass@1 of each bin, of tasks like these.
    """

    tasks: HorizonTasks
    times: TaskTimes
    spreads: list[TauSpread]
    bins: list[str]
    minutes: Floats
    logs: Floats
    truths: dict[str, float]


def chance(logs: Floats, slope: float) -> Floats:
    """Chance of success at true times."""
    return np.asarray(1.0 / (1.0 + np.exp(-slope * (logs - math.log2(_HALF)))), dtype=np.float64)


def world(rng: np.random.Generator, form: str, count: int, slope: float) -> World:
    """One data set. What a bin's tasks share is drawn for each bin."""
    own = [BINS[number % len(BINS)] for number in range(count)]
    spreads = [
        bin_spread(each.midpoint, each.low, each.high) if form == "bin" else proxy_spread(each.midpoint) for each in own
    ]
    names = [each.name for each in own]
    times = task_times(spreads, names)
    off = rng.standard_normal(len(BINS))

    def scores(rows: int) -> Floats:
        alone = rng.standard_normal((rows, count))
        return np.sqrt(1 - times.shared) * alone + np.sqrt(times.shared) * off[times.group]

    logs = times.at(scores(1))[0]
    many = times.at(scores(400))
    places = np.searchsorted(np.log2([each.high for each in BINS]), many.ravel(), side="left")
    where = np.array([each.name for each in BINS])[np.minimum(places, len(BINS) - 1)]
    solved = chance(many.ravel(), slope)
    minutes = np.array([each.midpoint for each in own])
    labels = [f"{number:05d}" for number in range(count)]
    success = (rng.random(count) < chance(logs, slope)).astype(float)
    return World(
        tasks=horizon_tasks(success, minutes, labels, ["one"] * count),
        times=times,
        spreads=spreads,
        bins=names,
        minutes=minutes,
        logs=logs,
        truths={name: float(solved[where == name].mean()) for name in names if (where == name).any()},
    )


def coverage(rng: np.random.Generator, form: str, count: int, slope: float, runs: int) -> bool:
    """How often intervals hold the truth, without and with the uncertainty; prints, and says whether the latter do."""
    hits: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    widths: dict[str, list[tuple[float, float]]] = defaultdict(list)
    shares: dict[str, list[float]] = defaultdict(list)
    for number in range(runs):
        made = world(rng, form, count, slope)
        names = list(made.tasks.names)
        stated = horizons(made.tasks.success, made.minutes, names, ["one"] * count)
        drawn = draw_times(made.tasks, made.times, seed=number)
        for without, found in zip(stated, drawn_horizons(made.tasks, drawn), strict=True):
            truth = _HALF * 2 ** (math.log(found.chance / (1 - found.chance)) / slope)
            key = f"p{100 * found.chance:.0f} horizon"
            hits[key].append((without.low <= truth <= without.high, found.low <= truth <= found.high))
            if math.isfinite(found.ratio) and without.low > 0 and math.isfinite(without.high):
                widths[key].append((without.high / without.low, found.ratio))
                shares[key].append(found.share)
        member = bins_drawn(drawn.logs, made.times, made.bins, _BOUNDS)
        for name, truth in made.truths.items():
            in_bin = rate_in(made.tasks.success, member[name])
            told = rate(made.tasks.success[np.array(made.bins) == name])
            if in_bin is not None:
                hits["pass@1 of a bin"].append((told.low <= truth <= told.high, in_bin.low <= truth <= in_bin.high))
    fine = True
    for key, own in hits.items():
        without_rate, with_rate = np.mean(own, axis=0)
        error = math.sqrt(0.95 * 0.05 / len(own))
        # Bins of one data set share its times, so that five of them are less than five.
        holds = bool(with_rate >= 0.93 - 3 * error * (2.0 if "bin" in key else 1.0))
        fine &= holds
        ratio = np.median(widths[key], axis=0) if widths[key] else (math.nan, math.nan)
        share = float(np.median(shares[key])) if shares[key] else math.nan
        wide = "" if math.isnan(share) else f" end over end {ratio[0]:.2f} and {ratio[1]:.2f}, of the width {share:.0%}"
        print(
            f"{form:5} {count:3} tasks  {key:16} without {without_rate:6.1%}  with {with_rate:6.1%} +- {error:.1%} "
            f"{wide}{'' if holds else '  <-- BROKEN'}",
            flush=True,
        )
    return fine


def retimed(made: World, places: list[int], rng: np.random.Generator) -> tuple[HorizonTasks, TaskTimes]:
    """The same data when people were timed at some tasks."""
    error = math.sqrt(math.log1p(PERSON_CV**2) / _PEOPLE) / math.log(2.0)
    minutes, spreads = made.minutes.copy(), list(made.spreads)
    for place in places:
        minutes[place] = float(2.0 ** (made.logs[place] + error * rng.standard_normal()))
        spreads[place] = people_spread(minutes[place], _PEOPLE, PERSON_CV)
    tasks = horizon_tasks(made.tasks.success, minutes, list(made.tasks.names), ["one"] * len(minutes))
    return tasks, task_times(spreads, made.bins)


def plans(rng: np.random.Generator, count: int, runs: int) -> None:
    """Whether timing the planned tasks brings the interval to the wanted width, and random tasks do not."""
    reached: list[tuple[float, float, float]] = []
    needed: list[tuple[int, int]] = []
    for number in range(runs):
        made = world(rng, "proxy", count, -0.8)
        (now,) = drawn_horizons(made.tasks, draw_times(made.tasks, made.times, seed=number), chances=[0.5])
        if not math.isfinite(now.share):
            continue
        least = timing_plan(made.tasks, made.times, now, wanted=1.0001).least
        plan = timing_plan(made.tasks, made.times, now, wanted=math.sqrt(now.ratio * least), seed=number)
        chosen = [int(step.task) for step in plan.steps]
        random = [int(place) for place in rng.permutation(count)[: len(chosen)]]
        after = []
        for places in (chosen, random):
            tasks, times = retimed(made, places, rng)
            (then,) = drawn_horizons(tasks, draw_times(tasks, times, seed=number), chances=[0.5])
            after.append(then.ratio if math.isfinite(then.ratio) else math.inf)
        reached.append((plan.wanted, after[0], after[1]))
        needed.append((len(chosen), plan.random_count or count))
    if not reached:
        print(f"plan, {count} tasks: every interval had an open end")
        return
    wanted, planned, other = np.median(reached, axis=0)
    few, many = np.median(needed, axis=0)
    closer = float(np.mean([each[1] < each[2] for each in reached]))
    print(
        f"plan, {count} tasks, {len(reached)} data sets: wanted {wanted:.2f} times from end to end, planned tasks "
        f"{planned:.2f}, as many at random {other:.2f} (wider in {closer:.0%}); {few:.0f} tasks, at random {many:.0f}",
        flush=True,
    )


def main() -> None:
    """Print every row; end with 1 if intervals with the uncertainty do not hold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="few data sets: seconds in place of minutes")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    rng = np.random.default_rng(given.seed)
    fine = True
    for form, count, slope, runs in _WORLDS[: 2 if given.quick else None]:
        fine &= coverage(rng, form, count, slope, 4 if given.quick else runs)
    for count, runs in _PLANS[: 1 if given.quick else None]:
        plans(rng, count, 3 if given.quick else runs)
    if not fine and not given.quick:
        sys.exit("Intervals with the uncertainty do not hold their rate.")


if __name__ == "__main__":
    main()
