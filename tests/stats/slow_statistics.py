"""The statistics of a replay one by one, and the hull by all pairs of points: what the fast code must agree with."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import aiq, log_spread, too_few_for_dollars
from sale_inspect.stats.batch import resampled_shares

Floats = NDArray[np.float64]
_TINY = 1e-12
UNSEEN = 0.5


def slow_hull_at(dollars: Floats, correct: Floats, at: Floats) -> Floats:
    """The most that a mix of any two points reaches, for sets in all places but the last."""
    c = np.maximum(at, dollars.min(axis=-1))[..., None]
    below = dollars <= c
    best = np.where(below, correct, -np.inf).max(axis=-1)
    for dear in range(dollars.shape[-1]):
        gap = dollars[..., dear : dear + 1] - dollars
        mixes = below & (dollars[..., dear : dear + 1] > c)
        share = np.divide(c - dollars, gap, out=np.zeros(mixes.shape), where=mixes)
        height = np.where(mixes, correct + (correct[..., dear : dear + 1] - correct) * share, -np.inf)
        best = np.maximum(best, height.max(axis=-1))
    return np.asarray(best, dtype=np.float64)


def slow_mean_heights(dollars: Floats, correct: Floats, low: Floats, high: Floats) -> Floats:
    """AIQ of each row by itself."""
    found = [
        aiq(c, q, low=float(a), high=float(b)).value for c, q, a, b in zip(dollars, correct, low, high, strict=True)
    ]
    return np.array([math.nan if each is None else each for each in found])


def slow_dollars_ends(x: Floats, y: Floats, confidence: float, cap: float | None) -> tuple[float, float, float]:
    """Ends of the ratio of sums and the error of its log, where there are enough tasks."""
    tail = (1 - confidence) / 2
    value = float(x.sum() / y.sum())
    point, error, t = slow_studentised(x[None], y[None], 0)
    low = _exp(point[0] - float(np.quantile(t[0], 1 - tail)) * error[0])
    high = _exp(point[0] - float(np.quantile(t[0], tail)) * error[0])
    wide = slow_studentised(np.append(x, _unseen(x, cap))[None], np.append(y, y.mean())[None], 0)
    high = max(high, _exp(wide[0][0] - float(np.quantile(wide[2][0], tail)) * wide[1][0]))
    return min(low, value), max(high, value), float(error[0])


def slow_upper(values: Floats, confidence: float, cap: float | None) -> Floats:
    """One-sided upper bounds of the means of the rows."""
    ones = np.ones_like(values)
    bounds = []
    for rows in (values, np.column_stack([values, [_unseen(row, cap) for row in values]])):
        size = ones if rows is values else np.ones_like(rows)
        spent = rows.sum(axis=1) > 0
        bound = np.zeros(len(rows))
        if spent.any():
            point, error, t = slow_studentised(rows[spent], size[spent], 0)
            bound[spent] = np.exp(point - np.quantile(t, 1 - confidence, axis=1) * error)
        bounds.append(bound)
    bound = np.maximum(*bounds)
    if cap is not None:
        bound = np.minimum(bound, max(cap, 0.0))
    few = np.array([bool(too_few_for_dollars(row)) for row in values])
    return np.where(few, np.inf, np.maximum(bound, values.mean(axis=1)))


def _exp(log: float) -> float:
    return math.inf if log > 700.0 else math.exp(log)


def _unseen(dollars: Floats, cap: float | None) -> float:
    found = float(dollars.max()) * math.exp(UNSEEN * log_spread(dollars))
    return found if cap is None else max(float(dollars.max()), min(found, cap))


def slow_studentised(above: Floats, below: Floats, seed: int, rounds: int = 1000) -> tuple[Floats, Floats, Floats]:
    """Of each row of (K, T): log of the ratio of sums, its standard error, and (K, rounds) studentised rounds."""
    share = resampled_shares(above.shape[1], seed, rounds)
    # Sums of squares of very unequal sizes lose digits; rows are scaled to a mean of 1.
    x, y = above / above.mean(axis=1, keepdims=True), below / below.mean(axis=1, keepdims=True)
    point = np.log(above.mean(axis=1) / below.mean(axis=1))
    error = (x - y).std(axis=1) / math.sqrt(above.shape[1])
    # One product for all sums: five small ones take several times as long.
    rows = np.concatenate([x, y, x**2, y**2, x * y])
    top, bottom, top_squares, bottom_squares, products = np.split((share @ rows.T).T, 5)
    known = (top > 0) & (bottom > 0)
    safe_top, safe_bottom = np.where(known, top, 1.0), np.where(known, bottom, 1.0)
    squares = top_squares / safe_top**2 + bottom_squares / safe_bottom**2 - 2.0 * products / (safe_top * safe_bottom)
    floor = 1e-9 * np.maximum(error, _TINY)[:, None]
    spread = np.maximum(np.sqrt(np.maximum(squares, 0.0) / above.shape[1]), floor)
    shift = np.log(safe_top / safe_bottom)
    t = np.where(np.abs(shift) <= floor, 0.0, shift / spread)
    # A round without a dollar has a log of minus infinity, one without a divisor of plus infinity.
    t = np.where(known, t, np.where(top > 0, 1e9, -1e9))
    return point, np.asarray(error), np.where((error > _TINY)[:, None], t, 0.0)


def slow_ratio_of_totals(a: Floats, b: Floats, confidence: float, seed: int) -> tuple[float, float, float, float]:
    """Ends of the ratio, error of its log, and p of a ratio of 1."""
    tail = (1 - confidence) / 4
    point, error, t = slow_studentised(a[None], b[None], seed, 4000)
    lows, highs, below, above = [], [], [], []

    def add(point: float, error: float, t: Floats, sides: tuple[bool, bool]) -> None:
        zero = point / error if error > _TINY else math.copysign(math.inf, point) if abs(point) > _TINY else 0.0
        if sides[0]:
            lows.append(point - float(np.quantile(t, 1 - tail)) * error)
            below.append((1 + int((t >= zero).sum())) / (1 + len(t)))
        if sides[1]:
            highs.append(point - float(np.quantile(t, tail)) * error)
            above.append((1 + int((t <= zero).sum())) / (1 + len(t)))

    add(point[0], error[0], t[0], (True, True))
    for one, two, sides in ((a, b, (False, True)), (b, a, (True, False))):
        more_one, more_two = _unseen_pair(one, two)
        top, bottom = np.append(one, more_one), np.append(two, more_two)
        wide = slow_studentised(*((top[None], bottom[None]) if sides[1] else (bottom[None], top[None])), seed, 4000)
        add(wide[0][0], wide[1][0], wide[2][0], sides)
    p = min(1.0, 4 * min(max(below), max(above)))
    low, high = _exp(min(*lows, point[0])), _exp(max(*highs, point[0]))
    return low, high, float(error[0]), p


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


def slow_sign_flips(values: Floats, flips: int, seed: int) -> float:
    """p of the sampled sign-flip test, every sign as a number."""
    rng = np.random.default_rng(seed)
    count, at_least = len(values), abs(float(values.sum())) - 1e-12 * float(np.abs(values).sum())
    total, farther, done = float(values.sum()), 0, 0
    step = max(1, min(flips, 4_000_000 // count))
    while done < flips:
        size = min(step, flips - done)
        bits = np.unpackbits(rng.integers(0, 256, size=(size, -(-count // 8)), dtype=np.uint8), axis=1, count=count)
        farther += int((np.abs(2.0 * (bits @ values) - total) >= at_least).sum())
        done += size
    return (1 + farther) / (1 + flips)
