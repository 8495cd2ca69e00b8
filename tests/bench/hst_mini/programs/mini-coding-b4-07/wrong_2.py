# Wrong: makes all parts that are ready before it looks at new ones.
def build_order(needs: dict[str, list[str]]) -> tuple[list[str], list[str]]:
    waiting = {part: len(set(before)) for part, before in needs.items()}
    users: dict[str, list[str]] = {part: [] for part in needs}
    for part, before in needs.items():
        for other in set(before):
            users[other].append(part)
    ready = [part for part, left in waiting.items() if left == 0]
    made: list[str] = []
    while ready:
        following: list[str] = []
        for part in sorted(ready, key=lambda name: (len(name), name)):
            made.append(part)
            for user in users[part]:
                waiting[user] -= 1
                if waiting[user] == 0:
                    following.append(user)
        ready = following
    return made, sorted(set(needs) - set(made))
