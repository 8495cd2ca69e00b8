"""Which policy to use, by the rule of a study, on the tasks that a report compares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.analysis._cells import policies_of
from sale_inspect.stats import dollars_interval, hull, rate
from sale_inspect.study import BaselineOrigin, Decision, MeasuredPolicy, Standing, StudyGoal, decide_study

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["NEAR", "Worth", "cheapest_near_best", "decide", "worths"]

NEAR = 0.01
"""A policy that loses no more than this share of the tasks to the best is near it: one point (ours)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Worth:
    """Up to which worth of a solved task a policy is the best, as it was seen.

    Attributes:
        policy: The policy.
        below: Dollars that a solved task is worth at most; infinite for the last.
    """

    policy: str
    below: float


def decide(
    samples: pd.DataFrame, baseline: str, *, origin: BaselineOrigin, goal: StudyGoal | None = None, seed: int = 0
) -> tuple[Decision | None, tuple[str, ...], str]:
    """Decide by `study.decide_study`; intervals are those of the report's tables.

    Args:
        samples: Tidy samples, scored.
        baseline: A policy.
        origin: How it was chosen.
        goal: What is wanted; None for the most tasks solved, or as many for fewer dollars.
        seed: Of what is drawn.

    Returns:
        The decision, policies that are not in it since dollars of some of their runs are not known, and why there is
        no decision ("" if there is one).
    """
    unknown = samples["usd"].isna().groupby([samples["policy"], samples["task_id"]]).any()
    means = samples.groupby(["policy", "task_id"], sort=True)[["correct", "usd"]].mean()
    means.loc[unknown.reindex(means.index), "usd"] = np.nan
    names = policies_of(samples)
    unpriced = tuple(name for name in names if means.loc[name]["usd"].isna().any())
    priced = [name for name in names if name not in unpriced]
    if baseline not in priced:
        return None, unpriced, f"The dollars of {baseline} are not known, so nothing can be held against it."
    common = sorted(set.intersection(*(set(means.loc[name].index) for name in priced)))
    if not common:
        return None, unpriced, "No task was run by every policy, so nothing is decided."
    first = samples.drop_duplicates("policy").set_index("policy")
    simulated = samples.groupby("policy")["simulated"].any()
    policies = [
        MeasuredPolicy(
            name=name,
            solved=means.loc[name]["correct"].reindex(common).to_numpy(float),
            dollars=means.loc[name]["usd"].reindex(common).to_numpy(float),
            simulated=bool(simulated[name]),
            single=str(first.loc[name, "kind"]) == "single",
        )
        for name in priced
    ]
    found = decide_study(policies, baseline, goal or StudyGoal(), origin=origin, seed=seed)
    by_name = {policy.name: policy for policy in policies}
    standings = tuple(_as_in_tables(each, by_name[each.name]) for each in found.standings)
    return replace(found, standings=standings), unpriced, ""


def _as_in_tables(standing: Standing, policy: MeasuredPolicy) -> Standing:
    """With the intervals of all other tables: one figure has one interval on a page."""
    solved, dollars = rate(policy.solved), dollars_interval(policy.dollars)
    return replace(standing, solved_low=solved.low, solved_high=solved.high, usd_low=dollars.low, usd_high=dollars.high)


def cheapest_near_best(decision: Decision) -> Standing:
    """The cheapest policy within one point of the one that solves most, as they were seen."""
    most = max(each.solved for each in decision.standings)
    near = [each for each in decision.standings if each.solved >= most - NEAR - 1e-12]
    return min(near, key=lambda each: (each.usd, -each.solved, each.name))


def worths(decision: Decision) -> tuple[Worth, ...]:
    """For every worth of a solved task, the policy with the most dollars of solved tasks less dollars spent, as seen.

    These are the corners of the hull; its slopes are the worths at which the next one becomes better.
    """
    usd = np.array([each.usd for each in decision.standings])
    solved = np.array([each.solved for each in decision.standings])
    corners = [int(corner) for corner in hull(usd, solved)]
    found = []
    for place, corner in enumerate(corners):
        after = corners[place + 1] if place + 1 < len(corners) else None
        below = float("inf") if after is None else (usd[after] - usd[corner]) / (solved[after] - solved[corner])
        found.append(Worth(policy=decision.standings[corner].name, below=float(below)))
    return tuple(found)
