"""The parts of a replay's result: plain numbers and text, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sale_inspect.stats import CONFIDENCE, POWER

__all__ = [
    "AgentResult",
    "BinResult",
    "CurvePoint",
    "CurveResult",
    "Estimate",
    "PolicyResult",
    "ReplayOptions",
    "Rival",
]

Rival = Literal["shuffled", "best single", "zero", "zero curve", "random", "policy"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayOptions:
    """How a replay is evaluated.

    Attributes:
        rounds: Bootstrap rounds, of the intervals of AIQ.
        confidence: Of all intervals and verdicts.
        seed: Seed of the draws.
        worth: Dollars that a solved task is worth, for `regret_worth`.
        best_single: The agent that counts as the best single one, for instance the best in training. By default the
            best on these very tasks, and that choice is paid for in intervals and corrections.
        against: Names of policies with which all others are compared too.
        power: Chance to resolve a difference, for what so many tasks resolve and how many it would take.
        keep_pass: The answer is for this share of the best single agent's pass@1, in (0, 1]; None for no such goal.
        budget: The answer is for these dollars a task; None for no budget.
        knobs_set_here: Knobs were set for `keep_pass` on these very tasks: a certificate then holds for all settings.
    """

    rounds: int = 2000
    confidence: float = CONFIDENCE
    seed: int = 0
    worth: float | None = None
    best_single: str | None = None
    against: tuple[str, ...] = ()
    power: float = POWER
    keep_pass: float | None = None
    budget: float | None = None
    knobs_set_here: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A metric with its interval.

    Attributes:
        value: On all tasks; None where it is not defined.
        low: Lower end of the interval, or None.
        high: Upper end, or None.
        error: Standard error, of dollars that of their log, or None.
        reason: Why there is no value, or what a reader must know of it.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentResult:
    """An agent alone: pass@1 and dollars a task."""

    name: str
    correct: float
    dollars: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CurvePoint:
    """One setting of a knob: pass@1 and dollars a task with overhead."""

    value: float
    correct: float
    dollars: float


@dataclass(frozen=True, kw_only=True, slots=True)
class CurveResult:
    """A policy over the values of its knob.

    Attributes:
        knob: Its name, or "" for a policy of one setting.
        points: The settings; for a policy without a knob its one point, with value 0.
        figures: By name: `aiq`, `aiq_zero_to_max`, `audc`, `area_50`, `peak`, `perf_gain`, `qnc`, `cost_save`,
            `pareto_distance`, `apgr`, `cpt_20`, `cpt_50`, `cpt_80`. Only `aiq` has an interval.
    """

    knob: str
    points: tuple[CurvePoint, ...]
    figures: Mapping[str, Estimate]


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyResult:
    """A policy.

    Attributes:
        name: Its name.
        baseline: Whether the replay added it.
        estimates: By name: those of `stats.routing_ratios`, and `gain_at_best`, `gain_at_random`, `gap_to_oracle` and
            `pgr` (see `stats`; small and large are the agents with the least and the greatest mean dollars).
        shares: Share of the tasks that each agent does; empty if no one agent does a task.
        entropy: Of the shares, bits; None if there are none.
        shuffled: pass@1 of its shuffled control: its own choices, permuted over the tasks; exact expectation.
        shuffled_usd: Dollars a task of that control; it decides for nothing.
        zero: pass@1 of the zero router at the policy's dollars with overhead.
        curve: Over its knob; None for baselines.
    """

    name: str
    baseline: bool
    estimates: Mapping[str, Estimate]
    shares: Mapping[str, float]
    entropy: float | None
    shuffled: Estimate | None = None
    shuffled_usd: Estimate | None = None
    zero: Estimate | None = None
    curve: CurveResult | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class BinResult:
    """The policies on the tasks of one bin: `pass` and `usd_per_task` by name of the policy."""

    bin: str
    tasks: int
    correct: Mapping[str, Estimate]
    dollars: Mapping[str, Estimate]
