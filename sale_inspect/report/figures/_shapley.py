"""Shapley values of agents."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._names import labels_of
from sale_inspect.report.figures._style import INK, Drawing, blank, grid, name_axes, style, title

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["shapley_bars"]

_NAME = "shapley"
_TITLE = "Shapley values of agents"
_COLUMNS = ("agent", "value", "low", "high")


def shapley_bars(
    found: pd.DataFrame | None, *, simulated: bool, unit: str = "pass@1", caption: str = "", why: str = ""
) -> Drawing:
    """What each agent adds to the pool, averaged over all orders in which the pool could be made.

    Args:
        found: A row an agent, in the order to draw: agent, value, low, high (the interval; NaN if it is not known).
            None if it was not computed.
        simulated: Whether agents are simulated.
        unit: Of the values.
        caption: What else a reader must know, for instance from how many auctions.
        why: Why there is none, if it is known: one sentence.

    Returns:
        The drawing. Data: `found` as given.
    """
    if found is None or not found["value"].notna().any():
        reason = "they need recorded auctions and a run of each agent alone on the same tasks."
        return blank(_NAME, _TITLE, why or reason, _COLUMNS, simulated=simulated)
    agents = [str(name) for name in found["agent"]]
    label = labels_of(agents)
    value, low, high = (found[column].to_numpy(float) for column in ("value", "low", "high"))
    ends = np.clip(np.nan_to_num([value - low, high - value]), 0, None)
    with style(_NAME):
        figure, places = grid(1, height=0.55 + 0.3 * len(agents))
        axes = places[0]
        rows = range(len(agents))
        axes.barh(rows, np.nan_to_num(value), height=0.6, color="#56b4e9", edgecolor=INK, linewidth=0.4)
        known = ~(np.isnan(low) | np.isnan(high) | np.isnan(value))
        axes.errorbar(
            value[known],
            np.flatnonzero(known),
            xerr=ends[:, known],
            color=INK,
            linestyle="none",
            elinewidth=1,
            capsize=3,
        )
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_yticks(rows, [label[name] for name in agents])
        axes.set_ylim(len(agents) - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
        axes.margins(x=0.12)
        for row, (at, lowest, highest) in enumerate(zip(value, low, high, strict=True)):
            edge = np.nanmax([at, highest, 0.0]) if not at < 0 else np.nanmin([at, lowest])
            axes.annotate(
                "not known" if np.isnan(at) else f"{at:+.3g}", (edge, row), xytext=(-4 if at < 0 else 4, 0),
                textcoords="offset points", ha="right" if at < 0 else "left", va="center", fontsize=7.5,
            )  # fmt: skip
        name_axes(places, f"Shapley value, {unit}", "")
        whole = title(figure, _TITLE, simulated)
    said = "; ".join(
        f"{name} {at:+.3g}" + (f" [{lowest:.3g}, {highest:.3g}]" if not np.isnan(lowest) else "")
        for name, at, lowest, highest in zip(agents, value, low, high, strict=True)
    )
    text = "Values add up to that of the whole pool less that of none. Lines are 95 % intervals."
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=found.reset_index(drop=True),
        alt_text=f"{whole}, {unit}: {said}.", caption=f"{text} {caption}".strip(),
    )  # fmt: skip
