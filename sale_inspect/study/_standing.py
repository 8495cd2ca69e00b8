"""What a study's decision holds, and its table."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.texts import Table, fmt_usd_thousand

__all__ = ["Decision", "Floats", "MeasuredPolicy", "OraclePoint", "Standing", "decision_table", "standing_sentence"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MeasuredPolicy:
    """What one policy did on the test tasks.

    Attributes:
        name: Its name.
        solved: (T,), mean score of each task over its runs, in [0, 1].
        dollars: (T,), mean dollars of a run of each task.
        simulated: Its agents are simulated.
        single: It is one agent alone.
    """

    name: str
    solved: Floats
    dollars: Floats
    simulated: bool = False
    single: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Standing:
    """One policy in the decision.

    Attributes:
        name: Its name.
        solved: pass@1.
        solved_low: Lower end of its interval.
        solved_high: Upper end.
        usd: Dollars a task.
        usd_low: Lower end of its interval; None if there are too few tasks.
        usd_high: Upper end.
        beats: Whether it is resolved to reach the goal better than the baseline.
        reason: What was found, in words.
        mix: pass@1 of the best blind mix of single agents that costs as much (the hull of RouterBench); a policy that
            chooses by the task is worth its name only above it. None without single agents.
    """

    name: str
    solved: float
    solved_low: float
    solved_high: float
    usd: float
    usd_low: float | None
    usd_high: float | None
    beats: bool
    reason: str
    mix: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OraclePoint:
    """What choosing each task's cheapest agent that solves it would do. Nobody can; no choice of agents does better.

    Attributes:
        solved: pass@1.
        usd: Dollars a task.
    """

    solved: float
    usd: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What to use.

    Attributes:
        use: Name of the policy.
        baseline: The agent that was best on dev, which is used unless another policy is resolved to be better.
        tasks: Test tasks.
        confidence: Chance that no policy is said to be better that is not.
        simulated: The agents are simulated.
        standings: All policies, the baseline first.
        oracle: Of the single agents; None without any.
        sentence: One sentence: what to use, what it solves, what it costs, how sure that is.
        surety: Of it, how sure that is and why.
        best_bet: Of it, the policy that looks best where nothing is resolved; "" for none.
    """

    use: str
    baseline: str
    tasks: int
    confidence: float
    simulated: bool
    standings: tuple[Standing, ...]
    sentence: str
    oracle: OraclePoint | None = None
    surety: str = ""
    best_bet: str = ""


def standing_sentence(standing: Standing, tasks: str) -> str:
    """What a policy solves and for how many dollars, with intervals.

    Args:
        standing: The policy.
        tasks: How many of what, for instance "60 tasks".
    """
    dollars = fmt_usd_thousand(standing.usd)
    if standing.usd_low is not None and standing.usd_high is not None:
        dollars += f" [{fmt_usd_thousand(standing.usd_low)}, {fmt_usd_thousand(standing.usd_high)}]"
    ends = f"[{100 * standing.solved_low:.1f}, {100 * standing.solved_high:.1f}]"
    return f"It solves {100 * standing.solved:.1f}% {ends} of {tasks} for {dollars} per 1,000 tasks."


def decision_table(decision: Decision) -> Table:
    """All policies, those that solve most first, in 80 columns."""
    best = next(each for each in decision.standings if each.name == decision.baseline)
    rows = [
        (
            f"{each.name}{' *' if each.name == decision.use else ''}",
            f"{100 * each.solved:.1f} [{100 * each.solved_low:.0f}, {100 * each.solved_high:.0f}]",
            fmt_usd_thousand(each.usd),
            "-" if not best.usd else f"{each.usd / best.usd:.2f}",
            "-" if each.mix is None else f"{100 * each.mix:.1f}",
        )
        for each in sorted(decision.standings, key=lambda each: (-each.solved, each.usd, each.name))
    ]
    sections: tuple[tuple[tuple[str, ...], ...], ...] = (tuple(rows),)
    if (most := decision.oracle) is not None:
        ratio = "-" if not best.usd else f"{most.usd / best.usd:.2f}"
        sections = (
            *sections,
            (("oracle (nobody can)", f"{100 * most.solved:.1f}", fmt_usd_thousand(most.usd), ratio, "-"),),
        )
    notes = [
        f"* is what to use. Dollars of all calls, the auction's included; x: times those of {best.name}.",
        "mix: % that a blind mix of the single agents solves for the same dollars.",
    ]
    return Table(
        title=f"{'Simulated agents: ' if decision.simulated else ''}{decision.tasks:,} test tasks",
        header=("policy", "solved, % [95%]", "$ per 1,000", "x", "mix"),
        sections=sections,
        notes=tuple(notes),
    )
