"""Paired changes of a rate, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

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


def change(before: Sequence[float], after: Sequence[float], *, seed: int = 0, draws: int = 2000) -> Change:
    """The change of a mean over tasks with a paired percentile bootstrap over tasks, 95%.

    Where all tasks change alike the bootstrap has no spread; the interval is then widened on each side to
    what the rule of three says (3 / n of the tasks could still differ by 1), within [-1, 1]. Source: ours.

    Args:
        before: Value of each task before, for instance the share of seeds in which the attacker won.
        after: Value of the same tasks after.
        seed: Seed of the bootstrap.
        draws: Bootstrap samples.

    Raises:
        ValueError: If the two differ in length or are empty.
    """
    if len(before) != len(after) or not before:
        raise ValueError(f"change needs the same tasks before and after, got {len(before)} and {len(after)}.")
    differences = np.asarray(after, float) - np.asarray(before, float)
    n = len(differences)
    picks = np.random.default_rng(seed).integers(0, n, size=(draws, n))
    low, high = np.quantile(differences[picks].mean(axis=1), [0.025, 0.975])
    if np.ptp(differences) == 0.0:
        low, high = max(-1.0, float(low) - 3 / n), min(1.0, float(high) + 3 / n)
    return Change(before=float(np.mean(before)), after=float(np.mean(after)), low=float(low), high=float(high), tasks=n)


def mcnemar(before: Sequence[bool], after: Sequence[bool]) -> float:
    """Two-sided p of McNemar's exact test: binomial(b + c, 1/2) on the pairs that differ; 1 if none does.

    Raises:
        ValueError: If the two differ in length.
    """
    pairs = list(zip(before, after, strict=True))
    up = sum(1 for one, two in pairs if two and not one)
    down = sum(1 for one, two in pairs if one and not two)
    n = up + down
    tail = sum(math.comb(n, k) for k in range(min(up, down) + 1))
    return min(1.0, float(2 * tail / 2**n))
