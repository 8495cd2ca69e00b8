from itertools import groupby


def knit_row(row: str) -> str:
    parts: list[str] = []
    for letter, group in groupby(row):
        size = len(list(group))
        parts.append(f"{size}{letter}" if size >= 3 else letter * size)
    return "".join(parts)
