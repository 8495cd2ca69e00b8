# Wrong: starts from level 0, so a low first reading gets no mark.
def tide_marks(levels: list[int], step: int) -> list[int]:
    marks: list[int] = []
    last = 0
    for index, level in enumerate(levels):
        if level >= last + step:
            marks.append(index)
            last = level
    return marks
