# Wrong: gives the spare cents to the first shares and ignores the remainders.
def fair_split(total: int, weights: list[int]) -> list[int]:
    whole = sum(weights)
    shares = [total * weight // whole for weight in weights]
    for index in list(range(len(weights)))[: total - sum(shares)]:
        shares[index] += 1
    return shares
