# Wrong: fails on an empty list, because max has nothing to look at.
def is_quiet(readings: list[int], limit: int) -> bool:
    return max(abs(reading) for reading in readings) < limit
