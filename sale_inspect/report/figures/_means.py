"""Means and intervals that several pictures need."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats import bin_order

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["any_simulated", "bins_of", "rates", "thinned", "wilson_ends"]

Floats = NDArray[np.float64]
_Z = 1.959963984540054


def wilson_ends(rate: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Ends of Wilson's 95 % interval, for many rates at once; as `stats.wilson`.

    Args:
        rate: (K,), rates in [0, 1].
        n: (K,), units behind each, at least 1.
    """
    centre = rate + _Z * _Z / (2 * n)
    spread = _Z * np.sqrt(rate * (1 - rate) / n + _Z * _Z / (4 * n * n))
    below = 1 + _Z * _Z / n
    # Rounding must not put an end on the wrong side of the rate.
    return np.minimum(np.clip((centre - spread) / below, 0.0, 1.0), rate), np.maximum(
        np.clip((centre + spread) / below, 0.0, 1.0), rate
    )


def rates(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Pass@1 of each group with Wilson's interval over tasks.

    A task's runs (epochs, orders) are averaged first, so that they do not count as independent.

    Args:
        rows: With `task_id`, `correct` and the columns `by`. Rows without a score are left out.
        by: Columns of the groups.

    Returns:
        One row a group: `by`, tasks, runs, pass_at_1, low, high.
    """
    scored = rows[rows["correct"].notna()]
    each = scored.groupby([*by, "task_id"], sort=True, observed=True)["correct"].agg(["mean", "size"]).reset_index()
    found = each.groupby(by, sort=True, observed=True).agg(
        tasks=("mean", "size"), runs=("size", "sum"), pass_at_1=("mean", "mean")
    )
    low, high = wilson_ends(found["pass_at_1"].to_numpy(float).clip(0, 1), found["tasks"].to_numpy(float))
    return found.assign(low=low, high=high).reset_index()


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
