"""Shapley values: what each member of a pool adds, averaged over all orders in which the pool could be made.

    phi_i = sum over S without i of |S|! (n - |S| - 1)! / n! * (v(S with i) - v(S))

Coalitions are bit masks: bit i stands for member i. Values may be arrays, for instance one value for each task, and
then so are the results; the mean over tasks of the result is the Shapley value of the mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_EXACT", "SampledShapley", "shapley_exact", "shapley_sampled"]

Floats = NDArray[np.float64]
Value = Callable[[int], Floats]

MOST_EXACT = 8
"""Largest pool for which all coalitions are valued; 2^8 = 256 of them."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SampledShapley:
    """Shapley values from drawn orders.

    Attributes:
        values: (n, ...), the estimates.
        error: (n, ...), their standard errors over orders.
        orders: Orders drawn; each one is used forwards and backwards.
    """

    values: Floats
    error: Floats
    orders: int


def shapley_exact(members: int, value: Value) -> Floats:
    """(members, ...), exact.

    Args:
        members: Number n of members, at most `MOST_EXACT`.
        value: v of a coalition (a bit mask); called once for each of the 2^n.

    Raises:
        ValueError: If there are no members, or too many.
    """
    if not 1 <= members <= MOST_EXACT:
        raise ValueError(f"Exact Shapley values need 1 to {MOST_EXACT} members, got {members}. Sample them.")
    values = [np.asarray(value(mask), dtype=np.float64) for mask in range(1 << members)]
    shares = [1.0 / (members * math.comb(members - 1, size)) for size in range(members)]
    found = np.zeros((members, *values[0].shape))
    for mask, without in enumerate(values):
        for member in range(members):
            if not mask >> member & 1:
                found[member] += shares[mask.bit_count()] * (values[mask | 1 << member] - without)
    return found


def shapley_sampled(members: int, value: Value, *, orders: int = 200, seed: int = 0) -> SampledShapley:
    """Estimates from drawn orders, each with its reverse, which lowers the error.

    Args:
        members: Number n of members.
        value: v of a coalition; called once for each coalition that comes up.
        orders: Orders to draw, at least 2.
        seed: Seed of the draw.

    Raises:
        ValueError: If there are no members or fewer than 2 orders.
    """
    if members < 1 or orders < 2:
        raise ValueError("Sampled Shapley values need a member and at least 2 orders.")
    rng = np.random.default_rng(seed)
    known: dict[int, Floats] = {}

    def valued(mask: int) -> Floats:
        if mask not in known:
            known[mask] = np.asarray(value(mask), dtype=np.float64)
        return known[mask]

    gains = np.zeros((orders, members, *valued(0).shape))
    for draw in range(orders):
        order = rng.permutation(members)
        for way in (order, order[::-1]):
            mask = 0
            for member in way:
                grown = mask | 1 << int(member)
                gains[draw, member] += (valued(grown) - valued(mask)) / 2.0
                mask = grown
    return SampledShapley(values=gains.mean(axis=0), error=gains.std(axis=0, ddof=1) / math.sqrt(orders), orders=orders)
