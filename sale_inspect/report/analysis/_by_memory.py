"""SALE with and without its auction memory, and what each agent adds to both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sale_inspect._bounds import json_value
from sale_inspect.auction import AuctionRecord
from sale_inspect.report.analysis._coalitions import AgentValue, agent_values
from sale_inspect.report.analysis._estimates import NOTHING, TaskEstimate, mean_gain, share_solved
from sale_inspect.routers import Outcomes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MemoryResult", "memory_gain", "results_by_memory"]


@dataclass(frozen=True, kw_only=True, slots=True)
class MemoryResult:
    """Auctions with a memory, or those without, on the tasks that both kinds did.

    Attributes:
        memory: Whether they had one.
        policies: Their policies.
        tasks: Tasks.
        solved: pass@1 with its 95% interval.
        usd: Dollars a run.
        values: Shapley values of the agents; empty if agents did not run alone.
    """

    memory: bool
    policies: tuple[str, ...]
    tasks: int
    solved: TaskEstimate
    usd: float
    values: tuple[AgentValue, ...]


def results_by_memory(
    samples: pd.DataFrame,
    logs: pd.DataFrame,
    records: Sequence[tuple[str, AuctionRecord]],
    alone: Outcomes | None,
    *,
    seed: int = 0,
) -> tuple[MemoryResult, ...]:
    """Both kinds, with memory first; one of them if the logs have only that, empty without auctions.

    Args:
        samples: Tidy samples, scored.
        logs: Tidy logs.
        records: Auctions with the uuid of their samples.
        alone: What each agent did alone; None if that is not known.
        seed: Of drawn orders of agents.
    """
    held = _held(samples, logs)
    tasks = _common(held)
    results = []
    for memory, own in held:
        part = own[own["task_id"].isin(tasks)]
        task_of = dict(zip(part["uuid"], part["task_id"], strict=True))
        own_records = [(str(task_of[uuid]), record) for uuid, record in records if uuid in task_of]
        results.append(
            MemoryResult(
                memory=memory,
                policies=tuple(sorted({str(name) for name in part["policy"]})),
                tasks=part["task_id"].nunique(),
                solved=share_solved(part["correct"].to_numpy(float), part["task_id"].to_numpy(str)),
                usd=float(part["usd"].mean()),
                values=() if alone is None else agent_values(own_records, alone, seed=seed),
            )
        )
    return tuple(results)


def memory_gain(samples: pd.DataFrame, logs: pd.DataFrame) -> TaskEstimate:
    """pass@1 with memory less pass@1 without, paired over the tasks that both did; not known without both."""
    held = _held(samples, logs)
    if len(held) < 2:
        return NOTHING
    first, second = (own.groupby("task_id")["correct"].mean() for _, own in held)
    gains = (first - second).dropna()
    return mean_gain(gains.to_numpy(float), gains.index.to_numpy(str)) if len(gains) else NOTHING


def _held(samples: pd.DataFrame, logs: pd.DataFrame) -> list[tuple[bool, pd.DataFrame]]:
    auctions = {str(path): str(text) for path, text in zip(logs["log_path"], logs["auction"], strict=True) if text}
    remembers = {path: json_value(text).get("memory") != "off" for path, text in auctions.items()}
    # A calibrated fit does not look at the memory, so its auctions are of neither kind.
    of_kind = samples["log_path"].isin(list(remembers)) & (samples["calibrated"] == "")
    own = samples[of_kind & samples["correct"].notna()]
    flags = own["log_path"].map(remembers).astype(bool)
    return [(memory, part) for memory in (True, False) if len(part := own[flags == memory])]


def _common(held: Sequence[tuple[bool, pd.DataFrame]]) -> set[str]:
    sets = [set(part["task_id"]) for _, part in held]
    return set.intersection(*sets) if sets else set()
