"""Every picture on usual and awkward data: form, looks, sameness."""

from __future__ import annotations

import dataclasses
import functools
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest

from sale_inspect.report.figures import Drawing, draw_all, to_png, to_svg
from sale_inspect.report.figures._names import by_number, labels_of, shown
from sale_inspect.report.figures._style import INK, looks
from sale_inspect.report.tidy._tables import Tidy
from tests.report.synthetic import synthetic_tidy

NAMES = (
    *("front", "frontiers", "pass-by-time", "horizons", "workload", "confusion"),
    *("shapley", "learning", "calibration", "bid-length", "phases"),
)
LONG = "a router whose name goes on and on, costs $5 or $6, knows 日本 & <b>markup</b>, k = {}"


def usual() -> Tidy:
    return synthetic_tidy(tasks=30, order_seeds=(0, 1))


def one_policy() -> Tidy:
    return synthetic_tidy(tasks=8, agents=("4b",), routers=(), sale=())


def many_long_names() -> Tidy:
    routers = tuple(LONG.format(number) for number in range(6))
    return synthetic_tidy(tasks=20, routers=routers, sale=("SALE", "_SALE, panel jury"))


def without_times() -> Tidy:
    tidy = usual()
    samples = tidy.samples.assign(tau=np.nan, bin="", position=-1)
    samples.loc[samples["policy"] == "SALE", "usd"] = np.nan
    return dataclasses.replace(tidy, samples=samples, bids=tidy.bids.assign(bin=""))


def scored(value: float) -> Tidy:
    tidy = usual()
    bids = tidy.bids.assign(correct=value)
    return dataclasses.replace(tidy, samples=tidy.samples.assign(correct=value), bids=bids)


def one_time() -> Tidy:
    tidy = usual()
    return dataclasses.replace(tidy, samples=tidy.samples.assign(tau=3.0, usd=0.0))


def nothing() -> Tidy:
    tidy = usual()
    return Tidy(samples=tidy.samples.iloc[:0], bids=tidy.bids.iloc[:0], logs=tidy.logs.iloc[:0])


CASES: dict[str, Callable[[], Tidy]] = {
    "usual": usual,
    "one policy": one_policy,
    "long names": many_long_names,
    "without times": without_times,
    "one time, free": one_time,
    "all solved": lambda: scored(1.0),
    "none solved": lambda: scored(0.0),
    "unscored": lambda: scored(float("nan")),
    "nothing": nothing,
}


def analyses(tidy: Tidy) -> dict[str, Any]:
    """Made-up results for the pictures that do not draw from tidy data."""
    policies, agents = list(dict.fromkeys(tidy.samples["policy"])), list(dict.fromkeys(tidy.samples["agent"]))
    ends = [(2.0, 1.0, 4.0), (np.inf, 9.0, np.inf), (0.0, 0.0, 0.1), (np.nan, np.nan, np.nan)]
    rows = [(policy, chance, *ends[n % 4]) for n, policy in enumerate(policies) for chance in (0.5, 0.8)]
    horizons = pd.DataFrame(rows, columns=["policy", "chance", "minutes", "low", "high"])
    horizons = horizons.astype({"minutes": float, "low": float, "high": float})
    pairs = [(policy, a, b, n) for policy in policies for n, a in enumerate(agents) for b in agents]
    values = np.linspace(-0.2, 0.4, len(agents))
    return {
        "horizons": horizons.assign(extrapolated=~np.isfinite(horizons["minutes"]), note=""),
        "shapley": pd.DataFrame({"agent": agents, "value": values, "low": values - 0.1, "high": np.nan}),
        "routes": pd.DataFrame(pairs, columns=["policy", "oracle", "chosen", "count"]),
    }


@functools.cache
def drawn(case: str) -> tuple[Drawing, ...]:
    tidy = CASES[case]()
    return draw_all(tidy, **analyses(tidy))


@pytest.mark.parametrize("case", CASES)
def test_every_picture_is_drawn_or_says_why_not(case: str) -> None:
    drawings = drawn(case)
    assert tuple(drawing.name for drawing in drawings) == NAMES
    for drawing in drawings:
        assert bool(len(drawing.data)) is not bool(drawing.empty), drawing.name
        assert len(drawing.data.columns) >= 4
        assert drawing.title in drawing.alt_text and len(drawing.alt_text) > len(drawing.title) + 10
        if drawing.empty:
            assert drawing.empty in drawing.caption and drawing.empty in drawing.alt_text
        to_png(drawing, dpi=40)


def test_a_reason_that_is_known_is_said_in_the_picture() -> None:
    tidy = one_policy()
    reasons = {"horizons": "no tau here.", "shapley": "no auctions here.", "confusion": "no oracle here."}
    found = {drawing.name: drawing for drawing in draw_all(tidy, why=reasons)}
    for name, reason in reasons.items():
        assert found[name].empty == reason and reason in to_svg(found[name])
    assert {drawing.name: drawing.empty for drawing in draw_all(tidy)}["horizons"] == "horizons were not computed."


