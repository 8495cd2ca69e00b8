def kiln_cost(temps: list[int], capacity: int, startup: int) -> int:
    best = [0]
    for end in range(1, len(temps) + 1):
        low = high = temps[end - 1]
        options: list[int] = []
        for begin in range(end - 1, max(0, end - capacity) - 1, -1):
            low = min(low, temps[begin])
            high = max(high, temps[begin])
            options.append(best[begin] + startup + high - low)
        best.append(min(options))
    return best[-1]
