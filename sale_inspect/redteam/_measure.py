"""Paired changes of a rate, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sale_inspect.stats import mcnemar as exact_test
from sale_inspect.stats import mean_interval

__all__ = ["Change", "change", "mcnemar"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """A mean before and after on the same tasks.

    Attributes:
        before: Mean before.
        after: Mean after.
        low: Lower end of the 95% interval of after - before.
        high: Upper end.
        tasks: Number of tasks.
    """

    before: float
    after: float
    low: float
    high: float
    tasks: int

    @property
    def difference(self) -> float:
        """After - before."""
        return self.after - self.before


def change(before: Sequence[float], after: Sequence[float]) -> Change:
    """The change of a mean over tasks, with the paired interval of `stats.mean_interval`, 95%.

    Args:
        before: Value of each task before, from 0 to 1, for instance the share of seeds in which the attacker won.
        after: Value of the same tasks after.

    Raises:
        ValueError: If the two differ in length or are empty.
    """
    if len(before) != len(after) or not before:
        raise ValueError(f"change needs the same tasks before and after, got {len(before)} and {len(after)}.")
    first, second = np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)
    low, high, _ = mean_interval(second - first)
    return Change(before=float(first.mean()), after=float(second.mean()), low=low, high=high, tasks=len(first))


def mcnemar(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Two-sided p of McNemar's exact test, see `stats.mcnemar`.

    Raises:
        ValueError: If the two differ in length.
    """
    return exact_test(np.asarray(before, dtype=np.float64), np.asarray(after, dtype=np.float64)).p
