"""Any statistic of the tasks as an estimate with an interval."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from sale_inspect.replays._parts import Estimate, ReplayOptions
from sale_inspect.routers import Floats, Rows
from sale_inspect.stats import (
    Draws,
    Hulls,
    Ratio,
    draw_tasks,
    hulls,
    interval,
    mean_interval,
    pseudo_values,
    ratio_ends,
)

__all__ = ["Resamples", "Rounds", "Statistic", "draw_rounds", "hulls_of", "mean_of"]

Name = TypeVar("Name", bound=Hashable)


class Resamples(Protocol):
    """Rounds in which tasks count more or less often."""

    def sums(self, columns: Floats) -> Floats:
        """(rounds, M), sums over the rows of (T, M), or (rounds,) of (T,)."""

    def sizes(self) -> Floats:
        """(rounds,), rows that count in each round."""


Statistic = Callable[[Resamples], Floats]
"""Values of one metric in each round, (rounds,), or of M metrics, (rounds, M); NaN where not defined."""

_MOST_LEFT_OUT = 400


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Rounds:
    """The draws that all policies share.

    Attributes:
        draws: Bootstrap rounds, for AIQ alone.
        whole: All tasks, once.
        left_out: The jackknife: all tasks but one, or but one of 400 groups of them drawn by chance.
        unit: (T,), number of each row's task.
        options: Confidence and seed.
    """

    draws: Draws
    whole: Draws
    left_out: Resamples
    unit: Rows
    options: ReplayOptions

    def ratios(self, known: Mapping[Name, Ratio]) -> dict[Name, Estimate]:
        """Ratios of sums over tasks, by name, in one pass; see `stats.ratio_ends`."""
        values = {name: ratio.value() for name, ratio in known.items()}
        there = [name for name, value in values.items() if value.value is not None]
        ends = dict(
            zip(
                there,
                ratio_ends(
                    [known[name] for name in there], self.unit, confidence=self.options.confidence,
                    seed=self.options.seed,
                ),
                strict=True,
            )
        )  # fmt: skip
        return {
            name: Estimate(value=None, reason=value.reason)
            if name not in ends
            else Estimate(
                value=value.value, low=ends[name].low, high=ends[name].high, error=ends[name].error,
                reason=ends[name].reason,
            )
            for name, value in values.items()
        }  # fmt: skip

    def pseudo(self, statistic: Statistic) -> tuple[float, Floats]:
        """The value on all tasks, and the jackknife's pseudo-values (U,)."""
        value = float(statistic(self.whole)[0])
        return value, pseudo_values(value, statistic(self.left_out))

    def estimate(self, statistic: Statistic) -> Estimate:
        """pass@1 of a control, in [0, 1]: Student's interval of the pseudo-values."""
        value, units = self.pseudo(statistic)
        if math.isnan(value):
            return Estimate(value=None)
        if not np.isfinite(units).all():
            return Estimate(value=value, reason="it is not defined without some of the tasks")
        low, high, error = mean_interval(units, confidence=self.options.confidence)
        return Estimate(value=value, low=max(0.0, min(low, value)), high=min(1.0, max(high, value)), error=error)

    def corrected(self, statistic: Statistic) -> Estimate:
        """A maximum over noisy settings (AIQ): the basic bootstrap, which corrects the bias that rounds share."""
        value = float(statistic(self.whole)[0])
        if math.isnan(value):
            return Estimate(value=None)
        found = interval(statistic(self.draws), confidence=self.options.confidence, method="basic", value=value)
        if math.isnan(found.low):
            return Estimate(value=value, reason=found.note)
        return Estimate(value=value, low=found.low, high=found.high, error=found.error, reason=found.note)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _LeftOut:
    """Every row once, but for those of one group, which is another in each round.

    Attributes:
        group: (T,), number of each row's group, from 0; none is empty.
    """

    group: Rows

    def sums(self, columns: Floats) -> Floats:
        """All less those of the group: work that grows with the rows, not with rows times groups."""
        order = np.argsort(self.group, kind="stable")
        starts = np.flatnonzero(np.diff(self.group[order], prepend=-1))
        return np.asarray(columns.sum(axis=0) - np.add.reduceat(columns[order], starts, axis=0), dtype=np.float64)

    def sizes(self) -> Floats:
        """(groups,)."""
        return np.asarray(len(self.group) - np.bincount(self.group), dtype=np.float64)


def draw_rounds(tasks: int, clusters: tuple[str, ...] | None, options: ReplayOptions) -> Rounds:
    """Draw the tasks once for the whole replay."""
    draws = draw_tasks(tasks, rounds=options.rounds, seed=options.seed, clusters=clusters)
    units = len(draws.stratum)
    group = np.arange(units)
    if units > _MOST_LEFT_OUT:
        group = np.random.default_rng(options.seed).permutation(units) % _MOST_LEFT_OUT
    left_out = _LeftOut(group=group[draws.unit])
    return Rounds(draws=draws, whole=draws.whole(), left_out=left_out, unit=draws.unit, options=options)


def mean_of(values: Floats) -> Statistic:
    """The statistic "mean over the drawn tasks" of (T, M), as (rounds, M), or of (T,), as (rounds,)."""

    def found(draws: Resamples) -> Floats:
        sums, sizes = draws.sums(values), draws.sizes()
        return np.asarray(sums / (sizes if sums.ndim == 1 else sizes[:, None]), dtype=np.float64)

    return _remembered(found)


def hulls_of(dollars: Statistic, correct: Statistic) -> Callable[[Resamples], Hulls]:
    """The hull of M points in each round."""
    return _remembered(lambda draws: hulls(dollars(draws), correct(draws)))


Found = TypeVar("Found")


def _remembered(find: Callable[[Resamples], Found]) -> Callable[[Resamples], Found]:
    """It remembers what it gave for each draws, because the same means go into many comparisons."""
    known: list[tuple[Resamples, Found]] = []

    def found(draws: Resamples) -> Found:
        for seen, value in known:
            if seen is draws:
                return value
        value = find(draws)
        known.append((draws, value))
        return value

    return found
