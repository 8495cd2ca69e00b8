"""Share of the workload of each agent over the stream of tasks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._means import any_simulated
from sale_inspect.report.figures._names import by_number, labels_of, policies_of
from sale_inspect.report.figures._style import (
    Drawing,
    Look,
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

__all__ = ["workload"]

_NAME = "workload"
_TITLE = "Share of tasks per agent over the stream"
_COLUMNS = ("policy", "agent", "tasks_done", "share", "low", "high", "runs", "window")
_MOST_PANELS = 9
_MOST_POINTS = 120


def workload(samples: pd.DataFrame, *, roster: Mapping[str, Look] | None = None) -> Drawing:
    """Who executed, in a window that runs over the order of tasks; a panel for each SALE policy and router.

    A run is one epoch of one order. Lines are means over runs at the same place; bands reach from the least to the
    greatest run.

    Args:
        samples: Tidy samples. Single agents, and rows whose place in the order is not known, are left out.
        roster: Looks, as of `looks`.

    Returns:
        The drawing. Data: a row a policy, agent and end of the window (tasks of the run so far, at most 120 a policy):
        share in [0, 1], least and greatest over runs, number of runs, tasks in the window.
    """
    simulated = any_simulated(samples)
    chosen = samples[(samples["kind"] != "single") & (samples["agent"] != "")]
    used = chosen[chosen["position"] >= 0]
    if not len(used):
        return blank(_NAME, _TITLE, _why(samples, chosen), _COLUMNS, simulated=simulated)
    agents = by_number(used["agent"].unique())
    names = policies_of(used)
    data = _data(used, names, agents)
    drawn = names[:_MOST_PANELS]
    look, label = looks(agents, roster=roster), labels_of(names)
    with style(_NAME):
        labels = [look[agent].label for agent in agents]
        figure, places = grid(
            len(drawn), height=3.0 if len(drawn) == 1 else 2.0, extra=legend_height(labels), sharex=True, sharey=True
        )
        for axes, name in zip(places, drawn, strict=True):
            _panel(axes, data[data["policy"] == name], look)
            axes.set_title(label[name], fontsize=8)
        name_axes(places, "Tasks of the run so far", "Share of the window's tasks")
        legend(figure, [mark_of(look[agent]) for agent in agents], labels)
        whole = title(figure, _TITLE, simulated)
    ends = data.groupby(["policy", "agent"], sort=False)["share"].last()
    said = "; ".join(
        f"{name} ends with {', '.join(f'{agent} {ends[name, agent]:.0%}' for agent in agents)}" for name in drawn
    )
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=data, alt_text=f"{whole}. {said}.",
        caption=_caption(data, len(chosen) - len(used), names[_MOST_PANELS:]),
    )  # fmt: skip


def _data(used: pd.DataFrame, names: list[str], agents: list[str]) -> pd.DataFrame:
    import pandas as pd

    number = {agent: place for place, agent in enumerate(agents)}
    made = []
    for name in names:
        rows = used[used["policy"] == name].sort_values(["log_path", "order_seed", "epoch", "position"])
        runs = [
            rows["agent"].iloc[place].map(number).to_numpy(int)
            for place in rows.groupby(["log_path", "order_seed", "epoch"], sort=True).indices.values()
        ]
        window = max(1, min(max(5, max(map(len, runs)) // 8), 200))
        ends = _ends(max(map(len, runs)), window)
        shares = np.full((len(runs), len(ends), len(agents)), np.nan)
        for run, order in enumerate(runs):
            so_far = np.vstack([np.zeros(len(agents)), np.cumsum(np.eye(len(agents))[order], axis=0)])
            known = ends[ends <= len(order)]
            shares[run, : len(known)] = (so_far[known] - so_far[np.maximum(known - window, 0)]) / np.minimum(
                known, window
            )[:, None]
        known_runs = (~np.isnan(shares[:, :, 0])).sum(axis=0)
        for place, agent in enumerate(agents):
            own = shares[:, :, place]
            made.append(
                pd.DataFrame(
                    {
                        "policy": name, "agent": agent, "tasks_done": ends, "share": np.nanmean(own, axis=0),
                        "low": np.nanmin(own, axis=0), "high": np.nanmax(own, axis=0), "runs": known_runs,
                        "window": window,
                    }
                )
            )  # fmt: skip
    return pd.concat(made, ignore_index=True)[list(_COLUMNS)]


def _ends(longest: int, window: int) -> np.ndarray:
    """Places at which a window ends; the first is a full one, the last the end of the longest run."""
    first = min(window, longest)
    return np.unique(np.linspace(first, longest, min(_MOST_POINTS, longest - first + 1)).round().astype(int))


def _panel(axes: Axes, data: pd.DataFrame, look: dict[str, Look]) -> None:
    for number, (agent, own) in enumerate(look.items()):
        rows = data[data["agent"] == agent]
        x, y = rows["tasks_done"].to_numpy(float), rows["share"].to_numpy(float)
        every = max(1, len(x) // 5)
        axes.plot(
            x, y, color=own.colour, linestyle=own.line, marker=own.marker, markersize=4,
            markevery=(min(number * every // max(1, len(look)), len(x) - 1), every),
        )  # fmt: skip
        if int(rows["runs"].max()) > 1:
            axes.fill_between(
                x, rows["low"].to_numpy(float), rows["high"].to_numpy(float), color=own.colour, alpha=0.1, linewidth=0
            )
    axes.set_ylim(-0.03, 1.03)
    axes.set_xlim(0, float(data["tasks_done"].max()) * 1.03)
    axes.locator_params(axis="x", nbins=4, integer=True)


def _why(samples: pd.DataFrame, chosen: pd.DataFrame) -> str:
    if not len(samples):
        return "there are no samples."
    if not len(chosen):
        return "only single agents were run, and they execute all tasks."
    return "no log says in which order the tasks were done."


def _caption(data: pd.DataFrame, unplaced: int, rest: list[str]) -> str:
    windows = data.groupby("policy", sort=False)["window"].first()
    size = f"{windows.min()}" if windows.min() == windows.max() else f"{windows.min()} to {windows.max()}"
    most = int(data["runs"].max())
    parts = [f"A point is the share among the last {size} tasks of a run."]
    if most > 1:
        parts.append(f"Lines are means and bands the range over up to {most} runs (orders and epochs).")
    if unplaced:
        parts.append(f"{unplaced:,} samples have no known place in the order and are left out.")
    if rest:
        parts.append(f"In the data only, not drawn: {', '.join(rest)}.")
    return " ".join(parts)
