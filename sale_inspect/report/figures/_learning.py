"""Learning curve of refinement: what memory brings."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._means import any_simulated, share_ends
from sale_inspect.report.figures._names import labels_of, policies_of
from sale_inspect.report.figures._style import (
    Drawing,
    Look,
    blank,
    grid,
    legend,
    legend_height,
    mark_of,
    name_axes,
    style,
    title,
)

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["learning"]

_NAME = "learning"
_TITLE = "Auctions that refinement decides, by auctions in memory"
_COLUMNS = ("policy", "measure", "seen_low", "seen_high", "seen", "auctions", "tasks", "share", "low", "high")
_LOOKS = {
    "refined bid won": Look(label="A refined bid won", colour="#0072b2", marker="o", line="-", hatch=""),
    "cheaper agent won": Look(
        label="An agent cheaper than the first leader won", colour="#d55e00", marker="s", line="--", hatch=""
    ),
}
_PARTS = 8
_MOST_PANELS = 9


def learning(samples: pd.DataFrame, bids: pd.DataFrame) -> Drawing:
    """Share of auctions won by a refined bid, and by an agent cheaper than the provisional winner.

    Args:
        samples: Tidy samples; those with an auction are used. Where no sample could see a past auction, the place in
            the order stands for it.
        bids: Tidy bids, for the agents' prices.

    Returns:
        The drawing. Data: a row a policy, measure and part of the auctions: range and mean of auctions seen, share
        with its interval over tasks.
    """
    simulated = any_simulated(samples)
    used = samples[(samples["provisional"] != "") & (samples["agent"] != "")]
    if not len(used):
        reason = "no log has auctions." if len(samples) else "there are no samples."
        return blank(_NAME, _TITLE, reason, _COLUMNS, simulated=simulated)
    by_place = not (used["visible"] > 0).any()
    price = bids.groupby("agent")["usd_per_mtok"].median()
    won, led = used["agent"].map(price).to_numpy(float), used["provisional"].map(price).to_numpy(float)
    used = used.assign(
        seen=used["position"].clip(lower=0) if by_place else used["visible"],
        refined_won=used["refined"].astype(float),
        cheaper_won=np.where(np.isnan(won) | np.isnan(led), np.nan, (won < led).astype(float)),
    )
    names = policies_of(used)
    data = _data(used, names)
    drawn, label = names[:_MOST_PANELS], labels_of(names)
    measures = [measure for measure in _LOOKS if (data["measure"] == measure).any()]
    with style(_NAME):
        labels = [_LOOKS[measure].label for measure in measures]
        figure, places = grid(
            len(drawn), height=2.6 if len(drawn) == 1 else 1.9, extra=legend_height(labels), sharex=True, sharey=True
        )
        for axes, name in zip(places, drawn, strict=True):
            _panel(axes, data[data["policy"] == name])
            axes.set_title(label[name], fontsize=8)
        seen = "Place in the run's order" if by_place else "Auctions in memory that the auction could see"
        name_axes(places, seen, "Share of auctions")
        legend(figure, [mark_of(_LOOKS[measure]) for measure in measures], labels)
        whole = title(figure, _TITLE, simulated)
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=data, alt_text=f"{whole}. {_in_words(data, drawn)}.",
        caption=_caption(by_place, measures, names[_MOST_PANELS:]),
    )  # fmt: skip


def _data(used: pd.DataFrame, names: list[str]) -> pd.DataFrame:
    import pandas as pd

    made = []
    for name in names:
        rows = used[used["policy"] == name]
        seen = rows["seen"].to_numpy(float)
        parts = int(np.clip(len(np.unique(seen)) // 4, 1, _PARTS))
        edges = np.unique(np.quantile(seen, np.linspace(0, 1, parts + 1)))
        part = np.clip(np.searchsorted(edges, seen, side="right") - 1, 0, max(0, len(edges) - 2))
        for measure, column in (("refined bid won", "refined_won"), ("cheaper agent won", "cheaper_won")):
            known = rows.assign(part=part)[rows[column].notna()]
            if not len(known):
                continue
            by_part = known.groupby(["part", "task_id"])[column].mean().groupby("part")
            each = by_part.agg(["size", "mean"])
            found = known.groupby("part").agg(
                seen_low=("seen", "min"), seen_high=("seen", "max"), seen=("seen", "mean"), auctions=("seen", "size")
            )
            found = found.assign(policy=name, measure=measure, tasks=each["size"], share=each["mean"])
            low, high = share_ends(by_part)
            made.append(found.assign(low=low, high=high))
    return pd.concat(made, ignore_index=True)[list(_COLUMNS)]


def _panel(axes: Axes, data: pd.DataFrame) -> None:
    # The two are often equal; side by side, both can be seen.
    shift = 0.006 * float(data["seen_high"].max())
    for number, (measure, own) in enumerate(_LOOKS.items()):
        rows = data[data["measure"] == measure]
        y = rows["share"].to_numpy(float)
        ends = np.clip([y - rows["low"].to_numpy(float), rows["high"].to_numpy(float) - y], 0, None)
        axes.errorbar(
            rows["seen"].to_numpy(float) + (2 * number - 1) * shift,
            y, yerr=ends, color=own.colour, marker=own.marker, linestyle=own.line, elinewidth=0.7, capsize=1.5,
            alpha=0.9,
        )  # fmt: skip
    axes.set_ylim(bottom=-0.02)
    axes.set_xlim(left=0)
    axes.locator_params(axis="x", nbins=4, integer=True)


def _in_words(data: pd.DataFrame, names: list[str]) -> str:
    said = []
    for name in names:
        rows = data[(data["policy"] == name) & (data["measure"] == "refined bid won")]
        first, last = float(rows["share"].iloc[0]), float(rows["share"].iloc[-1])
        said.append(f"{name}: refined bids win {first:.0%} in the first part and {last:.0%} in the last")
    return "; ".join(said)


def _caption(by_place: bool, measures: list[str], rest: list[str]) -> str:
    parts = [
        "Points are parts of about equally many auctions, with 95 % intervals over tasks."
    ]  # fmt: skip
    if by_place:
        parts.append("No auction could see an earlier one; the place in the order is shown instead.")
    if "cheaper agent won" not in measures:
        parts.append("Prices of the agents are not known, so it is not known who is cheaper.")
    if rest:
        parts.append(f"In the data only, not drawn: {', '.join(rest)}.")
    return " ".join(parts)
