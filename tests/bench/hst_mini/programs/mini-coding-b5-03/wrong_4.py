# Wrong: frees seats by giving back the size of the range, even if some were free before.
def seat_log(seats: int, steps: list[tuple]) -> list[int]:
    versions: list[list[tuple[int, int, int]]] = [[(1, seats, 1)]]
    results: list[int] = []
    for verb, version, *numbers in steps:
        layers = versions[version]
        if verb == "count":
            low, high = numbers
            results.append(sum(sign * max(0, min(high, end) - max(low, start) + 1) for start, end, sign in layers))
        elif verb == "find":
            low, high = 1, seats + 1
            while low < high:
                middle = (low + high) // 2
                found = sum(sign * max(0, min(middle, end) - start + 1) for start, end, sign in layers)
                low, high = (low, middle) if found >= numbers[0] else (middle + 1, high)
            results.append(low if low <= seats else -1)
        else:
            versions.append(layers + [(*numbers, 1 if verb == "free" else -1)])
    return results
