"""What one policy did on one sample: the one row that all commands read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sale_inspect.money import Entry, Phase, overhead_usd
from sale_inspect.runs._facts import LogHead, SampleFacts
from sale_inspect.runs._traits import PolicyKind

__all__ = ["PolicyRun", "SamplesLeftOut"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SamplesLeftOut:
    """Samples of one log that are left out, for one reason.

    Attributes:
        reason: Why.
        log: File name of the log; empty for several.
        count: How many samples; 0 for a log without samples.
        examples: Some of them, as `task id epoch n`.
    """

    reason: str
    log: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyRun:
    """What one policy did on one sample.

    Attributes:
        head: The log that says so.
        sample: The sample as it is there.
        kind: Kind of the policy.
        policy: Its name.
        agent_name: Name of the agent, if one ran alone; empty for an auction or a router.
        task: Key of the task: the sample's id, after the task's name where several tasks use the id.
        order: Which of several runs of the policy over the tasks in different orders, from 0.
        score: From 0 to 1; NaN if there is none.
        score_name: Which score that is; empty if there is none.
        why: Why there is no score; empty if there is one.
        entries: All calls that were paid for the agent's work, those of earlier attempts included, without scorers'.
            Dollars are NaN where they are not known.
        price_date: Dates of the prices; empty if they are not stated.
    """

    head: LogHead
    sample: SampleFacts
    kind: PolicyKind
    policy: str
    agent_name: str
    task: str
    order: int = 0
    score: float = math.nan
    score_name: str = ""
    why: str = ""
    entries: tuple[Entry, ...] = ()
    price_date: str = ""

    @property
    def epoch(self) -> int:
        """The sample's epoch, from 1."""
        return self.sample.epoch

    @property
    def scored(self) -> bool:
        """Whether the run has a score."""
        return not self.why

    @property
    def usd(self) -> float:
        """Dollars of the run, the auction's and earlier attempts' included; NaN if they are not known."""
        return math.fsum(entry.usd for entry in self.entries) if self.entries else math.nan

    @property
    def overhead_usd(self) -> float:
        """Dollars of bids, jury and refinement."""
        return overhead_usd(self.entries)

    @property
    def tokens(self) -> float:
        """Tokens of the run, cached ones included; NaN if none are recorded."""
        return float(sum(entry.usage.total for entry in self.entries)) if self.entries else math.nan

    @property
    def executor(self) -> str:
        """The agent whose answer counts."""
        if self.sample.routing is not None:
            return self.sample.routing.chosen
        return self.sample.agent if self.sample.ledger_policy else self.agent_name

    @property
    def uncounted(self) -> int:
        """Calls whose tokens nobody knows."""
        return sum(call.calls for call in self.sample.uncounted)

    def usd_of(self, phase: Phase) -> float:
        """Dollars of one phase."""
        return sum(entry.usd for entry in self.entries if entry.phase == phase)

    def tokens_of(self, phase: Phase) -> int:
        """Tokens of one phase."""
        return sum(entry.usage.total for entry in self.entries if entry.phase == phase)
