"""The one picture of the decision: pass@1 against dollars per 1,000 tasks, every policy by name."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sale_inspect.report.figures._frontiers import front_lines, front_points
from sale_inspect.report.figures._means import any_simulated
from sale_inspect.report.figures._names import policies_of
from sale_inspect.report.figures._style import INK, WIDTH, Drawing, Look, blank, dollars_text, looks, style, title
from sale_inspect.texts import fmt_usd_thousand

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["Box", "Point", "front", "front_axes", "name_points", "place_labels"]

_NAME = "front"
_TITLE = "What each policy solves, and for how much"
_COLUMNS = ("policy", "tasks", "runs", "pass_at_1", "low", "high", "usd_per_task", "front", "hull")
_HEIGHT = 4.3
_MARK = 5.0
"""Half of the room that a mark takes, points."""
_SAMPLED = 60
Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in one unit."""
Point = tuple[float, float]

_DIRECTIONS = tuple((math.cos(math.radians(at)), math.sin(math.radians(at))) for at in range(0, 360, 15))
_STEPS = 24
_TOUCH = 1e-7
# What a place may cost more rings than another to be preferred.
_NEARER, _ON_LINES = 6.0, 2.0


def front(samples: pd.DataFrame, *, roster: Mapping[str, Look] | None = None) -> Drawing:
    """All tasks in one panel, with the Pareto front and the hull.

    Args:
        samples: Tidy samples, as of `frontiers`.
        roster: Looks of policies, as of `looks`.

    Returns:
        The drawing. Data: a row a policy.
    """
    from matplotlib.figure import Figure

    simulated = any_simulated(samples)
    points = front_points(samples)
    data = points[points["bin"] == "all"].reset_index(drop=True)
    if not len(data):
        reason = "no scored sample has known dollars." if len(samples) else "there are no samples."
        return blank(_NAME, _TITLE, reason, _COLUMNS, simulated=simulated)
    data = data[list(_COLUMNS)]
    names = [name for name in policies_of(samples) if name in set(data["policy"])]
    look = looks(names, roster=roster)
    with style(_NAME):
        figure = Figure(figsize=(WIDTH, _HEIGHT), layout="constrained")
        axes = figure.subplots()
        front_axes(axes, data, look)
        whole = title(figure, _TITLE, simulated)
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        name_points(figure, axes, data, look)
    best = data[data["front"]].sort_values("usd_per_task")
    said = "; ".join(
        f"{name} {rate:.0%} for {fmt_usd_thousand(usd)}"
        for name, rate, usd in zip(best["policy"], best["pass_at_1"], best["usd_per_task"], strict=True)
    )
    return Drawing(
        name=_NAME, figure=figure, title=whole, data=data,
        alt_text=f"{whole}. {len(names)} policies. On the front, per 1,000 tasks: {said}.",
        caption="Bars are 95 % intervals over tasks. Line: no policy is better and cheaper than those on it. Dots: "
        "what a mix of two policies by chance solves.",
    )  # fmt: skip


def front_axes(axes: Axes, data: pd.DataFrame, look: Mapping[str, Look]) -> None:
    """Points, bars, front and hull, without names.

    Args:
        axes: Where.
        data: As of `front`.
        look: Looks of the policies.
    """
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    front_lines(axes, data)
    if axes.get_xscale() == "linear":
        axes.xaxis.set_major_locator(MaxNLocator(nbins=6))
    for row in data.to_dict("records"):
        own = look[str(row["policy"])]
        axes.errorbar(
            [row["usd_per_task"]], [row["pass_at_1"]],
            yerr=[[row["pass_at_1"] - row["low"]], [row["high"] - row["pass_at_1"]]],
            color=own.colour, marker=own.marker, linestyle="none", elinewidth=0.7, markersize=7, zorder=3,
        )  # fmt: skip
    low, high = float(data["low"].min()), float(data["high"].max())
    room = 0.06 * max(high - low, 0.1)
    axes.set_ylim(max(-0.02, low - room), min(1.02, high + room))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f}%"))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: dollars_text(1000 * value)))
    axes.set_xlabel("Dollars per 1,000 tasks")
    axes.set_ylabel("Solved (pass@1)")


