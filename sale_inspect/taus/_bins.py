"""pass@1 of a complexity bin, and differences in it, when it is not known for sure which tasks lie in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import CONFIDENCE, Rate, mean_interval, rate
from sale_inspect.taus._horizons import mixed_end
from sale_inspect.taus._tasks import TaskTimes

__all__ = ["bins_drawn", "can_move", "difference_in", "rate_in"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Bounds = Mapping[str, tuple[float, float]]


def can_move(times: TaskTimes, labels: Sequence[str], bounds: Bounds) -> bool:
    """Whether a task may lie in another bin than the one that it stands in.

    Args:
        times: What is known of the T times.
        labels: Bin of each task.
        bounds: Bounds of the bins, minutes: above the first, up to the second. Other bins hold what they hold.
    """
    for place, name in enumerate(labels):
        if name not in bounds or times.sd[place] == 0:
            continue
        low, high = np.log2(max(bounds[name][0], 1e-300)), np.log2(bounds[name][1])
        inside = bool(times.low[place] >= low - 1e-9) and bool(times.high[place] <= high + 1e-9)
        if not (times.uniform[place] and inside):
            return True
    return False


def bins_drawn(logs: Floats, times: TaskTimes, labels: Sequence[str], bounds: Bounds) -> dict[str, Flags]:
    """(M, T) for each bin: whether the task lies in it in that draw.

    A time above all bins counts to the last. Tasks whose time is certain, or whose bin has no bounds, stay where they
    are.

    Args:
        logs: (M, T), log2 minutes.
        times: What is known of the times.
        labels: Bin of each task.
        bounds: Bounds of the bins, minutes.
    """
    names = sorted(bounds, key=lambda name: bounds[name][1])
    highs = np.log2([bounds[name][1] for name in names])
    place = np.minimum(np.searchsorted(highs, logs - 1e-9, side="left"), len(names) - 1)
    stays = (times.sd == 0) | np.array([name not in bounds for name in labels])
    kept = np.array(labels, dtype=object)
    return {
        name: np.where(stays, kept == name, place == names.index(name) if name in bounds else False)
        for name in dict.fromkeys([*labels, *names])
    }


def rate_in(success: Floats, member: Flags, *, confidence: float = CONFIDENCE) -> Rate | None:
    """pass@1 of a bin: the mean over draws, with an interval in which the draws are mixed as in `drawn_horizons`.

    For each draw the one-sided p is that of the score test that `stats.rate` inverts. Where all draws are alike it is
    the interval of `stats.rate` itself.

    Args:
        success: (T,), mean success of each task.
        member: (M, T), whether the task lies in the bin in that draw.
        confidence: Level of the interval.

    Returns:
        None if no task lies in it in more than half of the draws. `tasks` is the median number of tasks.
    """
    from scipy.special import ndtr, stdtr

    if (member == member[0]).all():
        return rate(success[member[0]], confidence=confidence) if member[0].any() else None
    count = member.sum(axis=1).astype(np.float64)
    some = count > 0
    if some.mean() <= 0.5:
        return None
    count, inside = count[some], member[some]
    means = (inside @ success) / count
    variance = np.maximum((inside @ success**2) / count - means**2, 0.0)
    b = means * (1.0 - means)
    # As in `stats.rate_ends`.
    effect = np.where(b > 1e-12, (count * variance + 2.0 * b) / np.where(b > 1e-12, (count + 2.0) * b, 1.0), 1.0)
    alike = (effect > 1.0 - 1e-9) | (count < 2)
    effect = np.where(alike, 1.0, effect)

    def above(share: float) -> float:
        z = (means - share) / np.sqrt(max(share * (1.0 - share), 1e-12) * effect / count)
        return float(np.mean(np.where(alike, ndtr(z), stdtr(np.maximum(count - 1.0, 1.0), z))))

    tail = (1.0 - confidence) / 2.0
    value = float(means.mean())
    low, high = (mixed_end(above, wanted, 0.0, 1.0) for wanted in (1.0 - tail, tail))
    return Rate(
        value=value,
        low=min(max(0.0, low), value),
        high=max(min(1.0, high), value),
        tasks=round(float(np.median(count))),
    )


def difference_in(differences: Floats, member: Flags, *, confidence: float = CONFIDENCE) -> Rate | None:
    """The mean difference of two policies in a bin, as in `rate_in`; of alike draws by `stats.mean_interval`.

    Args:
        differences: (T,), difference of each task's mean successes, -1 to 1.
        member: (M, T), whether the task lies in the bin in that draw.
        confidence: Level of the interval.
    """
    from scipy.special import stdtr

    if (member == member[0]).all():
        own = differences[member[0]]
        if not len(own):
            return None
        low, high, _ = mean_interval(own, confidence=confidence)
        return Rate(value=float(own.mean()), low=low, high=high, tasks=len(own))
    count = member.sum(axis=1).astype(np.float64)
    some = count > 1
    if some.mean() <= 0.5:
        return None
    count, inside = count[some], member[some]
    total, squares = inside @ differences, inside @ differences**2
    centre = total / (count + 1.0)
    error = np.sqrt(np.maximum((squares + 1.0) / (count + 1.0) - centre**2, 0.0) / (count + 1.0))

    def above(value: float) -> float:
        return float(np.mean(stdtr(count - 1.0, (centre - value) / error)))

    tail = (1.0 - confidence) / 2.0
    value = float((total / count).mean())
    low, high = (mixed_end(above, wanted, -1.5, 1.5) for wanted in (1.0 - tail, tail))
    return Rate(
        value=value,
        low=min(max(-1.0, low), value),
        high=max(min(1.0, high), value),
        tasks=round(float(np.median(count))),
    )
