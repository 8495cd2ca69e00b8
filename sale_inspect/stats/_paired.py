"""Paired comparisons: two policies on the same tasks, scores of any kind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sale_inspect.stats._frontier import Floats, Rows
from sale_inspect.stats._power import CONFIDENCE

__all__ = [
    "FEWEST",
    "McNemar",
    "Paired",
    "Test",
    "mcnemar",
    "mean_interval",
    "paired",
    "pseudo_values",
    "sign_flip",
    "unit_means",
]

Test = Literal["McNemar", "sign-flip"]

FEWEST = 10
"""Tasks below which nothing is claimed of pass@1."""

_FLIPS = 9_999
_CHUNK_BITS = 4_000_000
_IN_CACHE = 16_000
"""Bytes of drawn signs that are worked on at once: five times as fast as all of them."""

_MOST_PARTS = 60
_MOST_EXACT = 20_000_000
_FIRST = 16
_PART_ERROR = 1e-7


@dataclass(frozen=True, kw_only=True, slots=True)
class Paired:
    """The first less the second.

    Attributes:
        tasks: Tasks, T.
        difference: Mean difference.
        low: Lower end of its interval, see `mean_interval`.
        high: Upper end.
        error: Its standard error.
        test: `McNemar` where all scores are 0 or 1, else `sign-flip`; on 0 and 1 the two are the same test.
        p: Two-sided p of no difference.
    """

    tasks: int
    difference: float
    low: float
    high: float
    error: float
    test: Test
    p: float


def paired(first: Floats, second: Floats, *, confidence: float = CONFIDENCE, seed: int = 0) -> Paired:
    """Compare two policies by their scores on the same tasks.

    Assumption: tasks are a random sample. The test needs that, if the two are equal, a task's two results may be
    exchanged; runs of a task may depend on each other. Source: McNemar (1947), Fisher's sign-flip test. Checked range:
    docs/statistics.md.

    Args:
        first: (T,), mean score of each task over its runs, in [0, 1].
        second: (T,), of the same tasks.
        confidence: Of the interval.
        seed: Of the sampled sign-flip test.

    Raises:
        ValueError: If there is no task or lengths differ.
    """
    if first.shape != second.shape or first.ndim != 1 or len(first) == 0:
        raise ValueError(f"A paired comparison needs the same tasks; got {first.shape} and {second.shape}.")
    difference = first - second
    low, high, error = mean_interval(difference, confidence=confidence)
    binary = bool(np.isin(first, (0.0, 1.0)).all() and np.isin(second, (0.0, 1.0)).all())
    return Paired(
        tasks=len(first),
        difference=float(difference.mean()),
        low=low,
        high=high,
        error=error,
        test="McNemar" if binary else "sign-flip",
        p=mcnemar(first, second).p if binary else sign_flip(difference, seed=seed),
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class McNemar:
    """Counts of tasks, and the test.

    Attributes:
        both: Solved by both.
        first_only: Solved by the first alone.
        second_only: Solved by the second alone.
        neither: Solved by neither.
        p: Two-sided p of "neither is better".
    """

    both: int
    first_only: int
    second_only: int
    neither: int
    p: float


def mcnemar(first: Floats, second: Floats) -> McNemar:
    """Exact test: of the b + c tasks that just one of the two solved, as many should be the first's as the second's.

    p = min(1, 2 * P(X <= min(b, c))), X binomial with b + c draws and chance 1/2; 1 if b + c = 0. It needs no
    approximation, so it holds for few tasks too.

    Args:
        first: (T,), 0 or 1.
        second: (T,), 0 or 1, of the same tasks.

    Raises:
        ValueError: If lengths differ or a value is not 0 or 1. Means over epochs have no such
            counts; take `sign_flip`.
    """
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"McNemar's test needs the same tasks; got {first.shape} and {second.shape}.")
    for name, values in (("first", first), ("second", second)):
        odd = ~np.isin(values, (0.0, 1.0))
        if odd.any():
            raise ValueError(
                f"McNemar's test needs 0 or 1, but the {name} has {float(values[odd][0])!r}. For means over epochs "
                "take the sign-flip test."
            )
    one, two = first > 0, second > 0
    b, c = int((one & ~two).sum()), int((two & ~one).sum())
    p = 1.0
    if b + c:
        from scipy.special import bdtr

        # The two tails of a fair coin are alike. `scipy.stats` takes seconds to load, and says the same.
        p = min(1.0, 2.0 * float(bdtr(min(b, c), b + c, 0.5)))
    return McNemar(both=int((one & two).sum()), first_only=b, second_only=c, neither=int((~one & ~two).sum()), p=p)


def mean_interval(values: Floats, *, confidence: float = CONFIDENCE) -> tuple[float, float, float]:
    """Interval of the mean of T numbers from -1 to 1, and the standard error: lower end, upper end, error.

    Half a number of +1 and half of -1 are added, so that no interval has zero width; then it is Student's interval with
    T - 1 degrees: the idea of Bonett and Price (2012), who add one of each, for numbers of any size (ours).
    Assumption: the numbers are a random sample. Checked range: docs/statistics.md.

    Args:
        values: (T,), at least one.
        confidence: In (0, 1).
    """
    from scipy.special import ndtri, stdtrit

    count = len(values) + 1
    centre = float(values.sum()) / count
    error = math.sqrt(max(0.0, (float((values**2).sum()) + 1.0) / count - centre**2) / count)
    tail = (1 + confidence) / 2
    t = float(stdtrit(len(values) - 1, tail)) if len(values) > 1 else float(ndtri(tail)) * 10
    mean = float(values.mean())
    return max(-1.0, min(centre - t * error, mean)), min(1.0, max(centre + t * error, mean)), error


def sign_flip(values: Floats, *, flips: int = _FLIPS, seed: int = 0) -> float:
    """Two-sided p of "each number is as likely to have the other sign": the sign-flip test of a mean of 0.

    The share of all 2^T choices of signs with which the sum is at least as far from 0. Exact where the numbers are
    multiples of a common part (scores over epochs are), else from `flips` drawn choices, with the data's own as one
    more, so that p is never too small. Holds for few tasks too. Source: Fisher (1935).

    Args:
        values: (T,).
        flips: Choices of signs that are drawn where the exact sum is too long.
        seed: Of the draws.
    """
    some = values[np.abs(values) > 1e-12]
    if len(some) == 0:
        return 1.0
    parts = _whole_parts(some)
    return _sampled(some, flips, seed) if parts is None else _exact(parts)


def _whole_parts(values: Floats) -> Rows | None:
    """The numbers as whole multiples of a common part, or None if there is none or the sum is too long."""
    few = values[:_FIRST]
    for divisor in range(1, _MOST_PARTS + 1):
        # A few numbers mostly tell that there is no such part.
        if np.abs(few * divisor - np.round(few * divisor)).max() >= _PART_ERROR:
            continue
        scaled = values * divisor
        whole = np.round(scaled)
        if np.abs(scaled - whole).max() < _PART_ERROR:
            parts = np.abs(whole).astype(np.intp)
            total = int(parts.sum())
            if total * len(parts) > _MOST_EXACT:
                return None
            return np.asarray(whole, dtype=np.intp)
    return None


def _exact(parts: Rows) -> float:
    sizes = np.abs(parts)
    total = int(sizes.sum())
    # Chance that those with a plus sum to s; the signed sum is 2 s - total.
    chance = np.zeros(total + 1)
    chance[0] = 1.0
    for size in sizes:
        moved = np.zeros_like(chance)
        moved[size:] = chance[: total + 1 - size]
        chance = 0.5 * (chance + moved)
    far = np.abs(2 * np.arange(total + 1) - total) >= abs(int(parts.sum()))
    return min(1.0, float(chance[far].sum()))


def _sampled(values: Floats, flips: int, seed: int) -> float:
    rng = np.random.default_rng(seed)
    count, at_least = len(values), abs(float(values.sum())) - 1e-12 * float(np.abs(values).sum())
    total, farther, done = float(values.sum()), 0, 0
    step = max(1, min(flips, _CHUNK_BITS // count))
    sums = _sums_of_bytes(values)
    flat, offsets = sums.ravel(), np.arange(len(sums), dtype=np.intp) * 256
    together = max(1, _IN_CACHE // len(sums))
    while done < flips:
        size = min(step, flips - done)
        drawn = rng.integers(0, 256, size=(size, len(sums)), dtype=np.uint8)
        for start in range(0, size, together):
            positive = flat.take(drawn[start : start + together] + offsets).sum(axis=1)
            farther += int((np.abs(2.0 * positive - total) >= at_least).sum())
        done += size
    return (1 + farther) / (1 + flips)


def _sums_of_bytes(values: Floats) -> Floats:
    """(B, 256): for each 8 of the numbers, the sum of those whose bit is set, for every byte; the highest is first."""
    padded = np.zeros(-(-len(values) // 8) * 8)
    padded[: len(values)] = values
    bits = np.unpackbits(np.arange(256, dtype=np.uint8)[:, None], axis=1).astype(np.float64)
    return padded.reshape(-1, 8) @ bits.T


def pseudo_values(value: float, left_out: Floats) -> Floats:
    """(U,), the jackknife's pseudo-values U * value - (U - 1) * left_out of a figure that is no mean over tasks.

    For a mean they are the tasks' own numbers; else tests and intervals of a mean hold for them approximately
    (Tukey 1958), with the jackknife's correction of a bias of order 1 / U.

    Args:
        value: The figure on all units.
        left_out: (U,), the figure without each unit.
    """
    return np.asarray(len(left_out) * value - (len(left_out) - 1) * left_out, dtype=np.float64)


def unit_means(values: Floats, unit: Rows) -> Floats:
    """(U,) or (U, M), means over the rows of each unit: runs of a task averaged, so that a task counts once."""
    sizes = np.bincount(unit)
    if values.ndim == 1:
        return np.asarray(np.bincount(unit, weights=values) / sizes, dtype=np.float64)
    return np.column_stack([np.bincount(unit, weights=column) / sizes for column in values.T])
