def dial_codes(length: int, run: int, jump: int) -> int:
    modulus = 1_000_000_007
    if length == 0:
        return 1
    ways = [[1] + [0] * (run - 1) for _ in range(10)]
    for _ in range(length - 1):
        totals = [sum(row) for row in ways]
        following: list[list[int]] = []
        for digit in range(10):
            near = range(max(0, digit - jump), min(9, digit + jump) + 1)
            fresh = sum(totals[other] for other in near if other != digit)
            following.append([fresh % modulus] + ways[digit][:-1])
        ways = following
    return sum(map(sum, ways)) % modulus
