"""What the steps of a study will take: from assumptions before anything ran, from dev runs afterwards. Estimated."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from sale_inspect.forecast import Assumptions, RecordedSample, forecast_sale, forecast_single
from sale_inspect.money import Price
from sale_inspect.study._further import escalated, further, ratings_of_one
from sale_inspect.study._plan import StudyStep
from sale_inspect.study._ranges import StepForecast, StepRange, recorded_step
from sale_inspect.texts import Table

__all__ = ["costs_table", "forecast_steps"]

_SHORT = Assumptions(plan_tokens=30.0, rating_tokens=1.0, neighbours=1, trace_output=3.0, trace_calls=1.0)
"""The least that a task takes: an answer of a word, plans of a line. `trace_input` is set to the task's own tokens."""

_LONG = Assumptions(trace_input=60_000.0, trace_output=10_000.0, trace_calls=20.0)
"""The most that a task usually takes: an agent's long run."""

_FEWER = 0.5
"""A provider's tokenizer may count as few as this share of the tokens that are counted here (ours)."""

_CALL_SECONDS = 1.0
"""Seconds that a call takes beside its output, assumed (ours)."""


def forecast_steps(
    steps: Sequence[tuple[StudyStep, int]],
    prices: Mapping[str, Price],
    *,
    task_tokens: float,
    at_once: int,
    speed: float,
    recorded: Mapping[str, Sequence[RecordedSample]] | None = None,
) -> tuple[StepForecast, ...]:
    """Forecast each step.

    A single agent or an auction that has dev runs is forecast from them. One with a gate takes what an auction for
    every task takes, and at least what the cheapest agent does alone. Else the ends are those of two sets of
    assumptions: one short answer, and an agent's long run; the value between them is their geometric mean. A router
    takes what the cheapest agent takes at least, the most expensive at most.

    Args:
        steps: The steps that are left, each with its runs of samples.
        prices: Of each agent of the pool.
        task_tokens: Mean tokens of a task's text.
        at_once: Samples at once.
        speed: Output tokens a second of one call, where no run says it.
        recorded: Dev runs by the name of the policy.

    Raises:
        ForecastError: If a step has no run.
    """
    made: list[StepForecast] = []
    for step, runs in steps:
        known = (recorded or {}).get(step.policy, ())
        singles = [own for name in prices if (own := (recorded or {}).get(f"{name} alone", ()))]
        if known and singles and _gated(step):
            alone = [recorded_step(step, runs, own, at_once) for own in singles]
            made.append(_at_most(recorded_step(step, runs, known, at_once), alone))
        elif known:
            made.append(recorded_step(step, runs, known, at_once))
        elif step.solver.endswith("/routed") and singles:
            made.append(_between([recorded_step(step, runs, own, at_once) for own in singles]))
        else:
            made.append(_assumed(step, runs, prices, task_tokens, at_once, speed))
        if known and singles and further(step):
            alone = [recorded_step(step, runs, own, at_once) for own in singles]
            made[-1] = escalated(made[-1], step, alone, ratings_of_one(step, runs, known, len(prices)))
    return tuple(made)


def _gated(step: StudyStep) -> bool:
    return str(step.args.get("weights", "")).endswith(".npz")


def _at_most(auctions: StepForecast, singles: Sequence[StepForecast]) -> StepForecast:
    """Auctions of which some may not be held: their lower ends are those of the cheapest agent alone."""

    def ends(whole: StepRange, alone: Sequence[StepRange]) -> StepRange:
        return replace(whole, low=min(whole.low, *(each.low for each in alone)))

    return replace(
        auctions,
        calls=ends(auctions.calls, [one.calls for one in singles]),
        tokens=ends(auctions.tokens, [one.tokens for one in singles]),
        usd=ends(auctions.usd, [one.usd for one in singles]),
        hours=ends(auctions.hours, [one.hours for one in singles]),
    )


def _between(each: Sequence[StepForecast]) -> StepForecast:
    """A router among agents: from all to the cheapest to all to the most expensive; their mean between."""

    def ends(figures: Sequence[StepRange]) -> StepRange:
        mean = sum(figure.value for figure in figures) / len(figures)
        return StepRange(value=mean, low=min(f.low for f in figures), high=max(f.high for f in figures))

    return replace(
        each[0],
        calls=ends([one.calls for one in each]),
        tokens=ends([one.tokens for one in each]),
        usd=ends([one.usd for one in each]),
        hours=ends([one.hours for one in each]),
    )


