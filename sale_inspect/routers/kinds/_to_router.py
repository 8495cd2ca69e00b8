"""TO-Router: a classifier over agents, trained with soft labels (arXiv 2408.12320)."""

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
    Outcomes,
    Predictor,
    Reader,
    TaskBatch,
    check_knob,
    choose_greatest,
    fit_network,
    in_order_of_ids,
    neighbours_of,
    read_neighbours,
    read_networks,
    reason,
    softmax,
    stack,
)

__all__ = ["ToRouter", "ToRouterKind", "ToRouterOptions", "fit_to_router", "soft_labels"]

ToRouterKind = Literal["knn", "mlp"]

_MUS = (*(float(value) for value in np.geomspace(10.0, 1e-3, 63)), 0.0)


@dataclass(frozen=True, kw_only=True, slots=True)
class ToRouterOptions:
    """How TO-Router is fitted.

    Attributes:
        kind: `knn` or `mlp`.
        temperature: T of the soft labels; the paper sets 10.
        scaling: Whether T multiplies the scores or divides them; the sources at hand do not say.
        k: Neighbours of `knn`.
        hidden: Hidden units of `mlp`; empty for a linear classifier.
        penalty: L2 penalty of `mlp`; see `objective`.
        max_iter: Most iterations of `mlp`.
        mus: Values of the knob to try, descending; empty for 63 geometric steps from 10 to 0.001, then 0.
        value: The knob's first value; 0 is the paper's router.

    Raises:
        OutcomesError: If a number is out of its range.
    """

    kind: ToRouterKind = "knn"
    temperature: float = 10.0
    scaling: Literal["multiply", "divide"] = "multiply"
    k: int = 40
    hidden: tuple[int, ...] = (100,)
    penalty: float = 1e-3
    max_iter: int = 100
    mus: tuple[float, ...] = ()
    value: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ("knn", "mlp") or self.scaling not in ("multiply", "divide"):
            raise OutcomesError("TO-Router: kind must be knn or mlp, scaling must be multiply or divide.")
        if min(self.k, self.max_iter, *self.hidden) < 1 or not 0.0 <= self.penalty < np.inf:
            raise OutcomesError("TO-Router: k, max_iter and hidden must be at least 1, penalty at least 0.")
        if not 0.0 < self.temperature < np.inf:
            raise OutcomesError(f"TO-Router: temperature is {self.temperature!r}; it must be above 0.")
        for each in (*self.mus, self.value):
            check_knob("mu", each)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ToRouter:
    """argmax over agents m of p_m(x) - mu * cost_m / scale.

    p_m is the probability of the classifier. The paper's router has no cost: mu = 0. The term with
    mu is ours, with cost_m the mean dollars a task in training and the scale the greatest of them.

    Attributes:
        agents: The N agents.
        kind: What classifies.
        predictor: Predicts (T, N) probabilities (their logits for `mlp`).
        dollars: (N,) mean dollars a task.
        grid: Values of mu to try.
        value: mu.
    """

    agents: tuple[str, ...]
    kind: ToRouterKind
    predictor: Predictor
    dollars: Floats
    grid: tuple[float, ...]
    value: float

    meaning: ClassVar[str] = "Weight of mean dollars against the classifier's probability; 0 is the paper's router."

    @property
    def name(self) -> str:
        """to-router-knn or to-router-mlp."""
        return f"to-router-{self.kind}"

    @property
    def knob(self) -> Knob:
        """The knob mu."""
        return Knob(name="mu", value=self.value, grid=self.grid, meaning=self.meaning)

    def at(self, value: float) -> Self:
        """The same fit with another mu, at least 0."""
        return replace(self, value=check_knob("mu", value))

    def probabilities(self, features: Features) -> Floats:
        """(T, N) probabilities of the classifier."""
        found = self.predictor.predict(features)
        return softmax(found) if self.kind == "mlp" else found

    def choose(self, tasks: TaskBatch) -> Choices:
        """See `Router.choose`. There are no predictions: the classifier's p is no pass@1."""
        scale = float(self.dollars.max()) or 1.0
        utility = self.probabilities(tasks.features) - self.value * self.dollars / scale
        return choose_greatest(utility, self.dollars, None)

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """See `Router.explain`."""
        choices = self.choose(tasks.take([row]))
        chosen = int(choices.agent[0])
        share = self.probabilities(tasks.features[[row]])[0, chosen]
        basis = (
            f"It is the best agent with probability {share:.3f}, for ${self.dollars[chosen]:.4g} a task on average. "
            f"{self.predictor.basis(tasks.features[row])}"
        )
        return reason(self.name, self.agents, self.knob, choices, 0, basis)

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
        reader = Reader(meta=meta, arrays=arrays, router="to-router")
        reader.version()
        kinds: dict[str, ToRouterKind] = {"knn": "knn", "mlp": "mlp"}
        kind = kinds[reader.text("kind", list(kinds))]
        agents = reader.texts("agents", unique=True)
        read = read_neighbours if kind == "knn" else read_networks
        return cls(
            agents=agents,
            kind=kind,
            predictor=read(reader, columns=len(agents)),
            dollars=reader.array("dollars", (len(agents),), low=0.0),
            grid=reader.numbers("grid", 0.0),
            value=reader.number("value", 0.0),
        )


def soft_labels(correct: Floats, temperature: float, scaling: Literal["multiply", "divide"] = "multiply") -> Floats:
    """(T, N) softmax of the scores times (or over) the temperature."""
    return softmax(correct * temperature if scaling == "multiply" else correct / temperature)


def fit_to_router(outcomes: Outcomes, features: Features, *, options: ToRouterOptions, seed: int) -> ToRouter:
    """Fit TO-Router. The order of rows makes no difference.

    Args:
        outcomes: Of T tasks by N agents.
        features: (T, D) unit embeddings of their texts.
        options: How.
        seed: Of the network.
    """
    own, rows = in_order_of_ids(outcomes, features)
    labels = soft_labels(own.correct, options.temperature, options.scaling)
    predictor: Predictor
    if options.kind == "knn":
        predictor = neighbours_of(own, rows, labels, options.k)
    else:
        layers = fit_network(
            rows,
            labels,
            loss="soft-label",
            hidden=options.hidden,
            penalty=options.penalty,
            max_iter=options.max_iter,
            seed=seed,
        )
        predictor = stack([layers], len(rows))
    return ToRouter(
        agents=own.agents,
        kind=options.kind,
        predictor=predictor,
        dollars=own.mean_dollars(),
        grid=options.mus or _MUS,
        value=options.value,
    )
