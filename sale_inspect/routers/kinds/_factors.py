"""Matrix factorisation in the manner of RouteLLM, for any number of agents."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts import (
    VERSION,
    Arrays,
    Choices,
    Features,
    Floats,
    Knob,
    Objective,
    Outcomes,
    Predictions,
    Reader,
    TaskBatch,
    check_knob,
    choose_greatest,
    dollar_grid,
    in_order_of_ids,
    in_own_space,
    logistic,
    minimum,
    one_thread,
    reason,
    same_width,
)

__all__ = ["FactorOptions", "FactorRouter", "factor_objective", "fit_factors"]


@dataclass(frozen=True, kw_only=True, slots=True)
class FactorOptions:
    """How the factors are fitted.

    Attributes:
        factors: d, length of an agent's vector; RouteLLM has 128.
        penalty: L2 penalty; see `factor_objective`.
        max_iter: Most iterations.
        lambdas: Values of the knob to try, descending; empty for 1 / `dollar_grid`, then 0.
        value: The knob's first value; 0 is the best predicted pass@1.

    Raises:
        OutcomesError: If a number is out of its range.
    """

    factors: int = 128
    penalty: float = 1e-4
    max_iter: int = 300
    lambdas: tuple[float, ...] = ()
    value: float = 0.0

    def __post_init__(self) -> None:
        if min(self.factors, self.max_iter) < 1 or not 0.0 <= self.penalty < np.inf:
            raise OutcomesError("Matrix factorisation: factors and max_iter must be at least 1, penalty at least 0.")
        for each in (*self.lambdas, self.value):
            check_knob("lambda", each)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FactorRouter:
    """argmax over agents m of P_m(x) - lambda * cost_m.

    P_m(x) = logistic(delta(m, x) + b_m), delta(m, x) = w . (v_m / |v_m| * (W e(x))). RouteLLM has
    the same delta, for two models, and predicts which of them wins: logistic(delta - delta'). Here
    it predicts whether each agent is correct, so that more than two agents and dollars compare; b_m
    then stands for the agent's mean (ours). cost_m is the mean dollars a task in training.

    Attributes:
        agents: The N agents.
        vectors: (N, d) v.
        projection: (d, D) W.
        weights: (d,) w.
        biases: (N,) b.
        dollars: (N,) mean dollars a task.
        tasks: Number of training tasks.
        grid: Values of lambda to try, in 1 / dollars.
        value: lambda.
        slopes: (D, N), delta(m, x) = e(x) . slopes[:, m].
    """

    agents: tuple[str, ...]
    vectors: Floats
    projection: Floats
    weights: Floats
    biases: Floats
    dollars: Floats
    tasks: int
    grid: tuple[float, ...]
    value: float
    slopes: NDArray[np.float32] = field(init=False)

    name: ClassVar[str] = "matrix-factorisation"
    meaning: ClassVar[str] = "Pass@1 that a dollar must bring; less buys dearer agents."

    def __post_init__(self) -> None:
        slopes = ((_unit(self.vectors) * self.weights) @ self.projection).T
        object.__setattr__(self, "slopes", np.ascontiguousarray(slopes, dtype=np.float32))

    @property
    def knob(self) -> Knob:
        """The knob lambda."""
        return Knob(name="lambda", value=self.value, grid=self.grid, meaning=self.meaning)

    def at(self, value: float) -> Self:
        """The same fit with another lambda, at least 0."""
        return replace(self, value=check_knob("lambda", value))

    def choose(self, tasks: TaskBatch) -> Choices:
        """See `Router.choose`."""
        asked = same_width(tasks.features, len(self.slopes))
        # One product for each row: see Networks.predict.
        correct = logistic(np.matmul(asked[:, None, :], self.slopes)[:, 0].astype(np.float64) + self.biases)
        dollars = np.tile(self.dollars, (len(tasks), 1))
        predictions = Predictions(correct=correct, dollars=dollars)
        return choose_greatest(correct - self.value * dollars, self.dollars, predictions)

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """See `Router.explain`."""
        basis = (
            f"Utility is pass@1 - lambda * dollars. {self.vectors.shape[1]} factors, trained on {self.tasks} tasks, "
            "predict it."
        )
        return reason(self.name, self.agents, self.knob, self.choose(tasks.take([row])), 0, basis)

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """See `Router.to_arrays`."""
        meta = {"version": VERSION, "agents": list(self.agents), "tasks": self.tasks}
        meta |= {"grid": list(self.grid), "value": self.value}
        names = ("vectors", "projection", "weights", "biases", "dollars")
        return meta, {name: getattr(self, name) for name in names}

    @classmethod
    def from_arrays(cls, meta: dict[str, Any], arrays: Arrays) -> Self:
        """The router of `to_arrays`.

        Raises:
            OutcomesError: If a value or array is missing or does not fit; names the field.
        """
        reader = Reader(meta=meta, arrays=arrays, router=cls.name)
        reader.version()
        agents = reader.texts("agents", unique=True)
        vectors = reader.array("vectors", (len(agents), None))
        factors = vectors.shape[1]
        return cls(
            agents=agents,
            vectors=vectors,
            projection=reader.array("projection", (factors, None)),
            weights=reader.array("weights", (factors,)),
            biases=reader.array("biases", (len(agents),)),
            dollars=reader.array("dollars", (len(agents),), low=0.0),
            tasks=reader.whole("tasks", 1),
            grid=reader.numbers("grid", 0.0),
            value=reader.number("value", 0.0),
        )


def factor_objective(features: Floats, correct: Floats, factors: int, penalty: float) -> Objective:
    """The mean over tasks of the sum over agents of the binary cross-entropy, with its gradient.

    To it comes penalty / 2 * (|W|**2 + |w|**2), in place of RouteLLM's Gaussian noise on embeddings,
    so that a fit is deterministic (ours). v is only a direction and b a mean: neither is penalised.

    Args:
        features: (n, D).
        correct: (n, N), may be shares.
        factors: d.
        penalty: See above.

    Returns:
        A function of v (N, d), W (d, D), w (d,) and b (N,), flat and in this order.
    """
    count, agents = correct.shape

    def value_and_gradient(flat: Floats) -> tuple[float, Floats]:
        vectors, projection, weights, biases = _parts(flat, agents, factors, features.shape[1])
        units = _unit(vectors)
        outputs = features @ ((units * weights) @ projection).T + biases
        back = (logistic(outputs) - correct) / count
        value = float((np.logaddexp(0.0, outputs) - correct * outputs).sum()) / count
        value += 0.5 * penalty * float((projection**2).sum() + (weights**2).sum())
        slopes = back.T @ features
        mixed = slopes @ projection.T
        by_unit = mixed * weights
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        by_vector = (by_unit - units * (units * by_unit).sum(axis=1, keepdims=True)) / lengths
        by_projection = (units * weights).T @ slopes + penalty * projection
        by_weight = (mixed * units).sum(axis=0) + penalty * weights
        return value, np.concatenate([by_vector.ravel(), by_projection.ravel(), by_weight, back.sum(axis=0)])

    return value_and_gradient


def fit_factors(outcomes: Outcomes, features: Features, *, options: FactorOptions, seed: int) -> FactorRouter:
    """Fit the factors with scipy's L-BFGS. The order of rows makes no difference.

    Args:
        outcomes: Of T tasks by N agents.
        features: (T, D) unit embeddings of their texts.
        options: How.
        seed: Of the first factors.
    """
    own, rows = in_order_of_ids(outcomes, features)
    width, agents = rows.shape[1], len(own.agents)
    rng = np.random.default_rng(seed)
    with one_thread():
        taken, basis = in_own_space(rows.astype(np.float64))
        start = [
            rng.normal(size=agents * options.factors),
            (rng.normal(scale=width**-0.5, size=(options.factors, width)) @ basis).ravel(),
            rng.normal(size=options.factors),
            np.zeros(agents),
        ]
        function = factor_objective(taken, own.correct, options.factors, options.penalty)
        found = minimum(function, np.concatenate(start), options.max_iter)
        vectors, projection, weights, biases = _parts(found, agents, options.factors, basis.shape[1])
        projection = projection @ basis.T
    dollars = own.mean_dollars()
    return FactorRouter(
        agents=own.agents,
        vectors=vectors,
        projection=projection,
        weights=weights,
        biases=biases,
        dollars=dollars,
        tasks=len(own),
        grid=options.lambdas or (*(1.0 / each for each in dollar_grid(dollars)[1:]), 0.0),
        value=options.value,
    )


def _unit(vectors: Floats) -> Floats:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)


def _parts(flat: Floats, agents: int, factors: int, width: int) -> tuple[Floats, Floats, Floats, Floats]:
    """v, W, w and b from one flat array."""
    sizes = np.cumsum([agents * factors, factors * width, factors])
    vectors, projection, weights, biases = np.split(flat, sizes)
    return vectors.reshape(agents, factors), projection.reshape(factors, width), weights, biases