@pytest.mark.parametrize("case", ["usual", "long names", "nothing"])
def test_svgs_stand_alone_and_share_a_page(case: str) -> None:
    ids: list[str] = []
    for drawing in drawn(case):
        text = to_svg(drawing)
        root = ElementTree.fromstring(text)
        own = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
        assert all(name.startswith(f"{drawing.name}-") for name in own)
        used = re.findall(r'(?:href="#|url\(#)([^")]+)', text)
        assert set(used) <= set(own), drawing.name
        ids += own
        assert re.findall(r"https?://[^\"]+", text) and all(
            address.startswith("http://www.w3.org/") for address in re.findall(r"https?://[^\"]+", text)
        )
        assert not [element for element in root.iter() if element.tag.endswith("style")]
        assert INK not in text and "currentColor" in text
    assert len(ids) == len(set(ids))


def test_the_same_data_give_the_same_bytes_whatever_the_users_settings() -> None:
    first = [(to_svg(drawing), to_png(drawing, dpi=50)) for drawing in drawn("one policy")]
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red", "svg.hashsalt": None}):
        again = drawn.__wrapped__("one policy")
        # The PNG first: which one is made first must not matter.
        pngs = [to_png(drawing, dpi=50) for drawing in again]
        assert [(to_svg(drawing), png) for drawing, png in zip(again, pngs, strict=True)] == first
    assert [(to_svg(drawing), to_png(drawing, dpi=50)) for drawing in again] == first


def test_drawing_leaves_the_users_settings_alone() -> None:
    before = dict(matplotlib.rcParams)
    for drawing in drawn("one policy"):
        to_svg(drawing)
    assert dict(matplotlib.rcParams) == before


def test_loading_loads_no_matplotlib_and_drawing_no_pyplot() -> None:
    code = (
        "import sys, sale_inspect.report.figures as f\n"
        "assert 'matplotlib' not in sys.modules and 'pandas' not in sys.modules\n"
        "f.to_svg(f.blank('a', 'A', 'no data.', ['x']))\n"
        "assert 'matplotlib' in sys.modules and 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("case", ["usual", "one policy", "long names", "without times", "all solved"])
def test_no_legend_lies_on_a_panel_and_nothing_leaves_the_picture(case: str) -> None:
    for drawing in drawn(case):
        figure = drawing.figure
        figure.draw_without_rendering()
        canvas = figure.bbox
        for axes in figure.axes:
            box = axes.get_tightbbox()
            assert box is not None
            assert box.y0 >= -2 and box.x0 >= -2 and box.y1 <= canvas.y1 + 2 and box.x1 <= canvas.x1 + 6, drawing.name
            # Squeezed panels cannot be read.
            assert drawing.empty or axes.get_window_extent().height > 25, drawing.name
            for legend in figure.legends:
                assert legend.get_window_extent().y1 <= box.y0 + 2, drawing.name
        for legend in figure.legends:
            extent = legend.get_window_extent()
            assert extent.x0 >= 0 and extent.x1 <= canvas.x1 and extent.y0 >= -1, drawing.name


@pytest.mark.parametrize("simulated", [True, False])
def test_simulated_agents_are_named_in_the_picture(simulated: bool) -> None:
    tidy = synthetic_tidy(tasks=10, simulated=simulated)
    for drawing in draw_all(tidy, **analyses(tidy)):
        assert ("simulated agents" in to_svg(drawing)) is simulated, drawing.name
        assert ("simulated agents" in drawing.alt_text) is simulated


def test_names_are_shown_as_text_and_never_as_formulas() -> None:
    tidy = synthetic_tidy(tasks=10, routers=("$x^2$ <b>", "_hidden"))
    text = to_svg(draw_all(tidy)[0])
    assert "$x^2$ &lt;b&gt;" in text and "_hidden" in text
    assert "<b>" not in text


def test_labels_are_short_and_no_two_alike() -> None:
    names = [LONG.format(number) for number in range(12)] + ["x" * 300, "", "plain"]
    labels = labels_of(names, width=20)
    assert len(set(labels.values())) == len(names)
    assert all(len(line) <= 26 for label in labels.values() for line in label.split("\n"))
    assert all(label.count("\n") <= 1 for label in labels.values())
    assert labels["plain"] == "plain"


def test_letters_that_the_font_lacks_become_boxes() -> None:
    assert shown("a\x00b\n日 é") == "a□b □ é"


def test_agents_are_in_the_order_of_their_sizes() -> None:
    assert by_number(["14b", "4b", "1.7b", "32b", "4b", "large"]) == ["1.7b", "4b", "14b", "32b", "large"]


def test_no_two_policies_look_alike_even_without_colour_or_without_shape() -> None:
    every = looks([f"policy {number}" for number in range(70)])
    assert len({(look.colour, look.marker) for look in every.values()}) == 70
    first = list(every.values())[:7]
    for part in ("colour", "marker", "line", "hatch"):
        assert len({str(getattr(look, part)) for look in first}) == 7


def test_pngs_are_as_wide_as_asked_and_on_white() -> None:
    png = to_png(drawn("one policy")[0], dpi=100)
    assert png[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(png[16:20]) == 640
