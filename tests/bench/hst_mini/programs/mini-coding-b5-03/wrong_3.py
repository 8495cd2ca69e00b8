# Wrong: loses the colour of a uniform block when it is cut.
from __future__ import annotations

Node = bool | tuple  # all free (True), all taken (False), or (free seats, left half, right half)


def seat_log(seats: int, steps: list[tuple]) -> list[int]:
    def free_seats(node: Node, size: int) -> int:
        return node * size if isinstance(node, bool) else node[0]

    def halves(node: Node) -> tuple[Node, Node]:
        return (node, node) if isinstance(node, bool) else node[1:]

    def paint(node: Node, start: int, end: int, low: int, high: int, colour: bool) -> Node:
        if high < start or end < low:
            return node
        if low <= start and end <= high:
            return colour
        middle = (start + end) // 2
        left, right = (True, True) if isinstance(node, bool) else node[1:]
        left = paint(left, start, middle, low, high, colour)
        right = paint(right, middle + 1, end, low, high, colour)
        return free_seats(left, middle - start + 1) + free_seats(right, end - middle), left, right

    def count(node: Node, start: int, end: int, low: int, high: int) -> int:
        if high < start or end < low:
            return 0
        if low <= start and end <= high:
            return free_seats(node, end - start + 1)
        middle = (start + end) // 2
        left, right = halves(node)
        return count(left, start, middle, low, high) + count(right, middle + 1, end, low, high)

    def find(node: Node, wanted: int) -> int:
        start, end = 1, seats
        if free_seats(node, seats) < wanted:
            return -1
        while start < end:
            middle = (start + end) // 2
            left, right = halves(node)
            on_left = free_seats(left, middle - start + 1)
            if wanted <= on_left:
                node, end = left, middle
            else:
                node, start, wanted = right, middle + 1, wanted - on_left
        return start

    versions: list[Node] = [True]
    results: list[int] = []
    for verb, version, *numbers in steps:
        if verb == "find":
            results.append(find(versions[version], *numbers))
        elif verb == "count":
            results.append(count(versions[version], 1, seats, *numbers))
        else:
            versions.append(paint(versions[version], 1, seats, *numbers, verb == "free"))
    return results
