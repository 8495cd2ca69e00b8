# Wrong: fills each firing as far as it goes.
def kiln_cost(temps: list[int], capacity: int, startup: int) -> int:
    total = 0
    for begin in range(0, len(temps), capacity):
        batch = temps[begin : begin + capacity]
        total += startup + max(batch) - min(batch)
    return total
