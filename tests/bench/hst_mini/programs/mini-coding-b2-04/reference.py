def room_left(shelf: int, widths: list[int]) -> int:
    return max(0, shelf - sum(widths))
