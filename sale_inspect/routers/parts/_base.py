"""The interface of every router: tasks in, choices out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts._outcomes import Floats, Rows

__all__ = [
    "Arrays",
    "Choices",
    "Features",
    "Knob",
    "Predictions",
    "Router",
    "TaskBatch",
    "draws",
]

Features = NDArray[np.float32]
Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TaskBatch:
    """T new tasks, as a router sees them: no target, no outcome.

    Attributes:
        ids: Their T ids.
        features: (T, D), unit embeddings of their texts, by the embedder of the fit.
    """

    ids: tuple[str, ...]
    features: Features

    def __post_init__(self) -> None:
        if self.features.ndim != 2 or len(self.features) != len(self.ids):
            raise OutcomesError(f"{len(self.ids)} tasks with features of shape {self.features.shape}.")

    def __len__(self) -> int:
        return len(self.ids)

    def take(self, rows: Sequence[int] | Rows) -> TaskBatch:
        """Some of the tasks, in the order of `rows`."""
        index = np.asarray(rows, dtype=np.intp)
        return TaskBatch(ids=tuple(self.ids[row] for row in index), features=self.features[index])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Predictions:
    """What a router expects of each agent on each task.

    Attributes:
        correct: (T, N), expected pass@1 in [0, 1].
        dollars: (T, N), expected dollars of a run.
    """

    correct: Floats
    dollars: Floats


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Choices:
    """Which agent does which task, and why.

    Attributes:
        agent: (T,), column of the chosen agent.
        utility: (T, N), what the router maximises; the chosen agent has the greatest, except where
            the choice was drawn. NaN where the router has no such number.
        drawn: Whether the choices were drawn (by task id and seed), not argued.
        predictions: What the choices rest on, if anything.
    """

    agent: Rows
    utility: Floats
    drawn: bool = False
    predictions: Predictions | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Knob:
    """The number that trades pass@1 for dollars.

    Attributes:
        name: The field's name for it: lambda, mu, alpha, budget.
        value: Its present value.
        grid: Values to try, ordered so that later ones spend more (never less, up to noise).
        meaning: One sentence.
    """

    name: str
    value: float
    grid: tuple[float, ...]
    meaning: str


@runtime_checkable
class Router(Protocol):
    """A fitted router that chooses one agent before anything runs.

    A choice depends on the router and on the task alone, never on the rest of the batch, so that a
    replay decides exactly as a live run does.
    """

    @property
    def name(self) -> str:
        """Its name in the registry."""
        ...

    @property
    def agents(self) -> tuple[str, ...]:
        """The N agents, in the order of the columns."""
        ...

    @property
    def knob(self) -> Knob | None:
        """Its trade-off, if it has one."""
        ...

    def at(self, value: float) -> Self:
        """The same fit with the knob at `value`. Costs nothing: no fit is repeated."""
        ...

    def choose(self, tasks: TaskBatch) -> Choices:
        """Choose an agent for each task."""
        ...

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """In one or two sentences, why it chooses as it does for one of the tasks."""
        ...

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """Plain JSON values and arrays from which the registry can make the router again."""
        ...


def draws(ids: Sequence[str], seed: int, salt: str) -> Floats:
    """(T,) numbers in [0, 1), each from the task's id, the seed and the salt alone (ours).

    A router that must draw uses these, so that a task gets the same draw in a batch, alone, live
    and in a replay, whatever ran before it.
    """
    found = [hashlib.sha256(f"{salt}\n{seed}\n{task}".encode()).digest()[:8] for task in ids]
    whole = np.array([int.from_bytes(each, "big") >> 11 for each in found], dtype=np.float64)
    return np.asarray(whole / float(1 << 53), dtype=np.float64)
