"""Whom a policy chose, against the oracle."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._names import by_number, labels_of
from sale_inspect.report.figures._style import Drawing, blank, grid, name_axes, style, title

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

__all__ = ["confusion"]

_NAME = "confusion"
_TITLE = "Chosen agent against the oracle's"
_COLUMNS = ("policy", "oracle", "chosen", "count", "share")
_MOST_PANELS = 6


def confusion(found: pd.DataFrame | None, *, simulated: bool, agents: Sequence[str] = (), why: str = "") -> Drawing:
    """A heat map a policy: of the tasks for which the oracle takes the row's agent, the share that went to each agent.

    Args:
        found: policy, oracle, chosen, count (tasks or runs); missing pairs count 0. None if it was not computed.
        simulated: Whether agents are simulated.
        agents: Order of rows and columns, cheapest first; others follow by name.
        why: Why there is none, if it is known: one sentence.

    Returns:
        The drawing. Data: `found` with the share of its row.
    """
    known = None if found is None else found[found["count"] > 0]
    if known is None or not len(known):
        reason = "the oracle needs a run of each agent alone on the same tasks."
        return blank(_NAME, _TITLE, why or reason, _COLUMNS, simulated=simulated)
    every = {*known["oracle"], *known["chosen"]}
    order = [name for name in agents if name in every]
    order += [name for name in by_number(every) if name not in order]
    whole_row = known.groupby(["policy", "oracle"])["count"].transform("sum")
    data = known.assign(share=known["count"] / whole_row)[list(_COLUMNS)].reset_index(drop=True)
    names = list(dict.fromkeys(data["policy"]))
    drawn, columns = names[:_MOST_PANELS], 2 if len(order) <= 5 else 1
    label, short = labels_of(names), labels_of(order, width=12)
    with style(_NAME):
        figure, places = grid(len(drawn), columns=columns, height=0.85 + 0.36 * len(order))
        for axes, name in zip(places, drawn, strict=True):
            _panel(axes, _table(data[data["policy"] == name], order), [short[agent] for agent in order])
            axes.set_title(label[name], fontsize=8)
        name_axes(places, "Chosen agent", "Oracle's agent", columns=columns)
        whole = title(figure, _TITLE, simulated)
    said = "; ".join(f"{name} {_agreement(data[data['policy'] == name]):.0%}" for name in drawn)
    caption = (
        "Rows add up to 100 %; below the share is the count. The oracle takes the cheapest agent that solves the task. "
        "Where agents are ordered by price, right of the diagonal is over-escalation, left of it under-escalation."
    )
    if names[_MOST_PANELS:]:
        caption += f" In the data only, not drawn: {', '.join(names[_MOST_PANELS:])}."
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=data, caption=caption,
        alt_text=f"{whole}. Choices that are the oracle's: {said}.",
    )  # fmt: skip


def _table(data: pd.DataFrame, order: Sequence[str]) -> NDArray[np.float64]:
    place = {name: number for number, name in enumerate(order)}
    table = np.zeros((len(order), len(order)))
    at = data["oracle"].map(place).to_numpy(int), data["chosen"].map(place).to_numpy(int)
    np.add.at(table, at, data["count"].to_numpy(float))
    return table


def _panel(axes: Axes, table: NDArray[np.float64], labels: Sequence[str]) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Rectangle

    shades = colormaps["Blues"]
    sums = table.sum(axis=1, keepdims=True)
    share = np.divide(table, sums, out=np.zeros_like(table), where=sums > 0)
    for row, column in np.ndindex(*table.shape):
        if sums[row, 0] == 0:
            continue
        at = float(share[row, column])
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=shades(at * 0.85), edgecolor="none"))
        text = f"{at:.0%}\n{table[row, column]:,.0f}"
        axes.text(column, row, text, ha="center", va="center", fontsize=7, color="#ffffff" if at > 0.6 else "#000000")
    size = len(labels)
    axes.set_xlim(-0.5, size - 0.5)
    axes.set_ylim(size - 0.5, -0.5)
    axes.grid(visible=False)
    axes.set_xticks(range(size), labels, fontsize=7)
    axes.set_yticks(range(size), labels, fontsize=7)


def _agreement(data: pd.DataFrame) -> float:
    return float(data.loc[data["oracle"] == data["chosen"], "count"].sum() / data["count"].sum())
