def turn_ring(grid: list[list[int]]) -> list[list[int]]:
    rows, cols = len(grid), len(grid[0])
    ring = [(0, col) for col in range(cols)]
    ring += [(row, cols - 1) for row in range(1, rows)]
    ring += [(rows - 1, col) for col in range(cols - 2, -1, -1)]
    ring += [(row, 0) for row in range(rows - 2, 0, -1)]
    result = [row[:] for row in grid]
    for (row, col), (next_row, next_col) in zip(ring, ring[1:] + ring[:1]):
        result[next_row][next_col] = grid[row][col]
    return result
