"""What agents can do alone, and what the best choice among them could: the best single agent, the oracle.

Ties (ours): sums in another order of tasks differ in the last digits, so pass@1 that differ by no more than 1e-12 are
equal, and so are mean dollars that agree to 15 decimals.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from sale_inspect.stats._frontier import Floats, Rows

__all__ = ["EQUAL", "best_single", "oracle"]

EQUAL = 1e-12
"""pass@1 that differ by no more are equal."""

_PASS_DECIMALS = 12
_DOLLAR_DECIMALS = 15


def best_single(correct: ArrayLike, dollars: ArrayLike) -> int:
    """Column of the best single agent: the highest pass@1; then the fewest dollars, then pool order (ours).

    Dollars are rounded like pass@1: of two agents that solve and cost the same, the first of the pool is taken on every
    machine, and not the one whose sum of dollars happened to end lower.

    Args:
        correct: (N,), pass@1 of each agent.
        dollars: (N,), dollars a task.

    Raises:
        ValueError: If there is no agent, shapes differ, or a number is not finite.
    """
    q, c = np.asarray(correct, dtype=np.float64), np.asarray(dollars, dtype=np.float64)
    if q.ndim != 1 or q.shape != c.shape or len(q) == 0 or not (np.isfinite(q).all() and np.isfinite(c).all()):
        raise ValueError(
            f"The best of agents needs a finite pass@1 and finite dollars of each, of at least one; got {q.tolist()} "
            f"and {c.tolist()}."
        )
    return int(np.lexsort((np.round(c, _DOLLAR_DECIMALS), -np.round(q, _PASS_DECIMALS)))[0])


def oracle(correct: Floats, dollars: Floats) -> Rows:
    """The oracle's agent for each task: the cheapest of those with the task's highest pass@1.

    The cheapest by the dollars of the task itself; of equals the one with the fewer mean dollars, then pool order
    (ours). With outcomes of 0 and 1 it is the cheapest correct agent, or the cheapest if none is correct. So no choice
    of one agent a task has a higher pass@1, nor the same for fewer dollars.

    Source: the SALE paper and RouterBench for 0 and 1; the rule for fractions (means over epochs) is ours.

    Args:
        correct: (T, N), pass@1 of each agent alone on each task.
        dollars: (T, N), dollars of its run.

    Returns:
        (T,), columns.

    Raises:
        ValueError: If shapes differ or there is no agent.
    """
    if correct.shape != dollars.shape or correct.ndim != 2 or correct.shape[1] == 0:
        raise ValueError(f"An oracle needs tasks x agents of both; got {correct.shape} and {dollars.shape}.")
    if len(correct) == 0:
        return np.zeros(0, dtype=np.intp)
    candidates = np.where(correct >= correct.max(axis=1, keepdims=True) - EQUAL, dollars, np.inf)
    cheapest_first = np.argsort(np.round(dollars.mean(axis=0), _DOLLAR_DECIMALS), kind="stable")
    # argmin takes the first of equals, so the columns are put in the order that breaks ties.
    return np.asarray(cheapest_first[np.argmin(candidates[:, cheapest_first], axis=1)], dtype=np.intp)
