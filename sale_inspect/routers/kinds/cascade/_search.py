"""All orders and thresholds of a cascade, and those that are worth their dollars."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts import Floats, Rows
from sale_inspect.stats import pareto_front

__all__ = ["NEVER", "Frontier", "levels_of", "search"]

NEVER = 2.0
"""A threshold that no probability reaches: the step is paid for and never accepted."""

_MOST_CANDIDATES = 20_000_000
_MOST_POINTS = 512


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Frontier:
    """P cascades, each the best that its dollars can buy. Dollars and pass@1 rise strictly.

    Attributes:
        orders: (P, L) columns in running order.
        thresholds: (P, L) least accepted probabilities; 0 at the last step.
        dollars: (P,) mean dollars a task of all runs made.
        correct: (P,) pass@1.
    """

    orders: Rows
    thresholds: Floats
    dollars: Floats
    correct: Floats


def levels_of(scores: Floats, count: int) -> Floats:
    """(count,) thresholds for an agent: 0 (accept all), quantiles of its scores, and `NEVER`."""
    middle = np.quantile(scores, np.linspace(0.0, 1.0, count)[1:-1], method="higher")
    return np.asarray(np.concatenate([[0.0], middle, [NEVER]]), dtype=np.float64)


def search(scores: Floats, correct: Floats, dollars: Floats, *, length: int, levels: int) -> Frontier:
    """Try all orders of `length` agents and all thresholds on a grid of quantiles.

    Equal to scipy.optimize.brute over the quantiles (FrugalGPT has Ns=40), without the local search
    after it, which can do nothing on steps; computed by products of matrices. FrugalGPT's quantiles are
    monotone along the order, which is not asked for here (ours). Shorter cascades are among these: they
    accept all answers of an earlier step.

    Args:
        scores: (T, N) probabilities of tasks that the scorer has not seen.
        correct: (T, N).
        dollars: (T, N).
        length: L, from 1 to N.
        levels: Thresholds tried a step, at least 2.

    Raises:
        OutcomesError: If that is too many.
    """
    agents = scores.shape[1]
    orders = list(itertools.permutations(range(agents), length))
    if len(orders) * levels ** (length - 1) > _MOST_CANDIDATES:
        raise OutcomesError(
            f"Cascade: {len(orders)} orders with {levels} thresholds a step are more than {_MOST_CANDIDATES:,} "
            "candidates. Lower the options levels or length."
        )
    grid = np.stack([levels_of(scores[:, agent], levels) for agent in range(agents)])
    accept = (scores.T[:, None, :] >= grid[:, :, None]).astype(np.float64)
    fronts: list[Floats] = []
    for number, order in enumerate(orders):
        gained, paid = _outcomes_of(order, accept, correct, dollars)
        keep = pareto_front(np.round(paid.ravel(), 15), np.round(gained.ravel(), 12))
        fronts.append(np.stack([np.full(len(keep), number), keep, paid.ravel()[keep], gained.ravel()[keep]], axis=1))
    points = np.concatenate(fronts)
    points = points[pareto_front(np.round(points[:, 2], 15), np.round(points[:, 3], 12))]
    if len(points) > _MOST_POINTS:
        points = points[np.linspace(0, len(points) - 1, _MOST_POINTS).round().astype(np.intp)]
    taken: Rows = np.array([orders[int(number)] for number in points[:, 0]], dtype=np.intp)
    thresholds = np.zeros(taken.shape)
    if length > 1:
        at = np.unravel_index(points[:, 1].astype(np.intp), (levels,) * (length - 1))
        for step, level in enumerate(at):
            thresholds[:, step] = grid[taken[:, step], level]
    return Frontier(orders=taken, thresholds=thresholds, dollars=points[:, 2], correct=points[:, 3])


def _outcomes_of(order: tuple[int, ...], accept: Floats, correct: Floats, dollars: Floats) -> tuple[Floats, Floats]:
    """pass@1 and dollars for each combination of thresholds of all steps but the last.

    The steps before the last two are enumerated; the two last are one product of matrices.
    """
    tasks = len(correct)
    running = np.ones((1, tasks))
    gained, paid = np.zeros(1), np.zeros(1)
    for agent in order[:-2]:
        after = running[:, None, :] * (1.0 - accept[agent])[None, :, :]
        levels = after.shape[1]
        gained = np.repeat(gained, levels) + ((running[:, None, :] - after) @ correct[:, agent]).ravel()
        paid = np.repeat(paid + running @ dollars[:, agent], levels)
        running = after.reshape(-1, tasks)
    last = order[-1]
    if len(order) == 1:
        return running @ correct[:, last] / tasks, running @ dollars[:, last] / tasks
    agent = order[-2]
    yes = accept[agent]
    answers = yes * correct[:, agent] + (1.0 - yes) * correct[:, last]
    gained = gained[:, None] + running @ answers.T
    paid = (paid + running @ dollars[:, agent])[:, None] + running @ ((1.0 - yes) * dollars[:, last]).T
    return gained / tasks, paid / tasks
