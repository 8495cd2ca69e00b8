"""What a run will cost, from stated assumptions, where nothing was recorded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from sale_inspect._errors import ForecastError
from sale_inspect.auction import count_tokens, prompt
from sale_inspect.forecast._forecast import Forecast, PhaseForecast
from sale_inspect.money import Price, TokenUsage, usd

__all__ = ["Assumptions", "forecast_sale", "forecast_single"]

Totals = dict[tuple[str, str], list[float]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Assumptions:
    """Means a task. All are ours, to be replaced by what you know of your tasks.

    Attributes:
        task_tokens: Tokens of a task's text with its tools' descriptions.
        plan_tokens: Tokens of a plan.
        rating_tokens: Output tokens of one rating.
        neighbours: Past auctions that a refinement reads.
        trace_input: Input tokens of all calls of one execution, cached ones included.
        trace_output: Output tokens of one execution.
        trace_calls: Calls of one execution.
        cached: Share of an execution's input that the provider's cache has.

    Raises:
        ForecastError: If a number is below 0, or `cached` above 1.
    """

    task_tokens: float = 600.0
    plan_tokens: float = 180.0
    rating_tokens: float = 12.0
    neighbours: int = 8
    trace_input: float = 15_000.0
    trace_output: float = 1_500.0
    trace_calls: float = 6.0
    cached: float = 0.0

    def __post_init__(self) -> None:
        values = (
            *(self.task_tokens, self.plan_tokens, self.rating_tokens, self.neighbours),
            *(self.trace_input, self.trace_output, self.trace_calls, self.cached),
        )
        if min(values) < 0 or self.cached > 1:
            raise ForecastError("Assumptions are numbers of at least 0, and `cached` is a share from 0 to 1.")


def forecast_single(agent: str, price: Price, tasks: int, assumed: Assumptions) -> Forecast:
    """One agent on all tasks.

    Raises:
        ForecastError: If no task is planned.
    """
    totals: Totals = {}
    _execute(totals, agent, tasks, assumed)
    phases = _phases(totals, {agent: price}, assumed)
    return Forecast(
        policy=f"{agent} alone",
        tasks=_checked(tasks),
        basis="assumed",
        phases=phases,
        # What follows from one set of assumptions has no range.
        low_usd=None,
        high_usd=None,
        confidence=0.0,
        notes=(f"{_execution(assumed)}. Record a few tasks and give --like LOGS for an interval.",),
    )


def _execution(assumed: Assumptions) -> str:
    """What is assumed of an execution, in words."""
    cached = f", {100 * assumed.cached:g}% of that from a cache" if assumed.cached else ""
    return (
        f"an execution is assumed to read {assumed.trace_input:,.0f} tokens{cached} and to write "
        f"{assumed.trace_output:,.0f}, in {assumed.trace_calls:g} calls"
    )


def forecast_sale(
    prices: Mapping[str, Price],
    tasks: int,
    assumed: Assumptions,
    *,
    jury: Literal["individual", "panel"] = "individual",
    memory: bool = True,
    escalate: int = 0,
    judged: bool = False,
) -> Forecast:
    """SALE on all tasks: N bids, ratings of all by all, refinement, one execution.

    Each agent is taken to lead, and to win, equally often; so the agent with k dearer ones refines in k of N auctions.
    The ends of the range let the cheapest agent do all with no refinement, and the dearest do all with the most.

    Args:
        prices: Of each agent of the pool.
        tasks: Planned tasks.
        assumed: Means a task.
        jury: `individual`: N calls a judge; `panel`: one.
        memory: Whether cheaper agents refine.
        escalate: Most further executions; half of them are taken to happen, none and all at the ends.
        judged: Whether all agents rate each answer, by which it is accepted.

    Raises:
        ForecastError: If no task is planned, or the pool is empty.
    """
    _checked(tasks)
    if not prices:
        raise ForecastError("The pool has no agent.")
    order = sorted(prices, key=lambda agent: prices[agent].blended())
    known = (order, prices, tasks, assumed, jury)
    middle = _sale(*known, dict.fromkeys(order, 1 / len(order)), memory=memory, more=escalate / 2, judged=judged)
    cheap = _sale(*known, {order[0]: 1.0}, memory=False, judged=judged)
    dear = _sale(*known, {order[-1]: 1.0}, memory=memory, more=escalate, judged=judged)
    return Forecast(
        policy=f"SALE, jury {jury}" + ("" if memory else ", no memory"),
        tasks=tasks,
        basis="assumed",
        phases=middle,
        low_usd=sum(phase.usd for phase in cheap),
        high_usd=sum(phase.usd for phase in dear),
        confidence=0.0,
        notes=(
            f"{_execution(assumed)}; a task has {assumed.task_tokens:,.0f} tokens, a plan "
            f"{assumed.plan_tokens:,.0f}, and all agents win equally often. Record a few tasks and give --like LOGS "
            "for an interval.",
        ),
    )


def _checked(tasks: int) -> int:
    if tasks < 1:
        raise ForecastError("Plan at least one task, for instance --tasks 100.")
    return tasks


def _sale(
    order: Sequence[str],
    prices: Mapping[str, Price],
    tasks: int,
    assumed: Assumptions,
    jury: str,
    leads: Mapping[str, float],
    *,
    memory: bool,
    more: float = 0.0,
    judged: bool = False,
) -> tuple[PhaseForecast, ...]:
    totals: Totals = {}
    base = assumed.task_tokens + _fixed("task")
    for agent in order:
        _add(totals, "bid", agent, tasks, base + _fixed("bid"), assumed.plan_tokens)
        calls, read, written = _rating_calls(len(order), base, assumed, jury)
        _add(totals, "jury", agent, tasks * calls, read, written)
    if memory:
        pairs = assumed.neighbours * (2 * assumed.plan_tokens + _fixed("pair"))
        for leader, share in leads.items():
            cheaper = [agent for agent in order if prices[agent].blended() < prices[leader].blended()]
            for agent in cheaper:
                read = base + _fixed("refine") + assumed.plan_tokens + pairs
                _add(totals, "refine", agent, share * tasks, read, assumed.plan_tokens)
            for judge in order if cheaper else ():
                calls, read, written = _rating_calls(len(cheaper), base, assumed, jury)
                _add(totals, "refine", judge, share * tasks * calls, read, written)
    for agent, share in leads.items():
        _execute(totals, agent, share * tasks * (1.0 + more), assumed)
    for judge in order if judged else ():
        # An answer is no longer than what an execution writes.
        read = base + _fixed("answer") + assumed.trace_output
        _add(totals, "accept", judge, tasks * (1.0 + more), read, assumed.rating_tokens)
    return _phases(totals, prices, assumed)


def _rating_calls(bids: int, base: float, assumed: Assumptions, jury: str) -> tuple[float, float, float]:
    """Calls of one judge in one auction, and the tokens that each reads and writes."""
    if jury == "panel":
        return 1.0, base + _fixed("panel") + bids * assumed.plan_tokens, bids * assumed.rating_tokens
    return float(bids), base + _fixed("jury") + assumed.plan_tokens, assumed.rating_tokens


def _execute(totals: Totals, agent: str, runs: float, assumed: Assumptions) -> None:
    calls = max(assumed.trace_calls, 1.0)
    _add(totals, "execute", agent, runs * calls, assumed.trace_input / calls, assumed.trace_output / calls)


def _add(totals: Totals, phase: str, agent: str, calls: float, read: float, written: float) -> None:
    found = totals.setdefault((phase, agent), [0.0, 0.0, 0.0])
    found[0] += calls
    found[1] += calls * read
    found[2] += calls * written


def _fixed(name: str) -> int:
    """Tokens of a prompt's own text."""
    return count_tokens(prompt(name).text)


def _phases(totals: Totals, prices: Mapping[str, Price], assumed: Assumptions) -> tuple[PhaseForecast, ...]:
    found = []
    for (phase, agent), (calls, read, written) in totals.items():
        cached = assumed.cached * read if phase == "execute" else 0.0
        used = TokenUsage(input=round(read - cached), cache_read=round(cached), output=round(written))
        found.append(
            PhaseForecast(
                phase=phase, agent=agent, calls=calls, input_tokens=read, output_tokens=written,
                usd=usd(used, prices[agent]),
            )
        )  # fmt: skip
    places = ("bid", "jury", "refine", "execute", "accept")
    return tuple(sorted(found, key=lambda each: places.index(each.phase)))
