"""Dollars per task by phase."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._means import any_simulated, bins_of
from sale_inspect.report.figures._names import labels_of, policies_of
from sale_inspect.report.figures._style import (
    INK,
    Drawing,
    Look,
    blank,
    dollars_text,
    grid,
    legend,
    legend_height,
    name_axes,
    style,
    title,
)
from sale_inspect.texts import fmt_usd_thousand

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["phases"]

_NAME = "phases"
_TITLE = "Dollars per 1,000 tasks, by phase"
_ALL = "all"
_COLUMNS = ("bin", "policy", "tasks", "usd", "usd_execute", "usd_bid", "usd_jury", "usd_refine", "unpriced")
_LOOKS = {
    "usd_execute": Look(label="Execution", colour="#0072b2", marker="", line="-", hatch=""),
    "usd_bid": Look(label="First bids", colour="#e69f00", marker="", line="-", hatch="////"),
    "usd_jury": Look(label="Jury", colour="#009e73", marker="", line="-", hatch="\\\\\\\\"),
    "usd_refine": Look(label="Refinement and its jury", colour="#cc79a7", marker="", line="-", hatch="xxxx"),
}
_ACCEPT = {"usd_accept": Look(label="Rating of answers", colour="#56b4e9", marker="", line="-", hatch="....")}
"""Shown where an auction escalated by its jury."""


def phases(samples: pd.DataFrame) -> Drawing:
    """Stacked bars: a bar a policy, a panel for all tasks and for each bin.

    Args:
        samples: Tidy samples. Rows without known dollars are left out.

    Returns:
        The drawing. Data: a row a bin ("all" too) and policy: mean dollars per task, in all and by phase.
    """
    simulated = any_simulated(samples)
    priced = samples[samples["usd"].notna()]
    if not len(priced):
        reason = "no sample has known dollars." if len(samples) else "there are no samples."
        return blank(_NAME, _TITLE, reason, _COLUMNS, simulated=simulated)
    looks = {**_LOOKS, **(_ACCEPT if (priced["usd_accept"] > 0).any() else {})}
    data = _data(samples, priced, looks)
    names = policies_of(priced)
    label = labels_of(names, width=22)
    panels = [_ALL, *bins_of(priced)]
    with style(_NAME):
        labels = [own.label for own in looks.values()]
        wrapped = any("\n" in text for text in label.values())
        tall = 0.55 + (0.28 if wrapped else 0.24) * len(names)
        figure, places = grid(len(panels), height=tall, extra=legend_height(labels), sharey=True)
        for axes, panel in zip(places, panels, strict=True):
            _panel(axes, data[data["bin"] == panel].set_index("policy").reindex(names), looks)
            axes.set_title("All tasks" if panel == _ALL else f"Bin {panel}")
            axes.set_yticks(range(len(names)), [label[name] for name in names], fontsize=7)
            axes.set_ylim(len(names) - 0.4, -0.6)
        name_axes(places, "Dollars per 1,000 tasks (each panel has its own scale)", "")
        legend(figure, _handles(looks), labels)
        whole = title(figure, _TITLE, simulated)
    total = data[data["bin"] == _ALL].set_index("policy")
    share = (total["usd_execute"] / total["usd"]).fillna(0.0)
    said = "; ".join(
        f"{name} {fmt_usd_thousand(usd)}, of it {part:.0%} execution"
        for name, usd, part in zip(total.index, total["usd"], share, strict=True)
    )
    caption = (
        "Dollars of 1,000 tasks: the mean of a task (its runs averaged first) times 1,000. Grading is not counted."
    )
    if len(priced) < len(samples):
        caption += f" {len(samples) - len(priced):,} samples have no known dollars and are left out."
    uncounted = int(samples["uncounted"].sum())
    if uncounted:
        caption += f" The dollars of {uncounted:,} model calls are not known and are in no number."
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=data, alt_text=f"{whole}. Over all tasks: {said}.", caption=caption
    )


def _data(samples: pd.DataFrame, priced: pd.DataFrame, looks: Mapping[str, Look]) -> pd.DataFrame:
    import pandas as pd

    kinds = ["usd", *looks]
    made = []
    for panel, rows in [(_ALL, priced), *((name, priced[priced["bin"] == name]) for name in bins_of(priced))]:
        each = rows.groupby(["policy", "task_id"])[kinds].mean()
        found = each.groupby("policy").mean().assign(tasks=each.groupby("policy").size(), bin=panel)
        whole = samples if panel == _ALL else samples[samples["bin"] == panel]
        lacking = whole["usd"].isna().groupby(whole["policy"]).sum()
        made.append(found.assign(unpriced=lacking.reindex(found.index)).reset_index())
    return pd.concat(made, ignore_index=True)[[*_COLUMNS, *(name for name in looks if name not in _COLUMNS)]]


def _panel(axes: Axes, data: pd.DataFrame, looks: Mapping[str, Look]) -> None:
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    left = np.zeros(len(data))
    for phase, own in looks.items():
        size = data[phase].fillna(0.0).to_numpy(float)
        axes.barh(
            range(len(data)), size, left=left, height=0.66, color=own.colour, hatch=own.hatch,
            edgecolor=INK, linewidth=0.3,
        )  # fmt: skip
        left = left + size
    axes.set_xlim(0, float(left.max()) * 1.05 or 1.0)
    axes.grid(visible=False, axis="y")
    axes.xaxis.set_major_locator(MaxNLocator(nbins=3))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: dollars_text(1000 * value)))


def _handles(looks: Mapping[str, Look]) -> list[object]:
    from matplotlib.patches import Patch

    return [Patch(facecolor=own.colour, hatch=own.hatch, edgecolor=INK, linewidth=0.3) for own in looks.values()]
