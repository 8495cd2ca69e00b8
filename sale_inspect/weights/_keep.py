"""The cheapest weights that keep a share of the best agent's pass@1, with stated confidence."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect.stats import certified_in_order, kept_bounds, short_list, tasks_to_certify
from sale_inspect.weights._arrays import Floats
from sale_inspect.weights._report import KeepPass
from sale_inspect.weights._search import Candidates, DevSet, Rows, tally

__all__ = ["Choice", "best_agent", "halves", "keep_pass_choice"]


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
    dev: DevSet, choosing: Rows, certifying: Rows, known: Candidates, *, share: float, confidence: float, seed: int
) -> Choice:
    """The cheapest candidate that is certified to keep a share of every agent's pass@1.

    The tasks that choose make a short list, from the candidate that keeps the most to ever cheaper ones. The others
    certify it in that order, each test at the full level, and the first failure ends it (fixed-sequence testing, Learn
    then Test, Angelopoulos et al. 2021), so that the choice among thousands costs nothing. The bound is
    `stats.kept_bounds`: against every agent, not the one that looks best. If nothing is certified, the candidate with
    the highest pass@1 on all tasks is chosen and marked as not reaching.

    Args:
        dev: The auctions.
        choosing: Rows that choose; `known` may depend on their outcomes.
        certifying: Rows of other tasks, on whose outcomes `known` does not depend.
        known: The candidates.
        share: In (0, 1].
        confidence: One-sided.
        seed: Of the bootstrap.
    """
    every = np.concatenate([choosing, certifying])
    best = best_agent(dev, every)
    seen = tally(dev, choosing, known)
    margins = np.min(
        [seen.passed - share * float(dev.solved[choosing, agent] @ dev.shares(choosing)) for agent in _agents(dev)],
        axis=0,
    )
    possible = np.flatnonzero(margins >= -1e-12)
    listed = possible[short_list(margins[possible], seen.usd[possible])]
    rivals = _by_task(dev, certifying, dev.solved[certifying].T)
    bounds = np.array(
        [
            float(kept_bounds(solved[None], rivals, share, confidence=confidence, seed=seed)[0])
            for solved in _solved(dev, certifying, known, listed)
        ]
    )
    kept = certified_in_order(bounds)
    index = int(listed[kept - 1]) if kept else int(tally(dev, every, known).best_first()[0])
    # What is said is of the candidate that was tested; weights that saw all tasks have no honest bound.
    tested = int(listed[max(kept - 1, 0)]) if len(listed) else index
    (solved,) = _solved(dev, certifying, known, np.array([tested]))
    differences = solved[None] - share * rivals
    least = differences[int(np.argmin(differences.mean(axis=1)))]
    bound = kept_bounds(solved[None], rivals, share, confidence=confidence, seed=seed)[0]
    # Half of the tasks choose, so twice as many are needed as certify.
    needed = None if kept else tasks_to_certify(least, share, confidence=confidence)
    report = KeepPass(
        share=share,
        confidence=confidence,
        best_agent=dev.bids.order[best],
        best_pass_rate=float(dev.solved[every, best] @ dev.shares(every)),
        reached=kept > 0,
        difference=float(least.mean()),
        lower_bound=float(bound),
        tasks=differences.shape[1],
        needed=None if needed is None else max(2 * needed, len(np.unique(dev.group[every])) + 1),
    )
    return Choice(index=index, keep=report)


def halves(dev: DevSet, rows: Rows, rng: np.random.Generator) -> tuple[Rows, Rows]:
    """The rows of a drawn half of the tasks, and those of the others; all auctions of a task stay together."""
    tasks = rng.permutation(np.unique(dev.group[rows]))
    first = np.isin(dev.group[rows], tasks[: len(tasks) // 2])
    return rows[first], rows[~first]


def _agents(dev: DevSet) -> range:
    return range(dev.solved.shape[1])


def _solved(dev: DevSet, rows: Rows, known: Candidates, wanted: Rows) -> Floats:
    """(K, G), pass@1 of candidates by task."""
    return _by_task(dev, rows, dev.solved[rows, known.selected[wanted][:, rows]])


def _by_task(dev: DevSet, rows: Rows, values: Floats) -> Floats:
    """(K, rows) values as (K, tasks) means over the auctions of a task."""
    present, group = np.unique(dev.group[rows], return_inverse=True)
    member = np.zeros((len(rows), len(present)))
    member[np.arange(len(rows)), group] = 1.0
    means: Floats = values @ (member / member.sum(axis=0))
    return means
