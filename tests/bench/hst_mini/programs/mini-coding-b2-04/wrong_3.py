# Wrong: takes an empty list for a full shelf.
def room_left(shelf: int, widths: list[int]) -> int:
    return max(0, shelf - sum(widths)) if widths else 0
