# Wrong: never stops a job for an arrival.
from collections import deque


def finish_times(jobs: list[tuple[int, int]], quota: int) -> list[int]:
    coming = deque(sorted(range(len(jobs)), key=lambda job: jobs[job][0]))
    queues: list[deque[int]] = [deque(), deque(), deque()]
    left = [pages for _, pages in jobs]
    turn = [quota] * len(jobs)
    finished = [0] * len(jobs)
    now = 0

    def admit() -> None:
        while coming and jobs[coming[0]][0] <= now:
            queues[0].append(coming.popleft())

    while coming or any(queues):
        if not any(queues):
            now = max(now, jobs[coming[0]][0])
        admit()
        level = next(number for number in range(3) if queues[number])
        job = queues[level].popleft()
        stretch = min(left[job], turn[job])
        now += stretch
        left[job] -= stretch
        turn[job] -= stretch
        admit()
        if left[job] == 0:
            finished[job] = now
        elif turn[job] == 0:
            level = min(2, level + 1)
            turn[job] = quota << level
            queues[level].append(job)
        else:
            queues[level].appendleft(job)
    return finished
