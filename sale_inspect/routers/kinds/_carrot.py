"""CARROT: pass@1 and dollars predicted for each agent (Somerstep et al. 2025)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal, Self

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts import (
    VERSION,
    Arrays,
    Choices,
    Features,
    Floats,
    Knob,
    Loss,
    Networks,
    Outcomes,
    Predictions,
    Predictor,
    Reader,
    TaskBatch,
    check_knob,
    choose_greatest,
    fit_network,
    in_order_of_ids,
    logistic,
    neighbours_of,
    read_neighbours,
    read_networks,
    reason,
    stack,
)

__all__ = ["CarrotKind", "CarrotOptions", "CarrotRouter", "fit_carrot"]

CarrotKind = Literal["knn", "heads"]

_MUS = tuple(round(1.0 - step / 100, 2) for step in range(101))


@dataclass(frozen=True, kw_only=True, slots=True)
class CarrotOptions:
    """How CARROT is fitted.

    Attributes:
        kind: `knn` or `heads`.
        k: Neighbours of `knn`; CARROT tries 2, 4, ... 512.
        hidden: Hidden units of `heads`; empty for one linear head for scores and one for dollars.
        penalty: L2 penalty of `heads`; see `objective`.
        max_iter: Most iterations of `heads`.
        mus: Values of the knob to try, descending; empty for 1, 0.99, ... 0. CARROT has steps of 0.001.
        value: The knob's first value; None for 0, the best predicted pass@1.

    Raises:
        OutcomesError: If a number is out of its range.
    """

    kind: CarrotKind = "knn"
    k: int = 64
    hidden: tuple[int, ...] = ()
    penalty: float = 1e-4
    max_iter: int = 300
    mus: tuple[float, ...] = ()
    value: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("knn", "heads"):
            raise OutcomesError(f"CARROT: kind is {self.kind!r}; it must be knn or heads.")
        if min(self.k, self.max_iter, *self.hidden) < 1 or not 0.0 <= self.penalty < np.inf:
            raise OutcomesError("CARROT: k, max_iter and hidden must be at least 1, penalty at least 0.")
        for each in (*self.mus, *(() if self.value is None else (self.value,))):
            check_knob("mu", each, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class CarrotRouter:
    """argmax over agents m of (1 - mu) * f_m(x) - mu * g_m(x) / scale.

    f_m is the predicted pass@1, g_m the predicted dollars. Source: CARROT. The scale is ours: the
    greatest mean dollars of an agent in training (1 if all are free), so that at mu = 0.5 a run
    that costs as much as the dearest agent's usual one must bring one more solved task.

    Attributes:
        agents: The N agents.
        kind: What predicts.
        predictor: Predicts (T, 2 * N): pass@1 (its logit for `heads`), then dollars.
        dollars: (N,) mean dollars a task; they break ties and give the scale.
        grid: Values of mu to try.
        value: mu.
    """

    agents: tuple[str, ...]
    kind: CarrotKind
    predictor: Predictor
    dollars: Floats
    grid: tuple[float, ...]
    value: float

    meaning: ClassVar[str] = "Weight of predicted dollars against predicted pass@1; 1 takes the cheapest, 0 the best."

    @property
    def name(self) -> str:
        """carrot-knn or carrot-heads."""
        return f"carrot-{self.kind}"

    @property
    def knob(self) -> Knob:
        """The knob mu."""
        return Knob(name="mu", value=self.value, grid=self.grid, meaning=self.meaning)

    @property
    def scale(self) -> float:
        """Dollars that count as 1."""
        return float(self.dollars.max()) or 1.0

    def at(self, value: float) -> Self:
        """The same fit with another mu, from 0 to 1."""
        return replace(self, value=check_knob("mu", value, 1.0))

    def choose(self, tasks: TaskBatch) -> Choices:
        """See `Router.choose`."""
        found = self.predictor.predict(tasks.features)
        scores, costs = found[:, : len(self.agents)], found[:, len(self.agents) :]
        correct = logistic(scores) if self.kind == "heads" else np.ascontiguousarray(scores)
        predictions = Predictions(correct=correct, dollars=np.maximum(costs, 0.0))
        utility = (1.0 - self.value) * correct - self.value * predictions.dollars / self.scale
        return choose_greatest(utility, self.dollars, predictions)

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """See `Router.explain`."""
        basis = (
            f"Utility is (1 - mu) * pass@1 - mu * dollars / {self.scale:.4g}. "
            f"{self.predictor.basis(tasks.features[row])}"
        )
        return reason(self.name, self.agents, self.knob, self.choose(tasks.take([row])), 0, basis)

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """See `Router.to_arrays`."""
        meta, arrays = self.predictor.to_arrays("predictor")
        own: dict[str, Any] = {"version": VERSION, "kind": self.kind, "agents": list(self.agents)}
        own |= {"grid": list(self.grid), "value": self.value}
        return own | meta, arrays | {"dollars": self.dollars}

    @classmethod
    def from_arrays(cls, meta: dict[str, Any], arrays: Arrays) -> Self:
        """The router of `to_arrays`.

        Raises:
            OutcomesError: If a value or array is missing or does not fit; names the field.
        """
        reader = Reader(meta=meta, arrays=arrays, router="carrot")
        reader.version()
        kinds: dict[str, CarrotKind] = {"knn": "knn", "heads": "heads"}
        kind = kinds[reader.text("kind", list(kinds))]
        agents = reader.texts("agents", unique=True)
        columns = 2 * len(agents)
        predictor: Predictor
        if kind == "knn":
            predictor = read_neighbours(reader, columns=columns, high=np.inf)
            if (predictor.values[:, : len(agents)] > 1.0).any():
                reader.fail("predictor.values", "has a pass@1 above 1")
        else:
            predictor = read_networks(reader, columns=columns)
        return cls(
            agents=agents,
            kind=kind,
            predictor=predictor,
            dollars=reader.array("dollars", (len(agents),), low=0.0),
            grid=reader.numbers("grid", 0.0, 1.0),
            value=reader.number("value", 0.0, 1.0),
        )


def fit_carrot(outcomes: Outcomes, features: Features, *, options: CarrotOptions, seed: int) -> CarrotRouter:
    """Fit CARROT. The order of rows makes no difference.

    Args:
        outcomes: Of T tasks by N agents.
        features: (T, D) unit embeddings of their texts.
        options: How.
        seed: Of heads with hidden units.
    """
    own, rows = in_order_of_ids(outcomes, features)
    predictor: Predictor
    if options.kind == "knn":
        predictor = neighbours_of(own, rows, np.hstack([own.correct, own.dollars]), options.k)
    else:
        predictor = _heads(own, rows, options, seed)
    grid = options.mus or _MUS
    value = 0.0 if options.value is None else options.value
    return CarrotRouter(
        agents=own.agents, kind=options.kind, predictor=predictor, dollars=own.mean_dollars(), grid=grid, value=value
    )


def _heads(outcomes: Outcomes, rows: Features, options: CarrotOptions, seed: int) -> Networks:
    """A multi-label head for scores and a regression head for dollars, side by side in one network.

    Dollars are standardised for each agent before the fit, as in CARROT, and scaled back in the last layer.
    """
    mean, spread = outcomes.dollars.mean(axis=0), outcomes.dollars.std(axis=0)
    # Dollars that never vary are 0 here, and their spread of 0 puts the mean back exactly.
    standard = (outcomes.dollars - mean) / np.where(spread > 0, spread, 1.0)
    losses: tuple[tuple[Loss, Floats], ...] = (("binary", outcomes.correct), ("squared", standard))
    scores, costs = (
        fit_network(
            rows,
            targets,
            loss=loss,
            hidden=options.hidden,
            penalty=options.penalty,
            max_iter=options.max_iter,
            seed=seed,
        )
        for loss, targets in losses
    )
    weights, biases = costs[-1]
    costs[-1] = (weights * spread, biases * spread + mean)
    return stack([_side_by_side(scores, costs)], len(rows))


def _side_by_side(first: list[tuple[Any, Any]], second: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Two networks with the same inputs as one."""
    layers = []
    for number, ((left, left_biases), (right, right_biases)) in enumerate(zip(first, second, strict=True)):
        weights = np.hstack([left, right]) if number == 0 else _block_diagonal(left, right)
        layers.append((weights, np.concatenate([left_biases, right_biases])))
    return layers


def _block_diagonal(left: Floats, right: Floats) -> Floats:
    whole = np.zeros((left.shape[0] + right.shape[0], left.shape[1] + right.shape[1]))
    whole[: left.shape[0], : left.shape[1]] = left
    whole[left.shape[0] :, left.shape[1] :] = right
    return whole
