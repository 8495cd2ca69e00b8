"""pass@1, dollars and tokens of each policy, by complexity bin and overall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import bin_order, draw_tasks, interval, wilson

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ALL", "Cell", "bins_of", "cells", "policies_of"]

ALL = "all"
"""The column of all tasks."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True)
class Cell:
    """One policy on the tasks of one bin.

    Attributes:
        policy: The policy.
        bin: b1 to b5, or `ALL`.
        tasks: Tasks.
        samples: Runs of them: tasks times epochs and orders.
        correct: pass@1: mean over tasks of the share of runs that solved it.
        low: Lower end of its 95% interval.
        high: Upper end.
        how: `Wilson` for one run a task, else `bootstrap` over tasks.
        usd: Dollars a run, auction included; NaN if a run has none.
        usd_solved: Dollars for each solved run; NaN if none was solved.
        usd_mtok: Dollars per million tokens.
        tokens: Tokens a run.
        overhead: Share of the dollars that went to bids, ratings and refinement.
        uncounted: Model calls whose tokens nobody knows.
    """

    policy: str
    bin: str
    tasks: int
    samples: int
    correct: float
    low: float
    high: float
    how: str
    usd: float
    usd_solved: float
    usd_mtok: float
    tokens: float
    overhead: float
    uncounted: int


def policies_of(samples: pd.DataFrame) -> list[str]:
    """Policies, SALE first, then routers, then single agents by price, then others."""
    rank = {"sale": 0, "router": 1, "single": 2, "other": 3}
    first = samples.drop_duplicates("policy")
    spent = samples.groupby("policy")["usd"].mean()
    order = sorted(
        zip(first["policy"], first["kind"], strict=True),
        key=lambda pair: (rank.get(pair[1], 3), spent[pair[0]] if pair[1] == "single" else 0.0, pair[0]),
    )
    return [str(policy) for policy, _ in order]


def bins_of(samples: pd.DataFrame) -> list[str]:
    """Bins that occur, in order of human time where tasks have one."""
    return list(bin_order([str(name) for name in samples["bin"]], samples["tau"].to_list()))


def cells(samples: pd.DataFrame, *, rounds: int = 2000, seed: int = 0) -> tuple[Cell, ...]:
    """Every policy in every bin, and overall.

    Args:
        samples: Tidy samples, scored.
        rounds: Bootstrap rounds, where tasks have several runs.
        seed: Of the bootstrap.
    """
    found = []
    for policy in policies_of(samples):
        own = samples[samples["policy"] == policy]
        for name in (*bins_of(samples), ALL):
            part = own if name == ALL else own[own["bin"] == name]
            if len(part):
                found.append(_cell(policy, name, part, rounds, seed))
    return tuple(found)


def _cell(policy: str, name: str, part: pd.DataFrame, rounds: int, seed: int) -> Cell:
    by_task = part.groupby("task_id", sort=True)["correct"]
    rates = by_task.mean().to_numpy(float)
    once = len(part) == len(rates)
    if once:
        low, high = wilson(float(rates.sum()), len(rates))
    else:
        drawn = draw_tasks(len(rates), rounds=rounds, seed=seed)
        ends = interval(drawn.sums(rates) / len(rates), value=float(rates.mean()))
        low, high = ends.low, ends.high
    usd, solved = float(part["usd"].sum(skipna=False)), float(part["correct"].sum())
    tokens = float(part["tokens"].sum(skipna=False))
    spent = part[["usd_bid", "usd_jury", "usd_refine"]].to_numpy(float)
    return Cell(
        policy=policy,
        bin=name,
        tasks=len(rates),
        samples=len(part),
        correct=float(rates.mean()),
        low=low,
        high=high,
        how="Wilson" if once else "bootstrap",
        usd=usd / len(part),
        usd_solved=usd / solved if solved else float("nan"),
        usd_mtok=1e6 * usd / tokens if tokens else float("nan"),
        tokens=tokens / len(part),
        overhead=float(np.nansum(spent)) / usd if usd else float("nan"),
        uncounted=int(part["uncounted"].sum()),
    )