def _assumed(
    step: StudyStep, runs: int, prices: Mapping[str, Price], task_tokens: float, at_once: int, speed: float
) -> StepForecast:
    least_tokens = _FEWER * task_tokens
    short = replace(_SHORT, task_tokens=least_tokens, trace_input=least_tokens)
    long = replace(_LONG, task_tokens=task_tokens)
    is_sale, memory, more = step.solver.endswith("/sale"), step.args.get("memory") != "off", further(step)
    ends: list[tuple[float, float, float, float]] = []
    for least, assumed in ((True, short), (False, long)):
        seconds = _seconds(assumed, speed, auction=is_sale, memory=memory)
        if more and not least:
            seconds += more * _seconds(assumed, speed, auction=False, memory=False)
        hours = runs * seconds / 3600 / min(at_once, runs)
        if is_sale:
            jury: Literal["panel", "individual"] = "panel" if step.args.get("jury") == "panel" else "individual"
            judged = step.args.get("accept") == "jury"
            whole = forecast_sale(
                # Its calls and tokens are with half of the further executions, and here with all or none.
                prices,
                runs,
                assumed,
                jury=jury,
                memory=memory,
                escalate=0 if least else 2 * more,
                judged=judged,
            )
            spent = whole.low_usd or 0.0
            if not least:
                ends_of = forecast_sale(prices, runs, assumed, jury=jury, memory=memory, escalate=more, judged=judged)
                spent = ends_of.high_usd or 0.0
        else:
            names = step.agents if step.solver.endswith("/single") else tuple(prices)
            singles = [forecast_single(name, prices[name], runs, assumed) for name in names]
            whole = (min if least else max)(singles, key=lambda one: one.usd)
            spent = whole.usd
        ends.append((whole.calls, whole.tokens, spent, hours))
    calls, tokens, usd, hours_ = (
        StepRange(value=math.sqrt(low * high), low=low, high=high) for low, high in zip(*ends, strict=True)
    )
    return StepForecast(
        name=step.name, runs=runs, calls=calls, tokens=tokens, usd=usd, hours=hours_, basis="assumed"
    )  # fmt: skip


def _seconds(assumed: Assumptions, speed: float, *, auction: bool, memory: bool) -> float:
    """Seconds of one run: calls of agents and judges side by side count once."""
    calls, written = max(assumed.trace_calls, 1.0), assumed.trace_output
    if auction:
        rounds = 2 if memory else 1
        calls, written = calls + 2 * rounds, written + rounds * (assumed.plan_tokens + assumed.rating_tokens)
    return calls * _CALL_SECONDS + written / speed


def costs_table(forecasts: Sequence[StepForecast], *, speed: float) -> Table:
    """Two rows a step, its figures and their ends; and the sum. In 80 columns.

    Args:
        forecasts: From `forecast_steps`.
        speed: As given to it, for the note.
    """
    sections = [row for each in forecasts for row in _rows(each.name, each)]
    whole = StepForecast(
        name="all",
        runs=sum(each.runs for each in forecasts),
        calls=_sum([each.calls for each in forecasts]),
        tokens=_sum([each.tokens for each in forecasts]),
        usd=_sum([each.usd for each in forecasts]),
        hours=_sum([each.hours for each in forecasts]),
        basis="assumed",
    )
    notes = []
    if any(each.basis == "assumed" for each in forecasts):
        notes.append(
            "Assumed: from one short answer a task to a long run of an agent, so ranges are wide. After dev, test "
            "steps are forecast from what dev took."
        )
        notes.append(
            f"Hours assume {speed:g} output tokens a second in a call (`speed` in the study file) and "
            f"{_CALL_SECONDS:g} second more a call; waits for a provider's limits are not in them."
        )
    return Table(
        title="Forecast (estimated; nothing was called for it)",
        header=("step", "runs", "calls", "tokens", "$", "hours"),
        sections=(tuple(sections), tuple(_rows("all", whole))),
        notes=tuple(notes),
        needed=("$", "hours"),
    )


def _rows(name: str, of: StepForecast) -> tuple[tuple[str, ...], tuple[str, ...]]:
    figures = (of.calls, of.tokens, of.usd, of.hours)
    return (
        (name, f"{of.runs:,}", *(_short(each.value) for each in figures)),
        ("", "", *(f"{_end(each.low)}-{_end(each.high)}" for each in figures)),
    )


def _sum(figures: Sequence[StepRange]) -> StepRange:
    return sum(figures, start=StepRange(value=0.0, low=0.0, high=0.0))


def _end(value: float) -> str:
    """An end of a range, a letter shorter: `.23` for 0.23."""
    shown = _short(value)
    return shown[1:] if shown.startswith("0.") else shown


def _short(value: float) -> str:
    """Two significant figures, in few letters."""
    for over, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= over:
            shown = value / over
            return f"{shown:.2g}{letter}" if shown < 100 else f"{shown:.0f}{letter}"
    if value >= 10 or value == 0:
        return f"{value:,.0f}"
    return f"{value:.2g}" if value >= 1e-3 else "<.001"
