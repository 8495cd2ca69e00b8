"""Paired bootstrap over tasks: many policies on the same drawn tasks, all rounds at once.

A round draws as many tasks as there are, with replacement; how often each task is drawn is one row of a matrix of
counts (rounds, T). A sum over the drawn tasks is then a product of that matrix with a column of numbers a task. All
policies share the counts, so differences are paired.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats._frontier import Floats, Rows

__all__ = [
    "Draws",
    "Interval",
    "Method",
    "draw_tasks",
    "holm",
    "interval",
]

_MOST_WIDE = 12_000_000
"""Draws up to which they are held as floats; more are bytes, and are widened some rounds at a time."""

_AT_ONCE = 2_000_000

Method = Literal["percentile", "basic", "bca"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Draws:
    """Drawn tasks of all rounds.

    Attributes:
        counts: (rounds, T), how often each row is drawn; bytes where they would be many as floats.
        unit: (T,), number of the unit that is drawn as one: the row itself, or its cluster.
        stratum: (U,), number of the stratum of each unit.
    """

    counts: Floats | NDArray[np.uint8]
    unit: Rows
    stratum: Rows

    def sums(self, columns: Floats) -> Floats:
        """(rounds, M), sums over the drawn rows of (T, M), or (rounds,) of (T,)."""
        if self.counts.dtype == np.float64:
            return np.asarray(self.counts @ columns, dtype=np.float64)
        step = max(1, _AT_ONCE // self.counts.shape[1])
        starts = range(0, len(self.counts), step)
        return np.concatenate([self.counts[start : start + step].astype(np.float64) @ columns for start in starts])

    def whole(self) -> Draws:
        """One round with every row once: the value itself, by the code that values the rounds."""
        return Draws(counts=np.ones((1, self.counts.shape[1])), unit=self.unit, stratum=self.stratum)

    def left_out(self) -> Draws:
        """U rounds, each with every row once but for those of one unit: the jackknife."""
        counts = 1.0 - (self.unit[None, :] == np.arange(len(self.stratum))[:, None])
        return Draws(counts=counts, unit=self.unit, stratum=self.stratum)

    def sizes(self) -> Floats:
        """(rounds,), rows drawn in each round: T, but where clusters differ in size."""
        return np.asarray(self.counts.sum(axis=1, dtype=np.float64))

    def ratios(self, above: Floats, below: Floats) -> Floats:
        """Ratios of sums in each round, NaN where the divisor is 0; shapes as of `sums`."""
        top, bottom = self.sums(above), self.sums(below)
        return np.divide(top, bottom, out=np.full_like(top, np.nan), where=bottom != 0)


def draw_tasks(
    tasks: int,
    *,
    rounds: int = 1000,
    seed: int = 0,
    strata: Sequence[str] | None = None,
    clusters: Sequence[str] | None = None,
) -> Draws:
    """Draw the tasks of all rounds. The same arguments draw the same.

    Args:
        tasks: Rows, T.
        rounds: Rounds, at least 1.
        seed: Seed.
        strata: Stratum of each row, for instance its bin: each round draws as many of each as there are. Then the
            interval is for a benchmark with this make-up.
        clusters: Cluster of each row, for instance its task when rows are task x epoch or task x order: whole clusters
            are drawn, so that runs of one task do not count as independent.

    Raises:
        ValueError: If there is no row or round, lengths differ, or a cluster lies in two strata.
    """
    if tasks < 1 or rounds < 1:
        raise ValueError(f"A bootstrap needs a task and a round, got {tasks} and {rounds}.")
    for name, labels in (("strata", strata), ("clusters", clusters)):
        if labels is not None and len(labels) != tasks:
            raise ValueError(f"{len(labels)} {name} for {tasks} tasks.")
    unit = np.arange(tasks) if clusters is None else _numbers(clusters)
    units = int(unit.max()) + 1
    by_row = np.zeros(tasks, dtype=np.intp) if strata is None else _numbers(strata)
    stratum = np.zeros(units, dtype=np.intp)
    stratum[unit] = by_row
    if (stratum[unit] != by_row).any():
        raise ValueError("A cluster lies in two strata; all runs of a task must be in one.")
    rng = np.random.default_rng(seed)
    many = rounds * tasks > _MOST_WIDE
    shape = (rounds, units)
    counts: Floats | NDArray[np.uint8] = np.zeros(shape, dtype=np.uint8) if many else np.zeros(shape)
    for group in range(int(stratum.max()) + 1):
        members = np.flatnonzero(stratum == group)
        size = len(members)
        if many:
            for number in range(rounds):
                # A tenth of the time of a multinomial draw. No unit is drawn 256 times in a round: 1 is expected.
                counts[number, members] = np.bincount(rng.integers(0, size, size=size), minlength=size)
        else:
            counts[:, members] = rng.multinomial(size, np.full(size, 1.0 / size), size=rounds)
    return Draws(counts=counts if clusters is None else counts[:, unit], unit=unit.astype(np.intp), stratum=stratum)


def _numbers(labels: Sequence[str]) -> Rows:
    """Labels as whole numbers by first appearance."""
    known: dict[str, int] = {}
    return np.array([known.setdefault(label, len(known)) for label in labels], dtype=np.intp)


@dataclass(frozen=True, kw_only=True, slots=True)
class Interval:
    """A confidence interval.

    Attributes:
        low: Lower end; NaN if it cannot be had.
        high: Upper end.
        error: Standard deviation over rounds: the bootstrap's standard error.
        lost: Rounds in which the metric was not defined; they are left out.
        note: What a reader must know, or "".
    """

    low: float
    high: float
    error: float
    lost: int = 0
    note: str = ""


def interval(
    rounds: Floats,
    *,
    confidence: float = 0.95,
    method: Method = "percentile",
    value: float = math.nan,
    jackknife: Floats | None = None,
    stratum: Rows | None = None,
) -> Interval:
    """An interval from the values of all rounds.

    `percentile`: the (1 - confidence) / 2 quantile and its mirror, linear between order statistics.
    `basic`: 2 * value less those two, the other way round. It corrects a bias that the rounds share with the value, as
    of a maximum over noisy settings, so the value itself may lie outside.
    `bca` (Efron 1987): the quantiles at Phi(z0 + (z0 + z) / (1 - a (z0 + z))), z the normal quantiles of the percentile
    interval, z0 = Phi^-1(share of rounds below the value, ties half), and, with m_s jackknife values of stratum s,
    u_i = (m_s - 1) (their mean - theta_i): a = sum u^3 / m_s^3 / (6 (sum u^2 / m_s^2)^1.5). As in scipy. Where it is
    not defined (all rounds on one side, no spread), the percentile interval is given and `note` says so.

    Args:
        rounds: (rounds,), NaN where not defined.
        confidence: In (0, 1).
        method: Which of the two.
        value: The metric on all tasks; needed by `basic` and `bca`.
        jackknife: (U,), the metric without each unit; needed by `bca`.
        stratum: (U,), stratum of each unit; one by default.

    Raises:
        ValueError: If the confidence is not in (0, 1), or a method lacks its arguments.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"confidence must lie between 0 and 1, got {confidence}.")
    if method == "bca" and (jackknife is None or math.isnan(value)):
        raise ValueError("A BCa interval needs the value on all tasks and the jackknife values.")
    if method == "basic" and math.isnan(value):
        raise ValueError("A basic interval needs the value on all tasks.")
    known = rounds[np.isfinite(rounds)]
    lost = len(rounds) - len(known)
    if len(known) < 2:
        return Interval(low=math.nan, high=math.nan, error=math.nan, lost=lost, note="not defined in the rounds")
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    notes = [f"{lost} of {len(rounds)} rounds have no value and are left out"] if lost else []
    if method == "bca" and jackknife is not None:
        shifted = _bca_tails(known, value, jackknife, stratum, tails)
        if shifted is None:
            notes.append("BCa is not defined here; percentile interval")
        else:
            tails = shifted
    low, high = np.quantile(known, tails)
    if method == "basic":
        low, high = 2 * value - high, 2 * value - low
    return Interval(low=float(low), high=float(high), error=float(known.std(ddof=1)), lost=lost, note="; ".join(notes))


