"""Figures of ranks with their intervals: AUC and rank correlation."""

from __future__ import annotations

import math

import numpy as np

from sale_inspect.stats._frontier import Floats, Rows
from sale_inspect.stats._paired import FEWEST
from sale_inspect.stats._power import CONFIDENCE
from sale_inspect.stats._rates import Rate

__all__ = ["AUC_FEWEST", "auc", "rank_correlation"]

AUC_FEWEST = 5
"""Successes and failures below which an AUC has no interval."""


def auc(scores: Floats, success: Floats, unit: Rows, *, confidence: float = CONFIDENCE) -> Rate:
    """Chance that a run with success has a higher score than one without, ties half.

    The variance is that of the placements (DeLong 1988), summed over the runs of a task, so that runs of one task do
    not count as independent. The interval is Wilson's at as many tasks as that variance is worth, with Student's
    quantile, so that it stays in [0, 1] and has no zero width at 0 and 1 (ours). Assumption: tasks are a random sample.
    Checked range: docs/statistics.md.

    Args:
        scores: (R,).
        success: (R,), above 0.5 is a success.
        unit: (R,), number of each run's task.
        confidence: In (0, 1).

    Returns:
        The AUC; NaN without a success or a failure, ends NaN with fewer than `AUC_FEWEST` of either. `tasks` counts
        tasks.
    """
    from scipy.special import stdtrit

    good, bad = success > 0.5, ~(success > 0.5)
    tasks = len(np.unique(unit))
    if not good.any() or not bad.any():
        return Rate(value=math.nan, low=math.nan, high=math.nan, tasks=tasks)
    placed = np.where(good, _placed(scores, scores[bad]), 1.0 - _placed(scores, scores[good]))
    value = float(placed[good].mean())
    fewest = min(len(np.unique(unit[good])), len(np.unique(unit[bad])))
    if fewest < AUC_FEWEST:
        return Rate(value=value, low=math.nan, high=math.nan, tasks=tasks)
    pull = (placed - value) / np.where(good, good.sum(), bad.sum())
    _, numbers = np.unique(unit, return_inverse=True)
    variance = float((np.bincount(numbers, weights=pull) ** 2).sum()) * fewest / (fewest - 1)
    b = value * (1.0 - value)
    # As if half a task of the rarer kind had been a coin with this chance: no zero width.
    least = 0.5 * b / fewest**2
    n = b / (variance + least) if b > 1e-12 else float(fewest)
    z = float(stdtrit(fewest - 1, (1 + confidence) / 2))
    centre, below = value + z * z / (2 * n), 1 + z * z / n
    spread = z * math.sqrt(b / n + z * z / (4 * n * n))
    low, high = max(0.0, (centre - spread) / below), min(1.0, (centre + spread) / below)
    return Rate(value=value, low=min(low, value), high=max(high, value), tasks=tasks)


def _placed(scores: Floats, others: Floats) -> Floats:
    """Share of the others that lie below each score, ties half."""
    ordered = np.sort(others)
    below, up_to = np.searchsorted(ordered, scores, side="left"), np.searchsorted(ordered, scores, side="right")
    return np.asarray((below + up_to) / (2.0 * len(ordered)), dtype=np.float64)


def rank_correlation(first: Floats, second: Floats, unit: Rows, *, confidence: float = CONFIDENCE) -> Rate:
    """Spearman's rank correlation, mean ranks for ties, with its interval over tasks.

    The variance is that of the influence of each row, the part by which it moves the other rows' ranks included, summed
    over the rows of a task. The interval is Student's on Fisher's z. Assumption: tasks are a random sample. Checked
    range: docs/statistics.md.

    Args:
        first: (R,).
        second: (R,).
        unit: (R,), number of each row's task.
        confidence: In (0, 1).

    Returns:
        The correlation; NaN for fewer than 3 rows or if one does not vary. Ends NaN with fewer than 10 tasks or where
        the order is the same throughout. `tasks` counts tasks.
    """
    from scipy.special import stdtrit
    from scipy.stats import rankdata

    numbers = np.unique(unit, return_inverse=True)[1]
    tasks = int(numbers.max()) + 1 if len(numbers) else 0
    none = Rate(value=math.nan, low=math.nan, high=math.nan, tasks=tasks)
    if len(first) < 3:
        return none
    a, b = ((rankdata(each) - 0.5) / len(each) - 0.5 for each in (first, second))
    a, b = a - a.mean(), b - b.mean()
    below = math.sqrt(float(a @ a) * float(b @ b))
    if below <= 0:
        return none
    value = max(-1.0, min(1.0, float(a @ b) / below))
    if tasks < FEWEST or abs(value) > 1 - 1e-12:
        return Rate(value=value, low=math.nan, high=math.nan, tasks=tasks)
    size = len(a)
    product = a * b + _moved(first, b) + _moved(second, a)
    square_a, square_b = a * a + 2 * _moved(first, a), b * b + 2 * _moved(second, b)
    scale_a, scale_b = float(a @ a) / size, float(b @ b) / size
    pull = product / math.sqrt(scale_a * scale_b) - value * (square_a / scale_a + square_b / scale_b) / 2
    pull = (pull - pull.mean()) / size
    variance = float((np.bincount(numbers, weights=pull) ** 2).sum()) * tasks / (tasks - 1)
    z, error = math.atanh(value), math.sqrt(variance) / (1 - value**2)
    t = float(stdtrit(tasks - 2, (1 + confidence) / 2))
    return Rate(value=value, low=math.tanh(z - t * error), high=math.tanh(z + t * error), tasks=tasks)


def _moved(values: Floats, other: Floats) -> Floats:
    """(R,), how much each row, by raising the ranks of the rows above it, moves the mean of rank times `other`."""
    ordered = np.argsort(values, kind="stable")
    from_here = np.concatenate([np.cumsum(other[ordered][::-1])[::-1], [0.0]])
    at, after = (np.searchsorted(values[ordered], values, side=side) for side in ("left", "right"))
    return np.asarray((from_here[at] + from_here[after]) / (2.0 * len(values)), dtype=np.float64)
