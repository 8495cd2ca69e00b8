# Wrong: turns the inner rings as well.
def turn_ring(grid: list[list[int]]) -> list[list[int]]:
    rows, cols = len(grid), len(grid[0])
    result = [row[:] for row in grid]
    for layer in range(min(rows, cols) // 2):
        bottom, right = rows - 1 - layer, cols - 1 - layer
        ring = [(layer, col) for col in range(layer, right + 1)]
        ring += [(row, right) for row in range(layer + 1, bottom + 1)]
        ring += [(bottom, col) for col in range(right - 1, layer - 1, -1)]
        ring += [(row, layer) for row in range(bottom - 1, layer, -1)]
        for (row, col), (next_row, next_col) in zip(ring, ring[1:] + ring[:1]):
            result[next_row][next_col] = grid[row][col]
    return result
