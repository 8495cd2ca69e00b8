"""Whose human time moves a horizon most, and how many tasks people would have to time."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import HorizonTasks
from sale_inspect.taus._fits import fit_draws
from sale_inspect.taus._horizons import DrawnHorizon
from sale_inspect.taus._spread import PERSON_CV
from sale_inspect.taus._tasks import TaskTimes

__all__ = ["TimingPlan", "TimingStep", "group_gains", "horizon_pulls", "timing_gains", "timing_plan"]

Floats = NDArray[np.float64]

_RANDOM = 8


@dataclass(frozen=True, kw_only=True, slots=True)
class TimingStep:
    """One task to time.

    Attributes:
        task: The task.
        ratio: Upper end over lower end of the horizon's interval when this task and those before it are timed.
        random_ratio: The same after as many tasks that were chosen at random, mean over draws.
    """

    task: str
    ratio: float
    random_ratio: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TimingPlan:
    """Which tasks people would have to time so that a horizon's interval becomes as narrow as is wanted.

    Attributes:
        chance: p of the horizon.
        people: People for each task.
        now: Upper end over lower end as it is.
        wanted: What is wanted.
        least: What is left when every task is timed.
        steps: The tasks in order, up to the one that reaches `wanted`; all if none does.
        reached: Whether it is reached.
        random_count: Tasks that a random choice would need; None if all are not enough.
    """

    chance: float
    people: int
    now: float
    wanted: float
    least: float
    steps: tuple[TimingStep, ...]
    reached: bool
    random_count: int | None


def horizon_pulls(tasks: HorizonTasks, times: TaskTimes, chance: float = 0.5) -> Floats:
    """(T,), how far log2 of the horizon moves when log2 of a task's time does: its derivative, at the central times.

    The curve is where the weighted residuals are balanced; the derivative of that point is that of an implicit
    function. 0 throughout if success does not fall with time.
    """
    x = times.centre
    curve = fit_draws(tasks, x[None, :])
    first, slope = float(curve.intercept[0]), float(curve.slope[0])
    if slope >= 0:
        return np.zeros(len(x))
    p = 1.0 / (1.0 + np.exp(-(first + slope * x)))
    spread = tasks.weights * p * (1.0 - p)
    design = np.column_stack([np.ones_like(x), x])
    inverse = np.linalg.pinv(design.T @ (design * spread[:, None]))
    moved = -slope * spread[:, None] * design
    moved[:, 1] += tasks.weights * (tasks.success - p)
    horizon = (math.log(chance / (1.0 - chance)) - first) / slope
    return np.asarray(moved @ inverse @ np.array([-1.0 / slope, -horizon / slope]), dtype=np.float64)


def timing_gains(pulls: Floats, times: TaskTimes, *, people: int = 3, cv: float = PERSON_CV) -> Floats:
    """(T,), share of a horizon's variance from human times that goes when one task alone is timed, first order."""
    left = _Left(pulls, times, _noise(people, cv))
    whole = left.variance()
    if whole <= 0:
        return np.zeros(len(pulls))
    return np.where(times.sd > 0, 1.0 - left.after_each() / whole, 0.0)


def group_gains(pulls: Floats, times: TaskTimes) -> Floats:
    """(groups,), share of a horizon's variance from human times that the tasks of each group bring, first order."""
    shares = _Left(pulls, times, _noise(1, PERSON_CV)).by_group()
    return np.asarray(shares / max(float(shares.sum()), 1e-300), dtype=np.float64)


