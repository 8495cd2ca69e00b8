"""pass@1 by human time, and time horizons."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sale_inspect.report.analysis import Analyses, PolicyHorizon
from sale_inspect.report.page._model import PageColumn, PageTable, Picture, Section, Value
from sale_inspect.report.page._show import show

__all__ = ["scaling_section"]


def scaling_section(analyses: Analyses, pictures: Mapping[str, Picture]) -> Section:
    """How pass@1 falls with human time, and the horizons of every policy."""
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="chance", title="chance", kind="share"),
        PageColumn(name="minutes", title="horizon"),
        PageColumn(name="minutes_low", title="from"),
        PageColumn(name="minutes_high", title="to"),
        PageColumn(name="metr_minutes", title="METR's fit"),
        PageColumn(name="minutes_per_usd", title="minutes per $ a task", kind="number"),
        PageColumn(name="runs", title="runs", kind="count"),
        PageColumn(name="note", title="note"),
    )
    grid = PageTable(
        name="horizon-values",
        title="Time horizons: human time at which a policy succeeds with the stated chance",
        columns=columns,
        rows=tuple(_row(each) for each in analyses.horizons),
        notes=(
            "Weighted logistic fit of success on log2 of tau by Firth's method, with Fieller's 95% interval over "
            "tasks. METR's fit: the same with a penalty on the slope (METR's public method), which draws the 80% "
            "horizon down however many tasks there are; it is for comparison with METR's figures and has no interval. "
            "< and > mean outside the times of the tasks: nothing is extrapolated.",
            "Minutes per $: the horizon over the policy's mean dollars a task (ours).",
        ),
        empty=""
        if analyses.horizons
        else analyses.why.get("horizons", "No policy has scored tasks with a human time."),
    )
    return Section(name="scaling", title="Human time", blocks=(pictures["pass-by-time"], pictures["horizons"], grid))


def _row(each: PolicyHorizon) -> tuple[Value, ...]:
    found = each.horizon
    return (
        each.policy,
        found.chance,
        _end(found.minutes, each),
        _end(found.low, each),
        _end(found.high, each),
        _end(found.metr_minutes, each),
        each.minutes_per_usd,
        each.runs,
        found.note,
    )


def _end(minutes: float, each: PolicyHorizon) -> Value:
    """A time inside those of the tasks, or on which side of them it lies."""
    if math.isnan(minutes):
        return None
    if minutes < each.shortest:
        return f"< {show(each.shortest, 'minutes')}"
    if minutes > each.longest:
        return f"> {show(each.longest, 'minutes')}"
    return show(minutes, "minutes")
