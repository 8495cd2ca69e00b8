# Wrong: misses a banned word that ends inside a longer word.
from collections import defaultdict, deque


def signal_count(length: int, letters: str, banned: list[str], required: list[str]) -> int:
    modulus = 998_244_353
    step: list[dict[str, int]] = [{}]
    bad = [False]
    holds = [0]
    for number, word in enumerate(required + banned):
        state = 0
        for letter in word:
            if letter not in step[state]:
                step[state][letter] = len(step)
                step.append({})
                bad.append(False)
                holds.append(0)
            state = step[state][letter]
        if number < len(required):
            holds[state] |= 1 << number
        else:
            bad[state] = True

    shorter = [0] * len(step)
    queue = deque([0])
    while queue:
        state = queue.popleft()
        holds[state] |= holds[shorter[state]]
        for letter in letters:
            fallback = step[shorter[state]][letter] if state else 0
            if letter in step[state]:
                shorter[step[state][letter]] = fallback
                queue.append(step[state][letter])
            else:
                step[state][letter] = fallback

    ways = {(0, 0): 1}
    for _ in range(length):
        following: defaultdict[tuple[int, int], int] = defaultdict(int)
        for (state, seen), count in ways.items():
            for letter in letters:
                target = step[state][letter]
                if not bad[target]:
                    following[target, seen | holds[target]] += count
        ways = {key: count % modulus for key, count in following.items()}
    complete = (1 << len(required)) - 1
    return sum(count for (_, seen), count in ways.items() if seen == complete) % modulus
