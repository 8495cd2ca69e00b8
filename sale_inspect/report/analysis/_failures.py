"""How runs that failed ended, from their transcripts, and whether two agents fail in the same way."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sale_inspect.report.analysis._cells import policies_of
from sale_inspect.report.tidy import ENDINGS

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["FailureCount", "SameFailure", "failure_counts", "same_failures"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FailureCount:
    """Failures of one policy that ended in one way.

    Attributes:
        policy: The policy.
        ending: One of `report.tidy.ENDINGS`.
        failed: Failures: the sum of 1 - score over its runs that ended so.
        runs: Its runs that ended so, solved or not.
        share: Of all its failures.
    """

    policy: str
    ending: str
    failed: float
    runs: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class SameFailure:
    """Two agents alone, on the tasks that neither solved at all.

    Attributes:
        first: One.
        second: The other.
        tasks: Tasks that both failed in every run, with known endings.
        same: Those of them whose first runs ended in the same way.
    """

    first: str
    second: str
    tasks: int
    same: int


def failure_counts(samples: pd.DataFrame) -> tuple[FailureCount, ...]:
    """Failures of every policy by their ending; empty if no ending is known.

    Args:
        samples: Tidy samples, scored.
    """
    known = samples[(samples["ending"] != "") & samples["correct"].notna()]
    counts = []
    for policy in policies_of(known) if len(known) else ():
        own = known[known["policy"] == policy]
        lost = 1.0 - own["correct"]
        total = float(lost.sum())
        for ending in ENDINGS:
            there = own["ending"] == ending
            failed = float(lost[there].sum())
            counts.append(
                FailureCount(
                    policy=policy,
                    ending=ending,
                    failed=failed,
                    runs=int(there.sum()),
                    share=failed / total if total else float("nan"),
                )
            )
    return tuple(counts)


def same_failures(samples: pd.DataFrame) -> dict[tuple[str, str], SameFailure]:
    """By both orders of two agents: how often they fail a task in the same way.

    Args:
        samples: Tidy samples, scored.
    """
    own = samples[(samples["kind"] == "single") & (samples["ending"] != "") & samples["correct"].notna()]
    failed = {
        (str(agent), str(task)): str(runs.sort_values(["epoch", "uuid"])["ending"].iloc[0])
        for (agent, task), runs in own.groupby(["agent", "task_id"])
        if (runs["correct"] == 0).all()
    }
    agents = sorted({str(agent) for agent in own["agent"]})
    tasks = sorted({task for _, task in failed})
    found: dict[tuple[str, str], SameFailure] = {}
    for first, second in itertools.permutations(agents, 2):
        both = [task for task in tasks if (first, task) in failed and (second, task) in failed]
        same = sum(failed[first, task] == failed[second, task] for task in both)
        found[first, second] = SameFailure(first=first, second=second, tasks=len(both), same=same)
    return found
