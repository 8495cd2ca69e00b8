"""The parts of a replay's result: plain numbers and text, ready for JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sale_inspect.stats import CONFIDENCE, Method
from sale_inspect.texts import Sentence

__all__ = [
    "AgentResult",
    "BinResult",
    "Comparison",
    "CurvePoint",
    "CurveResult",
    "Estimate",
    "PolicyResult",
    "ReplayOptions",
    "Rival",
    "Verdict",
]

Verdict = Literal["better", "worse", "not resolved", "same"]
Rival = Literal["shuffled", "best single", "zero", "zero curve", "random", "policy"]
Compared = Literal["pass", "usd_per_task", "curve_gain"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayOptions:
    """How a replay is evaluated.

    Attributes:
        rounds: Bootstrap rounds.
        confidence: Of all intervals and verdicts.
        seed: Seed of the draws.
        method: `percentile`, `basic` or `bca`, of all intervals but those of AIQ, which are `basic`.
        stratify: Whether each round draws as many tasks of each bin as there are.
        worth: Dollars that a solved task is worth, for `regret_worth`.
        best_single: The agent that counts as the best single one, for instance the best in training. By default the
            best on these very tasks, which favours it.
        against: Names of policies with which all others are compared too.
        power: Chance to resolve a difference, for the number of tasks that would be needed.
    """

    rounds: int = 2000
    confidence: float = CONFIDENCE
    seed: int = 0
    method: Method = "percentile"
    stratify: bool = True
    worth: float | None = None
    best_single: str | None = None
    against: tuple[str, ...] = ()
    power: float = 0.8


@dataclass(frozen=True, kw_only=True, slots=True)
class Estimate:
    """A metric with its interval.

    Attributes:
        value: On all tasks; None where it is not defined.
        low: Lower end of the interval, or None.
        high: Upper end, or None.
        error: Standard error by the bootstrap, or None.
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
class Comparison(Sentence):
    """A policy against a rival, on the same tasks.

    Attributes:
        policy: The policy.
        rival: Name of the other.
        kind: What the other is.
        measure: What is compared; `curve_gain` is the mean gain of pass@1 along the curve.
        difference: Policy less rival.
        test: What p comes from: McNemar's exact test where both have 0 or 1 on each task, else the normal approximation
            with the bootstrap's standard error.
        p: Two-sided p of no difference; None if there is none.
        p_adjusted: p after Holm's correction over all comparisons of this kind and measure.
        verdict: `better` or `worse` only if the interval excludes 0 and `p_adjusted` is at most 1 - confidence.
        tasks: Tasks.
        tasks_needed: Tasks that would resolve a difference of this size; None if resolved or not known.
        sentence: All of this in words.
    """

    policy: str
    rival: str
    kind: Rival
    measure: Compared
    difference: Estimate
    test: Literal["mcnemar", "normal"]
    p: float | None
    p_adjusted: float | None
    verdict: Verdict
    tasks: int
    tasks_needed: int | None
    sentence: str


@dataclass(frozen=True, kw_only=True, slots=True)
class BinResult:
    """The policies on the tasks of one bin: `pass` and `usd_per_task` by name of the policy."""

    bin: str
    tasks: int
    correct: Mapping[str, Estimate]
    dollars: Mapping[str, Estimate]
