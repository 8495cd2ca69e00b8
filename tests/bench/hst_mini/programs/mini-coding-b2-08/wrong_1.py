# Wrong: takes the right one of two middle items.
def middle_item(items: list[int]) -> int:
    return items[len(items) // 2]
