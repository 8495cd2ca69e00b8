"""What a policy solved and spent, against what was possible.

Nearly every metric here is a ratio of two sums over tasks, so it is kept as two columns, one number a task. A
bootstrap draws tasks and divides the sums anew; ratios are never averaged.

Rules (ours where the source is silent):
- Dollars of a policy are those of its runs plus its overhead, always.
- The oracle of a task is that of `oracle`: the cheapest of the agents with the task's highest pass@1.
- Where `correct` is a mean over epochs, an agent is *right* on a task if its pass@1 is the task's highest and above 0.
  With 0 and 1 this is the common meaning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sale_inspect.stats._agents import EQUAL, oracle
from sale_inspect.stats._frontier import Floats, Rows
from sale_inspect.stats._measured import Measured, unknown
from sale_inspect.stats._ratio import Ratio

__all__ = [
    "AgentGrid",
    "GridFacts",
    "Realised",
    "grid_facts",
    "routing_metrics",
    "routing_ratios",
    "share_entropy",
    "shares_of",
]

Bools = NDArray[np.bool_]

_PER_MILLION = 1e6


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AgentGrid:
    """Outcomes of T tasks by N agents, each alone.

    Attributes:
        correct: (T, N), pass@1 in [0, 1].
        dollars: (T, N), dollars of a run. Finite: an unpriced run is refused, never free.
        tokens: (T, N), tokens of a run, or None.

    Raises:
        ValueError: If shapes disagree, there is no task or agent, or a number is out of its range.
    """

    correct: Floats
    dollars: Floats
    tokens: Floats | None = None

    def __post_init__(self) -> None:
        if self.correct.ndim != 2 or 0 in self.correct.shape:
            raise ValueError(f"Outcomes must be tasks x agents, at least one of each; got {self.correct.shape}.")
        for name in ("dollars", "tokens"):
            array: Floats | None = getattr(self, name)
            if array is not None and array.shape != self.correct.shape:
                raise ValueError(f"{name} has shape {array.shape}, correct has {self.correct.shape}.")
        _check("correct", self.correct, 1.0)
        _check("dollars", self.dollars)
        _check("tokens", self.tokens)

    def right(self) -> Bools:
        """(T, N), whether the agent is right on the task (rule of this module)."""
        top = self.correct.max(axis=1, keepdims=True)
        return np.asarray((self.correct >= top - EQUAL) & (top > 0), dtype=np.bool_)

    def oracle(self) -> Rows:
        """(T,), column of the oracle's agent."""
        return oracle(self.correct, self.dollars)

    def dearest(self) -> int:
        """Column of the agent with the greatest mean dollars a task; of equals the last of the pool."""
        return int(np.argsort(self.dollars.mean(axis=0), kind="stable")[-1])

    def realised(self, agent: Rows, overhead: Floats | None = None) -> Realised:
        """What a policy gets that lets one agent do each task.

        Args:
            agent: (T,), columns.
            overhead: (T,), dollars of deciding; none by default.

        Raises:
            ValueError: If there is not one column of the table for each task.
        """
        chosen = np.asarray(agent)
        tasks, agents = self.correct.shape
        if chosen.shape != (tasks,) or not np.issubdtype(chosen.dtype, np.integer):
            raise ValueError(f"{chosen.shape} choices of type {chosen.dtype} for {tasks} tasks; give one column each.")
        if chosen.min() < 0 or chosen.max() >= agents:
            raise ValueError(f"A choice is no column of the {agents} agents: {chosen.min()} to {chosen.max()}.")
        every = np.arange(tasks)
        return Realised(
            correct=self.correct[every, chosen],
            dollars=self.dollars[every, chosen],
            tokens=None if self.tokens is None else self.tokens[every, chosen],
            overhead=np.zeros(tasks) if overhead is None else np.asarray(overhead, dtype=np.float64),
            agent=chosen.astype(np.intp),
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Realised:
    """What a policy got on T tasks.

    Attributes:
        correct: (T,), pass@1.
        dollars: (T,), dollars of all its runs, without overhead.
        overhead: (T,), dollars of deciding: bids, juries, classifiers.
        tokens: (T,), tokens of all its runs and of deciding, or None.
        agent: (T,), column of the agent whose answer counts, or None if there is no such agent.

    Raises:
        ValueError: If lengths disagree or a number is out of its range.
    """

    correct: Floats
    dollars: Floats
    overhead: Floats
    tokens: Floats | None = None
    agent: Rows | None = None

    def __post_init__(self) -> None:
        for name in ("dollars", "overhead", "tokens", "agent"):
            column = getattr(self, name)
            if column is not None and column.shape != self.correct.shape:
                raise ValueError(f"{name} has shape {column.shape} for correct of shape {self.correct.shape}.")
        _check("correct", self.correct, 1.0)
        for name in ("dollars", "overhead", "tokens"):
            _check(name, getattr(self, name))

    def total(self) -> Floats:
        """(T,), dollars with overhead."""
        return self.dollars + self.overhead


def _check(name: str, values: Floats | None, high: float = np.inf) -> None:
    if values is None:
        return
    bad = ~(np.isfinite(values) & (values >= 0) & (values <= high))
    if bad.any():
        place = tuple(int(at) for at in np.argwhere(bad)[0])
        raise ValueError(
            f"{name} at {place} is {float(values[place])!r}; it must be a number from 0 to {high:g}. What is not known "
            "or has no price is never taken as 0."
        )


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class GridFacts:
    """What the metrics of every policy need of the agents; found once, not for each policy.

    Attributes:
        oracle: What the oracle gets.
        solvable: (T,), 1 where an agent is right, else 0.
        top: (T,), the highest pass@1.
        right: (T, N), whether the agent is right.
        cheapest: (T,), the fewest dollars.
        cheapest_right: (T,), the fewest dollars of the agents that are right; infinite where there is none.
        dearest_right: (T,), the most dollars of them; minus infinite where there is none.
        dearest: Column of the agent with the greatest mean dollars.
        utility: (T,), the greatest worth of what is solved less dollars; None if the worth is not given.
        one: (T,), ones.
    """

    oracle: Realised
    solvable: Floats
    top: Floats
    right: Bools
    cheapest: Floats
    cheapest_right: Floats
    dearest_right: Floats
    dearest: int
    utility: Floats | None
    one: Floats


def grid_facts(grid: AgentGrid, *, worth: float | None = None) -> GridFacts:
    """What `routing_ratios` needs of the agents.

    Args:
        grid: What each agent got alone.
        worth: Dollars that a solved task is worth, or None.
    """
    right, top = grid.right(), grid.correct.max(axis=1)
    return GridFacts(
        oracle=grid.realised(grid.oracle()),
        solvable=(top > 0).astype(np.float64),
        top=top,
        right=right,
        cheapest=grid.dollars.min(axis=1),
        cheapest_right=np.where(right, grid.dollars, np.inf).min(axis=1),
        dearest_right=np.where(right, grid.dollars, -np.inf).max(axis=1),
        dearest=grid.dearest(),
        utility=None if worth is None else (worth * grid.correct - grid.dollars).max(axis=1),
        one=np.ones(len(top)),
    )


def routing_ratios(
    policy: Realised, grid: AgentGrid, *, worth: float | None = None, facts: GridFacts | None = None
) -> Mapping[str, Ratio | str]:
    """The metrics of a policy as ratios of sums; a reason where a metric cannot be had.

    With t a task, q_t its pass@1, d_t dollars of the runs, o_t overhead, k_t tokens, a_t the chosen agent, * the
    oracle, n an agent:

    - `pass`             sum q_t / T
    - `usd_per_task`     sum (d_t + o_t) / T
    - `usd_per_solved`   sum (d_t + o_t) / sum q_t
    - `usd_per_mtok`     1e6 * sum (d_t + o_t) / sum k_t; weighted by tokens, not a mean of tasks' quotients
    - `overhead_share`   sum o_t / sum (d_t + o_t)
    - `optimal_selection`  tasks with a_t = * / tasks, of those with a right agent (RouterArena). Another right agent
                         that costs the same on the task counts as *
    - `optimal_cost`     sum d_t* / sum (d_t + o_t) (RouterArena); all tasks, the oracle's without overhead
    - `optimal_accuracy` sum q_t / sum q_t*, of tasks with a right agent (RouterArena)
    - `over_escalation`  share of all tasks where an agent is right and a_t is dearer, on this task, than the cheapest
                         right one. The run is dearer than need be, whether a_t is right or not
    - `under_escalation` share of all tasks where a_t is wrong and an agent that is dearer on this task is right. A task
                         can be in both: a_t is wrong and lies between two right agents
    - `hopeless_escalation`  share of all tasks where no agent is right and a_t is not the cheapest (ours)
    - `regret_pass`      sum (q_t* - q_t) / T
    - `regret_usd`       sum (d_t + o_t - d_t*) / T; negative if cheaper runs were taken and failed
    - `regret_worth`     sum (max_n (w q_tn - d_tn) - (w q_t - d_t - o_t)) / T, dollars a task, if a solved task is
                         worth w
    - `dearest_share`    share of tasks that the agent with the greatest mean dollars does

    Args:
        policy: What it got.
        grid: What each agent got alone, on the same tasks.
        worth: w, dollars that a solved task is worth; without it there is no `regret_worth`.
        facts: Of the same agents and worth, where many policies share them; else found here.

    Raises:
        ValueError: If the tasks are not as many.
    """
    if len(policy.correct) != len(grid.correct):
        raise ValueError(f"{len(policy.correct)} tasks of the policy, {len(grid.correct)} of the agents.")
    agents = grid_facts(grid, worth=worth) if facts is None else facts
    one, best, total, solvable = agents.one, agents.oracle, policy.total(), agents.solvable
    ratios: dict[str, Ratio | str] = {
        "pass": Ratio(kind="share", above=policy.correct, below=one, reason="no task"),
        "usd_per_task": Ratio(kind="dollars", above=total, below=one, reason="no task"),
        "usd_per_solved": Ratio(kind="dollars", above=total, below=policy.correct, reason="no task was solved"),
        "usd_per_mtok": "tokens are not known"
        if policy.tokens is None
        else Ratio(kind="dollars", above=_PER_MILLION * total, below=policy.tokens, reason="no tokens were spent"),
        "overhead_share": Ratio(kind="dollars", above=policy.overhead, below=total, reason="nothing was spent"),
        "optimal_cost": Ratio(kind="dollars", above=best.dollars, below=total, reason="nothing was spent"),
        "optimal_accuracy": Ratio(
            kind="share",
            above=policy.correct * solvable,
            below=best.correct * solvable,
            reason="no agent is right on any task",
        ),
        "regret_pass": Ratio(kind="points", above=best.correct - policy.correct, below=one, reason="no task"),
        "regret_usd": Ratio(kind="dollars", above=total - best.dollars, below=one, reason="no task"),
        "regret_worth": "the worth of a solved task is not given",
    }
    if worth is not None and agents.utility is not None:
        ratios["regret_worth"] = Ratio(
            kind="dollars", above=agents.utility - worth * policy.correct + total, below=one, reason="no task"
        )
    return ratios | _choice_ratios(policy, grid, agents)


def _choice_ratios(policy: Realised, grid: AgentGrid, agents: GridFacts) -> dict[str, Ratio | str]:
    names = ("optimal_selection", "over_escalation", "under_escalation", "hopeless_escalation", "dearest_share")
    if policy.agent is None:
        return dict.fromkeys(names, "no one agent does a task, or it is not known which")
    every, solvable = np.arange(len(policy.agent)), agents.solvable
    chosen_dollars = grid.dollars[every, policy.agent]
    # A policy that really ran has outcomes of its own; these say whether its choice was right.
    wrong = (policy.correct < agents.top - EQUAL) & (agents.top > 0)
    counts = {
        "over_escalation": (solvable > 0) & (chosen_dollars > agents.cheapest_right),
        "under_escalation": wrong & (agents.dearest_right > chosen_dollars),
        "hopeless_escalation": (solvable == 0) & (chosen_dollars > agents.cheapest),
        "dearest_share": policy.agent == agents.dearest,
    }
    one = agents.one
    picked = agents.right[every, policy.agent] & (chosen_dollars <= agents.cheapest_right)
    ratios: dict[str, Ratio | str] = {
        name: Ratio(kind="share", above=each.astype(np.float64), below=one, reason="no task")
        for name, each in counts.items()
    }
    ratios["optimal_selection"] = Ratio(
        kind="share", above=picked.astype(np.float64), below=solvable, reason="no agent is right on any task"
    )
    return ratios


def routing_metrics(policy: Realised, grid: AgentGrid, *, worth: float | None = None) -> dict[str, Measured]:
    """The value of every metric of `routing_ratios`, and `share_entropy`."""
    ratios = routing_ratios(policy, grid, worth=worth)
    metrics = {name: unknown(ratio) if isinstance(ratio, str) else ratio.value() for name, ratio in ratios.items()}
    if policy.agent is None:
        metrics["share_entropy"] = unknown("no one agent does a task, or it is not known which")
    else:
        metrics["share_entropy"] = Measured(value=share_entropy(shares_of(policy.agent, grid.correct.shape[1])))
    return metrics


def shares_of(agent: Rows, agents: int) -> Floats:
    """(N,), share of the tasks that each agent does."""
    return np.asarray(np.bincount(agent, minlength=agents) / len(agent), dtype=np.float64)


def share_entropy(shares: Floats) -> float:
    """H = -sum s log2 s, bits; 0 if one agent does everything, log2 N if all do as much."""
    some = shares[shares > 0]
    return float(-(some * np.log2(some)).sum()) + 0.0
