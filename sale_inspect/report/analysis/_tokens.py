"""Tokens that each agent alone uses for a task, by bin, and whether more expensive agents use fewer."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sale_inspect.report.analysis._cells import ALL, bins_of
from sale_inspect.stats import compare_dollars

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TokenComparison", "TokenUse", "compare_tokens", "token_uses"]


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenUse:
    """What an agent alone uses for a task.

    Attributes:
        agent: The agent; agents stand in order of the dollars of a token.
        bin: The bin, or all.
        tasks: Tasks.
        tokens: Mean tokens of a task's run, cached ones included.
    """

    agent: str
    bin: str
    tasks: int
    tokens: float


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenComparison:
    """Tokens of the agent whose tokens cost most over those of the one whose tokens cost least, on the same tasks.

    Attributes:
        larger: The agent with the more expensive tokens.
        smaller: The other.
        tasks: Tasks that both did.
        ratio: Geometric mean of the tasks' own ratios; NaN if there are too few tasks.
        low: Lower end of its 95% interval, see `stats.compare_dollars`.
        high: Upper end.
    """

    larger: str
    smaller: str
    tasks: int
    ratio: float
    low: float
    high: float


def token_uses(samples: pd.DataFrame) -> tuple[TokenUse, ...]:
    """Mean tokens of every agent alone in every bin, and overall.

    Args:
        samples: Tidy samples, scored.
    """
    own = _alone(samples)
    uses = []
    for agent in _by_price(own):
        runs = own[own["agent"] == agent]
        for name in (*bins_of(samples), ALL):
            part = runs if name == ALL else runs[runs["bin"] == name]
            if len(part):
                means = part.groupby("task_id")["tokens"].mean()
                uses.append(TokenUse(agent=agent, bin=name, tasks=len(means), tokens=float(means.mean())))
    return tuple(uses)


def compare_tokens(samples: pd.DataFrame, *, seed: int = 0) -> TokenComparison | None:
    """The most against the least expensive agent; None if there are not two, or they share no task.

    Args:
        samples: Tidy samples, scored.
        seed: Of sampled tests.
    """
    own = _alone(samples)
    agents = _by_price(own)
    if len(agents) < 2:
        return None
    means = own.groupby(["task_id", "agent"])["tokens"].mean().unstack()[[agents[-1], agents[0]]].dropna()
    if not len(means):
        return None
    found = compare_dollars(means[agents[-1]].to_numpy(float), means[agents[0]].to_numpy(float), seed=seed)
    ends = (found.typical, found.typical_low, found.typical_high)
    ratio, low, high = (math.nan if end is None else end for end in ends)
    return TokenComparison(
        larger=agents[-1], smaller=agents[0], tasks=len(means), ratio=ratio, low=low, high=high
    )  # fmt: skip


def _alone(samples: pd.DataFrame) -> pd.DataFrame:
    return samples[(samples["kind"] == "single") & samples["tokens"].notna() & samples["usd"].notna()]


def _by_price(own: pd.DataFrame) -> list[str]:
    """Agents by dollars of a token: what stands in logs for the size of a model."""
    sums = own.groupby("agent")[["usd", "tokens"]].sum()
    sums = sums[sums["tokens"] > 0]
    return [str(agent) for agent in (sums["usd"] / sums["tokens"]).sort_values(kind="stable").index]
