"""What a policy is held against: its own choices shuffled, and blind mixes of single agents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from sale_inspect.replays._rounds import Resamples, Statistic, hulls_of, mean_of
from sale_inspect.routers import Floats, Rows
from sale_inspect.stats import AgentGrid, Hulls, Realised, hulls

__all__ = [
    "AgentMeans",
    "Means",
    "agent_means",
    "curve_aiq",
    "curve_gain",
    "difference",
    "policy_means",
    "shuffled_mean",
    "zero_pass",
]

_EQUAL = 1e-12


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Means:
    """Mean pass@1 and dollars with overhead, of one policy or of several.

    Attributes:
        correct: pass@1.
        dollars: Dollars a task.
    """

    correct: Statistic
    dollars: Statistic


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AgentMeans:
    """Mean pass@1 and dollars of the N agents, each alone.

    Attributes:
        correct: (rounds, N), pass@1.
        dollars: (rounds, N), dollars a task.
        hull: Their hull in each round: found once, however many policies are held against it.
    """

    correct: Statistic
    dollars: Statistic
    hull: Callable[[Resamples], Hulls]


def agent_means(grid: AgentGrid) -> AgentMeans:
    """Of the agents of a table."""
    correct, dollars = mean_of(grid.correct), mean_of(grid.dollars)
    return AgentMeans(correct=correct, dollars=dollars, hull=hulls_of(dollars, correct))


def policy_means(policy: Realised) -> Means:
    """Of a policy, (rounds,)."""
    return Means(correct=mean_of(policy.correct), dollars=mean_of(policy.total()))


def difference(first: Statistic, second: Statistic) -> Statistic:
    """First less second, on the same drawn tasks; 0 where they differ in the last digits only."""

    def found(draws: Resamples) -> Floats:
        one, two = first(draws), second(draws)
        # Sums of equal numbers in another order differ in the last digits.
        close = np.abs(one - two) <= _EQUAL * np.maximum(np.abs(one), np.abs(two))
        return np.asarray(np.where(close, 0.0, one - two), dtype=np.float64)

    return found


def shuffled_mean(agent: Rows, agents: AgentMeans) -> Means:
    """Means if the choices were permuted over the drawn tasks: sum_m s_m * (mean of agent m). Exact.

    s_m are the shares of the choices among the drawn tasks. It is the expectation over all permutations, so nothing is
    drawn. The control decides for nothing.

    Args:
        agent: (T,), the choices.
        agents: Of the single agents.
    """
    last = int(agent.max()) + 1
    shares = mean_of((agent[:, None] == np.arange(last)[None, :]).astype(np.float64))

    def mixed(values: Statistic) -> Statistic:
        def found(draws: Resamples) -> Floats:
            return np.asarray((shares(draws) * values(draws)[:, :last]).sum(axis=1), dtype=np.float64)

        return found

    return Means(correct=mixed(agents.correct), dollars=mixed(agents.dollars))


def zero_pass(policy: Means, agents: AgentMeans) -> Statistic:
    """Height of the hull of the single agents at the policy's dollars, with overhead; the hull is refitted each round.

    A policy cheaper than every agent is held against the cheapest, which costs more than it.
    """
    return lambda draws: agents.hull(draws).heights(policy.dollars(draws))


def curve_gain(weights: Floats, curve: Means, agents: AgentMeans) -> Statistic:
    """Mean gain over the zero router along a curve: sum_k w_k (q_k - hull(c_k)), where the weights sum to 1.

    w_k is the range of dollars that setting k stands for. It is the area between the curve as it is and the hull of
    the single agents. Unlike a difference of two AIQ it does not pick the best settings in hindsight, so a blind curve
    does not look good by its number of settings.

    Args:
        weights: (K,).
        curve: Of the settings, (rounds, K).
        agents: Of the single agents.
    """

    def found(draws: Resamples) -> Floats:
        # Rounds stand last, so that each setting is read off every round's hull.
        gains = curve.correct(draws) - agents.hull(draws).heights(curve.dollars(draws).T).T
        return np.asarray(gains @ weights, dtype=np.float64)

    return found


def curve_aiq(curve: Means | AgentMeans, agents: AgentMeans) -> Statistic:
    """AIQ of a curve over the range of the agents' mean dollars in each round; NaN where it is empty."""

    def found(draws: Resamples) -> Floats:
        range_ = agents.dollars(draws)
        each = hulls(curve.dollars(draws), curve.correct(draws))
        return each.mean_heights(range_.min(axis=1), range_.max(axis=1))

    return found
