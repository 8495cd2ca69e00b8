# Wrong: marks cells as seen without the state of the tide.
from collections import deque


def tidal_walk(grid: list[str]) -> int:
    rows, cols = len(grid), len(grid[0])

    def dry(row: int, col: int, minute: int) -> bool:
        return 0 <= row < rows and 0 <= col < cols and grid[row][col] not in ("#", str(minute % 3))

    if not dry(0, 0, 0):
        return -1
    queue = deque([(0, 0, 0)])
    seen = {(0, 0)}
    while queue:
        row, col, minute = queue.popleft()
        if (row, col) == (rows - 1, cols - 1):
            return minute
        for down, right in ((0, 0), (0, 1), (1, 0), (0, -1), (-1, 0)):
            state = (row + down, col + right, (minute + 1) % 3)
            if state[:2] not in seen and dry(*state):
                seen.add(state[:2])
                queue.append((row + down, col + right, minute + 1))
    return -1
