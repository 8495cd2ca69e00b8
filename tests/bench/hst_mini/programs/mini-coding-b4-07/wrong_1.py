# Wrong: takes ready parts in plain string order, without the length.
import heapq


def build_order(needs: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    waiting = {part: len(set(before)) for part, before in needs.items()}
    users: dict[str, list[str]] = {part: [] for part in needs}
    for part, before in needs.items():
        for other in set(before):
            users[other].append(part)
    ready = [(0, part) for part, left in waiting.items() if left == 0]
    heapq.heapify(ready)
    made: list[str] = []
    while ready:
        _, part = heapq.heappop(ready)
        made.append(part)
        for user in users[part]:
            waiting[user] -= 1
            if waiting[user] == 0:
                heapq.heappush(ready, (0, user))
    return made, sorted(set(needs) - set(made))
