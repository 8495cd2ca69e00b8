def middle_item(items: list[int]) -> int:
    return items[(len(items) - 1) // 2]
