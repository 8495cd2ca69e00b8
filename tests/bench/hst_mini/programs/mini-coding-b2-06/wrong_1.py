# Wrong: lets a reading reach the limit.
def is_quiet(readings: list[int], limit: int) -> bool:
    return all(abs(reading) <= limit for reading in readings)
