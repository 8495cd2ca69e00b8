# Wrong: splices the cheapest neighbours first.
def splice_plan(weights: list[int], extra: int) -> tuple[int, int, str]:
    pieces = [(weight, str(index)) for index, weight in enumerate(weights)]
    cost = splices = 0
    while len(pieces) > 1:
        options: list[tuple[int, int, int]] = []
        for start in range(len(pieces) - 1):
            options.append((pieces[start][0] + pieces[start + 1][0], 2, start))
        for start in range(len(pieces) - 2):
            left, middle, right = (piece[0] for piece in pieces[start : start + 3])
            if middle <= min(left, right):
                options.append((left + middle + right + extra, 3, start))
        price, size, start = min(options, key=lambda option: (option[0] / (option[1] - 1), option))
        chosen = pieces[start : start + size]
        plan = "(" + " ".join(piece[1] for piece in chosen) + ")"
        pieces[start : start + size] = [(sum(piece[0] for piece in chosen), plan)]
        cost += price
        splices += 1
    return cost, splices, pieces[0][1]
