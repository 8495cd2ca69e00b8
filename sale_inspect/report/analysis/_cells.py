"""pass@1, dollars and tokens of each policy, by complexity bin and overall."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import bin_order, dollars_interval, rate

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
        low: Lower end of its 95% interval over tasks, see `stats.rate`.
        high: Upper end.
        usd: Dollars a task, mean over its runs, auction included; NaN if a run has none.
        usd_low: Lower end of its 95% interval over tasks, see `stats.dollars_interval`; NaN if there are too few tasks.
        usd_high: Upper end.
        usd_why: Why dollars have no interval, or "".
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
    usd: float
    usd_low: float
    usd_high: float
    usd_why: str
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


def cells(samples: pd.DataFrame) -> tuple[Cell, ...]:
    """Every policy in every bin, and overall.

    Args:
        samples: Tidy samples, scored.
    """
    found = []
    for policy in policies_of(samples):
        own = samples[samples["policy"] == policy]
        for name in (*bins_of(samples), ALL):
            part = own if name == ALL else own[own["bin"] == name]
            if len(part):
                found.append(_cell(policy, name, part))
    return tuple(found)


def _cell(policy: str, name: str, part: pd.DataFrame) -> Cell:
    by_task = part.groupby("task_id", sort=True)
    solved_share = rate(by_task["correct"].mean().to_numpy(float))
    # A task of which one run has no price has none.
    spent_by_task = by_task["usd"].agg(lambda runs: runs.mean(skipna=False)).to_numpy(float)
    dollars = dollars_interval(spent_by_task) if np.isfinite(spent_by_task).all() else None
    usd, solved = float(part["usd"].sum(skipna=False)), float(part["correct"].sum())
    tokens = float(part["tokens"].sum(skipna=False))
    spent = part[["usd_bid", "usd_jury", "usd_refine"]].to_numpy(float)
    return Cell(
        policy=policy,
        bin=name,
        tasks=solved_share.tasks,
        samples=len(part),
        correct=solved_share.value,
        low=solved_share.low,
        high=solved_share.high,
        usd=float(spent_by_task.mean()),
        usd_low=float("nan") if dollars is None or dollars.low is None else dollars.low,
        usd_high=float("nan") if dollars is None or dollars.high is None else dollars.high,
        usd_why="" if dollars is None else dollars.reason,
        usd_solved=usd / solved if solved else float("nan"),
        usd_mtok=1e6 * usd / tokens if tokens else float("nan"),
        tokens=tokens / len(part),
        overhead=float(np.nansum(spent)) / usd if usd else float("nan"),
        uncounted=int(part["uncounted"].sum()),
    )
