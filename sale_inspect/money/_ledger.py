"""The ledger: every model call of a sample, and every call of a tool with a fee, booked to one phase and one agent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from math import fsum
from operator import add
from typing import Literal, get_args

from sale_inspect.money._prices import TokenUsage

__all__ = ["AUCTION_PHASES", "PHASES", "Entry", "Phase", "book", "fees", "overhead_share", "overhead_usd", "total_usd"]

Phase = Literal["bid", "jury", "refine", "execute", "accept", "grade"]
"""What a model call was for. `accept` is the rating of an answer (`escalate`, ours). `grade` is recorded but is not
part of an agent's cost."""

PHASES: tuple[Phase, ...] = get_args(Phase)
AUCTION_PHASES: frozenset[Phase] = frozenset({"bid", "jury", "refine"})
_OWN_COST: frozenset[Phase] = AUCTION_PHASES | {"execute", "accept"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Calls of one agent in one phase of one sample.

    Attributes:
        phase: What the calls were for.
        agent: Name of the pool's agent that was called.
        model: Inspect's model string; `tool NAME` for the fees of a tool.
        calls: Number of calls that returned.
        cached_calls: Those of them that Inspect's cache answered. They are priced as if paid for.
        tool_calls: Calls of a tool that has a fee, if this entry is the fees of one; then there is no model call in it.
        usage: Tokens.
        usd: Dollars, from `usage` and the pool's price, or from the calls of a tool and its fee.
        seconds: Sum of the calls' durations; calls that ran side by side both count.
    """

    phase: Phase
    agent: str
    model: str
    calls: int
    usage: TokenUsage
    usd: float
    seconds: float
    cached_calls: int = 0
    tool_calls: int = 0

    def __add__(self, other: Entry) -> Entry:
        """Sum of two entries of the same phase and agent."""
        return Entry(
            phase=self.phase,
            agent=self.agent,
            model=self.model,
            calls=self.calls + other.calls,
            cached_calls=self.cached_calls + other.cached_calls,
            tool_calls=self.tool_calls + other.tool_calls,
            usage=self.usage + other.usage,
            usd=self.usd + other.usd,
            seconds=self.seconds + other.seconds,
        )


def fees(phase: Phase, agent: str, tool: str, calls: int, usd_per_call: float) -> Entry:
    """The fees of a tool that an agent called.

    Args:
        phase: What the calls were for.
        agent: Who called it.
        tool: Name of the tool.
        calls: How often.
        usd_per_call: Its price, dollars a call.
    """
    return Entry(
        phase=phase,
        agent=agent,
        model=f"tool {tool}",
        calls=0,
        tool_calls=calls,
        usage=TokenUsage(),
        usd=calls * usd_per_call,
        seconds=0.0,
    )


def book(entries: Iterable[Entry]) -> list[Entry]:
    """Merge entries of the same (phase, agent, model), in the order of phases, then first seen."""
    of_key: dict[tuple[Phase, str, str], list[Entry]] = {}
    for entry in entries:
        of_key.setdefault((entry.phase, entry.agent, entry.model), []).append(entry)
    return sorted(map(_sum, of_key.values()), key=lambda e: PHASES.index(e.phase))


def _sum(entries: Sequence[Entry]) -> Entry:
    """The entries as one, the same in whatever order their calls came back: fsum rounds once."""
    *others, last = entries
    whole = reduce(add, others, last)
    return replace(
        whole, usd=fsum(entry.usd for entry in entries), seconds=fsum(entry.seconds for entry in entries)
    )  # fmt: skip


def total_usd(entries: Iterable[Entry]) -> float:
    """Dollars that the policy spent on a sample: bid + jury + refine + execute + accept, without grading."""
    return fsum(entry.usd for entry in entries if entry.phase in _OWN_COST)


def overhead_share(entries: Iterable[Entry]) -> float | None:
    """Overhead = (bid + jury + refine) / total, in dollars. None when nothing was spent."""
    entries = list(entries)
    total = total_usd(entries)
    if total == 0:
        return None
    return overhead_usd(entries) / total


def overhead_usd(entries: Iterable[Entry]) -> float:
    """Dollars of the auction itself: bid + jury + refine."""
    return fsum(entry.usd for entry in entries if entry.phase in AUCTION_PHASES)
