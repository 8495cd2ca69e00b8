"""Time horizons of policies, and how much a policy's results vary from order to order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.analysis._cells import policies_of
from sale_inspect.stats import Horizon, horizons

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["OrderSpread", "PolicyHorizon", "order_spreads", "policy_horizons"]


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyHorizon:
    """Human time at which a policy's chance of success is p.

    Attributes:
        policy: The policy.
        horizon: p, minutes and interval; see `stats.Horizon`.
        minutes_per_usd: Minutes of the horizon for each dollar a task; NaN if the horizon lies outside the tasks'
            times, or dollars are not known.
        runs: Runs behind it.
        shortest: Least human time of the tasks, minutes; a horizon below it is not known.
        longest: Greatest human time of the tasks, minutes; a horizon above it is not known.
    """

    policy: str
    horizon: Horizon
    minutes_per_usd: float
    runs: int
    shortest: float
    longest: float


@dataclass(frozen=True, kw_only=True, slots=True)
class OrderSpread:
    """A policy over several orders of the same tasks.

    Attributes:
        policy: The policy.
        orders: Orders.
        means: pass@1 in each order.
        deviation: Standard deviation of pass@1 between orders.
        changed: Share of the tasks whose result is not the same in all orders.
        agent_changed: Share of the tasks that not the same agent did in all orders.
    """

    policy: str
    orders: int
    means: tuple[float, ...]
    deviation: float
    changed: float
    agent_changed: float


def policy_horizons(samples: pd.DataFrame) -> tuple[PolicyHorizon, ...]:
    """p50 and p80 horizons of every policy on tasks with a human time; the family of a task is its source.

    Args:
        samples: Tidy samples, scored.
    """
    timed = samples[np.isfinite(samples["tau"]) & (samples["tau"] > 0)]
    found = []
    for policy in policies_of(timed):
        own = timed[timed["policy"] == policy]
        usd = float(own["usd"].mean(skipna=False))
        for each in horizons(
            own["correct"].to_numpy(float), own["tau"].to_numpy(float), [str(task) for task in own["task_id"]],
            [str(name) for name in own["source"]],
        ):  # fmt: skip
            known = usd > 0 and np.isfinite(each.minutes) and not each.extrapolated
            found.append(
                PolicyHorizon(
                    policy=policy, horizon=each, runs=len(own), shortest=float(own["tau"].min()),
                    longest=float(own["tau"].max()),
                    minutes_per_usd=each.minutes / usd if known else float("nan"),
                )
            )  # fmt: skip
    return tuple(found)


def order_spreads(samples: pd.DataFrame) -> tuple[OrderSpread, ...]:
    """Policies that ran in two orders or more, on the tasks that all of their orders have."""
    found = []
    for policy in policies_of(samples):
        own = samples[(samples["policy"] == policy) & (samples["order_seed"] >= 0)]
        if own["order_seed"].nunique() < 2:
            continue
        table = own.groupby(["task_id", "order_seed"])["correct"].mean().unstack().dropna()
        agents = own.groupby(["task_id", "order_seed"])["agent"].first().unstack().loc[table.index]
        if not len(table):
            continue
        values = table.to_numpy(float)
        means = values.mean(axis=0)
        found.append(
            OrderSpread(
                policy=policy,
                orders=values.shape[1],
                means=tuple(float(mean) for mean in means),
                deviation=float(means.std(ddof=1)),
                changed=float((values.min(axis=1) != values.max(axis=1)).mean()),
                agent_changed=float((agents.nunique(axis=1) > 1).mean()),
            )
        )
    return tuple(found)
