"""The choice: highest probability times worth less dollars, and the sentence that says so."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sale_inspect.auction import AgentForecast, CalibratedDecision, select_by_value
from sale_inspect.routers import Floats, Rows

__all__ = ["cheapest_first", "choose", "decide"]

_EQUAL = 1e-12


def choose(p: Floats, usd: Floats, worth: float, order: Rows) -> Rows:
    """(A,) column of the agent with the greatest worth * p - $ on each of A tasks.

    Args:
        p: (A, N).
        usd: (A, N).
        worth: w, dollars of a solved task; lambda = 1 / w is the pass@1 that a dollar must bring.
        order: (N,) columns in the order that breaks ties, cheapest first.
    """
    value = (worth * p - usd)[:, order]
    top = value.max(axis=1, keepdims=True)
    equal = value >= top - _EQUAL * np.maximum(1.0, np.abs(value).max(axis=1, keepdims=True))
    return np.asarray(order[np.argmax(equal, axis=1)], dtype=np.intp)


def cheapest_first(prices: Sequence[float]) -> Rows:
    """(N,) columns by price, pool order among equals: as the auction breaks ties."""
    return np.argsort(np.asarray(prices, dtype=np.float64), kind="stable").astype(np.intp)


def decide(
    agents: Sequence[str],
    p: Sequence[float],
    usd: Sequence[float],
    worth: float,
    *,
    order: Rows,
    bidders: Sequence[str] | None = None,
    fitted_p: Sequence[float] | None = None,
) -> CalibratedDecision:
    """Choose an agent for one task, with the record of why.

    Args:
        agents: The N agents.
        p: Probability of success of each.
        usd: Expected dollars of its execution.
        worth: w, dollars of a solved task.
        order: Of `cheapest_first`.
        bidders: Agents that may be chosen; None for all.
        fitted_p: What the fit says of each before what was learnt in the run; None where nothing is learnt.

    Raises:
        ValueError: If nobody may be chosen.
    """
    wanted = set(agents if bidders is None else bidders)
    able = [place for place, agent in enumerate(agents) if agent in wanted]
    if not able:
        raise ValueError("Nobody may be chosen: name at least one agent.")
    rank = {agents[int(column)]: float(place) for place, column in enumerate(order)}
    value = {agents[at]: worth * float(p[at]) - float(usd[at]) for at in able}
    winner = agents.index(select_by_value(value, rank, agents))
    forecasts = tuple(
        AgentForecast(
            agent=agent,
            p=float(p[at]),
            usd=float(usd[at]),
            value_usd=worth * float(p[at]) - float(usd[at]),
            fitted_p=None if fitted_p is None else float(fitted_p[at]),
        )
        for at, agent in enumerate(agents)
    )
    return CalibratedDecision(
        winner=agents[winner],
        worth=worth,
        forecasts=forecasts,
        fallback=False,
        reason=_reason(forecasts, winner, [at for at in able if at != winner], worth),
    )


def _reason(forecasts: Sequence[AgentForecast], winner: int, others: Sequence[int], worth: float) -> str:
    first = forecasts[winner]
    told = f"{first.agent}: p {first.p:.2f}, {_usd(first.usd)}"
    if not others:
        return f"{told}; nobody else may be chosen"
    rival = forecasts[max(others, key=lambda at: forecasts[at].value_usd)]
    told += f"; {rival.agent}: {rival.p:.2f}, {_usd(rival.usd)}"
    points, dollars = 100.0 * abs(first.p - rival.p), abs(first.usd - rival.usd)
    amount = "1 point is" if f"{points:.0f}" == "1" else f"{points:.0f} points are"
    if first.p < rival.p and first.usd < rival.usd:
        return f"{told}; {amount} not worth {_usd(dollars)} at this setting"
    if first.p > rival.p and first.usd > rival.usd:
        return f"{told}; {amount} worth {_usd(dollars)} at this setting"
    if first.p >= rival.p:
        return f"{told}; {first.agent} is at least as likely to solve it, and no dearer"
    return f"{told}; equal at {_usd(worth)} for a solved task, so the cheaper agent is chosen"


def _usd(value: float) -> str:
    """Two significant figures are enough to see why."""
    return f"${float(f'{value:.2g}'):,g}"
