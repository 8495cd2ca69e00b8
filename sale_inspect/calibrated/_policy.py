"""What the calibrated rule does on dev tasks that its models had not seen, at many prices of a solved task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sale_inspect.calibrated._choose import choose
from sale_inspect.calibrated._data import DevAuctions, task_means
from sale_inspect.calibrated._gate import auction_gains, updates_of
from sale_inspect.calibrated._model import Forecasts
from sale_inspect.routers import Floats, HeldOut, Rows

__all__ = ["HeldOutRule", "held_out_rule", "reliability"]

KNOB = "worth"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class HeldOutRule:
    """The rule at K prices of a solved task, by task.

    Attributes:
        held_out: Choices, pass@1 and dollars, the auctions that are held included.
        held: (K, T) share of the task's auctions that are held.
    """

    held_out: HeldOut
    held: Floats


def held_out_rule(
    data: DevAuctions,
    prior: Forecasts,
    after: Forecasts,
    folds: Rows,
    values: Sequence[float],
    order: Rows,
    *,
    gated: bool,
) -> HeldOutRule:
    """Decide every dev auction by what other folds' tasks say, at each price.

    Args:
        data: The auctions.
        prior: Held-out forecasts without bids.
        after: Held-out forecasts with bids.
        folds: (A,) fold of each auction.
        values: (K,) prices of a solved task, rising.
        order: Of `cheapest_first`.
        gated: Whether auctions are held only where the gate says so; else always.
    """
    count = len(data)
    every = np.arange(count)
    chosen, held = np.empty((len(values), count), np.intp), np.ones((len(values), count), dtype=bool)
    # The gate takes the first of equals, so columns go in the order that breaks ties.
    p, usd = prior.p[:, order], prior.usd[:, order]
    updates = [updates_of(p[folds != fold], after.p[:, order][folds != fold]) for fold in range(int(folds.max()) + 1)]
    for row, worth in enumerate(values):
        chosen[row] = choose(after.p, after.usd, worth, order)
        if gated:
            before = choose(prior.p, prior.usd, worth, order)
            gains = np.empty(count)
            for fold, known in enumerate(updates):
                inside = folds == fold
                gains[inside] = auction_gains(p[inside], usd[inside], worth, known)[0]
            realised = _value(data, chosen[row], worth) - _value(data, before, worth)
            for fold in range(len(updates)):
                inside = folds == fold
                part = reliability(gains[~inside], realised[~inside])
                bill = data.overhead[~inside].mean() if (~inside).any() else data.overhead.mean()
                held[row, inside] = part * gains[inside] > bill
            chosen[row] = np.where(held[row], chosen[row], before)
    correct = data.solved[every, chosen]
    dollars = data.usd[every, chosen] + held * data.overhead
    tasks = tuple(dict.fromkeys(data.ids))
    first = np.array([data.ids.index(task) for task in tasks], dtype=np.intp)
    held_out = HeldOut(
        tasks=tasks,
        knob=KNOB,
        values=tuple(float(value) for value in values),
        choices=chosen[:, first],
        correct=task_means(data.ids, correct.T).T,
        dollars=task_means(data.ids, dollars.T).T,
    )
    return HeldOutRule(held_out=held_out, held=task_means(data.ids, held.astype(np.float64).T).T)


def reliability(gains: Floats, realised: Floats) -> float:
    """Part of a promised gain that was realised, from 0 to 1; what is within a standard error counts as realised.

    Args:
        gains: (A,) promised dollars.
        realised: (A,) dollars by which the choice with bids was worth more than that without, by outcomes.
    """
    promised = float(gains.mean()) if len(gains) else 0.0
    if promised <= 0.0 or len(gains) < 2:
        return 1.0
    error = float(realised.std(ddof=1)) / np.sqrt(len(realised))
    return float(np.clip((realised.mean() + error) / promised, 0.0, 1.0))


def _value(data: DevAuctions, choice: Rows, worth: float) -> Floats:
    rows = np.arange(len(data))
    return np.asarray(worth * data.solved[rows, choice] - data.usd[rows, choice], dtype=np.float64)
