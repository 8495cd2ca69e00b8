"""The picture of the decision: labels stand apart, and every policy looks the same in every picture."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sale_inspect.report.figures import front, to_svg
from sale_inspect.report.figures._all import draw_all
from sale_inspect.report.figures._front import Box, place_labels
from sale_inspect.report.figures._style import roster_of
from tests.report.synthetic import synthetic_tidy

INSIDE = (0.0, 0.0, 400.0, 250.0)


def touch(one: Box, other: Box) -> bool:
    across, up = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    return across > 1e-6 and up > 1e-6


points = st.lists(st.tuples(st.integers(10, 390), st.integers(10, 240)), min_size=1, max_size=12, unique=True)


@given(points)
@settings(max_examples=30, deadline=None)
def test_labels_stand_apart_beside_their_points_and_inside(found: list[tuple[int, int]]) -> None:
    marks = [(float(x), float(y)) for x, y in found]
    boxes = place_labels(marks, [(44.0, 10.0)] * len(marks), INSIDE, mark=4.0)
    for one, other in itertools.combinations(boxes, 2):
        assert not touch(one, other)
    for box, (x, y) in itertools.product(boxes, marks):
        assert not touch(box, (x - 4, y - 4, x + 4, y + 4))
    assert all(box[0] >= 0 and box[1] >= 0 and box[2] <= 400.001 and box[3] <= 250.001 for box in boxes)


def test_a_label_alone_stands_to_the_right_of_its_point_unless_the_edge_or_a_line_is_there() -> None:
    (free,) = place_labels([(100.0, 100.0)], [(40.0, 10.0)], INSIDE, mark=4.0)
    assert free[0] > 104 and free[1] < 100 < free[3]
    (edge,) = place_labels([(395.0, 100.0)], [(40.0, 10.0)], INSIDE, mark=4.0)
    assert edge[2] <= 400 and not touch(edge, (391.0, 96.0, 399.0, 104.0))
    (barred,) = place_labels([(100.0, 100.0)], [(40.0, 10.0)], INSIDE, mark=4.0, lines=[(120.0, 0.0, 121.0, 250.0)])
    assert barred[2] <= 120


@pytest.mark.parametrize("routers", [("wtp-knn",), tuple(f"router-{number}" for number in range(14))])
def test_every_policy_has_its_name_in_the_picture_and_no_two_names_touch(routers: tuple[str, ...]) -> None:
    drawing = front(synthetic_tidy(tasks=30, routers=routers).samples)
    axes = drawing.figure.axes[0]
    names = {text.get_text(): text.get_window_extent() for text in axes.texts}
    assert set(names) == set(drawing.data["policy"])
    inner = axes.get_window_extent()
    for one, other in itertools.combinations(names.values(), 2):
        assert not one.overlaps(other)
    assert all(inner.x0 - 1 <= box.x0 and box.x1 <= inner.x1 + 1 for box in names.values())


def test_a_policy_looks_the_same_in_every_picture_and_an_agent_as_it_does_alone() -> None:
    tidy = synthetic_tidy(tasks=20, routers=("wtp-knn",))
    roster = roster_of(tidy.samples)
    assert roster["4b"] == roster["4b alone"]
    assert (
        len({(look.colour, look.marker) for name, look in roster.items() if name in set(tidy.samples["policy"])}) == 6
    )
    by_name = {drawing.name: drawing for drawing in draw_all(tidy)}
    for name in ("front", "frontiers", "pass-by-time", "workload"):
        text = to_svg(by_name[name])
        assert roster["4b alone"].colour in text, name
    # Without the roster agents would have begun with the first colour, which is SALE's.
    lines = {line.get_color() for line in by_name["workload"].figure.axes[0].lines}
    assert lines == {roster[agent].colour for agent in ("4b", "8b", "14b", "32b")}


def test_a_picture_has_a_name_for_screen_readers() -> None:
    text = to_svg(front(synthetic_tidy(tasks=10).samples))
    assert '<svg role="img" aria-labelledby="front-svg-title"' in text
    assert '<title id="front-svg-title">What each policy solves' in text
