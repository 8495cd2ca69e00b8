# Wrong: does not wrap the clock after midnight.
def night_minutes(start: str, end: str) -> int:
    first = int(start[:2]) * 60 + int(start[3:])
    last = int(end[:2]) * 60 + int(end[3:])
    if last <= first:
        last += 24 * 60
    night = 0
    for minute in range(first, last):
        clock = minute
        night += clock >= 22 * 60 or clock < 6 * 60
    return night
