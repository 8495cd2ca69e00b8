# Wrong: steps one to the left for odd lengths too.
def middle_item(items: list[int]) -> int:
    return items[max(0, len(items) // 2 - 1)]
