"""What is written down of a fit."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from sale_inspect.weights import Frozen

__all__ = ["FitQuality", "GoalName", "PolicyPoint", "Setting"]

GoalName = Literal["most-solved", "keep-pass", "budget", "worth"]


class PolicyPoint(Frozen):
    """pass@1 and mean dollars a task, auctions that are held included; share of tasks whose auction is held."""

    pass_rate: float = Field(ge=0, le=1)
    usd: float = Field(ge=0)
    held: float = Field(default=0.0, ge=0, le=1)


class Setting(Frozen):
    """What the fit was asked for, and what it settled on.

    Attributes:
        goal: What was asked for.
        target: The share, the dollars a task, or the dollars of a solved task; None for `most-solved`.
        confidence: One-sided, of the bound.
        auction: `auto` (the gate decides) or `always`.
        worth: Dollars of a solved task that forecasts are weighed with.
        fallback: Whether the best single agent does every task, without an auction.
        single: The best single agent on dev at this goal.
        bound: Lower bound of what the goal is tested by: of `keep-pass` pass@1 less the share of any agent's; of the
            others the rule's pass@1 (with `worth`, less dollars / worth) less that of any agent; 0.01 is a point.
        tasks: Dev tasks.
        rule: Held-out figures of the rule.
        alone: Figures of the best single agent on the same tasks.
        sentence: All this in plain English.
    """

    goal: GoalName
    target: float | None
    confidence: float = Field(gt=0, lt=1)
    auction: Literal["auto", "always"]
    worth: float = Field(ge=0)
    fallback: bool
    single: str
    bound: float | None
    tasks: int = Field(ge=2)
    rule: PolicyPoint
    alone: PolicyPoint
    sentence: str


class FitQuality(Frozen):
    """How good held-out forecasts are.

    Attributes:
        brier: Mean squared error of the probabilities.
        brier_means: The same with each agent's own mean as its forecast.
        brier_prior: The same without bids.
        ece: Mean distance of forecast and outcome over ten groups of equal size, by the forecast.
    """

    brier: float = Field(ge=0, le=1)
    brier_means: float = Field(ge=0, le=1)
    brier_prior: float = Field(ge=0, le=1)
    ece: float = Field(ge=0, le=1)
