# Wrong: compares with the reading before, not with the last mark.
def tide_marks(levels: list[int], step: int) -> list[int]:
    marks: list[int] = []
    for index, level in enumerate(levels):
        if not marks or level >= levels[index - 1] + step:
            marks.append(index)
    return marks
