"""What the steps of a study will cost: from assumptions before anything ran, from dev runs afterwards. Estimated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sale_inspect.forecast import Assumptions, RecordedSample, forecast_recorded, forecast_sale, forecast_single
from sale_inspect.money import Price
from sale_inspect.study._plan import StudyStep
from sale_inspect.texts import Table, fmt_count, fmt_usd

__all__ = ["StepForecast", "costs_table", "forecast_steps"]

_SHORT = Assumptions(plan_tokens=30.0, rating_tokens=1.0, neighbours=1, trace_output=3.0, trace_calls=1.0)
"""The least that a task takes: an answer of a word, plans of a line. `trace_input` is set to the task's own tokens."""

_LONG = Assumptions(trace_input=60_000.0, trace_output=10_000.0, trace_calls=20.0)
"""The most that a task usually takes: an agent's long run."""

_FEWER = 0.5
"""A provider's tokenizer may count as few as this share of the tokens that are counted here (ours)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StepForecast:
    """What a step will cost.

    Attributes:
        name: Name of the step.
        runs: Runs of samples.
        usd: Dollars.
        low: Lower end.
        high: Upper end.
        tokens: Tokens.
        calls: Model calls.
        hours: Hours, with as many samples at once as the study says; None if not known.
        basis: `assumed`, or `recorded` on dev.
    """

    name: str
    runs: int
    usd: float
    low: float
    high: float
    tokens: float
    calls: float
    hours: float | None
    basis: str


def forecast_steps(
    steps: Sequence[tuple[StudyStep, int]],
    prices: Mapping[str, Price],
    *,
    task_tokens: float,
    at_once: int,
    recorded: Mapping[str, Sequence[RecordedSample]] | None = None,
) -> tuple[StepForecast, ...]:
    """Forecast each step.

    A single agent or an auction that has dev runs is forecast from them. Else the ends are those of two sets of
    assumptions: one short answer, and an agent's long run; the value between them is their geometric mean. A router
    costs what the cheapest agent costs at least, the most expensive at most.

    Args:
        steps: The steps that are left, each with its runs of samples.
        prices: Of each agent of the pool.
        task_tokens: Mean tokens of a task's text.
        at_once: Samples at once.
        recorded: Dev runs by the name of the policy.

    Raises:
        ForecastError: If a step has no run.
    """
    made = []
    for step, runs in steps:
        known = (recorded or {}).get(step.policy, ())
        singles = [own for name in prices if (own := (recorded or {}).get(f"{name} alone", ()))]
        if known:
            made.append(_recorded(step, runs, known, at_once))
        elif step.solver.endswith("/routed") and singles:
            made.append(_between([_recorded(step, runs, own, at_once) for own in singles]))
        else:
            made.append(_assumed(step, runs, prices, task_tokens))
    return tuple(made)


def _recorded(step: StudyStep, runs: int, known: Sequence[RecordedSample], at_once: int) -> StepForecast:
    planned = forecast_recorded(step.policy, known, {"": runs})
    low, high = planned.low_usd, planned.high_usd
    return StepForecast(
        name=step.name,
        runs=runs,
        usd=planned.usd,
        low=planned.usd / 2 if low is None else low,
        high=planned.usd * 2 if high is None else high,
        tokens=planned.tokens,
        calls=planned.calls,
        hours=planned.seconds / 3600 / at_once if planned.seconds else None,
        basis="recorded on dev",
    )


def _between(ends: Sequence[StepForecast]) -> StepForecast:
    """A router among agents: from all to the cheapest to all to the most expensive; their mean between."""
    whole = len(ends)
    hours = [each.hours for each in ends if each.hours is not None]
    return replace(
        ends[0],
        usd=sum(each.usd for each in ends) / whole,
        low=min(each.low for each in ends),
        high=max(each.high for each in ends),
        tokens=sum(each.tokens for each in ends) / whole,
        calls=sum(each.calls for each in ends) / whole,
        hours=sum(hours) / whole if len(hours) == whole else None,
    )


def _assumed(step: StudyStep, runs: int, prices: Mapping[str, Price], task_tokens: float) -> StepForecast:
    least_tokens = _FEWER * task_tokens
    short = replace(_SHORT, task_tokens=least_tokens, trace_input=least_tokens)
    long = replace(_LONG, task_tokens=task_tokens)
    ends = []
    for assumed in (short, long):
        if step.solver.endswith("/sale"):
            of_panel = step.args.get("jury") == "panel"
            whole = forecast_sale(
                prices, runs, assumed, jury="panel" if of_panel else "individual", memory="memory" not in step.args
            )
            ends.append([(whole.low_usd or 0.0, whole), (whole.high_usd or 0.0, whole)])
        else:
            names = step.agents if step.solver.endswith("/single") else tuple(prices)
            single = [forecast_single(name, prices[name], runs, assumed) for name in names]
            ends.append(sorted(((each.usd, each) for each in single), key=lambda pair: pair[0]))
    low, high = ends[0][0][0], ends[1][-1][0]
    least, most = ends[0][0][1], ends[1][-1][1]
    return StepForecast(
        name=step.name,
        runs=runs,
        usd=math.sqrt(low * high),
        low=low,
        high=high,
        tokens=math.sqrt(least.tokens * most.tokens),
        calls=math.sqrt(least.calls * most.calls),
        hours=None,
        basis="assumed",
    )


def costs_table(forecasts: Sequence[StepForecast]) -> Table:
    """One row a step, and the sum."""
    rows = [
        (
            each.name,
            fmt_count(each.runs),
            fmt_count(each.calls),
            fmt_count(each.tokens),
            fmt_usd(each.usd),
            f"{fmt_usd(each.low)} to {fmt_usd(each.high)}",
            "-" if each.hours is None else f"{each.hours:.2f}",
        )
        for each in forecasts
    ]
    hours = [each.hours for each in forecasts]
    whole = (
        "all",
        fmt_count(sum(each.runs for each in forecasts)),
        fmt_count(sum(each.calls for each in forecasts)),
        fmt_count(sum(each.tokens for each in forecasts)),
        fmt_usd(sum(each.usd for each in forecasts)),
        f"{fmt_usd(sum(each.low for each in forecasts))} to {fmt_usd(sum(each.high for each in forecasts))}",
        "-" if None in hours else f"{sum(each or 0.0 for each in hours):.2f}",
    )
    notes = []
    if any(each.basis == "assumed" for each in forecasts):
        notes.append(
            "Assumed steps range from one short answer a task to a long run of an agent. After dev, test steps are "
            "forecast from what dev took."
        )
    return Table(
        title="Forecast (estimated; nothing was called for it)",
        header=("step", "runs", "calls", "tokens", "$", "range, $", "hours"),
        sections=(tuple(rows), (whole,)),
        notes=tuple(notes),
    )
