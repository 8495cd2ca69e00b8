"""Routers that read no text: one agent always, and one drawn at random."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from sale_inspect import stats
from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts import (
    VERSION,
    Arrays,
    Choices,
    Features,
    Floats,
    Knob,
    Outcomes,
    Reader,
    Rows,
    TaskBatch,
    draws,
)

__all__ = [
    "OneAgentOptions",
    "RandomOptions",
    "RandomRouter",
    "SingleRouter",
    "best_single",
    "fit_random",
    "fit_single",
    "no_utility",
    "no_value",
]

_RULES: Mapping[str, str] = {
    "cheapest": "the fewest mean dollars in training",
    "dearest": "the most mean dollars in training",
    "best": "the highest pass@1 in training",
}


def no_utility(tasks: int, agents: int) -> Floats:
    """(T, N) of NaN: the router has no such number."""
    return np.full((tasks, agents), np.nan)


def no_value(name: str) -> OutcomesError:
    """The error of setting a knob on a router that has none."""
    return OutcomesError(f"Router {name!r} has no knob to set. Choose a router with one, such as zero or wtp-knn.")


def best_single(outcomes: Outcomes) -> int:
    """Column of the best agent alone; see `stats.best_single`."""
    return stats.best_single(outcomes.mean_correct(), outcomes.mean_dollars())


@dataclass(frozen=True, kw_only=True, slots=True)
class OneAgentOptions:
    """Which agent.

    Attributes:
        agent: An agent's name, or `cheapest`, `dearest` or `best` on the training tasks. An agent that
            has one of these words as its name is meant first.
    """

    agent: str = "best"


@dataclass(frozen=True, kw_only=True, slots=True)
class SingleRouter:
    """One agent does every task.

    Attributes:
        agents: The N agents.
        column: Column of the agent.
        why: Why this one, as part of a sentence.
    """

    agents: tuple[str, ...]
    column: int
    why: str
    name: str = "single"

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
        """The same agent for every task."""
        agent = np.full(len(tasks), self.column, dtype=np.intp)
        return Choices(agent=agent, utility=no_utility(len(tasks), len(self.agents)))

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """Which agent, and why."""
        return f"{self.agents[self.column]} does every task: {self.why}."

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """See `Router.to_arrays`."""
        return {"version": VERSION, "agents": list(self.agents), "column": self.column, "why": self.why}, {}

    @classmethod
    def from_arrays(cls, meta: Mapping[str, Any], arrays: Arrays) -> Self:
        """The router again.

        Raises:
            OutcomesError: If a field does not fit.
        """
        reader = Reader(meta=meta, arrays=arrays, router="single")
        reader.version()
        agents = reader.texts("agents", unique=True)
        return cls(agents=agents, column=reader.whole("column", 0, len(agents) - 1), why=str(reader.value("why")))


def fit_single(outcomes: Outcomes, features: Features, *, options: OneAgentOptions, seed: int) -> SingleRouter:
    """Find the agent. The features and the seed are not used.

    Raises:
        OutcomesError: If there is no such agent, or no task to choose by.
    """
    if options.agent in outcomes.agents:
        column = outcomes.agents.index(options.agent)
        return SingleRouter(agents=outcomes.agents, column=column, why="it was named")
    if options.agent not in _RULES:
        known = ", ".join(outcomes.agents)
        raise OutcomesError(
            f"Router single: no agent {options.agent!r}. Name one of {known}, or {', '.join(_RULES)} for the one of "
            "that kind in training."
        )
    if len(outcomes) == 0:
        raise OutcomesError("Router single: no task in the outcomes. Give outcomes of at least one, or name an agent.")
    column = _by_rule(outcomes, options.agent)
    why = (
        f"it has {_RULES[options.agent]} (pass@1 {outcomes.mean_correct()[column]:.3f} at "
        f"${outcomes.mean_dollars()[column]:.4g} a task, on {len(outcomes)} tasks)"
    )
    return SingleRouter(agents=outcomes.agents, column=column, why=why)


def _by_rule(outcomes: Outcomes, rule: str) -> int:
    if rule == "best":
        return best_single(outcomes)
    correct, dollars = np.round(outcomes.mean_correct(), 12), np.round(outcomes.mean_dollars(), 15)
    return int(np.lexsort((-correct, dollars if rule == "cheapest" else -dollars))[0])


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomOptions:
    """None."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RandomRouter:
    """Each agent with the same probability, drawn by task id and seed (see `draws`).

    Attributes:
        agents: The N agents.
        seed: Seed of the draws.
    """

    agents: tuple[str, ...]
    seed: int
    name: str = "random"

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
        """Draw an agent for each task."""
        count = len(self.agents)
        agent: Rows = (draws(tasks.ids, self.seed, self.name) * count).astype(np.intp)
        # A draw next to 1 can round up to N.
        return Choices(agent=np.minimum(agent, count - 1), utility=no_utility(len(tasks), count), drawn=True)

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """Which agent was drawn."""
        chosen = self.agents[int(self.choose(tasks.take([row])).agent[0])]
        return f"{chosen} was drawn, with probability 1/{len(self.agents)} (task id and seed {self.seed} decide)."

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """See `Router.to_arrays`."""
        return {"version": VERSION, "agents": list(self.agents), "seed": self.seed}, {}

    @classmethod
    def from_arrays(cls, meta: Mapping[str, Any], arrays: Arrays) -> Self:
        """The router again.

        Raises:
            OutcomesError: If a field does not fit.
        """
        reader = Reader(meta=meta, arrays=arrays, router="random")
        reader.version()
        return cls(agents=reader.texts("agents", unique=True), seed=reader.whole("seed", 0))


def fit_random(outcomes: Outcomes, features: Features, *, options: RandomOptions, seed: int) -> RandomRouter:
    """Nothing is fitted: only the agents and the seed are used."""
    return RandomRouter(agents=outcomes.agents, seed=seed)
