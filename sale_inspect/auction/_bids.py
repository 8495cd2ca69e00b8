"""A bid: one agent's strategy for one task."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Bid"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Bid:
    """A valid bid.

    Attributes:
        agent: Name of the pool's agent.
        strategy: The visible plan.
        truncated: True if the plan has as many tokens as the cap `strategy_tokens`, or was cut by its provider.
        logprob_entropy: Entropy from the generation's log-probabilities in [0, 1], if known.
        refined: True for a bid written in the refinement stage.
    """

    agent: str
    strategy: str
    truncated: bool = False
    logprob_entropy: float | None = None
    refined: bool = False
