"""FrugalGPT: a cascade with a learnt scorer of answers, its order and thresholds found for a budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.kinds.cascade._scorer import AnswerScorer, ScorerKind, fit_scorer
from sale_inspect.routers.kinds.cascade._search import NEVER, Frontier, search
from sale_inspect.routers.parts import (
    VERSION,
    Acceptance,
    Arrays,
    Features,
    Floats,
    Knob,
    Outcomes,
    Reader,
    check_answers,
    check_knob,
    fold_numbers,
    in_order_of_ids,
    one_thread,
)

__all__ = ["FrugalCascade", "FrugalOptions", "fit_frugalgpt"]

_GRID = 32


@dataclass(frozen=True, kw_only=True, slots=True)
class FrugalOptions:
    """How the cascade is fitted.

    Attributes:
        length: Most agents in the cascade; at most N are used. FrugalGPT has 3.
        scorer: `logistic` or `mlp`.
        c: Inverse of the L2 penalty of `logistic`.
        hidden: Hidden units of `mlp`.
        levels: Thresholds tried a step; FrugalGPT has 40.
        folds: Folds that give scores of unseen tasks, on which order and thresholds are chosen (ours;
            FrugalGPT keeps 55% of the data apart); with fewer tasks, one fold a task.
        budget: Dollars a task; None for as much as helps.

    Raises:
        OutcomesError: If a number is out of its range.
    """

    length: int = 3
    scorer: ScorerKind = "logistic"
    c: float = 10.0
    hidden: int = 32
    levels: int = 40
    folds: int = 5
    budget: float | None = None

    def __post_init__(self) -> None:
        if self.scorer not in ("logistic", "mlp"):
            raise OutcomesError(f"FrugalGPT: scorer is {self.scorer!r}; it must be logistic or mlp.")
        if min(self.length, self.hidden) < 1 or min(self.levels, self.folds) < 2 or not self.c > 0:
            raise OutcomesError(
                "FrugalGPT: length and hidden must be at least 1, levels and folds at least 2, and c above 0."
            )
        if self.budget is not None:
            check_knob("budget", self.budget)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FrugalCascade:
    """Runs agents in turn until the scorer accepts an answer; pays for all of them.

    Attributes:
        agents: The N agents.
        scorer: Scores answers.
        frontier: The cascades worth their dollars, on held-out scores of the training tasks.
        budget: Dollars a task. The best cascade of at most that is used; below all, the cheapest.
    """

    agents: tuple[str, ...]
    scorer: AnswerScorer
    frontier: Frontier
    budget: float
    name: str = "frugalgpt"

    @property
    def place(self) -> int:
        """Place of the cascade in use on the frontier."""
        return max(0, int(np.searchsorted(self.frontier.dollars, self.budget, side="right")) - 1)

    @property
    def order(self) -> tuple[int, ...]:
        """Columns in running order."""
        return tuple(int(column) for column in self.frontier.orders[self.place])

    @property
    def thresholds(self) -> Floats:
        """See `Cascade.thresholds`."""
        row: Floats = self.frontier.thresholds[self.place]
        return row

    @property
    def knob(self) -> Knob:
        """The budget."""
        dollars = self.frontier.dollars
        shown = np.unique(np.linspace(0, len(dollars) - 1, min(_GRID, len(dollars))).round().astype(np.intp))
        return Knob(
            name="budget",
            value=self.budget,
            grid=tuple(float(dollars[place]) for place in shown),
            meaning="Most mean dollars a task of all runs made, on the training tasks.",
        )

    def at(self, value: float) -> Self:
        """The same fit with another budget.

        Raises:
            OutcomesError: If the budget is no number of at least 0.
        """
        return replace(self, budget=check_knob("budget", value))

    def accepts(self, step: int, task: Features, answer: Features) -> Acceptance:
        """See `Cascade.accepts`.

        Raises:
            OutcomesError: If there is no such step, or an embedding does not fit.
        """
        order = self.order
        if not 0 <= step < len(order):
            raise OutcomesError(f"Cascade {self.name}: no step {step}; it has {len(order)}, from 0.")
        probability = self.probability(order[step], task, answer)
        threshold = float(self.thresholds[step])
        accept = step == len(order) - 1 or probability >= threshold
        return Acceptance(accept=accept, probability=probability, threshold=threshold)

    def probability(self, agent: int, task: Features, answer: Features) -> float:
        """See `Cascade.probability`."""
        return float(self.scorer.probability(agent, task[None, :], answer[None, :])[0])

    def verdicts(self, tasks: Features, answers: Features) -> tuple[Floats, Floats]:
        """See `Cascade.verdicts`."""
        columns = [self.scorer.probability(agent, tasks, answers[:, agent]) for agent in self.order]
        return np.stack(columns, axis=1), self.thresholds

    def explain(self) -> str:
        """The order and the thresholds in plain English."""
        thresholds = self.thresholds
        steps = []
        for column, threshold in zip(self.order[:-1], thresholds[:-1], strict=True):
            rule = "never accepted" if threshold >= NEVER else f"accepted from probability {threshold:.3f}"
            steps.append(f"{self.agents[column]} ({rule})")
        steps.append(f"{self.agents[self.order[-1]]} (always accepted)")
        low = float(self.frontier.dollars[0])
        note = (
            "" if self.budget >= low else f" The budget is below the ${low:.4g} of the cheapest cascade, which is used."
        )
        return f"At a budget of ${self.budget:.4g} a task: {', then '.join(steps)}. All runs made are paid for.{note}"

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """See `Cascade.to_arrays`."""
        meta, arrays = self.scorer.to_arrays()
        own = self.frontier
        return {"version": VERSION, "agents": list(self.agents), "budget": self.budget} | meta, arrays | {
            "orders": own.orders.astype(np.int64),
            "thresholds": own.thresholds,
            "dollars": own.dollars,
            "correct": own.correct,
        }

    @classmethod
    def from_arrays(cls, meta: Mapping[str, Any], arrays: Arrays) -> Self:
        """The cascade again.

        Raises:
            OutcomesError: If a field does not fit.
        """
        reader = Reader(meta=meta, arrays=arrays, router="frugalgpt")
        reader.version()
        agents = reader.texts("agents", unique=True)
        orders = reader.array("orders", (None, None), low=0, high=len(agents) - 1)
        if (orders != np.floor(orders)).any() or any(len(set(row)) != len(row) for row in orders):
            reader.fail("orders", "must hold whole numbers only, none twice in a row")
        dollars = reader.array("dollars", (len(orders),), low=0.0)
        if (np.diff(dollars) <= 0).any():
            reader.fail("dollars", "must rise")
        frontier = Frontier(
            orders=orders.astype(np.intp),
            thresholds=reader.array("thresholds", (len(orders), orders.shape[1]), low=0.0, high=NEVER),
            dollars=dollars,
            correct=reader.array("correct", (len(orders),), low=0.0, high=1.0),
        )
        scorer = AnswerScorer.read(reader, len(agents))
        return cls(agents=agents, scorer=scorer, frontier=frontier, budget=reader.number("budget", 0.0))


def fit_frugalgpt(
    outcomes: Outcomes, features: Features, *, options: FrugalOptions, seed: int, answers: Features | None
) -> FrugalCascade:
    """Fit the scorers, then the order and thresholds on scores of unseen tasks.

    Source: FrugalGPT (Chen et al. 2023), from its description; what differs is in docs/routers/frugalgpt.md.

    Args:
        outcomes: Of T tasks by N agents.
        features: (T, D) embeddings of the tasks' texts.
        options: How.
        seed: Of folds and networks.
        answers: (T, N, D') from `embed_answers`.

    Raises:
        OutcomesError: If there are no answers, or too few tasks for the folds.
    """
    checked = check_answers(outcomes, features, answers)
    order = np.array(sorted(range(len(outcomes)), key=lambda row: outcomes.tasks[row]), dtype=np.intp)
    own, rows = in_order_of_ids(outcomes, features)
    texts = checked[order]

    def fitted(train: Any) -> AnswerScorer:
        with one_thread():
            return fit_scorer(
                own.correct[train],
                rows[train],
                texts[train],
                kind=options.scorer,
                c=options.c,
                hidden=options.hidden,
                seed=seed,
            )

    folds = fold_numbers(own, options.folds, seed, "cascade", fewer=True)
    scores = np.empty(own.correct.shape)
    for fold in np.unique(folds):
        away = folds == fold
        scorer = fitted(~away)
        for agent in range(len(own.agents)):
            scores[away, agent] = scorer.probability(agent, rows[away], texts[away, agent])
    length = min(options.length, len(own.agents))
    with one_thread():
        frontier = search(scores, own.correct, own.dollars, length=length, levels=options.levels)
    budget = float(frontier.dollars[-1]) if options.budget is None else options.budget
    scorer = fitted(np.arange(len(own)))
    return FrugalCascade(agents=own.agents, scorer=scorer, frontier=frontier, budget=budget)
