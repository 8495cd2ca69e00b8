"""Policies over many simulated worlds, beside the best single agent of each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._style import INK, WIDTH, Drawing, style, title

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["many_worlds"]


def many_worlds(found: pd.DataFrame) -> Drawing:
    """A dot for each policy and world: points of pass@1, and dollars, beside the best single agent on dev.

    Args:
        found: A row a policy and world: world, policy, points (of pass@1, 0.01 is a point), ratio (of dollars).
            Policies are drawn in the order of their first row, from the top.

    Returns:
        The drawing; its title says simulated. Data: `found` as given.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, NullFormatter

    policies = list(dict.fromkeys(found["policy"]))
    places = {policy: len(policies) - 1 - place for place, policy in enumerate(policies)}
    rng = np.random.default_rng(0)
    with style("many-worlds"):
        figure = Figure(figsize=(WIDTH, 0.28 * len(policies) + 1.3), layout="constrained")
        left, right = figure.subplots(1, 2, sharey=True)
        heights = found["policy"].map(places).to_numpy(float) + rng.uniform(-0.2, 0.2, len(found))
        below = found["points"].to_numpy(float) < -0.01
        points, ratios = 100 * found["points"].to_numpy(float), found["ratio"].to_numpy(float)
        for axes, values, centre in ((left, points, np.mean), (right, ratios, np.median)):
            axes.plot(values[~below], heights[~below], "o", color="#0072b2", markersize=3, alpha=0.6)
            axes.plot(values[below], heights[below], "x", color="#d55e00", markersize=3.5, alpha=0.8)
            for policy, place in places.items():
                middle = float(centre(values[(found["policy"] == policy).to_numpy()]))
                axes.plot([middle, middle], [place - 0.35, place + 0.35], color=INK, linewidth=1.6)
        left.axvline(0.0, color=INK, linewidth=0.8)
        left.axvline(-1.0, color=INK, linewidth=0.8, linestyle=":")
        right.axvline(1.0, color=INK, linewidth=0.8)
        right.set_xscale("log")
        right.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        right.xaxis.set_minor_formatter(NullFormatter())
        left.set_yticks(list(places.values()), list(places))
        left.set_xlabel("pass@1 beside the best single, points")
        right.set_xlabel("dollars over the best single's")
        whole = title(figure, "Policies over many worlds", True)
    means = found.groupby("policy", sort=False)["points"].mean()
    said = "; ".join(f"{policy} {100 * value:+.1f}" for policy, value in means.items())
    return Drawing(
        name="many-worlds", figure=figure, title=whole, data=found.reset_index(drop=True),
        alt_text=f"{whole}. Mean points of pass@1 beside the best single agent: {said}.",
        caption="A dot a world, a cross where more than a point is lost (dotted line); bars are means of points, "
        "medians of dollars. Simulated: no model ran.",
    )  # fmt: skip
