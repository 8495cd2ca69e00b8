from collections import Counter
from math import gcd

Point = tuple[int, int]


def fence_rings(posts: list[Point]) -> list[tuple[int, int, int]]:
    def turn(a: Point, b: Point, c: Point) -> int:
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    def lower_side(points: list[Point]) -> list[Point]:
        side: list[Point] = []
        for point in points:
            while len(side) >= 2 and turn(side[-2], side[-1], point) < 0:
                side.pop()
            side.append(point)
        return side

    standing = Counter(posts)
    rings: list[tuple[int, int, int]] = []
    while standing:
        points = sorted(standing)
        there, back = lower_side(points), lower_side(points[::-1])
        loop = there[:-1] + back[:-1]
        sides = list(zip(loop, loop[1:] + loop[:1]))
        area = sum(a[0] * b[1] - a[1] * b[0] for a, b in sides)
        on_rope = sum(gcd(a[0] - b[0], a[1] - b[1]) for a, b in sides)
        inside = (area - on_rope + 2) // 2 if area else 0
        rings.append((sum(standing.pop(point) for point in {*there, *back}), area, inside))
    return rings
