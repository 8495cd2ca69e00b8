"""The cheapest weights that keep a share of the best agent's pass@1, with stated confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect.weights._arrays import Floats
from sale_inspect.weights._report import KeepPass
from sale_inspect.weights._search import Candidates, DevSet, Rows, tally

__all__ = ["Choice", "best_agent", "keep_pass_choice", "lower_bounds"]

_CHUNK = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """The chosen candidate, and what became of `keep_pass` if it was asked for."""

    index: int
    keep: KeepPass | None


def best_agent(dev: DevSet, rows: Rows) -> int:
    """Column of the agent with the highest pass@1 alone; dollars, then price and pool order, break ties."""
    shares = dev.shares(rows)
    passed = np.round(shares @ dev.solved[rows], 12)
    return int(np.lexsort((shares @ dev.execute_usd[rows], -passed))[0])


def keep_pass_choice(
    dev: DevSet,
    rows: Rows,
    known: Candidates,
    *,
    share: float,
    confidence: float,
    resamples: int,
    rng: np.random.Generator,
) -> Choice:
    """The cheapest candidate of which the lower confidence bound of its difference is at least 0.

    The difference on a task is solved(candidate) - share * solved(best agent): both on the same
    tasks, so it is paired. If no candidate has such a bound, the one with the highest pass@1 is
    chosen and marked as not reaching.

    Source: ours. The bound holds for one candidate; the cheapest of many is chosen, so the value to
    trust is the cross-validated one. With few tasks a bootstrap is too sure: it never draws a failure
    that the dev set does not have.
    """
    best = best_agent(dev, rows)
    differences = _by_task(dev, rows, dev.solved[rows, known.selected[:, rows]] - share * dev.solved[rows, best])
    count = differences.shape[1]
    resampled = rng.multinomial(count, np.full(count, 1.0 / count), size=resamples) / count
    found = tally(dev, rows, known)
    possible = [int(index) for index in found.cheapest_first() if differences[index].mean() >= -1e-12]
    reaching = None
    for start in range(0, len(possible), _CHUNK):
        part = possible[start : start + _CHUNK]
        bounds = lower_bounds(differences[part], resampled, confidence)
        kept = np.flatnonzero(bounds >= -1e-12)
        if len(kept):
            reaching = part[int(kept[0])]
            break
    index = int(found.best_first()[0]) if reaching is None else reaching
    own = differences[index : index + 1]
    report = KeepPass(
        share=share,
        confidence=confidence,
        best_agent=dev.bids.order[best],
        best_pass_rate=float(dev.solved[rows, best] @ dev.shares(rows)),
        reached=reaching is not None,
        difference=float(own.mean()),
        lower_bound=float(lower_bounds(own, resampled, confidence)[0]),
        resamples=resamples,
    )
    return Choice(index=index, keep=report)


def lower_bounds(differences: Floats, resampled: Floats, confidence: float) -> Floats:
    """One-sided lower confidence bound of each row's mean: the (1 - confidence) quantile over resamples.

    Args:
        differences: (K, G) differences by task.
        resampled: (B, G) share of each task in each resample.
        confidence: One-sided confidence.
    """
    bounds: Floats = np.quantile(resampled @ differences.T, 1.0 - confidence, axis=0, method="lower")
    return bounds


def _by_task(dev: DevSet, rows: Rows, values: Floats) -> Floats:
    """(K, rows) values as (K, tasks) means over the auctions of a task."""
    present, group = np.unique(dev.group[rows], return_inverse=True)
    member = np.zeros((len(rows), len(present)))
    member[np.arange(len(rows)), group] = 1.0
    means: Floats = values @ (member / member.sum(axis=0))
    return means
