"""How good proxies of human times are, by tasks that people were timed at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import Rate, rank_correlation, rate
from sale_inspect.taus._spread import TauSpread

__all__ = ["ProxyJudgement", "judge_proxy", "rank_with_times"]

Floats = NDArray[np.float64]

_Z = 1.959963984540054


@dataclass(frozen=True, kw_only=True, slots=True)
class ProxyJudgement:
    """Proxies against measured times.

    Attributes:
        tasks: Tasks that have both.
        rank: Spearman's rank correlation with its interval.
        bias: Geometric mean of measured over proxy: 2 if people take twice as long as the proxy says.
        factor: 95 of 100 measured times lie within this factor of the proxy times the bias; NaN for fewer than two
            tasks.
        inside: Share of the measured times that lie within what the proxy says (its 95% interval, or its bin).
        shared: Part of the variance of the errors that tasks of a group have in common, 0 to 1; NaN if no two groups
            have two tasks.
    """

    tasks: int
    rank: Rate
    bias: float
    factor: float
    inside: Rate
    shared: float


def judge_proxy(proxies: Sequence[TauSpread], minutes: Sequence[float], groups: Sequence[str]) -> ProxyJudgement:
    """Hold proxies against measured times of the same tasks.

    Args:
        proxies: What the proxy says of each task.
        minutes: Its measured time.
        groups: Its source and bin.

    Raises:
        ValueError: If there is no task or lengths differ.
    """
    if not proxies or not len(proxies) == len(minutes) == len(groups):
        raise ValueError(f"{len(proxies)} proxies, {len(minutes)} times, {len(groups)} groups: they must be as many.")
    said, seen = np.array([each.minutes for each in proxies]), np.asarray(minutes, dtype=np.float64)
    logs = np.log(seen / said)
    inside = [each.low <= time <= each.high for each, time in zip(proxies, seen, strict=True)]
    return ProxyJudgement(
        tasks=len(logs),
        rank=rank_with_times(said, seen),
        bias=math.exp(float(logs.mean())),
        factor=math.exp(_Z * float(logs.std(ddof=1))) if len(logs) > 1 else math.nan,
        inside=rate(np.array(inside, dtype=np.float64)),
        shared=_shared(logs, groups),
    )


def rank_with_times(values: Floats, minutes: Floats) -> Rate:
    """Spearman's rank correlation of any proxy with measured times, see `stats.rank_correlation`."""
    return rank_correlation(values, minutes, np.arange(len(values)))


def _shared(logs: Floats, groups: Sequence[str]) -> float:
    """Intraclass correlation from one-way analysis of variance, cut to 0 to 1."""
    _, number = np.unique(np.asarray(groups), return_inverse=True)
    sizes = np.bincount(number)
    if (sizes > 1).sum() < 2:
        return math.nan
    means = np.bincount(number, weights=logs) / sizes
    total, count = len(logs), len(sizes)
    within = float(((logs - means[number]) ** 2).sum()) / (total - count)
    between = float((sizes * (means - logs.mean()) ** 2).sum()) / (count - 1)
    typical = (total - float((sizes**2).sum()) / total) / (count - 1)
    common = max(0.0, (between - within) / typical)
    return common / (common + within) if common + within > 0 else math.nan
