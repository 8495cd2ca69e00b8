"""McNemar's exact test: two policies on the same tasks, each task solved or not."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect.stats._frontier import Floats

__all__ = ["McNemar", "mcnemar"]


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
        ValueError: If lengths differ or a value is not 0 or 1. Means over epochs have no exact test; take the paired
            bootstrap.
    """
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError(f"McNemar's test needs the same tasks; got {first.shape} and {second.shape}.")
    for name, values in (("first", first), ("second", second)):
        odd = ~np.isin(values, (0.0, 1.0))
        if odd.any():
            raise ValueError(
                f"McNemar's test needs 0 or 1, but the {name} has {float(values[odd][0])!r}. For means over epochs "
                "take the paired bootstrap."
            )
    one, two = first > 0, second > 0
    b, c = int((one & ~two).sum()), int((two & ~one).sum())
    p = 1.0
    if b + c:
        from scipy.stats import binomtest

        p = float(binomtest(min(b, c), b + c, 0.5).pvalue)
    return McNemar(both=int((one & two).sum()), first_only=b, second_only=c, neither=int((~one & ~two).sum()), p=p)
