# Wrong: counts the letter in the whole row, not in the run.
def knit_row(row: str) -> str:
    parts: list[str] = []
    for letter in dict.fromkeys(row):
        size = row.count(letter)
        parts.append(f"{size}{letter}" if size >= 3 else letter * size)
    return "".join(parts)
