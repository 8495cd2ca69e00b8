"""Length of the winning bid against tokens of execution."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sale_inspect.report.figures._means import thinned
from sale_inspect.report.figures._names import by_number
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
from sale_inspect.stats import rank_correlation

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["bid_length"]

_NAME = "bid-length"
_TITLE = "Length of the winning bid against tokens of execution"
_COLUMNS = ("agent", "auctions", "tasks", "rho", "low", "high")
_ALL = "all agents"
_MOST_POINTS = 1500


def bid_length(
    bids: pd.DataFrame, *, simulated: bool, seed: int = 0, roster: Mapping[str, Look] | None = None
) -> Drawing:
    """A point a won auction, with Spearman's rho over all agents and within each.

    Args:
        bids: Tidy bids. Only winning bids are used: others were not executed.
        simulated: Whether agents are simulated.
        seed: Of the points that are drawn if there are more than 1,500.
        roster: Looks, as of `looks`.

    Returns:
        The drawing. Data: a row for all agents and each agent: rho with a 95 % interval over tasks, see
        `stats.rank_correlation` (NaN if it is not defined).
    """
    won = bids[bids["winner"] & bids["tokens_execute"].notna()]
    won = won[(won["length"] > 0) & (won["tokens_execute"] > 0)]
    if not len(won):
        reason = (
            "no winning bid has a known length and known tokens of execution." if len(bids) else "there are no bids."
        )
        return blank(_NAME, _TITLE, reason, _COLUMNS, simulated=simulated)
    agents = by_number(won["agent"].unique())
    data = _data(won, agents)
    look = looks(agents, roster=roster)
    shown = won.iloc[thinned(len(won), _MOST_POINTS, seed)]
    with style(_NAME):
        labels = [f"{look[name].label}: rho {_rho_text(data, name)}" for name in agents]
        figure, places = grid(1, height=3.0, extra=legend_height(labels))
        _points(places[0], shown, look)
        name_axes(places, "Length of the winning bid, tokens (log scale)", "Tokens of execution (log scale)")
        places[0].set_title(f"Spearman's rho over all agents: {_rho_text(data, _ALL)}", loc="left")
        legend(figure, [mark_of(look[name], line=False) for name in agents], labels)
        whole = title(figure, _TITLE, simulated)
    caption = f"A point is an auction; {len(won):,} in all"
    caption += f", of which {len(shown):,} drawn ones were chosen by chance." if len(shown) < len(won) else "."
    caption += " Intervals: 95 %, over tasks. SALE takes a bid's length for a sign of its cost."
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=data, caption=caption,
        alt_text=f"{whole}. Rho over all agents {_rho_text(data, _ALL)}, {len(won)} auctions.",
    )  # fmt: skip


def _data(won: pd.DataFrame, agents: list[str]) -> pd.DataFrame:
    import pandas as pd

    made = []
    for name in (_ALL, *agents):
        rows = won if name == _ALL else won[won["agent"] == name]
        x, y = rows["length"].to_numpy(float), rows["tokens_execute"].to_numpy(float)
        tasks = pd.factorize(rows["task_id"])[0]
        rho = rank_correlation(x, y, tasks)
        made.append((name, len(rows), rho.tasks, rho.value, rho.low, rho.high))
    return pd.DataFrame(made, columns=list(_COLUMNS))


def _rho_text(data: pd.DataFrame, name: str) -> str:
    rho, low, high, tasks = data.loc[data["agent"] == name, ["rho", "low", "high", "tasks"]].to_numpy(float)[0]
    if math.isnan(rho):
        return f"not defined (n = {tasks:.0f} tasks)"
    return f"{rho:.2f} (n = {tasks:.0f} tasks)" if math.isnan(low) else f"{rho:.2f} [{low:.2f}, {high:.2f}]"


def _points(axes: Axes, shown: pd.DataFrame, look: dict[str, Look]) -> None:
    from matplotlib.ticker import FuncFormatter, NullFormatter

    for name, own in look.items():
        rows = shown[shown["agent"] == name]
        axes.plot(
            rows["length"].to_numpy(float), rows["tokens_execute"].to_numpy(float), color=own.colour,
            marker=own.marker, linestyle="none", markersize=3.5, alpha=0.55, markeredgewidth=0,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_yscale("log")
    for axis, values in ((axes.xaxis, shown["length"]), (axes.yaxis, shown["tokens_execute"])):
        low, high = float(values.min()), float(values.max())
        ticks = _round_ticks(low, high)
        axis.set_ticks(ticks)
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:.2g}"))
        axis.set_minor_formatter(NullFormatter())


def _round_ticks(low: float, high: float) -> list[float]:
    """1, 2 and 5 times powers of ten around a range; powers alone if it is wide."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    steps = (1, 2, 5) if last - first <= 3 else (1,)
    every = [step * 10.0**power for power in range(first, last + 1) for step in steps]
    inside = [tick for tick in every if low / 1.5 <= tick <= high * 1.5]
    return inside or [low]
