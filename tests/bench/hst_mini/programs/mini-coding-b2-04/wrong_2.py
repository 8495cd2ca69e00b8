# Wrong: returns the overflow as if it were room.
def room_left(shelf: int, widths: list[int]) -> int:
    return abs(shelf - sum(widths))
