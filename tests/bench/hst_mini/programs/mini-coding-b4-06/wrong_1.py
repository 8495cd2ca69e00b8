# Wrong: lets 9 and 0 be neighbours, as on a round dial.
def dial_codes(length: int, run: int, jump: int) -> int:
    modulus = 1_000_000_007
    if length == 0:
        return 1
    ways = [[1] + [0] * (run - 1) for _ in range(10)]
    for _ in range(length - 1):
        totals = [sum(row) for row in ways]
        following: list[list[int]] = []
        for digit in range(10):
            near = {(digit + step) % 10 for step in range(-jump, jump + 1)}
            fresh = sum(totals[other] for other in near if other != digit)
            following.append([fresh % modulus] + ways[digit][:-1])
        ways = following
    return sum(map(sum, ways)) % modulus
