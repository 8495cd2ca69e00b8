# Wrong: does not check that the middle piece is light enough.
from functools import cache
from itertools import accumulate


def splice_plan(weights: list[int], extra: int) -> tuple[int, int, str]:
    totals = list(accumulate(weights, initial=0))

    def weight(first: int, last: int) -> int:
        return totals[last + 1] - totals[first]

    def joined(cost: int, *pieces: tuple[int, int, str]) -> tuple[int, int, str]:
        plan = "(" + " ".join(piece[2] for piece in pieces) + ")"
        return cost + sum(piece[0] for piece in pieces), 1 + sum(piece[1] for piece in pieces), plan

    @cache
    def best(first: int, last: int) -> tuple[int, int, str]:
        if first == last:
            return 0, 0, str(first)
        cost = weight(first, last)
        options: list[tuple[int, int, str]] = []
        for left in range(first, last):
            options.append(joined(cost, best(first, left), best(left + 1, last)))
            for middle in range(left + 1, last):
                lighter = min(weight(first, left), weight(middle + 1, last))
                if lighter > 0:
                    pieces = best(first, left), best(left + 1, middle), best(middle + 1, last)
                    options.append(joined(cost + extra, *pieces))
        return min(options)

    return best(0, len(weights) - 1)
