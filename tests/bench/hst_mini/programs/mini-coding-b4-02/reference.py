def harbour_groups(count: int, ropes: list[tuple[int, int]], cuts: list[int]) -> list[int]:
    parent = list(range(count))

    def find(boat: int) -> int:
        while parent[boat] != boat:
            parent[boat] = parent[parent[boat]]
            boat = parent[boat]
        return boat

    def tie(rope: int) -> int:
        left, right = (find(boat) for boat in ropes[rope])
        parent[left] = right
        return int(left != right)

    gone = set(cuts)
    groups = count - sum(tie(rope) for rope in range(len(ropes)) if rope not in gone)
    answer = [groups]
    for rope in reversed(cuts):
        groups -= tie(rope)
        answer.append(groups)
    return answer[::-1]
