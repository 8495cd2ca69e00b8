# Wrong: breaks ties in favour of the higher index.
def fair_split(total: int, weights: list[int]) -> list[int]:
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: (-(total * weights[index] % whole), -index))
    for index in order[: total - sum(shares)]:
        shares[index] += 1
    return shares
