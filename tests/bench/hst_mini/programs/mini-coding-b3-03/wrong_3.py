# Wrong: uses floating point, which is not exact for large totals.
def fair_split(total: int, weights: list[int]) -> list[int]:
    whole = sum(weights)
    shares = [int(total * weight / whole) for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: -(total * weights[index] % whole))
    for index in order[: total - sum(shares)]:
        shares[index] += 1
    return shares
