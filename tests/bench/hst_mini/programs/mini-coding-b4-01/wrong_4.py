# Wrong: extends the current firing whenever that is cheaper than a new one.
def kiln_cost(temps: list[int], capacity: int, startup: int) -> int:
    total = 0
    size = low = high = 0
    for temp in temps:
        wider = max(high, temp) - min(low, temp) - (high - low)
        if 0 < size < capacity and wider <= startup:
            total += wider
            low, high, size = min(low, temp), max(high, temp), size + 1
        else:
            total += startup
            low = high = temp
            size = 1
    return total
