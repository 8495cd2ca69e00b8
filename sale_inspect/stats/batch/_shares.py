"""Resamples of tasks, and sums over them, in parts that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["resampled_shares", "resampled_sums"]

Floats = NDArray[np.float64]

_FEWEST_ROUNDS = 1000
_MOST_DRAWN = 12_000_000
_MOST_KEPT = 3_100_000
_PART = 50_000
_AT_ONCE = 2_000_000


def resampled_shares(tasks: int, seed: int, rounds: int) -> Floats:
    """(rounds, T), share of each task in each resample. The same arguments draw the same; do not write into it.

    Args:
        tasks: T.
        seed: Seed.
        rounds: Resamples; fewer, but at least 1,000, where so many tasks would need more than 100 MB.
    """
    fewer = _rounds(tasks, rounds)
    if tasks * fewer <= _MOST_KEPT:
        return _kept(tasks, seed, fewer)
    return np.concatenate(list(_parts(tasks, seed, fewer)))


def resampled_sums(columns: Floats, seed: int, rounds: int) -> Floats:
    """(M, rounds), for each row the sum of its numbers times the shares of `resampled_shares`.

    The shares of all rounds are never in memory at once if they are many.

    Args:
        columns: (M, T).
        seed: Seed.
        rounds: Resamples, as in `resampled_shares`.
    """
    tasks = columns.shape[1]
    fewer = _rounds(tasks, rounds)
    parts = [_kept(tasks, seed, fewer)] if tasks * fewer <= _MOST_KEPT else _parts(tasks, seed, fewer)
    sums = np.empty((len(columns), fewer))
    done = 0
    for part in parts:
        sums[:, done : done + len(part)] = columns @ part.T
        done += len(part)
    return sums


def _rounds(tasks: int, rounds: int) -> int:
    return min(rounds, max(_FEWEST_ROUNDS, _MOST_DRAWN // tasks))


@lru_cache(maxsize=6)
def _kept(tasks: int, seed: int, rounds: int) -> Floats:
    return np.concatenate(list(_parts(tasks, seed, rounds)))


def _parts(tasks: int, seed: int, rounds: int) -> Iterator[Floats]:
    """The shares, some rounds at a time."""
    rng = np.random.default_rng(seed)
    # In steps that fit into the processor's cache: eight times as fast as one multinomial draw.
    step = max(1, _PART // tasks)
    together = step * max(1, _AT_ONCE // (step * tasks))
    for first in range(0, rounds, together):
        part = np.empty((min(together, rounds - first), tasks))
        for start in range(0, len(part), step):
            size = min(step, len(part) - start)
            picked = rng.integers(0, tasks, size=(size, tasks)) + (np.arange(size) * tasks)[:, None]
            part[start : start + size] = np.bincount(picked.ravel(), minlength=size * tasks).reshape(size, tasks)
        part /= tasks
        yield part
