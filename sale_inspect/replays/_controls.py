"""What a policy is held against: its own choices shuffled, and blind mixes of single agents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sale_inspect.replays._rounds import Statistic, mean_of
from sale_inspect.routers import Floats, Rows
from sale_inspect.stats import AgentGrid, Draws, Realised, aiq, hull_at

__all__ = [
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


def agent_means(grid: AgentGrid) -> Means:
    """Of the N agents, each alone, (rounds, N)."""
    return Means(correct=mean_of(grid.correct), dollars=mean_of(grid.dollars))


def policy_means(policy: Realised) -> Means:
    """Of a policy, (rounds,)."""
    return Means(correct=mean_of(policy.correct), dollars=mean_of(policy.total()))


def difference(first: Statistic, second: Statistic) -> Statistic:
    """First less second, on the same drawn tasks; 0 where they differ in the last digits only."""

    def found(draws: Draws) -> Floats:
        one, two = first(draws), second(draws)
        # Sums of equal numbers in another order differ in the last digits.
        close = np.abs(one - two) <= _EQUAL * np.maximum(np.abs(one), np.abs(two))
        return np.asarray(np.where(close, 0.0, one - two), dtype=np.float64)

    return found


def shuffled_mean(agent: Rows, agents: Means) -> Means:
    """Means if the choices were permuted over the drawn tasks: sum_m s_m * (mean of agent m). Exact.

    s_m are the shares of the choices among the drawn tasks. It is the expectation over all permutations, so nothing is
    drawn. The control decides for nothing.

    Args:
        agent: (T,), the choices.
        agents: Of the single agents.
    """

    def mixed(values: Statistic) -> Statistic:
        def found(draws: Draws) -> Floats:
            each = values(draws)
            one = (agent[:, None] == np.arange(each.shape[1])[None, :]).astype(np.float64)
            shares = draws.sums(one) / draws.sizes()[:, None]
            return np.asarray((shares * each).sum(axis=1), dtype=np.float64)

        return found

    return Means(correct=mixed(agents.correct), dollars=mixed(agents.dollars))


def zero_pass(policy: Means, agents: Means) -> Statistic:
    """Height of the hull of the single agents at the policy's dollars, with overhead; the hull is refitted each round.

    A policy cheaper than every agent is held against the cheapest, which costs more than it.
    """
    return lambda draws: hull_at(agents.dollars(draws), agents.correct(draws), policy.dollars(draws))


def curve_gain(weights: Floats, curve: Means, agents: Means) -> Statistic:
    """Mean gain over the zero router along a curve: sum_k w_k (q_k - hull(c_k)), where the weights sum to 1.

    w_k is the range of dollars that setting k stands for. It is the area between the curve as it is and the hull of
    the single agents. Unlike a difference of two AIQ it does not pick the best settings in hindsight, so a blind curve
    does not look good by its number of settings.

    Args:
        weights: (K,).
        curve: Of the settings, (rounds, K).
        agents: Of the single agents.
    """

    def found(draws: Draws) -> Floats:
        dollars, correct = agents.dollars(draws)[:, None, :], agents.correct(draws)[:, None, :]
        gains = curve.correct(draws) - hull_at(dollars, correct, curve.dollars(draws))
        return np.asarray(gains @ weights, dtype=np.float64)

    return found


def curve_aiq(curve: Means, agents: Means) -> Statistic:
    """AIQ of a curve over the range of the agents' mean dollars in each round; NaN where it is empty."""

    def found(draws: Draws) -> Floats:
        values = np.full(len(draws.counts), np.nan)
        rows = zip(curve.dollars(draws), curve.correct(draws), agents.dollars(draws), strict=True)
        for place, (c, q, range_) in enumerate(rows):
            value = aiq(c, q, low=float(range_.min()), high=float(range_.max())).value
            if value is not None:
                values[place] = value
        return values

    return found
