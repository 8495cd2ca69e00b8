# Wrong: ignores the shortest length.
from collections import deque
from itertools import accumulate


def best_reach(flows: list[int], shortest: int, longest: int) -> int:
    totals = list(accumulate(flows, initial=0))
    starts: deque[int] = deque()
    best = totals[1]
    for end in range(1, len(totals)):
        while starts and totals[starts[-1]] >= totals[end - 1]:
            starts.pop()
        starts.append(end - 1)
        if starts[0] < end - longest:
            starts.popleft()
        best = max(best, totals[end] - totals[starts[0]])
    return best
