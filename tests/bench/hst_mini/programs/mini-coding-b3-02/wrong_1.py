# Wrong: shortens runs of 2 as well.
from itertools import groupby


def knit_row(row: str) -> str:
    parts: list[str] = []
    for letter, group in groupby(row):
        size = len(list(group))
        parts.append(f"{size}{letter}" if size >= 2 else letter * size)
    return "".join(parts)