def _bca_tails(known: Floats, value: float, jackknife: Floats, stratum: Rows | None, tails: Floats) -> Floats | None:
    from scipy.special import ndtr, ndtri

    below = ((known < value).mean() + (known <= value).mean()) / 2
    groups = np.zeros(len(jackknife), dtype=np.intp) if stratum is None else stratum
    if not 0 < below < 1 or not np.isfinite(jackknife).all():
        return None
    sizes = np.bincount(groups).astype(np.float64)
    means = np.bincount(groups, weights=jackknife) / sizes
    m = sizes[groups]
    u = (m - 1) * (means[groups] - jackknife)
    spread = float((u**2 / m**2).sum())
    if spread <= 0:
        return None
    a = float((u**3 / m**3).sum()) / (6 * spread**1.5)
    z0 = ndtri(below)
    z = z0 + ndtri(tails)
    return np.asarray(ndtr(z0 + z / (1 - a * z)), dtype=np.float64)


def holm(p: Sequence[float]) -> tuple[float, ...]:
    """P adjusted for many comparisons (Holm 1979): max over j <= i of min(1, (k - j + 1) p_(j)), p sorted.

    Keeps the chance of any false claim among the k at the level, whatever their dependence. NaN (no test was made)
    stays NaN and does not count in k.
    """
    values = np.asarray(p, dtype=np.float64)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    steps = np.minimum(1.0, values[order] * np.arange(len(order), 0, -1))
    adjusted = values.copy()
    adjusted[order] = np.maximum.accumulate(steps) if len(order) else steps
    return tuple(float(each) for each in adjusted)
