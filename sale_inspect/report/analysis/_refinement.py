"""What refinement added: auctions that a refined bid won, held against what the displaced winner does alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect._bounds import json_value
from sale_inspect.report.analysis._estimates import NOTHING, TaskEstimate, mean_gain, share_solved

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RefinementEffect", "preset_of_policies", "refinement_effects"]


@dataclass(frozen=True, kw_only=True, slots=True)
class RefinementEffect:
    """What refinement did to one policy, from the outcomes of its own run.

    Attributes:
        policy: The policy.
        preset: Its preset; empty if its logs do not say.
        auctions: Scored auctions.
        heard: Those with a refined bid.
        won: Those that a refined bid won, so that a first bid was displaced.
        solved: Share of those that were solved.
        first_solved: Share of the other auctions that were solved.
        known: Of the auctions that a refined bid won, those whose displaced winner ran the task alone too.
        displaced: Share of those that the displaced winner solved alone, without its plan.
        added: Pass@1 with refinement less pass@1 with the displaced winners' runs alone in its place, over the tasks
            whose provisional winner ran alone, displaced or not; each task counts once.
        tasks: Tasks behind `added`.
    """

    policy: str
    preset: str
    auctions: int
    heard: int
    won: int
    solved: TaskEstimate
    first_solved: TaskEstimate
    known: int
    displaced: TaskEstimate
    added: TaskEstimate
    tasks: int


def preset_of_policies(logs: pd.DataFrame) -> dict[str, str]:
    """The preset of each policy that holds auctions, by its name; empty if its logs do not say.

    Args:
        logs: Tidy logs.
    """
    held = logs[logs["auction"] != ""]
    presets: dict[str, str] = {}
    for policy, auction in zip(held["policy"], held["auction"], strict=True):
        presets[str(policy)] = str((json_value(auction).get("options") or {}).get("preset", ""))
    return presets


def refinement_effects(samples: pd.DataFrame, logs: pd.DataFrame) -> tuple[RefinementEffect, ...]:
    """What refinement added to each policy that refined.

    The run says how refined winners did; what the displaced winners would have done it does not. Where logs of the same
    tasks have them alone, that stands in, without their plans (ours): an estimate.

    Args:
        samples: Tidy samples.
        logs: Tidy logs.
    """
    single = samples[(samples["kind"] == "single") & samples["correct"].notna()]
    means = single.groupby(["task_id", "agent"], as_index=False)["correct"].mean()
    alone = {
        (str(task), str(agent)): float(score)
        for task, agent, score in zip(means["task_id"], means["agent"], means["correct"], strict=True)
    }
    presets = preset_of_policies(logs)
    held = samples[(samples["kind"] == "sale") & (samples["provisional"] != "") & samples["correct"].notna()]
    # After an escalation the outcome is not the winner's.
    held = held[~held["executed"].str.contains(",", regex=False)]
    return tuple(
        _effect(str(policy), presets.get(str(policy), ""), own, alone)
        for policy, own in held.groupby("policy", sort=True)
        if (own["n_refined"] > 0).any()
    )


def _effect(policy: str, preset: str, own: pd.DataFrame, alone: dict[tuple[str, str], float]) -> RefinementEffect:
    won = own["refined"].to_numpy(bool)
    correct = own["correct"].to_numpy(float)
    tasks = own["task_id"].to_numpy(str)
    instead = np.array(
        [alone.get((task, str(agent)), math.nan) for task, agent in zip(tasks, own["provisional"], strict=True)]
    )
    known = ~np.isnan(instead)
    # Where nothing was displaced, refinement changed nothing.
    gains = np.where(won, correct - instead, 0.0)
    # Nothing is known of refinement where every displaced winner is unknown.
    said = bool((won & known).any()) or not won.any()
    return RefinementEffect(
        policy=policy,
        preset=preset,
        auctions=len(own),
        heard=int((own["n_refined"] > 0).sum()),
        won=int(won.sum()),
        solved=share_solved(correct[won], tasks[won]),
        first_solved=share_solved(correct[~won], tasks[~won]),
        known=int((won & known).sum()),
        displaced=share_solved(instead[won & known], tasks[won & known]),
        added=mean_gain(gains[known], tasks[known]) if said else NOTHING,
        tasks=len(set(tasks[known])) if said else 0,
    )
