# Wrong: ignores the longest length.
from collections import deque
from itertools import accumulate


def best_reach(flows: list[int], shortest: int, longest: int) -> int:
    totals = list(accumulate(flows, initial=0))
    starts: deque[int] = deque()
    best = totals[shortest]
    for end in range(shortest, len(totals)):
        while starts and totals[starts[-1]] >= totals[end - shortest]:
            starts.pop()
        starts.append(end - shortest)
        best = max(best, totals[end] - totals[starts[0]])
    return best
