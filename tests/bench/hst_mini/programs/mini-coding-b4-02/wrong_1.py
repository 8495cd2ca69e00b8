# Wrong: counts one more group at every cut.
def harbour_groups(count: int, ropes: list[tuple[int, int]], cuts: list[int]) -> list[int]:
    parent = list(range(count))

    def find(boat: int) -> int:
        while parent[boat] != boat:
            parent[boat] = parent[parent[boat]]
            boat = parent[boat]
        return boat

    for left, right in ropes:
        parent[find(left)] = find(right)
    groups = sum(find(boat) == boat for boat in range(count))
    return [groups + done for done in range(len(cuts) + 1)]
