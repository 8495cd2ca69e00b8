"""A figure with its interval, from runs of tasks: each task counts once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sale_inspect.stats import CONFIDENCE, mean_interval, rate

__all__ = ["NOTHING", "TaskEstimate", "mean_gain", "share_solved"]


@dataclass(frozen=True, slots=True)
class TaskEstimate:
    """A figure with the ends of its interval; all NaN if it is not known."""

    value: float
    low: float
    high: float

    @property
    def known(self) -> bool:
        """Whether there is a figure."""
        return not math.isnan(self.value)


NOTHING = TaskEstimate(math.nan, math.nan, math.nan)


def share_solved(scores: np.ndarray, tasks: np.ndarray, confidence: float = CONFIDENCE) -> TaskEstimate:
    """The mean score of tasks, with the interval of `stats.rate`.

    Args:
        scores: (R,), score of each run, from 0 to 1.
        tasks: (R,), its task.
        confidence: Of the interval.
    """
    means = task_means(scores, tasks)
    if not means:
        return NOTHING
    found = rate(means, confidence=confidence)
    return TaskEstimate(found.value, found.low, found.high)


def mean_gain(gains: np.ndarray, tasks: np.ndarray, confidence: float = CONFIDENCE) -> TaskEstimate:
    """The mean over tasks of differences from -1 to 1, with the interval of `stats.mean_interval`.

    Args:
        gains: (R,), difference of each run.
        tasks: (R,), its task.
        confidence: Of the interval.
    """
    means = task_means(gains, tasks)
    if not means:
        return NOTHING
    low, high, _ = mean_interval(np.array(means), confidence=confidence)
    return TaskEstimate(float(np.mean(means)), low, high)


def task_means(values: np.ndarray, tasks: np.ndarray) -> Sequence[float]:
    """The mean of each task's runs."""
    return [float(values[tasks == task].mean()) for task in dict.fromkeys(tasks)]
