"""The human times of many tasks as arrays, and how scores become times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.taus._spread import TauSpread

__all__ = ["SHARED", "TaskTimes", "task_times"]

Floats = NDArray[np.float64]

SHARED = 0.5
"""Part of the variance of a proxy's or bin prior's error that the tasks of one source and bin have in common (ours): if
the proxy is too low for one of them, it probably is for the others. `sale-inspect times judge` measures it on timed
tasks."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TaskTimes:
    """What is known of the times of T tasks, on the scale of log2 minutes.

    Attributes:
        centre: (T,), central values.
        low: (T,), lower ends of uniform ones.
        high: (T,), upper ends of uniform ones.
        sd: (T,), standard deviations; 0 where a time is certain.
        uniform: (T,), whether a time is uniform from end to end; else it is normal.
        group: (T,), number of the tasks that may be off together.
        shared: (T,), part of the variance that they have in common.
    """

    centre: Floats
    low: Floats
    high: Floats
    sd: Floats
    uniform: NDArray[np.bool_]
    group: NDArray[np.intp]
    shared: Floats

    def __len__(self) -> int:
        """Tasks, T."""
        return len(self.centre)

    @property
    def certain(self) -> bool:
        """Whether every time is."""
        return bool((self.sd == 0).all())

    def at(self, scores: Floats) -> Floats:
        """(..., T), log2 minutes at standard normal scores."""
        from scipy.special import ndtr

        spread = self.centre + self.sd * scores
        if not self.uniform.any():
            return np.asarray(spread)
        return np.where(self.uniform, self.low + (self.high - self.low) * ndtr(scores), spread)


def task_times(spreads: Sequence[TauSpread], groups: Sequence[str], *, shared: float = SHARED) -> TaskTimes:
    """The times of tasks as arrays.

    Args:
        spreads: What is known of each.
        groups: The source and bin of each: tasks of one group have a part of their errors in common.
        shared: That part, 0 to 1. Times that people took, or wrote down, have none.

    Raises:
        ValueError: If lengths differ or the part is not from 0 to 1.
    """
    if len(spreads) != len(groups) or not 0 <= shared <= 1:
        raise ValueError(f"{len(groups)} groups for {len(spreads)} tasks, shared {shared}: it must be from 0 to 1.")
    numbers = {name: number for number, name in enumerate(dict.fromkeys(groups))}
    logs = np.log2(np.array([(each.minutes, each.low, each.high) for each in spreads], dtype=np.float64).reshape(-1, 3))
    return TaskTimes(
        centre=logs[:, 0],
        low=logs[:, 1],
        high=logs[:, 2],
        sd=np.array([each.log2_sd for each in spreads], dtype=np.float64),
        uniform=np.array([each.uniform and not each.certain for each in spreads], dtype=bool),
        group=np.array([numbers[name] for name in groups], dtype=np.intp),
        shared=np.array([shared if each.shared else 0.0 for each in spreads], dtype=np.float64),
    )
