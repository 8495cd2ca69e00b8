# Wrong: ignores the size of negative readings.
def is_quiet(readings: list[int], limit: int) -> bool:
    return all(reading < limit for reading in readings)
