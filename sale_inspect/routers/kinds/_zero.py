"""The zero router: the best mix of single agents at a budget, blind to the task."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.kinds._fixed import no_utility
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
    check_knob,
    draws,
)
from sale_inspect.stats import hull

__all__ = ["Mix", "ZeroOptions", "ZeroRouter", "budget_grid", "fit_zero"]

_STEPS = 41


def budget_grid(low: float, high: float) -> tuple[float, ...]:
    """41 even budgets from `low` to `high`, dollars a task; one if they are equal."""
    if high <= low:
        return (low,)
    return tuple(float(value) for value in np.linspace(low, high, _STEPS))


@dataclass(frozen=True, kw_only=True, slots=True)
class Mix:
    """Two neighbours on the hull and the probability of the dearer one.

    Attributes:
        cheap: Place of the cheaper on the hull.
        dear: Place of the dearer; the same as `cheap` where nothing is mixed.
        share: Probability of the dearer: (B - c1) / (c2 - c1).
        note: What a user must know, or "".
    """

    cheap: int
    dear: int
    share: float
    note: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class ZeroOptions:
    """The budget.

    Attributes:
        budget: Dollars a task; None for the dollars of the best single agent, which it then is.
    """

    budget: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ZeroRouter:
    """Mixes two neighbours of the hull so that the expected dollars are the budget.

    Draws are by task id and seed, and one draw serves all budgets: a higher budget never gives a task a
    cheaper agent.

    Attributes:
        agents: The N agents.
        hull: (H,) columns of the agents on the hull, by rising dollars.
        dollars: (H,) their mean dollars a task in training, rising.
        correct: (H,) their pass@1 in training, rising.
        budget: Dollars a task. Below the cheapest agent nothing can be had: then the cheapest does every
            task, and `explain` says so. Above the last of the hull, more dollars buy nothing.
        seed: Seed of the draws.
    """

    agents: tuple[str, ...]
    hull: Rows
    dollars: Floats
    correct: Floats
    budget: float
    seed: int
    name: str = "zero"

    @property
    def knob(self) -> Knob | None:
        """The budget."""
        return Knob(
            name="budget",
            value=self.budget,
            grid=budget_grid(float(self.dollars[0]), float(self.dollars[-1])),
            meaning="Expected dollars a task, at the training tasks' mean dollars.",
        )

    def at(self, value: float) -> Self:
        """The same hull with another budget.

        Raises:
            OutcomesError: If the budget is no number of at least 0.
        """
        return replace(self, budget=check_knob("budget", value))

    def mix(self) -> Mix:
        """The two agents and the probability."""
        if self.budget < self.dollars[0]:
            note = (
                f"A budget of ${self.budget:.4g} a task is below the cheapest agent's ${self.dollars[0]:.4g}: the "
                "cheapest does every task and spends more."
            )
            return Mix(cheap=0, dear=0, share=0.0, note=note)
        last = len(self.hull) - 1
        if self.budget >= self.dollars[last]:
            return Mix(cheap=last, dear=last, share=0.0)
        low = int(np.searchsorted(self.dollars, self.budget, side="right")) - 1
        share = (self.budget - self.dollars[low]) / (self.dollars[low + 1] - self.dollars[low])
        return Mix(cheap=low, dear=low + 1, share=float(share))

    def choose(self, tasks: TaskBatch) -> Choices:
        """Draw one of the two for each task."""
        mix = self.mix()
        dear = draws(tasks.ids, self.seed, self.name) < mix.share
        agent = np.where(dear, self.hull[mix.dear], self.hull[mix.cheap]).astype(np.intp)
        return Choices(agent=agent, utility=no_utility(len(tasks), len(self.agents)), drawn=True)

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """Which of the two was drawn, with which probability."""
        mix = self.mix()
        chosen = self.agents[int(self.choose(tasks.take([row])).agent[0])]
        if mix.note:
            return f"{chosen}. {mix.note}"
        if mix.share == 0.0:
            return f"{chosen} does every task at a budget of ${self.budget:.4g}: nothing is mixed."
        cheap, dear = self.agents[self.hull[mix.cheap]], self.agents[self.hull[mix.dear]]
        return (
            f"{chosen} was drawn: at a budget of ${self.budget:.4g} a task, {dear} does {mix.share:.1%} of the tasks "
            f"and {cheap} the others (task id and seed {self.seed} decide)."
        )

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """See `Router.to_arrays`."""
        meta = {"version": VERSION, "agents": list(self.agents), "budget": self.budget, "seed": self.seed}
        return meta, {"hull": self.hull.astype(np.int64), "dollars": self.dollars, "correct": self.correct}

    @classmethod
    def from_arrays(cls, meta: Mapping[str, Any], arrays: Arrays) -> Self:
        """The router again.

        Raises:
            OutcomesError: If a field does not fit.
        """
        reader = Reader(meta=meta, arrays=arrays, router="zero")
        reader.version()
        agents = reader.texts("agents", unique=True)
        hull = reader.array("hull", (None,), low=0, high=len(agents) - 1)
        if (hull != np.floor(hull)).any() or len(set(hull)) != len(hull):
            reader.fail("hull", "must hold whole numbers only, none twice")
        dollars = reader.array("dollars", (len(hull),), low=0.0)
        if (np.diff(dollars) <= 0).any():
            reader.fail("dollars", "must rise")
        return cls(
            agents=agents,
            hull=hull.astype(np.intp),
            dollars=dollars,
            correct=reader.array("correct", (len(hull),), low=0.0, high=1.0),
            budget=reader.number("budget", 0.0),
            seed=reader.whole("seed", 0),
        )


def fit_zero(outcomes: Outcomes, features: Features, *, options: ZeroOptions, seed: int) -> ZeroRouter:
    """The hull of the single agents. The features are not used.

    Source: RouterBench (the zero router), from its description.

    Raises:
        OutcomesError: If there is no task, or the budget is no number of at least 0.
    """
    if len(outcomes) == 0:
        raise OutcomesError("Router zero: no task in the outcomes. Give outcomes of at least one.")
    # Sums in another order of tasks differ in the last digits; they must not make two agents of equals.
    dollars, correct = np.round(outcomes.mean_dollars(), 15), np.round(outcomes.mean_correct(), 12)
    corners = hull(dollars, correct)
    fitted = ZeroRouter(
        agents=outcomes.agents,
        hull=corners,
        dollars=dollars[corners],
        correct=correct[corners],
        budget=float(dollars[corners][-1]),
        seed=seed,
    )
    return fitted if options.budget is None else fitted.at(options.budget)
