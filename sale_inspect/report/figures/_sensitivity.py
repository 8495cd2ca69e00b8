"""How a simulated market answers to one number: pass@1, dollars, and reliance on the dearest agent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._style import (
    Drawing,
    grid,
    legend,
    legend_height,
    looks,
    mark_of,
    style,
    title,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["sensitivity"]

_PANELS = (("pass_at_1", "Pass@1"), ("usd", "Dollars per task"), ("dearest", "Share on the dearest agent"))


def sensitivity(found: pd.DataFrame, *, name: str, question: str, unit: str) -> Drawing:
    """One study of a simulated market.

    Args:
        found: A row a value and policy: value, policy, pass_at_1, usd (dollars a task), dearest (share of tasks that
            the dearest agent carried out; NaN where that has no sense).
        name: Of the study.
        question: What it asks.
        unit: Of the values.

    Returns:
        The drawing; its title says simulated. Data: `found` as given.
    """
    policies = list(dict.fromkeys(found["policy"]))
    look = looks(policies)
    drawing = name.replace("_", "-")
    with style(drawing):
        labels = [look[policy].label for policy in policies]
        figure, places = grid(len(_PANELS), height=2.2, extra=legend_height(labels) + 0.2)
        for axes, (column, said) in zip(places, _PANELS, strict=True):
            for policy in policies:
                own, rows = look[policy], found[found["policy"] == policy].dropna(subset=[column])
                axes.plot(rows["value"], rows[column], color=own.colour, marker=own.marker, linestyle=own.line)
            axes.set_title(said)
            _axis(axes, found["value"].to_numpy(float))
        places[0].set_ylim(0, 1.02)
        places[2].set_ylim(0, 1.02)
        places[1].set_ylim(bottom=0)
        places[1].set_xlabel(f"{name}: {unit}")
        legend(figure, [mark_of(look[policy]) for policy in policies], labels)
        whole = title(figure, question, True)
    ends = found[found["policy"] == policies[0]].sort_values("value").iloc[[0, -1]]
    said = " to ".join(f"{row.pass_at_1:.1%} at {row.value:g}" for row in ends.itertuples())
    return Drawing(
        name=drawing, figure=figure, title=whole, data=found.reset_index(drop=True),
        alt_text=f"{whole}. {policies[0]}: pass@1 from {said}.",
        caption="Simulated: no model ran; nothing here is a measurement of any model. All else is as by default.",
    )  # fmt: skip


def _axis(axes: Axes, values: np.ndarray) -> None:
    """Values that span orders of magnitude stand on a log axis."""
    from matplotlib.ticker import FuncFormatter, NullLocator

    if values.min() > 0 and values.max() / values.min() >= 30:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axes.margins(x=0.06)
