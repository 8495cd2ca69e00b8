"""Pass@1 by human time: which agents scale."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._means import any_simulated, share_ends, thinned
from sale_inspect.report.figures._names import policies_of
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
from sale_inspect.stats import HorizonFit, firth_horizon, one_time

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["minutes_text", "pass_by_time"]

_NAME = "pass-by-time"
_TITLE = "Pass@1 by human time of the task"
_COLUMNS = ("policy", "part", "tau_low", "tau", "tau_high", "tasks", "pass_at_1", "low", "high", "intercept", "slope")
_PARTS = 6
_TOGETHER = 4
_MOST_FITTED = 20_000


def pass_by_time(samples: pd.DataFrame, *, roster: Mapping[str, Look] | None = None) -> Drawing:
    """Fitted logistic curves of pass@1 on log2 of human time, and pass@1 in parts of equal numbers of tasks.

    Agents alone are drawn, each on all tasks. Without such runs all policies are drawn. Agents of a router are
    never drawn on the tasks that they were given: easy tasks go to small agents.

    Args:
        samples: Tidy samples. Rows without a score or a human time are left out.
        roster: Looks, as of `looks`.

    Returns:
        The drawing. Data: a row a policy and part of the tasks; the curve's intercept and slope (log-odds at
        1 minute, change when the time doubles) stand in each row, NaN if there is no curve.
    """
    simulated = any_simulated(samples)
    known = samples[samples["correct"].notna() & np.isfinite(samples["tau"]) & (samples["tau"] > 0)]
    alone = known[known["kind"] == "single"]
    used = alone if len(alone) else known
    if not len(used):
        reason = "no sample is scored." if samples["correct"].isna().all() else "no task has a known human time."
        return blank(_NAME, _TITLE, reason if len(samples) else "there are no samples.", _COLUMNS, simulated=simulated)
    names = policies_of(used)
    look = looks(names, roster=roster)
    tasks = used.groupby(["policy", "task_id"]).agg(correct=("correct", "mean"), tau=("tau", "first")).reset_index()
    edges = _edges(tasks.drop_duplicates("task_id")["tau"].to_numpy(float))
    fits = {name: _fit(tasks[tasks["policy"] == name]) for name in names}
    data = _data(tasks, edges, names, fits)
    with style(_NAME):
        together = len(names) <= _TOGETHER
        groups = [names] if together else [[name] for name in names]
        labels = [look[name].label for name in names]
        extra = legend_height(labels) if together else 0.0
        figure, places = grid(len(groups), height=3.1 if together else 1.75, extra=extra, sharex=True, sharey=True)
        for axes, group in zip(places, groups, strict=True):
            _panel(axes, data, group, look, fits)
            if not together:
                axes.set_title(look[group[0]].label, fontsize=7.5)
        name_axes(places, "Human time of the task, minutes (log scale)", "Pass@1")
        if together:
            legend(figure, [mark_of(look[name]) for name in names], labels)
        whole = title(figure, _TITLE, simulated)
    said = "; ".join(f"{name}: {_in_words(fits[name], tasks[tasks['policy'] == name])}" for name in names)
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=data, alt_text=f"{whole}. {said}.",
        caption=_caption(samples, used, bool(len(alone))),
    )  # fmt: skip


def _edges(tau: np.ndarray) -> np.ndarray:
    """Edges of parts with about as many tasks each; one part if all times are alike."""
    parts = int(np.clip(len(tau) // 5, 1, _PARTS))
    edges = np.unique(np.quantile(tau, np.linspace(0, 1, parts + 1)))
    return edges if len(edges) > 1 else np.array([edges[0], edges[0]])


def _fit(tasks: pd.DataFrame) -> HorizonFit | None:
    rows = thinned(len(tasks), _MOST_FITTED)
    success, tau = tasks["correct"].to_numpy(float)[rows], tasks["tau"].to_numpy(float)[rows]
    if (success.min() == success.max() and success.min() in (0.0, 1.0)) or one_time(np.log2(tau)):
        return None
    return firth_horizon(success, tau)


def _data(tasks: pd.DataFrame, edges: np.ndarray, names: list[str], fits: dict[str, HorizonFit | None]) -> pd.DataFrame:
    import pandas as pd

    part = np.clip(np.searchsorted(edges, tasks["tau"].to_numpy(float), side="right") - 1, 0, len(edges) - 2)
    logs = tasks.assign(part=part, log=np.log2(tasks["tau"]))
    found = logs.groupby(["policy", "part"]).agg(
        tasks=("correct", "size"), pass_at_1=("correct", "mean"), log=("log", "mean")
    )
    rows = found.reset_index()
    low, high = share_ends(logs.groupby(["policy", "part"])["correct"])
    rows = rows.assign(
        low=low, high=high, tau=2.0 ** rows["log"], tau_low=edges[rows["part"]], tau_high=edges[rows["part"] + 1]
    )
    curve = {name: (fit.intercept, fit.slope) if fit else (np.nan, np.nan) for name, fit in fits.items()}
    rows["intercept"] = [curve[name][0] for name in rows["policy"]]
    rows["slope"] = [curve[name][1] for name in rows["policy"]]
    order = pd.Categorical(rows["policy"], names)
    return rows.assign(at=order.codes).sort_values(["at", "part"])[list(_COLUMNS)].reset_index(drop=True)


def _panel(
    axes: Axes, data: pd.DataFrame, names: list[str], look: dict[str, Look], fits: dict[str, HorizonFit | None]
) -> None:
    from matplotlib.ticker import FuncFormatter, NullLocator

    axes.set_xscale("log")
    for number, name in enumerate(names):
        own, rows, fit = look[name], data[data["policy"] == name], fits[name]
        # Bars at the same time would hide each other.
        x = rows["tau"].to_numpy(float) * 1.07 ** (number - (len(names) - 1) / 2)
        y = rows["pass_at_1"].to_numpy(float)
        ends = [y - rows["low"].to_numpy(float), rows["high"].to_numpy(float) - y]
        axes.errorbar(
            x, y, yerr=np.clip(ends, 0, None), color=own.colour, marker=own.marker, linestyle="none",
            elinewidth=0.8, capsize=1.5,
        )  # fmt: skip
        if fit:
            at = np.geomspace(fit.shortest, fit.longest, 60)
            chance = 1.0 / (1.0 + np.exp(-(fit.intercept + fit.slope * np.log2(at))))
            axes.plot(at, chance, color=own.colour, linestyle=own.line)
    axes.set_ylim(-0.04, 1.04)
    low, high = float(data["tau_low"].min()), float(data["tau_high"].max())
    axes.set_xlim(low / 1.5, high * 1.5)
    if high / low < 12:
        axes.set_xticks([low, high] if high > 1.2 * low else [low])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.3g}"))


def minutes_text(minutes: float) -> str:
    """Human time in the unit that suits it."""
    if minutes < 1:
        return f"{60 * minutes:.3g} s"
    return f"{minutes:.3g} min" if minutes < 120 else f"{minutes / 60:.3g} h"


def _in_words(fit: HorizonFit | None, tasks: pd.DataFrame) -> str:
    if fit is None:
        mean, shortest = tasks["correct"].mean(), tasks["tau"].min()
        if 0 < mean < 1:
            return f"{mean:.0%} of {len(tasks)} tasks, all of {minutes_text(shortest)}, so without a line"
        return f"{'solves all' if mean else 'solves none'} of {len(tasks)} tasks"
    first, last = fit.success(fit.shortest), fit.success(fit.longest)
    return f"from {first:.0%} at {minutes_text(fit.shortest)} to {last:.0%} at {minutes_text(fit.longest)}"


def _caption(samples: pd.DataFrame, used: pd.DataFrame, alone: bool) -> str:
    who = "Each agent alone on all tasks." if alone else "No agent was run alone, so policies are drawn."
    parts = [
        who, "Lines are logistic fits (Firth's) on log2 of human time. Points are parts of about equally many tasks, "
        "with 95 % intervals over tasks.",
    ]  # fmt: skip
    untimed = samples[~(np.isfinite(samples["tau"]) & (samples["tau"] > 0))]["task_id"].nunique()
    if untimed:
        parts.append(f"{untimed:,} tasks have no known human time and are left out.")
    per = used.groupby("policy")["correct"].mean()
    flat = [str(name) for name, rate in per.items() if rate in (0.0, 1.0)]
    if flat:
        parts.append(f"No curve, because all tasks are solved or none: {', '.join(flat)}.")
    return " ".join(parts)