def name_points(figure: Figure, axes: Axes, data: pd.DataFrame, look: Mapping[str, Look], size: float = 8.0) -> None:
    """The name of each policy beside its point, by the rule of `place_labels`; a thin line where it stands away.

    Args:
        figure: Of the axes; its layout must be settled.
        axes: With the points.
        data: As of `front`.
        look: Looks of the policies.
        size: Of the names, points.
    """
    unit = 72.0 / figure.dpi
    texts = [axes.text(0, 0, look[str(name)].label, fontsize=size) for name in data["policy"]]
    extents = [text.get_window_extent() for text in texts]
    for text in texts:
        text.remove()
    sizes = [(extent.width * unit + 3, extent.height * unit + 2) for extent in extents]

    def at(x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.asarray(axes.transData.transform(np.column_stack([x, y])), dtype=float) * unit

    where = at(data["usd_per_task"].to_numpy(float), data["pass_at_1"].to_numpy(float))
    lows, highs = (at(data["usd_per_task"].to_numpy(float), data[end].to_numpy(float)) for end in ("low", "high"))
    inner = axes.get_window_extent()
    inside = (inner.x0 * unit, inner.y0 * unit, inner.x1 * unit, inner.y1 * unit)
    bars = [(x - 0.5, low, x + 0.5, high) for (x, low), (_, high) in zip(lows, highs, strict=True)]
    best = data[data["front"]].sort_values("usd_per_task")
    steps = at(best["usd_per_task"].to_numpy(float), best["pass_at_1"].to_numpy(float))
    bars += [
        (x, y - 1.0, after, y + 1.0)
        for (x, y), after in zip(steps, [*(x for x, _ in steps[1:]), inside[2]], strict=True)
    ]
    corners = data[data["hull"]].sort_values("usd_per_task")
    knots = at(corners["usd_per_task"].to_numpy(float), corners["pass_at_1"].to_numpy(float))
    if len(knots) > 1:
        along = np.linspace(knots[0, 0], knots[-1, 0], _SAMPLED)
        bars += [(x - 2, y - 1, x + 2, y + 1) for x, y in zip(along, np.interp(along, *knots.T), strict=True)]
    points = [(float(x), float(y)) for x, y in where]
    boxes = place_labels(points, sizes, inside, mark=_MARK, lines=bars)
    for number, (box, name) in enumerate(zip(boxes, data["policy"], strict=True)):
        x, y = points[number]
        own = look[str(name)]
        middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
        nearest = (float(np.clip(x, box[0], box[2])), float(np.clip(y, box[1], box[3])))
        away = float(np.hypot(nearest[0] - x, nearest[1] - y))
        if away > 1.7 * _MARK or not _is_plain(box, number, points):
            ends = axes.transData.inverted().transform(np.array([(x, y), nearest]) / unit)
            axes.plot(ends[:, 0], ends[:, 1], color=own.colour, linewidth=0.5, alpha=0.7, zorder=2)
        spot = axes.transData.inverted().transform(np.array([middle]) / unit)[0]
        axes.text(
            spot[0], spot[1], own.label, color=INK, fontsize=size, ha="center", va="center", zorder=5, linespacing=1.0
        )  # fmt: skip


def place_labels(
    points: Sequence[Point],
    sizes: Sequence[tuple[float, float]],
    inside: Box,
    *,
    mark: float,
    lines: Sequence[Box] = (),
) -> list[Box]:
    """The box of each label: the nearest place that is free, else the one that covers least.

    Places are tried on growing rings around the point, those to the right first. Labels and marks are never covered
    where a free place exists. A place that is nearer to another point, or on a line, is taken only if others are some
    rings farther away. Higher points are served first, so the same points give the same places.

    Args:
        points: Where the marks are.
        sizes: Width and height of each label.
        inside: What no label leaves.
        mark: Half the width of a mark.
        lines: Boxes that are better not covered, for instance bars of intervals.
    """
    marks = [(x - mark, y - mark, x + mark, y + mark) for x, y in points]
    placed: dict[int, Box] = {}
    for number in sorted(range(len(points)), key=lambda place: (-points[place][1], points[place][0])):
        taken = [*marks, *placed.values()]
        best: Box = inside
        least = (math.inf, math.inf)
        for away, box in _around(points[number], sizes[number], inside, mark):
            if least[0] == 0 and away > least[1]:
                break  # Farther rings cost more.
            covered = sum(_shared(box, other) for other in taken)
            if covered > least[0]:
                continue
            cost = away + _NEARER * (not _is_plain(box, number, points))
            cost += _ON_LINES * min(3, sum(_shared(box, line) > 0 for line in lines))
            if (covered, cost) < least:
                best, least = box, (covered, cost)
        placed[number] = best
    return [placed[number] for number in range(len(points))]


def _is_plain(box: Box, number: int, points: Sequence[Point]) -> bool:
    """Whether a label's own point is the nearest to it."""
    own = _away(box, points[number])
    return all(place == number or own < _away(box, point) for place, point in enumerate(points))


def _away(box: Box, point: Point) -> float:
    across = max(box[0] - point[0], 0.0, point[0] - box[2])
    up = max(box[1] - point[1], 0.0, point[1] - box[3])
    return math.hypot(across, up)


def _around(point: Point, size: tuple[float, float], inside: Box, mark: float) -> Iterator[tuple[float, Box]]:
    """Boxes around a point with how many rings they are away, pushed inside."""
    width, height = size
    for step in range(_STEPS):
        gap = mark * 1.6 + step * height * 0.5
        for turn, (across, up) in enumerate(_DIRECTIONS):
            x = point[0] + across * (gap + width / 2)
            y = point[1] + up * (gap + height / 2)
            x = min(max(x, inside[0] + width / 2), inside[2] - width / 2)
            y = min(max(y, inside[1] + height / 2), inside[3] - height / 2)
            yield step + turn / 100, (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _shared(one: Box, other: Box) -> float:
    """The area that two boxes share; 0 also where rounding alone makes them touch."""
    across = min(one[2], other[2]) - max(one[0], other[0])
    up = min(one[3], other[3]) - max(one[1], other[1])
    return across * up if across > _TOUCH and up > _TOUCH else 0.0
