"""The typed input of every report: what one policy did on one task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["PolicyRun", "TaskRow"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskRow:
    """One sample of one policy.

    Attributes:
        task_id: The sample's id.
        epoch: Its epoch, from 1.
        bin: Its complexity bin.
        correct: 0 or 1.
        usd: Dollars, auction included.
        usd_overhead: Dollars of bids, jury and refinement.
        tokens: Tokens, auction included.
        agent: Who executed.
        uncounted: Model calls whose tokens nobody knows: their dollars, if any, are in no figure.
        worked_instead: Which models did the task, if the agent's own was not called; empty if it was.
    """

    task_id: str
    epoch: int
    bin: str
    correct: float
    usd: float
    usd_overhead: float
    tokens: float
    agent: str
    uncounted: int = 0
    worked_instead: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyRun:
    """All samples of one policy.

    Attributes:
        policy: How the table names it, for instance `SALE` or `8b alone`.
        simulated: Whether the agents are simulated.
        rows: Its samples.
        left_out: Samples without a score, by reason.
    """

    policy: str
    simulated: bool
    rows: tuple[TaskRow, ...]
    left_out: Mapping[str, int]
