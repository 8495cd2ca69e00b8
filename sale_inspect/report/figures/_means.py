"""Means and intervals that several pictures need."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import bin_order, rate_ends

if TYPE_CHECKING:
    import pandas as pd
    from pandas.core.groupby.generic import SeriesGroupBy

__all__ = ["any_simulated", "bins_of", "rates", "share_ends", "thinned"]

Floats = NDArray[np.float64]


def rates(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Pass@1 of each group with its interval over tasks, that of `stats.rate`.

    A task's runs (epochs, orders) are averaged first, so that they do not count as independent.

    Args:
        rows: With `task_id`, `correct` and the columns `by`. Rows without a score are left out.
        by: Columns of the groups.

    Returns:
        One row a group: `by`, tasks, runs, pass_at_1, low, high.
    """
    scored = rows[rows["correct"].notna()]
    each = scored.groupby([*by, "task_id"], sort=True, observed=True)["correct"].agg(["mean", "size"]).reset_index()
    groups = each.groupby(by, sort=True, observed=True)
    found = groups.agg(tasks=("mean", "size"), runs=("size", "sum"), pass_at_1=("mean", "mean"))
    low, high = share_ends(groups["mean"])
    return found.assign(low=low, high=high).reset_index()


def share_ends(groups: SeriesGroupBy[Any, Any]) -> tuple[Floats, Floats]:
    """Ends of the 95 % intervals of the groups' means, see `stats.rate`.

    Args:
        groups: A share from 0 to 1 for each task, by group.
    """
    found = groups.agg(["mean", "size"]).assign(variance=groups.var(ddof=0))
    return rate_ends(*(found[name].to_numpy(float) for name in ("mean", "variance", "size")))


def bins_of(samples: pd.DataFrame) -> list[str]:
    """Names of the bins that occur, in order of human time where tasks have one."""
    return list(bin_order([str(name) for name in samples["bin"]], samples["tau"].to_list()))


def any_simulated(samples: pd.DataFrame) -> bool:
    """Whether any sample is of simulated agents."""
    return bool(samples["simulated"].any())


def thinned(count: int, most: int, seed: int = 0) -> NDArray[np.intp]:
    """Numbers of at most `most` of `count` rows, drawn without replacement, in order."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, size=most, replace=False)).astype(np.intp)
