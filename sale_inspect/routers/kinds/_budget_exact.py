"""The budget-exact router: pass@1 less lambda times dollars, with the lambda that spends a budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.kinds._zero import budget_grid
from sale_inspect.routers.parts import (
    VERSION,
    Arrays,
    Choices,
    Features,
    Fitted,
    Floats,
    Kinds,
    Knob,
    Outcomes,
    Predictions,
    Reader,
    Router,
    Rows,
    TaskBatch,
    check_knob,
    choose_greatest,
    draws,
    fold_numbers,
    in_order_of_ids,
    kind_named,
)

__all__ = ["BudgetExactOptions", "BudgetExactRouter", "BudgetPoint", "fit_budget_exact", "solve_budget"]

# To 2e-11 of the weight: closer, rounding would make both sides ties.
_BISECTIONS = 36


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetPoint:
    """Two neighbouring weights of dollars and the probability of the dearer decision.

    A weight w in [0, 1] stands for lambda = w / ((1 - w) * scale): utility is (1 - w) * pass@1 -
    w * dollars / scale, which has the same order of agents and no infinite number.

    Attributes:
        dear: Weight at which the training tasks cost more than the budget.
        cheap: Weight at which they cost no more.
        gamma: Probability of the decision at `dear`.
        note: What a user must know, or "".
    """

    dear: float
    cheap: float
    gamma: float
    note: str = ""


def solve_budget(known: Predictions, dollars: Floats, budget: float, scale: float) -> BudgetPoint:
    """Bisect the weight of dollars until the training tasks cross the budget; mix the two sides.

    With a the mean dollars at `dear` and b at `cheap`, gamma = (B - b) / (a - b), so the expected mean
    dollars of the training tasks are B, exactly, even where the dollars do not fall evenly.

    Source: the router of "A Unified Approach to Routing and Cascading" (cascade-routing), from its
    description; bisecting on recorded dollars of predictions for held-out tasks is ours.

    Args:
        known: (T, N) predictions for the training tasks, each by a fit without the task.
        dollars: (T, N) recorded dollars of the same tasks.
        budget: Dollars a task.
        scale: Dollars that count as 1.
    """
    means = dollars.mean(axis=0)
    every = np.arange(len(dollars))

    def spent(weight: float) -> float:
        agent = _decide(known, weight, scale, means).agent
        return float(dollars[every, agent].mean())

    if spent(0.0) <= budget:
        return BudgetPoint(dear=0.0, cheap=0.0, gamma=0.0)
    low, high = 0.0, 1.0
    least = spent(1.0)
    if least > budget:
        note = f"A budget of ${budget:.4g} a task is below the ${least:.4g} that this router spends at least."
        return BudgetPoint(dear=1.0, cheap=1.0, gamma=0.0, note=note)
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if spent(middle) > budget else (low, middle)
    above, below = spent(low), spent(high)
    return BudgetPoint(dear=low, cheap=high, gamma=(budget - below) / (above - below))


def _decide(known: Predictions, weight: float, scale: float, means: Floats) -> Choices:
    utility = (1.0 - weight) * known.correct - weight * known.dollars / scale
    return choose_greatest(utility, means, known)


@dataclass(frozen=True, kw_only=True, slots=True)
class BudgetExactOptions:
    """What predicts, and the budget.

    Attributes:
        predictor: Name of a router in the catalog that has predictions.
        options: Its options; None for the catalog's first.
        folds: Folds that give predictions for unseen training tasks; with fewer tasks, one fold a task.
        budget: Dollars a task; None for as much as helps.
    """

    predictor: str = "wtp-knn"
    options: Any = None
    folds: int = 5
    budget: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BudgetExactRouter:
    """argmax of predicted pass@1 - lambda * predicted dollars, mixed at one lambda to spend the budget.

    Attributes:
        agents: The N agents.
        base: The router that predicts.
        base_name: Its name in the catalog.
        known: (T, N) predictions for the training tasks, each by a fit without the task.
        dollars: (T, N) recorded dollars of the training tasks.
        budget: Dollars a task.
        point: What `solve_budget` found for it.
        seed: Seed of the draws.
    """

    agents: tuple[str, ...]
    base: Fitted
    base_name: str
    known: Predictions
    dollars: Floats
    budget: float
    point: BudgetPoint
    seed: int
    name: str = "budget-exact"

    @property
    def scale(self) -> float:
        """Dollars that count as 1: the mean dollars of the dearest agent (1 if all are free)."""
        return _scale(self.dollars)

    @property
    def lambda_value(self) -> float:
        """pass@1 that a dollar must buy, between the two decisions; infinite if only dollars count."""
        weight = self.point.cheap
        return float("inf") if weight >= 1.0 else weight / ((1.0 - weight) * self.scale)

    @property
    def knob(self) -> Knob:
        """The budget."""
        means = self.dollars.mean(axis=0)
        every = np.arange(len(self.dollars))
        ends = [_decide(self.known, weight, self.scale, means).agent for weight in (1.0, 0.0)]
        low, high = (float(self.dollars[every, agent].mean()) for agent in ends)
        return Knob(
            name="budget",
            value=self.budget,
            grid=budget_grid(low, high),
            meaning="Expected dollars a task, exact on the training tasks.",
        )

    def at(self, value: float) -> Self:
        """The same fit with another budget.

        Raises:
            OutcomesError: If the budget is no number of at least 0.
        """
        budget = check_knob("budget", value)
        return replace(self, budget=budget, point=solve_budget(self.known, self.dollars, budget, self.scale))

    def dear_share(self, tasks: TaskBatch) -> tuple[Rows, Rows]:
        """(T,) columns at the dearer and at the cheaper weight; the first has probability gamma."""
        known = _predictions(self.base, self.base_name, tasks)
        means = self.dollars.mean(axis=0)
        dear, cheap = (_decide(known, weight, self.scale, means) for weight in (self.point.dear, self.point.cheap))
        return dear.agent, cheap.agent

    def choose(self, tasks: TaskBatch) -> Choices:
        """Decide; where the two weights disagree, draw by task id and seed."""
        known = _predictions(self.base, self.base_name, tasks)
        means = self.dollars.mean(axis=0)
        cheap = _decide(known, self.point.cheap, self.scale, means)
        if self.point.dear == self.point.cheap:
            return cheap
        dear = _decide(known, self.point.dear, self.scale, means)
        drawn = draws(tasks.ids, self.seed, self.name) < self.point.gamma
        agent = np.where(drawn, dear.agent, cheap.agent).astype(np.intp)
        return Choices(agent=agent, utility=cheap.utility, drawn=True, predictions=known)

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """The agent, its predictions, and lambda."""
        one = tasks.take([row])
        chosen = int(self.choose(one).agent[0])
        known = _predictions(self.base, self.base_name, one)
        dear, cheap = (int(agent[0]) for agent in self.dear_share(one))
        text = (
            f"{self.agents[chosen]}: expected pass@1 {known.correct[0, chosen]:.3f} for "
            f"${known.dollars[0, chosen]:.4g}, at {self.lambda_value:.4g} pass@1 a dollar, which spends "
            f"${self.budget:.4g} a task on the training tasks."
        )
        if dear != cheap:
            text += f" A tie: {self.agents[dear]} has probability {self.point.gamma:.3f}, else {self.agents[cheap]}."
        return f"{text} {self.point.note}".strip()

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """See `Router.to_arrays`."""
        meta, arrays = self.base.to_arrays()
        own = {
            "version": VERSION,
            "agents": list(self.agents),
            "base_name": self.base_name,
            "base": meta,
            "budget": self.budget,
            "seed": self.seed,
        }
        mine = {"known_correct": self.known.correct, "known_dollars": self.known.dollars, "dollars": self.dollars}
        return own, {f"base.{name}": array for name, array in arrays.items()} | mine

    @classmethod
    def from_arrays(cls, meta: Mapping[str, Any], arrays: Arrays, *, kinds: Kinds) -> Self:
        """The router again; `kinds` are those that it may wrap.

        Raises:
            OutcomesError: If a field does not fit.
        """
        reader = Reader(meta=meta, arrays=arrays, router="budget-exact")
        reader.version()
        agents, name, inner = reader.texts("agents", unique=True), reader.value("base_name"), reader.value("base")
        if not isinstance(name, str) or not isinstance(inner, Mapping):
            reader.fail("base", "must be the values of a router")
        under = {key.removeprefix("base."): array for key, array in arrays.items() if key.startswith("base.")}
        base = kind_named(name, kinds).from_arrays(dict(inner), under)
        if not isinstance(base, Router) or base.agents != agents:
            reader.fail("base", "must be a router of the same agents")
        dollars = reader.array("dollars", (None, len(agents)), low=0.0)
        known = Predictions(
            correct=reader.array("known_correct", dollars.shape), dollars=reader.array("known_dollars", dollars.shape)
        )
        budget = reader.number("budget", 0.0)
        return cls(
            agents=agents,
            base=base,
            base_name=name,
            known=known,
            dollars=dollars,
            budget=budget,
            point=solve_budget(known, dollars, budget, _scale(dollars)),
            seed=reader.whole("seed", 0),
        )


def _scale(dollars: Floats) -> float:
    return float(dollars.mean(axis=0).max()) or 1.0


def _predictions(base: Fitted, name: str, tasks: TaskBatch) -> Predictions:
    found = base.choose(tasks).predictions if isinstance(base, Router) else None
    if found is None:
        raise _no_predictions(name)
    return found


def _no_predictions(name: str) -> OutcomesError:
    return OutcomesError(
        f"Router budget-exact: {name} does not predict pass@1 and dollars. Take a predictor that does, such as wtp-knn "
        "or carrot-knn."
    )


def fit_budget_exact(
    outcomes: Outcomes, features: Features, *, options: BudgetExactOptions, seed: int, kinds: Kinds
) -> BudgetExactRouter:
    """Fit the predictor, one of `kinds`, on all tasks, and once for each fold to predict for tasks it has not seen.

    Raises:
        OutcomesError: If the predictor is unknown or predicts nothing, or the tasks are too few.
    """
    kind = kind_named(options.predictor, kinds)
    if kind.cascade or kind.reads_outcomes:
        raise _no_predictions(options.predictor)
    own, rows = in_order_of_ids(outcomes, features)
    chosen = kind.grid[0] if options.options is None else options.options
    folds = fold_numbers(own, options.folds, seed, "budget-exact", fewer=True)
    correct, dollars = np.empty(own.correct.shape), np.empty(own.correct.shape)
    for fold in np.unique(folds):
        seen, away = np.flatnonzero(folds != fold), np.flatnonzero(folds == fold)
        fitted = kind.fit(own.take(seen), rows[seen], options=chosen, seed=seed)
        tasks = TaskBatch(ids=tuple(own.tasks[row] for row in away), features=rows[away])
        found = _predictions(fitted, options.predictor, tasks)
        correct[away], dollars[away] = found.correct, found.dollars
    known = Predictions(correct=correct, dollars=dollars)
    router = BudgetExactRouter(
        agents=own.agents,
        base=kind.fit(own, rows, options=chosen, seed=seed),
        base_name=options.predictor,
        known=known,
        dollars=own.dollars,
        budget=0.0,
        point=BudgetPoint(dear=1.0, cheap=1.0, gamma=0.0),
        seed=seed,
    )
    return router.at(router.knob.grid[-1] if options.budget is None else options.budget)
