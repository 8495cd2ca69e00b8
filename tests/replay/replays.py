"""Made-up outcomes and policies for the tests of the replay."""

from __future__ import annotations

from typing import Any

import numpy as np

from sale_inspect.replays import Replay, ReplayOptions, evaluate
from sale_inspect.replays._policy import Policy
from sale_inspect.routers import Outcomes

AGENTS = ("small", "middle", "large")
PRICES = np.array([1.0, 2.0, 6.0])


def outcomes_of(correct: Any, dollars: Any = None, **more: Any) -> Outcomes:
    """A table of the agents above; every run of an agent costs its price unless told otherwise."""
    solved = np.asarray(correct, dtype=np.float64)
    tasks = len(solved)
    return Outcomes(
        agents=AGENTS[: solved.shape[1]],
        tasks=tuple(f"t{at}" for at in range(tasks)),
        texts=("",) * tasks,
        correct=solved,
        dollars=np.tile(PRICES[: solved.shape[1]], (tasks, 1)) if dollars is None else np.asarray(dollars, dtype=float),
        **more,
    )


def made_up(tasks: int = 240, seed: int = 0, **more: Any) -> tuple[Outcomes, np.ndarray]:
    """Outcomes of 0 and 1, and how hard each task is: the small agent does the easy half, the large one nearly all."""
    rng = np.random.default_rng(seed)
    hard = rng.random(tasks)
    chance = np.column_stack([np.where(hard < 0.5, 0.9, 0.1), np.where(hard < 0.7, 0.9, 0.2), np.full(tasks, 0.92)])
    return outcomes_of((rng.random((tasks, 3)) < chance).astype(float), **more), hard


def knowing(hard: np.ndarray, low: float = 0.5, high: float = 0.7) -> np.ndarray:
    """Choices of a router that sees how hard a task is."""
    return np.asarray(np.digitize(hard, [low, high]), dtype=np.intp)


def blind(tasks: int, seed: int = 1) -> np.ndarray:
    """Choices that know nothing of the task."""
    return np.random.default_rng([seed, 99]).integers(0, 3, tasks)


def replayed(policy: Policy, outcomes: Outcomes, **options: Any) -> Replay:
    """One policy, with few rounds."""
    return evaluate([policy], outcomes, options=ReplayOptions(**{"rounds": 300, **options}))


def compared(replay: Replay, kind: str, measure: str = "pass", policy: str | None = None) -> Any:
    """The one comparison of that kind and measure."""
    found = [
        each
        for each in replay.comparisons
        if each.kind == kind and each.measure == measure and policy in (None, each.policy)
    ]
    assert len(found) == 1
    return found[0]


def result(replay: Replay, name: str) -> Any:
    """The one policy of that name."""
    (found,) = [each for each in replay.policies if each.name == name]
    return found
