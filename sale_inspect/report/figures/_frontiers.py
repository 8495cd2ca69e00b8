"""Pass@1 against dollars per task, with Pareto front and hull."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._means import any_simulated, bins_of, rates
from sale_inspect.report.figures._names import policies_of
from sale_inspect.report.figures._style import (
    INK,
    Drawing,
    Look,
    blank,
    dollars_text,
    grid,
    legend,
    legend_height,
    looks,
    mark_of,
    name_axes,
    style,
    title,
)
from sale_inspect.stats import hull, pareto_front
from sale_inspect.texts import fmt_usd_thousand

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["front_lines", "front_points", "frontiers"]

_NAME = "frontiers"
_TITLE = "Pass@1 against dollars, by complexity bin"
_ALL = "all"
_COLUMNS = ("bin", "policy", "tasks", "runs", "pass_at_1", "low", "high", "usd_per_task", "unpriced", "front", "hull")
_WIDE = 40.0


def frontiers(samples: pd.DataFrame, *, roster: Mapping[str, Look] | None = None) -> Drawing:
    """One panel for all tasks and one for each bin.

    Args:
        samples: Tidy samples. Rows without a score are left out; a policy without any known dollars too.
        roster: Looks of policies, as of `looks`.

    Returns:
        The drawing. Data: a row a bin ("all" too) and policy: pass@1 with its interval over tasks, dollars per
        task, samples without known dollars, whether on the front and a corner of the hull.
    """
    simulated = any_simulated(samples)
    data = front_points(samples)
    if not len(data):
        return blank(_NAME, _TITLE, _why(samples), _COLUMNS, simulated=simulated)
    names = [name for name in policies_of(samples) if name in set(data["policy"])]
    look = looks(names, roster=roster)
    panels = [_ALL, *(name for name in bins_of(samples) if name in set(data["bin"]))]
    with style(_NAME):
        labels = [look[name].label for name in names]
        figure, places = grid(len(panels), extra=legend_height([*labels, "Pareto front", "Hull"]), sharey=True)
        for axes, panel in zip(places, panels, strict=True):
            _panel(axes, data[data["bin"] == panel], look)
            axes.set_title("All tasks" if panel == _ALL else f"Bin {panel}")
        name_axes(places, "Dollars per 1,000 tasks", "Pass@1")
        _legend(figure, look, names)
        whole = title(figure, _TITLE, simulated)
    best = data[(data["bin"] == _ALL) & data["front"]].sort_values("usd_per_task")
    said = "; ".join(
        f"{name} {rate:.0%} for {fmt_usd_thousand(usd)}"
        for name, rate, usd in zip(best["policy"], best["pass_at_1"], best["usd_per_task"], strict=True)
    )
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=data, caption=_caption(samples, data),
        alt_text=f"{whole}. {len(names)} policies, {len(panels)} panels. "
        f"On the front over all tasks, per 1,000 tasks: {said}.",
    )  # fmt: skip


def front_points(samples: pd.DataFrame) -> pd.DataFrame:
    """A row a bin ("all" too) and policy, as the data of `frontiers`."""
    import pandas as pd

    scored = samples[samples["correct"].notna()]
    made = []
    for panel, rows in [(_ALL, scored), *((name, scored[scored["bin"] == name]) for name in bins_of(scored))]:
        priced = rows[rows["usd"].notna()]
        if not len(priced):
            continue
        each = priced.groupby(["policy", "task_id"])["usd"].mean().groupby("policy").mean().rename("usd_per_task")
        lacking = rows["usd"].isna().groupby(rows["policy"]).sum().rename("unpriced")
        found = rates(rows, ["policy"]).join(each, on="policy").join(lacking, on="policy")
        found = found[found["usd_per_task"].notna()].reset_index(drop=True)
        usd, rate = found["usd_per_task"].to_numpy(float), found["pass_at_1"].to_numpy(float)
        found["front"] = np.isin(np.arange(len(found)), pareto_front(usd, rate))
        found["hull"] = np.isin(np.arange(len(found)), hull(usd, rate))
        made.append(found.assign(bin=panel))
    if not made:
        return pd.DataFrame({column: [] for column in _COLUMNS})
    return pd.concat(made, ignore_index=True)[list(_COLUMNS)]


def front_lines(axes: Axes, data: pd.DataFrame) -> None:
    """The Pareto front, the hull and the axis of dollars, which is logarithmic where they are far apart.

    Args:
        axes: Where.
        data: Rows of one bin, as of `front_points`.
    """
    from matplotlib.ticker import MaxNLocator, NullLocator

    usd = data["usd_per_task"].to_numpy(float)
    log = bool(usd.min() > 0 and usd.max() / usd.min() > _WIDE)
    end = float(usd.max()) * (1.6 if log else 1.1)
    front = data[data["front"]].sort_values("usd_per_task")
    x, y = [*front["usd_per_task"], end], [*front["pass_at_1"], front["pass_at_1"].max()]
    axes.plot(x, y, drawstyle="steps-post", color=INK, linewidth=0.9, alpha=0.75, zorder=1)
    corner = data[data["hull"]].sort_values("usd_per_task")
    knots, heights = [*corner["usd_per_task"], end], [*corner["pass_at_1"], corner["pass_at_1"].max()]
    start = float(knots[0])
    fine = np.geomspace(start, end, 80) if log else np.array(knots, dtype=float)
    axes.plot(fine, np.interp(fine, knots, heights), color=INK, linewidth=0.9, linestyle=":", alpha=0.75, zorder=1)
    if log:
        axes.set_xscale("log")
        axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.set_xlim(0, end if end > 0 else 1.0)
        axes.xaxis.set_major_locator(MaxNLocator(nbins=3))


def _panel(axes: Axes, data: pd.DataFrame, look: Mapping[str, Look]) -> None:
    from matplotlib.ticker import FuncFormatter

    front_lines(axes, data)
    for row in data.to_dict("records"):
        own = look[str(row["policy"])]
        axes.errorbar(
            [row["usd_per_task"]], [row["pass_at_1"]],
            yerr=[[row["pass_at_1"] - row["low"]], [row["high"] - row["pass_at_1"]]],
            color=own.colour, marker=own.marker, linestyle="none", elinewidth=0.6, alpha=0.9, zorder=3,
        )  # fmt: skip
    axes.set_ylim(-0.04, 1.04)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: dollars_text(1000 * value)))


def _legend(figure: Figure, look: dict[str, Look], names: list[str]) -> None:
    from matplotlib.lines import Line2D

    lines = [Line2D([], [], color=INK, linewidth=0.9), Line2D([], [], color=INK, linewidth=0.9, linestyle=":")]
    handles = [*(mark_of(look[name], line=False) for name in names), *lines]
    legend(figure, handles, [*(look[name].label for name in names), "Pareto front", "Hull"])


def _why(samples: pd.DataFrame) -> str:
    if not len(samples):
        return "there are no samples."
    if samples["correct"].isna().all():
        return "no sample is scored."
    return "no scored sample has known dollars."


def _caption(samples: pd.DataFrame, data: pd.DataFrame) -> str:
    parts = [
        "Bars are 95 % intervals over tasks. No policy beats those on the Pareto front (line) in both "
        "dollars and pass@1; the hull (dots) can be had by mixing two policies by chance."
    ]
    lacking = int(data.loc[data["bin"] == _ALL, "unpriced"].sum())
    if lacking:
        parts.append(f"{lacking:,} samples have no known dollars and count in pass@1 only.")
    uncounted = int(samples["uncounted"].sum())
    if uncounted:
        parts.append(f"The dollars of {uncounted:,} model calls are not known and are in no number.")
    gone = sorted(set(samples["policy"]) - set(data["policy"]))
    if gone:
        parts.append(f"Without score or dollars, so not drawn: {', '.join(gone)}.")
    return " ".join(parts)
