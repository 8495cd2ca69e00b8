# Wrong: sorts the items first.
def middle_item(items: list[int]) -> int:
    return sorted(items)[(len(items) - 1) // 2]
