# Wrong: forgets the last run.
def knit_row(row: str) -> str:
    parts: list[str] = []
    size = 0
    for index, letter in enumerate(row):
        if index and letter != row[index - 1]:
            before = row[index - 1]
            parts.append(f"{size}{before}" if size >= 3 else before * size)
            size = 0
        size += 1
    return "".join(parts)
