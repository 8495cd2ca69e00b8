"""What all pictures share: colours, sizes, the form of a drawing.

Ink is one colour that `to_svg` turns into `currentColor`, so an inlined picture follows the page's text colour, light
or dark. The ground is transparent in SVG and white in PNG. Colours are those of Okabe and Ito without yellow, which
cannot be read on white; a marker or hatch always says the same as the colour.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from sale_inspect.report.figures._names import by_number, labels_of, policies_of
from sale_inspect.texts import fmt_usd

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

__all__ = [
    "INK",
    "WIDTH",
    "Drawing",
    "Look",
    "blank",
    "grid",
    "legend",
    "legend_height",
    "looks",
    "mark_of",
    "name_axes",
    "roster_of",
    "style",
    "title",
]

INK = "#010203"
WIDTH = 6.4
"""Inches; 614 pixels of CSS."""
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", INK)
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "p")
_LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3)), (0, (8, 2)), (0, (3, 4)))
_HATCHES = ("", "////", "\\\\\\\\", "xxxx", "----", "||||", "++++")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Drawing:
    """A picture with all that a page says about it.

    Attributes:
        name: Of its files and of ids in the SVG: letters, digits and hyphens.
        figure: matplotlib's figure; for `to_svg` and `to_png`.
        alt_text: What it shows, for who cannot see it.
        caption: How to read it: units, intervals, what was left out.
        data: The numbers in it, one row a mark; for CSV.
        title: Also stands in the picture.
        empty: Why nothing is drawn; "" if something is.
    """

    name: str
    figure: Figure
    alt_text: str
    caption: str
    data: pd.DataFrame
    title: str = ""
    empty: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """How one policy, agent or phase looks in a picture.

    Attributes:
        label: Name in the legend.
        colour: Hex colour.
        marker: matplotlib's marker.
        line: matplotlib's line style.
        hatch: matplotlib's hatch.
    """

    label: str
    colour: str
    marker: str
    line: Any
    hatch: str


def looks(names: Sequence[str], *, width: int = 26, roster: Mapping[str, Look] | None = None) -> dict[str, Look]:
    """A look for each name; no two of the first 70 share colour and marker.

    Args:
        names: Of policies or agents, in their order.
        width: Of a line of a label, characters.
        roster: Looks that names have in other pictures too; those that it lacks get one that is free.
    """
    labels, known = labels_of(names, width=width), roster or {}
    new = iter(range(len(known), len(known) + len(names)))
    return {
        name: replace(known[name], label=labels[name]) if name in known else _look(next(new), labels[name])
        for name in names
    }


def _look(number: int, label: str) -> Look:
    return Look(
        label=label,
        colour=_COLOURS[number % len(_COLOURS)],
        marker=_MARKERS[number % len(_MARKERS)],
        line=_LINES[number % len(_LINES)],
        hatch=_HATCHES[number % len(_HATCHES)],
    )


def roster_of(samples: pd.DataFrame, agents: Sequence[str] = ()) -> dict[str, Look]:
    """The look of every policy and agent in all pictures of a report. An agent looks as that agent alone does.

    Args:
        samples: Tidy samples.
        agents: Agents beside those that executed.
    """
    policies = policies_of(samples)
    every = by_number(name for name in (*samples["agent"].unique(), *agents) if name)
    found = looks([*policies, *(name for name in every if f"{name} alone" not in policies and name not in policies)])
    return found | {name: found[f"{name} alone"] for name in every if f"{name} alone" in found}


@contextmanager
def style(salt: str = "sale-inspect") -> Iterator[None]:
    """Matplotlib's settings for all pictures, while the context is open.

    Formulas are off: names may hold dollar signs.
    """
    import matplotlib

    size: dict[str, Any] = {"font.size": 8.5, "axes.titlesize": 8.5, "axes.labelsize": 8.5, "legend.fontsize": 8}
    ticks: dict[str, Any] = {"xtick.labelsize": 7.5, "ytick.labelsize": 7.5, "xtick.color": INK, "ytick.color": INK}
    ink: dict[str, Any] = {
        "text.color": INK,
        "axes.labelcolor": INK,
        "axes.edgecolor": INK,
        "axes.titlecolor": INK,
        "grid.color": INK,
    }
    ground: dict[str, Any] = {"figure.facecolor": "none", "axes.facecolor": "none", "savefig.facecolor": "none"}
    form: dict[str, Any] = {
        "font.family": ["DejaVu Sans"], "text.parse_math": False, "axes.unicode_minus": False,
        # With hinting, text is wider at one resolution than at another, and leaves the picture that it was laid out in.
        "text.hinting": "none",
        "svg.fonttype": "none", "svg.hashsalt": salt, "grid.alpha": 0.15, "grid.linewidth": 0.6,
        "axes.grid": True, "axes.axisbelow": True, "axes.spines.top": False, "axes.spines.right": False,
        "axes.linewidth": 0.7, "lines.linewidth": 1.4, "lines.markersize": 5, "legend.frameon": False,
        "hatch.linewidth": 0.5, "hatch.color": INK, "figure.constrained_layout.use": False,
    }  # fmt: skip
    every: Any = size | ticks | ink | ground | form
    with matplotlib.rc_context():
        # A user's own settings must not change the pictures.
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(every)
        yield


def grid(panels: int, *, columns: int = 3, height: float = 2.1, extra: float = 0.0, **share: Any) -> Any:
    """A figure and its axes, one a panel, row by row.

    Args:
        panels: How many, at least 1.
        columns: Most panels in a row.
        height: Of a row, inches.
        extra: For the legend, inches.
        share: `sharex` and `sharey` of matplotlib.
    """
    from matplotlib.figure import Figure

    across = min(panels, columns)
    down = -(-panels // across)
    figure = Figure(figsize=(WIDTH, down * height + 0.55 + extra), layout="constrained")
    places = figure.subplots(down, across, squeeze=False, **share).ravel()
    for spare in places[panels:]:
        spare.remove()
    return figure, list(places[:panels])


def title(figure: Figure, text: str, simulated: bool) -> str:
    """Put the title at the top left, with what says that agents are simulated; give it back."""
    whole = f"{text} (simulated agents)" if simulated else text
    figure.suptitle(whole, x=0.01, ha="left", fontsize=9.5, fontweight="bold")
    return whole


def name_axes(places: Sequence[Axes], across: str, up: str, *, columns: int = 3) -> None:
    """One label for all x axes below the last row, and one for all y axes beside the first column.

    matplotlib's own `supxlabel` would lie under the legend. Axes without a panel below them show their numbers.

    Args:
        places: Panels, row by row, as `grid` gives them.
        across: Label of x with its unit; "" for none.
        up: Label of y.
        columns: As of `grid`.
    """
    columns = min(columns, len(places))
    rows = -(-len(places) // columns)
    for axes in places[-columns:]:
        axes.tick_params(labelbottom=True)
    last = places[(rows - 1) * columns :]
    if len(last) == 1 and columns > 1:
        last[0].set_xlabel(across, x=0.0, ha="left")
    else:
        last[(len(last) - 1) // 2].set_xlabel(across, x=0.5 if len(last) % 2 else 1.06)
    places[(rows - 1) // 2 * columns].set_ylabel(up, y=0.5 if rows % 2 else -0.1)


def legend_height(labels: Sequence[str]) -> float:
    """Inches that `legend` needs for these labels."""
    columns = _columns(labels)
    short, longer = divmod(len(labels), columns)
    heights, start = [0.0], 0
    for column in range(columns):
        # matplotlib fills column by column, and the first ones take what is over.
        end = start + short + (column < longer)
        heights.append(sum(0.135 * (label.count("\n") + 1) + 0.06 for label in labels[start:end]))
        start = end
    return max(heights) + 0.1


def dollars_text(value: float) -> str:
    """Dollars at a tick: three significant figures without zeros at their end, with a prefix where they are small."""
    text = fmt_usd(value)
    number = re.search(r"\d[\d,]*\.\d+", text)
    return text if number is None else text.replace(number[0], number[0].rstrip("0").rstrip("."))


def _columns(labels: Sequence[str]) -> int:
    longest = max((len(line) for label in labels for line in label.split("\n")), default=1)
    return max(1, min(len(labels) or 1, int(WIDTH * 14.0 / (longest + 8))))


def legend(figure: Figure, handles: Sequence[Any], labels: Sequence[str]) -> None:
    """A legend below all panels."""
    if labels:
        figure.legend(list(handles), list(labels), loc="outside lower center", ncols=_columns(labels), handlelength=3.2)


def mark_of(look: Look, *, line: bool = True) -> Line2D:
    """The legend's handle of a look."""
    from matplotlib.lines import Line2D

    return Line2D([], [], color=look.colour, marker=look.marker, linestyle=look.line if line else "none")


def blank(name: str, text: str, reason: str, columns: Sequence[str], *, simulated: bool = False) -> Drawing:
    """A picture that says why there is none.

    Args:
        name: Of the drawing.
        text: Its title.
        reason: One sentence.
        columns: Columns of its empty data.
        simulated: Whether agents are simulated.
    """
    import textwrap

    import pandas as pd
    from matplotlib.figure import Figure

    with style(name):
        figure = Figure(figsize=(WIDTH, 1.4), layout="constrained")
        axes: Axes = figure.subplots()
        axes.set_axis_off()
        whole = title(figure, text, simulated)
        axes.text(0.5, 0.5, "\n".join(textwrap.wrap(f"Nothing to draw: {reason}", 80)), ha="center", va="center")
    alt = f"{whole}. Nothing is drawn: {reason}"
    return Drawing(
        name=name, figure=figure, alt_text=alt, caption=f"Nothing to draw: {reason}",
        data=pd.DataFrame({column: [] for column in columns}), title=whole, empty=reason,
    )  # fmt: skip
