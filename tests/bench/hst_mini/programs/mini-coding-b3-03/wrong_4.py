# Wrong: gives all spare cents to one share.
def fair_split(total: int, weights: list[int]) -> list[int]:
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda index: -(total * weights[index] % whole))
    shares[order[0]] += total - sum(shares)
    return shares
