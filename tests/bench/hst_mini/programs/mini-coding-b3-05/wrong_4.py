# Wrong: knows only the night after the shift's start, not the night before.
def night_minutes(start: str, end: str) -> int:
    first = int(start[:2]) * 60 + int(start[3:])
    last = int(end[:2]) * 60 + int(end[3:])
    if last <= first:
        last += 24 * 60
    return max(0, min(last, 30 * 60) - max(first, 22 * 60))
