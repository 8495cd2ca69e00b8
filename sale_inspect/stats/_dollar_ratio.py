"""Dollars of two policies on the same tasks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from sale_inspect.stats._dollars import UNSEEN, exp_or_inf, log_spread, too_few_for_dollars
from sale_inspect.stats._frontier import Floats
from sale_inspect.stats._paired import FEWEST, sign_flip
from sale_inspect.stats._power import CONFIDENCE
from sale_inspect.stats.batch import Studentised, pairs_of, studentised_pairs

__all__ = ["DollarRatio", "compare_dollars", "compare_many_dollars"]

_TEST_ROUNDS = 4000
"""More than for intervals: Holm's correction multiplies the smallest p that rounds can show."""

_TINY = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True)
class DollarRatio:
    """Dollars of the first policy over those of the second, on the same tasks.

    Attributes:
        tasks: Tasks.
        difference: Mean dollars a task of the first less the second.
        ratio: All dollars of the first over all of the second; NaN if the second spent nothing.
        low: Lower end of its interval; None if there are too few tasks.
        high: Upper end.
        typical: Geometric mean of the tasks' own ratios; None if a task cost nothing.
        typical_low: Lower end of its interval.
        typical_high: Upper end.
        error: Standard error of the log of `ratio`; None if there are too few tasks.
        p_typical: Two-sided p of "a task costs the same with both": sign-flip test on the logs of the tasks' ratios.
        p_total: Two-sided p of "all tasks together cost the same", from the interval of `ratio`; None if there are
            too few tasks.
        p: The larger of the two: a claim needs both. None if there are too few tasks.
        reason: Why nothing can be claimed, or "".
    """

    tasks: int
    difference: float
    ratio: float
    low: float | None
    high: float | None
    typical: float | None
    typical_low: float | None
    typical_high: float | None
    error: float | None
    p_typical: float
    p_total: float | None
    p: float | None
    reason: str = ""


def compare_dollars(
    first: ArrayLike, second: ArrayLike, *, confidence: float = CONFIDENCE, seed: int = 0
) -> DollarRatio:
    """Compare the dollars of two policies on the same tasks.

    The tested quantity is the log of each task's ratio, by the sign-flip test. It says which policy costs less on a
    typical task, which need not be the one that costs less in total, so a claim needs the interval of the ratio of
    totals too: p is the larger of the two (intersection-union, Berger 1982). Tasks that cost nothing have no log;
    then the sign-flip test is on (a - b) / (a + b), which orders tasks alike.

    Assumption, source and range as of `dollars_interval`; no claim below `DOLLARS_FEWEST` tasks.

    Args:
        first: (T,), dollars of each task.
        second: (T,), of the same tasks.
        confidence: Of the intervals.
        seed: Of the bootstrap and the sampled test.
    """
    return compare_many_dollars([(first, second)], confidence=confidence, seed=seed)[0]


def compare_many_dollars(
    pairs: Sequence[tuple[ArrayLike, ArrayLike]], *, confidence: float = CONFIDENCE, seed: int = 0
) -> tuple[DollarRatio, ...]:
    """`compare_dollars` of many pairs of policies on the same tasks, from the same resamples, in one pass.

    Args:
        pairs: Of each, dollars (T,) of the first policy and of the second.
        confidence: Of the intervals.
        seed: Of the bootstrap and the sampled test.
    """
    rows = [(np.asarray(one, dtype=np.float64), np.asarray(two, dtype=np.float64)) for one, two in pairs]
    reasons = [too_few_for_dollars(a) or too_few_for_dollars(b) for a, b in rows]
    open_ = [
        place
        for place, ((a, b), reason) in enumerate(zip(rows, reasons, strict=True))
        if not reason and a.sum() > 0 and b.sum() > 0
    ]
    totals = _ratios_of_totals([rows[place] for place in open_], confidence, seed) if open_ else []
    known = dict(zip(open_, totals, strict=True))
    return tuple(
        _compared(a, b, reason, known.get(place), confidence, seed)
        for place, ((a, b), reason) in enumerate(zip(rows, reasons, strict=True))
    )


