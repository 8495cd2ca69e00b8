"""Ratings of the jury against outcomes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._means import rates
from sale_inspect.report.figures._names import by_number, labels_of
from sale_inspect.report.figures._style import (
    INK,
    Drawing,
    blank,
    grid,
    legend,
    legend_height,
    name_axes,
    style,
    title,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["calibration"]

_NAME = "calibration"
_TITLE = "Jury ratings against outcomes"
_COLUMNS = ("policy", "rating_low", "rating_high", "rating", "tasks", "runs", "pass_at_1", "low", "high")
_BEST = 5.0
_WIDTH = 0.5
_MOST_PANELS = 9
_LABELS = ("Pass@1 of the winner's execution", "Rating divided by 5")


def calibration(bids: pd.DataFrame, *, simulated: bool) -> Drawing:
    """Pass@1 by mean rating of the winning bid, in steps of half a point; a panel a policy.

    Args:
        bids: Tidy bids. Only winning bids with a rating and a score are used: others were not executed.
        simulated: Whether agents are simulated.

    Returns:
        The drawing. Data: a row a policy and step: its range, mean rating, pass@1 with its interval over tasks.
    """
    won = bids[bids["winner"] & bids["rating_mean"].notna() & bids["correct"].notna()]
    if not len(won):
        reason = "no winning bid has both a rating and a score." if len(bids) else "there are no bids."
        return blank(_NAME, _TITLE, reason, _COLUMNS, simulated=simulated)
    step = np.clip((won["rating_mean"] / _WIDTH).astype(int), 0, int(_BEST / _WIDTH) - 1)
    stepped = won.assign(step=step)
    data = rates(stepped, ["policy", "step"])
    means = stepped.groupby(["policy", "step"])["rating_mean"].mean().rename("rating")
    data = data.join(means, on=["policy", "step"])
    data["rating_low"], data["rating_high"] = data["step"] * _WIDTH, (data["step"] + 1) * _WIDTH
    data = data[list(_COLUMNS)]
    names = by_number(data["policy"].unique())
    drawn, label = names[:_MOST_PANELS], labels_of(names)
    with style(_NAME):
        figure, places = grid(
            len(drawn), height=3.0 if len(drawn) == 1 else 2.0, extra=legend_height(_LABELS), sharex=True, sharey=True
        )
        for axes, name in zip(places, drawn, strict=True):
            _panel(axes, data[data["policy"] == name], crowded=len(drawn) > 2)
            axes.set_title(label[name], fontsize=8)
        name_axes(places, "Mean rating of the winning bid (0 to 5)", "Pass@1")
        _legend(figure)
        whole = title(figure, _TITLE, simulated)
    caption = (
        "Numbers are tasks. Bars: 95 % intervals over tasks. Ratings of bids that lost have no outcome, so "
        "this shows winners only. The line is for comparison: SALE uses the rating divided by 5 as a bid's value."
    )
    if names[_MOST_PANELS:]:
        caption += f" In the data only, not drawn: {', '.join(names[_MOST_PANELS:])}."
    said = "; ".join(f"{name}: {_in_words(data[data['policy'] == name])}" for name in drawn)
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=data, caption=caption, alt_text=f"{whole}. {said}."
    )  # fmt: skip


def _panel(axes: Axes, data: pd.DataFrame, *, crowded: bool) -> None:
    axes.plot([0, _BEST], [0, 1], color=INK, linestyle=":", linewidth=0.9, alpha=0.75)
    x, y = data["rating"].to_numpy(float), data["pass_at_1"].to_numpy(float)
    low, high = data["low"].to_numpy(float), data["high"].to_numpy(float)
    ends = np.clip([y - low, high - y], 0, None)
    axes.errorbar(x, y, yerr=ends, color="#0072b2", marker="o", linestyle="-", elinewidth=0.8, capsize=2)
    for rating, tasks in zip(x, data["tasks"].to_numpy(int), strict=True):
        axes.annotate(
            f"{tasks:,}", (rating, -0.1), ha="center", va="center", fontsize=6 if crowded else 7,
            rotation=90 if crowded else 0, annotation_clip=False,
        )  # fmt: skip
    axes.set_xlim(-0.1, _BEST + 0.1)
    axes.set_ylim(-0.2, 1.04)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1.0])
    axes.set_xticks(range(6))


def _legend(figure: Figure) -> None:
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], color="#0072b2", marker="o"), Line2D([], [], color=INK, linestyle=":", linewidth=0.9)]
    legend(figure, handles, _LABELS)


def _in_words(data: pd.DataFrame) -> str:
    first, last = data.iloc[0], data.iloc[-1]
    if len(data) == 1:
        return f"all ratings near {first['rating']:.1f}, pass@1 {first['pass_at_1']:.0%}"
    return (
        f"pass@1 {first['pass_at_1']:.0%} at ratings near {first['rating']:.1f} and {last['pass_at_1']:.0%} near "
        f"{last['rating']:.1f}"
    )
