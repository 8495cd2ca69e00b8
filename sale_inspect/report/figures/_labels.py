"""Where labels of points stand, so that none lies on another, on a point or outside. Geometry alone (ours)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

__all__ = ["Box", "Point", "is_plain", "place_labels"]

Box = tuple[float, float, float, float]
"""Left, bottom, right, top, in one unit."""
Point = tuple[float, float]

_DIRECTIONS = tuple((math.cos(math.radians(at)), math.sin(math.radians(at))) for at in range(0, 360, 15))
_STEPS = 24
_TOUCH = 1e-7
# What a place may cost more rings than another to be preferred.
_NEARER, _ON_LINES = 6.0, 2.0


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
            cost = away + _NEARER * (not is_plain(box, number, points))
            cost += _ON_LINES * min(3, sum(_shared(box, line) > 0 for line in lines))
            if (covered, cost) < least:
                best, least = box, (covered, cost)
        placed[number] = best
    return [placed[number] for number in range(len(points))]


def is_plain(box: Box, number: int, points: Sequence[Point]) -> bool:
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
