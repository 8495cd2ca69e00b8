"""Time horizons of policies."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from sale_inspect.report.figures._names import labels_of
from sale_inspect.report.figures._pass_by_time import minutes_text
from sale_inspect.report.figures._style import (
    INK,
    Drawing,
    blank,
    grid,
    legend,
    legend_height,
    looks,
    mark_of,
    name_axes,
    style,
    title,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["horizon_marks"]

_NAME = "horizons"
_TITLE = "Time horizons"
_COLUMNS = ("policy", "chance", "minutes", "low", "high", "metr_minutes", "extrapolated", "note")
_TICKS = (1 / 600, 1 / 60, 1 / 6, 1.0, 10.0, 60.0, 480.0, 2400.0, 24000.0)


def horizon_marks(
    found: pd.DataFrame | None,
    *,
    simulated: bool,
    span: tuple[float, float] | None = None,
    why: str = "",
) -> Drawing:
    """Human time at which a policy's chance of success is 50 % and 80 %, with intervals, on a log axis.

    Args:
        found: A row a policy and chance, in the order to draw: policy, chance (in (0, 1)), minutes, low, high (as of
            `stats.Horizon`: 0, infinite and NaN have a meaning), metr_minutes, extrapolated, note. None if it was not
            computed.
        simulated: Whether agents are simulated.
        span: Shortest and longest task, minutes; horizons outside are not known.
        why: Why there is none, if it is known: one sentence.

    Returns:
        The drawing. Data: `found` as given.
    """
    if found is None or not len(found):
        reason = "horizons were not computed." if found is None else "no policy has scored tasks with a human time."
        return blank(_NAME, _TITLE, why or reason, _COLUMNS, simulated=simulated)
    names, chances = list(dict.fromkeys(found["policy"])), sorted(set(found["chance"]))
    label, look = labels_of(names), looks([f"{chance:.0%} of tasks solved" for chance in chances])
    low, high = _range(found, span)
    with style(_NAME):
        labels = list(look)
        wrapped = any("\n" in text for text in label.values())
        figure, places = grid(1, height=0.6 + (0.36 if wrapped else 0.32) * len(names), extra=legend_height(labels))
        axes = places[0]
        if span:
            axes.axvspan(*np.clip(span, low, high), color=INK, alpha=0.06, linewidth=0)
        for place, (chance, own) in enumerate(zip(chances, look.values(), strict=True)):
            shift = (place - (len(chances) - 1) / 2) * 0.34
            for row in found[found["chance"] == chance].to_dict("records"):
                _mark(axes, row, names.index(str(row["policy"])) + shift, own.colour, own.marker, (low, high))
        _axes(axes, [label[name] for name in names], low, high)
        name_axes(places, "Human time of tasks (log scale)", "")
        legend(figure, [mark_of(own, line=False) for own in look.values()], labels)
        whole = title(figure, _TITLE, simulated)
    said = "; ".join(f"{row['policy']} at {row['chance']:.0%}: {_in_words(row)}" for row in found.to_dict("records"))
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=found.reset_index(drop=True), alt_text=f"{whole}. {said}.",
        caption=_caption(found, span),
    )  # fmt: skip


def _range(found: pd.DataFrame, span: tuple[float, float] | None) -> tuple[float, float]:
    """The axis: all points; intervals up to ten times farther, beyond which an arrow stands."""
    points = found["minutes"].to_numpy(float)
    ends = [*(span or ()), *points[np.isfinite(points) & (points > 0)]]
    if span:
        # A horizon far outside the tasks is not known; it must not squeeze those that are.
        ends = list(np.clip(ends, span[0] / 30, span[1] * 30))
    first, last = (min(ends), max(ends)) if ends else (1.0, 60.0)
    every = found[["low", "high"]].to_numpy(float).ravel()
    near = every[np.isfinite(every) & (every > first / 10) & (every < last * 10)]
    return min(first, *near, last) / 2, max(last, *near, first) * 2


def _mark(axes: Axes, row: dict[Any, Any], y: float, colour: str, marker: str, ends: tuple[float, float]) -> None:
    minutes, low, high = float(row["minutes"]), float(row["low"]), float(row["high"])
    if not any(math.isnan(each) for each in (minutes, low, high)):
        axes.plot(np.clip([low, high], *ends), [y, y], color=colour, linewidth=1.1, alpha=0.8)
        for end, sign, beyond in ((ends[0], "<", low < ends[0]), (ends[1], ">", high > ends[1])):
            if beyond:
                axes.plot([end], [y], color=colour, marker=sign, markersize=4, clip_on=False)
    if math.isnan(minutes):
        axes.text(ends[0] * 1.05, y, "no horizon", va="center", fontsize=7, color=colour)
        return
    inside = ends[0] <= minutes <= ends[1]
    if minutes == 0 or math.isinf(minutes):
        side, text = ("left", "  none solved") if minutes == 0 else ("right", "all solved  ")
        axes.text(float(np.clip(minutes, *ends)), y, text, ha=side, va="center", fontsize=7)
    axes.plot(
        [float(np.clip(minutes, *ends))], [y], color=colour, linestyle="none", clip_on=False, markersize=5.5,
        marker=marker if inside else ("<" if minutes < ends[0] else ">"),
        fillstyle="none" if row["extrapolated"] else "full",
    )  # fmt: skip


def _axes(axes: Axes, labels: list[str], low: float, high: float) -> None:
    from matplotlib.ticker import NullLocator

    axes.set_xscale("log")
    axes.set_xlim(low, high)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xticks(ticks or [math.sqrt(low * high)])
    axes.set_xticklabels([minutes_text(tick) for tick in ticks or [math.sqrt(low * high)]])
    axes.set_yticks(range(len(labels)), labels, fontsize=7.5)
    axes.set_ylim(len(labels) - 0.4, -0.6)


def _in_words(row: dict[Any, Any]) -> str:
    minutes = float(row["minutes"])
    if math.isnan(minutes):
        return "no horizon"
    said = "nothing solved" if minutes == 0 else "everything solved" if math.isinf(minutes) else minutes_text(minutes)
    return f"{said} (outside the tasks)" if row["extrapolated"] else said


def _caption(found: pd.DataFrame, span: tuple[float, float] | None) -> str:
    parts = ["Marks are horizons of a logistic fit (Firth's) on log2 of human time; lines are 95 % intervals."]
    if span:
        parts.append(f"Shaded: the times of the tasks, {minutes_text(span[0])} to {minutes_text(span[1])}.")
    if found["extrapolated"].any():
        parts.append("Hollow marks lie outside the times of the tasks; only that is known.")
    parts.append("Arrows: the interval or the mark goes on beyond the axis.")
    return " ".join(parts)