def timing_plan(
    tasks: HorizonTasks,
    times: TaskTimes,
    now: DrawnHorizon,
    *,
    wanted: float,
    people: int = 3,
    cv: float = PERSON_CV,
    seed: int = 0,
) -> TimingPlan:
    """Choose tasks to time, one after the other, each the one that takes most of what is left of the variance.

    The variance that human times bring into log2 of the horizon is that of g' x: g from `horizon_pulls`, x the times
    with their own and shared errors. A task that is timed by `people` people is seen with their error, which says
    something of what its group shares, as in normal distributions. The rest of the width is that of tasks and runs, and
    no timing changes it (first order; ours).

    Args:
        tasks: The tasks with their mean success.
        times: What is known of their times.
        now: The horizon with its interval, from `drawn_horizons`; its ends must be closed.
        wanted: Upper end over lower end that is wanted, above 1.
        people: People for each task.
        cv: Standard deviation over mean of several people's times at one task.
        seed: Of the random choices.

    Raises:
        ValueError: If the interval is open, or the wanted ratio is not above 1.
    """
    if not math.isfinite(now.share) or wanted <= 1.0:
        raise ValueError(f"A plan needs an interval with both ends and a ratio above 1, got {now.ratio} and {wanted}.")
    pulls, noise = horizon_pulls(tasks, times, now.chance), _noise(people, cv)
    open_tasks = np.flatnonzero(times.sd > 0)
    order, left = _greedy(_Left(pulls, times, noise), len(open_tasks))
    rng = np.random.default_rng(seed)
    by_chance = np.mean(
        [_in_order(_Left(pulls, times, noise), rng.permutation(open_tasks)) for _ in range(_RANDOM)], axis=0
    )
    sure = (1.0 - now.share) ** 2
    width = math.log2(now.ratio)

    def ratios(remaining: Floats) -> Floats:
        return np.asarray(np.exp2(width * np.sqrt(sure + (1.0 - sure) * remaining)), dtype=np.float64)

    chosen, random = ratios(left), ratios(by_chance)
    enough, random_enough = np.flatnonzero(chosen <= wanted), np.flatnonzero(random <= wanted)
    count = 0 if now.ratio <= wanted else int(enough[0]) + 1 if len(enough) else len(order)
    return TimingPlan(
        chance=now.chance,
        people=people,
        now=now.ratio,
        wanted=wanted,
        least=float(chosen[-1]) if len(chosen) else now.ratio,
        steps=tuple(
            TimingStep(task=tasks.names[place], ratio=float(ratio), random_ratio=float(other))
            for place, ratio, other in zip(order[:count], chosen, random, strict=False)
        ),
        reached=now.ratio <= wanted or len(enough) > 0,
        random_count=0 if now.ratio <= wanted else int(random_enough[0]) + 1 if len(random_enough) else None,
    )


def _noise(people: int, cv: float) -> float:
    """Variance of log2 of the mean of people's times."""
    return math.log1p(cv**2) / people / math.log(2.0) ** 2


class _Left:
    """The variance of a horizon that is left, as tasks are timed one after the other.

    A task's time is what its group shares plus its own error. Timed, it is known but for the people's error, and is off
    with no other task; what it says of the others in its group is not used, as `draw_times` does not use it.
    """

    def __init__(self, pulls: Floats, times: TaskTimes, noise: float) -> None:
        self._group = times.group
        self._follows = pulls * np.sqrt(times.shared) * times.sd
        self._alone = pulls**2 * (1.0 - times.shared) * times.sd**2
        self._timed = pulls**2 * noise
        self._open = times.sd > 0
        self._pull = np.bincount(times.group, weights=self._follows, minlength=int(times.group.max()) + 1)
        self._rest = float(self._alone.sum())

    def variance(self) -> float:
        """What is left now."""
        return float((self._pull**2).sum()) + self._rest

    def by_group(self) -> Floats:
        """(groups,), what the tasks of each group bring to it before any is timed."""
        own = np.bincount(self._group, weights=self._alone, minlength=len(self._pull))
        return np.asarray(self._pull**2 + own, dtype=np.float64)

    def after_each(self) -> Floats:
        """(T,), what would be left if that task were timed next; infinite for those that are."""
        pull = self._pull[self._group]
        change = (pull - self._follows) ** 2 - pull**2 + self._timed - self._alone
        return np.where(self._open, self.variance() + change, np.inf)

    def time(self, place: int) -> float:
        """Time a task; what is left then."""
        self._pull[self._group[place]] -= self._follows[place]
        self._rest += float(self._timed[place] - self._alone[place])
        self._open[place] = False
        return max(0.0, self.variance())


def _greedy(left: _Left, count: int) -> tuple[list[int], Floats]:
    """Places in the order in which they take most, and the share of the variance that is left after each."""
    whole = max(left.variance(), 1e-300)
    order, shares = [], []
    for _ in range(count):
        order.append(int(np.argmin(left.after_each())))
        shares.append(left.time(order[-1]) / whole)
    return order, np.array(shares)


def _in_order(left: _Left, places: NDArray[np.intp]) -> Floats:
    whole = max(left.variance(), 1e-300)
    return np.array([left.time(int(place)) / whole for place in places])
