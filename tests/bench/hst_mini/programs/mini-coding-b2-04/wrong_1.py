# Wrong: does not stop at 0.
def room_left(shelf: int, widths: list[int]) -> int:
    return shelf - sum(widths)
