"""pass@1 by human time, and time horizons."""

from __future__ import annotations

from collections.abc import Mapping

from sale_inspect.report.analysis import Analyses, HorizonDrawn, PolicyHorizon
from sale_inspect.report.page._human_time import horizon_end, human_time_blocks
from sale_inspect.report.page._model import PageColumn, PageTable, Picture, Section, Value, interval_value

__all__ = ["scaling_section"]


def scaling_section(analyses: Analyses, pictures: Mapping[str, Picture]) -> Section:
    """How pass@1 falls with human time, and the horizons of every policy."""
    drawn = {(each.policy, each.horizon.chance): each for each in analyses.human_times.horizons}
    columns = (
        PageColumn(name="policy", title="policy"),
        PageColumn(name="chance", title="chance", kind="share"),
        PageColumn(name="minutes", title="horizon"),
        PageColumn(name="minutes_low", title="from"),
        PageColumn(name="minutes_high", title="to"),
        PageColumn(name="metr_minutes", title="METR's fit"),
        *_DRAWN * bool(drawn),
        PageColumn(name="minutes_per_usd", title="minutes per $ a task", kind="number"),
        PageColumn(name="runs", title="runs", kind="count"),
        PageColumn(name="note", title="note"),
    )
    grid = PageTable(
        name="horizon-values",
        title="Time horizons: human time at which a policy succeeds with the stated chance",
        columns=columns,
        rows=tuple(_row(each, drawn) for each in analyses.horizons),
        notes=(
            "Weighted logistic fit of success on log2 of tau by Firth's method, with Fieller's 95% interval over "
            "tasks. METR's fit: the same with a penalty on the slope (METR's public method), which draws the 80% "
            "horizon down however many tasks there are; it is for comparison with METR's figures and has no interval. "
            "< and > mean outside the times of the tasks: nothing is extrapolated.",
            "Minutes per $: the horizon over the policy's mean dollars a task (ours).",
            *_DRAWN_NOTES * bool(drawn),
        ),
        empty=""
        if analyses.horizons
        else analyses.why.get("horizons", "No policy has scored tasks with a human time."),
    )
    return Section(
        name="scaling",
        title="Human time",
        blocks=(pictures["pass-by-time"], pictures["horizons"], grid, *human_time_blocks(analyses)),
    )


_DRAWN = (
    PageColumn(name="drawn_minutes", title="horizon", group="tau drawn"),
    PageColumn(name="drawn_low", title="from", group="tau drawn"),
    PageColumn(name="drawn_high", title="to", group="tau drawn"),
    PageColumn(name="drawn_share", title="of the width", kind="share", group="tau drawn"),
    PageColumn(name="drawn_per_usd", title="minutes per $", kind="number", group="tau drawn"),
)
_DRAWN_NOTES = (
    "tau drawn: the interval with what is not known of human times inside. Of the width: the part of it, on the log "
    "scale, that comes from that. Dollars are as they were paid.",
)


def _row(each: PolicyHorizon, drawn: Mapping[tuple[str, float], HorizonDrawn]) -> tuple[Value, ...]:
    found = each.horizon
    return (
        each.policy,
        found.chance,
        horizon_end(found.minutes, each),
        horizon_end(found.low, each),
        horizon_end(found.high, each),
        horizon_end(found.metr_minutes, each),
        *(_drawn(each, drawn.get((each.policy, found.chance))) if drawn else ()),
        each.minutes_per_usd,
        each.runs,
        found.note,
    )


def _drawn(each: PolicyHorizon, found: HorizonDrawn | None) -> tuple[Value, ...]:
    if found is None:
        return (None,) * len(_DRAWN)
    own, per = found.horizon, found.minutes_per_usd
    ends = (horizon_end(minutes, each) for minutes in (own.minutes, own.low, own.high))
    return (*ends, own.share, interval_value(per.value, per.low, per.high))