def _compared(
    a: Floats, b: Floats, reason: str, totals: tuple[float, float, float, float] | None, confidence: float, seed: int
) -> DollarRatio:
    priced = bool((a > 0).all() and (b > 0).all())
    logs = np.log(a) - np.log(b) if priced else np.divide(a - b, a + b, out=np.zeros_like(a), where=(a + b) > 0)
    # Equal dollars that were summed in another order differ in the last digits.
    logs = np.where(np.abs(logs) < 1e-9, 0.0, logs)
    typical = _typical(logs, confidence) if priced and len(a) >= FEWEST else (None, None, None)
    p_typical = sign_flip(logs, seed=seed)
    low, high, error, p_total = totals or (None, None, None, None)
    if totals is None and not reason:
        # One of them is free: there is no ratio, and every task that costs something says the same.
        p_total = p_typical
    return DollarRatio(
        tasks=len(a),
        difference=float(a.mean() - b.mean()),
        ratio=float(a.sum() / b.sum()) if b.sum() > 0 else math.nan,
        low=low,
        high=high,
        typical=typical[0],
        typical_low=typical[1],
        typical_high=typical[2],
        error=error,
        p_typical=p_typical,
        p_total=p_total,
        p=None if p_total is None else max(p_typical, p_total),
        reason=reason,
    )


def _typical(logs: Floats, confidence: float) -> tuple[float, float, float]:
    from scipy.special import stdtrit

    mean, error = float(logs.mean()), float(logs.std(ddof=1)) / math.sqrt(len(logs))
    t = float(stdtrit(len(logs) - 1, (1 + confidence) / 2))
    return math.exp(mean), math.exp(mean - t * error), math.exp(mean + t * error)


def _ratios_of_totals(
    rows: Sequence[tuple[Floats, Floats]], confidence: float, seed: int
) -> list[tuple[float, float, float, float]]:
    """Of each pair: ends of the ratio, error of its log, and p of a ratio of 1."""
    tail = (1 - confidence) / 4
    pairs = pairs_of(rows)
    logs, errors, lows, highs = (np.empty(len(rows)) for _ in range(4))
    below, above = np.empty(len(rows)), np.empty(len(rows))
    for here, (plain,) in studentised_pairs(pairs, seed, _TEST_ROUNDS):
        logs[here], errors[here] = plain.point, plain.error
        ends = plain.point - np.quantile(plain.t, (1 - tail, tail), axis=1) * plain.error
        lows[here], highs[here] = np.minimum(ends[0], plain.point), np.maximum(ends[1], plain.point)
        below[here], above[here] = _reached(plain, 1), _reached(plain, -1)
    of_one = np.array([_unseen_pair(a, b) for a, b in rows])
    of_two = np.array([_unseen_pair(b, a)[::-1] for a, b in rows])
    added = [(of_one[:, 0], of_one[:, 1]), (of_two[:, 0], of_two[:, 1])]
    for here, (upper, lower) in studentised_pairs(pairs, seed, _TEST_ROUNDS, added=added):
        highs[here] = np.maximum(highs[here], upper.point - np.quantile(upper.t, tail, axis=1) * upper.error)
        above[here] = np.maximum(above[here], _reached(upper, -1))
        lows[here] = np.minimum(lows[here], lower.point - np.quantile(lower.t, 1 - tail, axis=1) * lower.error)
        below[here] = np.maximum(below[here], _reached(lower, 1))
    p = np.minimum(1.0, 4 * np.minimum(below, above))
    found = zip(lows.tolist(), highs.tolist(), errors.tolist(), p.tolist(), strict=True)
    return [(exp_or_inf(low), exp_or_inf(high), error, each) for low, high, error, each in found]


def _reached(found: Studentised, sign: int) -> Floats:
    """Share of the rounds in which the ratio lies as far from its value as 1 does, on one side."""
    rounds = found.t.shape[1]
    some = found.error > _TINY
    zero = np.divide(found.point, found.error, out=np.zeros(len(some)), where=some)
    # Without any spread the ratio is what it is in all rounds.
    zero = np.where(~some & (np.abs(found.point) > _TINY), np.copysign(np.inf, found.point), zero)
    return np.asarray((1 + (sign * found.t >= sign * zero[:, None]).sum(axis=1)) / (1 + rounds), dtype=np.float64)


def _unseen_pair(one: Floats, two: Floats) -> tuple[float, float]:
    """The task that was not seen and is expensive for the first; the second goes with it as far as their logs do."""
    at = int(np.argmax(one))
    both = (one > 0) & (two > 0)
    follows = 0.0
    if both.sum() > 2:
        x, y = np.log(one[both]), np.log(two[both])
        below = float(x.std() * y.std())
        follows = max(0.0, float(((x - x.mean()) * (y - y.mean())).mean()) / below) if below > _TINY else 1.0
    more = float(one[at]) * math.exp(UNSEEN * log_spread(one))
    return more, float(two[at]) * math.exp(UNSEEN * log_spread(two) * follows)
