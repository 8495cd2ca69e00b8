"""The oracle: what routing could reach at best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.kinds._fixed import no_utility, no_value
from sale_inspect.routers.parts import VERSION, Arrays, Choices, Features, Knob, Outcomes, Reader, Rows, TaskBatch
from sale_inspect.stats import oracle

__all__ = ["OracleOptions", "OracleRouter", "fit_oracle", "oracle_choices"]


def oracle_choices(outcomes: Outcomes) -> Rows:
    """(T,), the column of the oracle's agent; see `stats.oracle`."""
    return oracle(outcomes.correct, outcomes.dollars)


@dataclass(frozen=True, kw_only=True, slots=True)
class OracleOptions:
    """None."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OracleRouter:
    """Knows the outcomes of its tasks. A bound for replays, never for use.

    Attributes:
        agents: The N agents.
        table: Column of the chosen agent by task id.
    """

    agents: tuple[str, ...]
    table: Mapping[str, int]
    name: str = "oracle"

    @property
    def knob(self) -> Knob | None:
        """None."""
        return None

    def at(self, value: float) -> Self:
        """It has no knob.

        Raises:
            OutcomesError: Always.
        """
        raise no_value(self.name)

    def choose(self, tasks: TaskBatch) -> Choices:
        """Look each task up.

        Raises:
            OutcomesError: If a task is not among those that it knows.
        """
        agent = np.array([self._known(task) for task in tasks.ids], dtype=np.intp)
        return Choices(agent=agent, utility=no_utility(len(tasks), len(self.agents)))

    def _known(self, task: str) -> int:
        column = self.table.get(task)
        if column is None:
            raise OutcomesError(
                f"Router oracle: no outcomes of task {task!r}, so nothing is known of it ({len(self.table)} tasks are "
                "known). The oracle is a bound for replays of its own outcomes; route new tasks with another router."
            )
        return column

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """Which agent."""
        return (
            f"{self.agents[self._known(tasks.ids[row])]} is the cheapest agent with the highest pass@1 on this task, "
            "by its recorded outcomes."
        )

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """See `Router.to_arrays`."""
        columns = np.array(list(self.table.values()), dtype=np.int64)
        return {"version": VERSION, "agents": list(self.agents), "tasks": list(self.table)}, {"columns": columns}

    @classmethod
    def from_arrays(cls, meta: Mapping[str, Any], arrays: Arrays) -> Self:
        """The router again.

        Raises:
            OutcomesError: If a field does not fit.
        """
        reader = Reader(meta=meta, arrays=arrays, router="oracle")
        reader.version()
        agents, tasks = reader.texts("agents", unique=True), reader.texts("tasks", unique=True)
        columns = reader.array("columns", (len(tasks),), low=0, high=len(agents) - 1)
        if (columns != np.floor(columns)).any():
            reader.fail("columns", "must hold whole numbers only")
        return cls(agents=agents, table={task: int(column) for task, column in zip(tasks, columns, strict=True)})


def fit_oracle(outcomes: Outcomes, features: Features, *, options: OracleOptions, seed: int) -> OracleRouter:
    """The table of `oracle_choices`. The features and the seed are not used."""
    table = {task: int(column) for task, column in zip(outcomes.tasks, oracle_choices(outcomes), strict=True)}
    return OracleRouter(agents=outcomes.agents, table=table)
