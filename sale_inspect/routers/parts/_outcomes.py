"""What N agents did on T tasks: the input of every fit and every replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError

__all__ = ["Floats", "Outcomes", "Rows"]

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Outcomes:
    """Outcomes of T tasks by N agents. Every cell is filled: all agents ran on all tasks.

    Attributes:
        agents: The N agents, in pool order.
        tasks: The T task ids, each once.
        texts: The task texts that a router may read, never a target.
        correct: (T, N), pass@1 in [0, 1]; the mean over the epochs that were run.
        dollars: (T, N), dollars of one run of the agent alone.
        tokens: (T, N), tokens of one run, or None when they are not known.
        seconds: (T, N), seconds of one run, or None when they are not known.
        answers: (T, N) texts of the answers, or None. Only a cascade reads them.
        bins: Complexity bin of each task, "" when it has none.
        taus: (T,), human minutes, NaN when not known.
        estimated: Whether the dollars are estimated from prices and lengths, not recorded.

    Raises:
        OutcomesError: If shapes disagree, an id comes twice, or a number is out of its range.
    """

    agents: tuple[str, ...]
    tasks: tuple[str, ...]
    texts: tuple[str, ...]
    correct: Floats
    dollars: Floats
    tokens: Floats | None = None
    seconds: Floats | None = None
    answers: NDArray[np.object_] | None = None
    bins: tuple[str, ...] = ()
    taus: Floats | None = None
    estimated: bool = False

    def __post_init__(self) -> None:
        shape = (len(self.tasks), len(self.agents))
        for name in ("agents", "tasks"):
            values: tuple[str, ...] = getattr(self, name)
            if len(set(values)) != len(values):
                twice = next(value for value in values if values.count(value) > 1)
                raise OutcomesError(f"Outcomes: {twice!r} comes twice in {name}. Join its rows first.")
        if not self.agents:
            raise OutcomesError("Outcomes: no agent. Give outcomes of at least one agent.")
        for name in ("correct", "dollars", "tokens", "seconds", "answers"):
            array = getattr(self, name)
            if array is not None and array.shape != shape:
                raise OutcomesError(f"Outcomes: {name} has shape {array.shape}, must be {shape} (tasks x agents).")
        for name in ("texts", "bins", "taus"):
            column = getattr(self, name)
            if name != "texts" and (column is None or len(column) == 0):
                continue
            if len(column) != len(self.tasks):
                raise OutcomesError(f"Outcomes: {len(column)} {name} for {len(self.tasks)} tasks.")
        self._in_range("correct", 0.0, 1.0)
        for name in ("dollars", "tokens", "seconds"):
            self._in_range(name, 0.0, np.inf)

    def _in_range(self, name: str, low: float, high: float) -> None:
        array: Floats | None = getattr(self, name)
        if array is None:
            return
        bad = ~(np.isfinite(array) & (array >= low) & (array <= high))
        if bad.any():
            task, agent = np.argwhere(bad)[0]
            raise OutcomesError(
                f"Outcomes: {name} of agent {self.agents[agent]!r} on task {self.tasks[task]!r} is "
                f"{array[task, agent]!r}; it must be a number from {low:g} to {high:g}."
            )

    def __len__(self) -> int:
        return len(self.tasks)

    def take(self, rows: Sequence[int] | Rows) -> Self:
        """The outcomes of some tasks, in the order of `rows`."""
        index = np.asarray(rows, dtype=np.intp)
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        for name in ("tasks", "texts", "bins"):
            values[name] = tuple(values[name][row] for row in index) if values[name] else ()
        for name in ("correct", "dollars", "tokens", "seconds", "answers", "taus"):
            values[name] = None if values[name] is None else values[name][index]
        return type(self)(**values)

    def mean_dollars(self) -> Floats:
        """(N,), mean dollars a task of each agent."""
        return np.asarray(self.dollars.mean(axis=0), dtype=np.float64)

    def mean_correct(self) -> Floats:
        """(N,), pass@1 of each agent."""
        return np.asarray(self.correct.mean(axis=0), dtype=np.float64)

    def cheapest_first(self) -> tuple[int, ...]:
        """Columns by mean dollars a task, the cheapest first; ties in pool order."""
        return tuple(int(column) for column in np.argsort(self.mean_dollars(), kind="stable"))
