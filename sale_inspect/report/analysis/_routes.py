"""Where work went, and where the oracle would have sent it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.analysis._cells import ALL, bins_of, policies_of
from sale_inspect.routers import Outcomes, oracle_choices
from sale_inspect.stats import rate, unit_means

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Escalation", "Route", "Share", "escalations", "routes", "shares"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """Share of a policy's runs in a bin that an agent carried out."""

    policy: str
    bin: str
    agent: str
    runs: int
    share: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Route:
    """Of a policy's runs for which the oracle takes one agent, how many went to another (or the same)."""

    policy: str
    oracle: str
    chosen: str
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Escalation:
    """A policy's choices against the oracle (the cheapest agent that solves the task alone, else the cheapest).

    Attributes:
        policy: The policy.
        tasks: Tasks that every agent did alone and the policy did too.
        same: Share of the runs that went to the oracle's agent, or to one with the same dollars alone.
        over: Share that went to a dearer agent than the oracle's, by the task's own dollars alone.
        futile: Share that went to a dearer agent on tasks that no agent solves alone; a part of `over`.
        under: Share that went to a cheaper agent than the oracle's: it fails the task alone.
        over_low: Lower end of the 95% interval of `over` over tasks, see `stats.rate`.
        over_high: Upper end.
        under_low: Lower end of that of `under`.
        under_high: Upper end.
    """

    policy: str
    tasks: int
    same: float
    over: float
    futile: float
    under: float
    over_low: float
    over_high: float
    under_low: float
    under_high: float


def shares(samples: pd.DataFrame) -> tuple[Share, ...]:
    """Share of the work of each agent, for policies that choose, by bin and overall."""
    chosen = samples[samples["kind"].isin(["sale", "router"])]
    agents = sorted(set(chosen["agent"]))
    found = []
    for policy in policies_of(chosen):
        own = chosen[chosen["policy"] == policy]
        for name in (*bins_of(samples), ALL):
            part = own if name == ALL else own[own["bin"] == name]
            for agent in agents if len(part) else ():
                runs = int((part["agent"] == agent).sum())
                found.append(Share(policy=policy, bin=name, agent=agent, runs=runs, share=runs / len(part)))
    return tuple(found)


def routes(samples: pd.DataFrame, alone: Outcomes) -> tuple[Route, ...]:
    """Chosen agents by the oracle's agent, for policies that choose."""
    oracle = _oracle(alone)
    found: list[Route] = []
    for policy, own in _choosers(samples, alone):
        counts = Counter(
            (oracle[str(task)], str(agent)) for task, agent in zip(own["task_id"], own["agent"], strict=True)
        )
        found += [
            Route(policy=policy, oracle=wanted, chosen=chosen, count=count)
            for (wanted, chosen), count in sorted(counts.items())
        ]
    return tuple(found)


def escalations(samples: pd.DataFrame, alone: Outcomes) -> tuple[Escalation, ...]:
    """Over- and under-escalation of each policy that chooses, with intervals.

    Args:
        samples: Tidy samples, scored.
        alone: From `alone`.
    """
    row_of = {task: row for row, task in enumerate(alone.tasks)}
    column_of = {agent: column for column, agent in enumerate(alone.agents)}
    best = oracle_choices(alone)
    solvable = alone.correct.max(axis=1) > 0
    found = []
    for policy, own in _choosers(samples, alone):
        rows = own["task_id"].map(row_of).to_numpy(np.intp)
        columns = own["agent"].map(column_of).to_numpy(np.intp)
        more = alone.dollars[rows, columns] - alone.dollars[rows, best[rows]]
        over, under = (more > 0).astype(float), (more < 0).astype(float)
        task_of = np.unique(rows, return_inverse=True)[1]
        of_over, of_under = rate(unit_means(over, task_of)), rate(unit_means(under, task_of))
        found.append(
            Escalation(
                policy=policy,
                tasks=int(own["task_id"].nunique()),
                same=float(unit_means((more == 0).astype(float), task_of).mean()),
                over=of_over.value,
                futile=float(unit_means(over * ~solvable[rows], task_of).mean()),
                under=of_under.value,
                over_low=of_over.low,
                over_high=of_over.high,
                under_low=of_under.low,
                under_high=of_under.high,
            )
        )
    return tuple(found)


def _oracle(alone: Outcomes) -> dict[str, str]:
    best = oracle_choices(alone)
    return {task: alone.agents[int(column)] for task, column in zip(alone.tasks, best, strict=True)}


def _choosers(samples: pd.DataFrame, alone: Outcomes) -> list[tuple[str, pd.DataFrame]]:
    chosen = samples[samples["kind"].isin(["sale", "router"])]
    known = chosen[chosen["task_id"].isin(set(alone.tasks)) & chosen["agent"].isin(set(alone.agents))]
    return [(name, known[known["policy"] == name]) for name in policies_of(known)] if len(known) else []
