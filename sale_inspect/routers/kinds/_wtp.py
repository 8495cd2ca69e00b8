"""WTP: pass@1 predicted for each agent, bought at a willingness to pay (RouterBench, Hu et al. 2024)."""

from __future__ import annotations

import warnings
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
    Networks,
    Outcomes,
    Predictions,
    Predictor,
    Reader,
    TaskBatch,
    check_knob,
    choose_greatest,
    dollar_grid,
    in_order_of_ids,
    neighbours_of,
    one_thread,
    read_neighbours,
    read_networks,
    reason,
    stack,
)

__all__ = ["WtpKind", "WtpOptions", "WtpRouter", "fit_wtp"]

WtpKind = Literal["knn", "mlp", "svm"]

_EARLY_STOPPING_FROM = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class WtpOptions:
    """How WTP is fitted.

    Attributes:
        kind: `knn`, `mlp` (a network for each agent) or `svm` (a linear support vector regression for each).
        k: Neighbours of `knn`; RouterBench tries 5, 10 and 40.
        hidden: Hidden units of `mlp`; RouterBench has (100,) and (100, 100).
        max_iter: Most epochs of `mlp` and `svm`; RouterBench has 200 and 1,000.
        early_stopping: Whether `mlp` stops when a held-out tenth of the tasks no longer improves (ours);
            only with 200 tasks or more.
        lambdas: Values of the knob to try, ascending; empty for `dollar_grid`.
        value: The knob's first value; None for the last of the grid.

    Raises:
        OutcomesError: If a number is out of its range.
    """

    kind: WtpKind = "knn"
    k: int = 40
    hidden: tuple[int, ...] = (100,)
    max_iter: int = 200
    early_stopping: bool = True
    lambdas: tuple[float, ...] = ()
    value: float | None = None

    def __post_init__(self) -> None:
        if self.kind not in ("knn", "mlp", "svm"):
            raise OutcomesError(f"WTP: kind is {self.kind!r}; it must be knn, mlp or svm.")
        if min(self.k, self.max_iter, len(self.hidden), *self.hidden) < 1:
            raise OutcomesError("WTP: k, max_iter and hidden must be at least 1.")
        for each in (*self.lambdas, *(() if self.value is None else (self.value,))):
            check_knob("lambda", each)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class WtpRouter:
    """argmax over agents m of lambda * P_m(x) - cost_m.

    P_m(x) is the predicted pass@1, clipped to [0, 1]. cost_m is the agent's mean dollars a task in
    training, as agents have no price a token. lambda is dollars for a solved task. Source:
    RouterBench; there cost_m is a unit price, and lambda = 0 leaves the cost out. Here lambda = 0
    always takes the cheapest agent, as the formula says.

    Attributes:
        agents: The N agents.
        kind: What predicts.
        predictor: Predicts (T, N) pass@1.
        dollars: (N,) mean dollars a task.
        grid: Values of lambda to try.
        value: lambda.
    """

    agents: tuple[str, ...]
    kind: WtpKind
    predictor: Predictor
    dollars: Floats
    grid: tuple[float, ...]
    value: float

    meaning: ClassVar[str] = "Dollars that a solved task is worth; more buys dearer agents."

    @property
    def name(self) -> str:
        """wtp-knn, wtp-mlp or wtp-svm."""
        return f"wtp-{self.kind}"

    @property
    def knob(self) -> Knob:
        """The knob lambda."""
        return Knob(name="lambda", value=self.value, grid=self.grid, meaning=self.meaning)

    def at(self, value: float) -> Self:
        """The same fit with another lambda, at least 0."""
        return replace(self, value=check_knob("lambda", value))

    def choose(self, tasks: TaskBatch) -> Choices:
        """See `Router.choose`."""
        correct = np.clip(self.predictor.predict(tasks.features), 0.0, 1.0)
        dollars = np.tile(self.dollars, (len(tasks), 1))
        predictions = Predictions(correct=correct, dollars=dollars)
        return choose_greatest(self.value * correct - dollars, self.dollars, predictions)

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """See `Router.explain`."""
        basis = f"Utility is lambda * pass@1 - dollars. {self.predictor.basis(tasks.features[row])}"
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
        reader = Reader(meta=meta, arrays=arrays, router="wtp")
        reader.version()
        kinds: dict[str, WtpKind] = {"knn": "knn", "mlp": "mlp", "svm": "svm"}
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


def fit_wtp(outcomes: Outcomes, features: Features, *, options: WtpOptions, seed: int) -> WtpRouter:
    """Fit WTP. The order of rows makes no difference.

    Args:
        outcomes: Of T tasks by N agents.
        features: (T, D) unit embeddings of their texts.
        options: How.
        seed: Of the networks; RouterBench has 1234.
    """
    own, rows = in_order_of_ids(outcomes, features)
    predictor: Predictor
    if options.kind == "knn":
        predictor = neighbours_of(own, rows, own.correct, options.k)
    else:
        predictor = _regressions(rows, own.correct, options, seed)
    dollars = own.mean_dollars()
    grid = options.lambdas or dollar_grid(dollars)
    value = grid[-1] if options.value is None else options.value
    return WtpRouter(agents=own.agents, kind=options.kind, predictor=predictor, dollars=dollars, grid=grid, value=value)


def _regressions(rows: Features, correct: Floats, options: WtpOptions, seed: int) -> Networks:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(), one_thread():
        # A fit that stops at its most iterations is what RouterBench has too.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fit = _svm if options.kind == "svm" else _mlp
        return stack([fit(rows, column, options, seed) for column in correct.T], len(rows))


def _mlp(rows: Features, target: Floats, options: WtpOptions, seed: int) -> list[tuple[Any, Any]]:
    from sklearn.neural_network import MLPRegressor

    fitted = MLPRegressor(
        hidden_layer_sizes=options.hidden,
        learning_rate_init=1e-3,
        max_iter=options.max_iter,
        early_stopping=options.early_stopping and len(rows) >= _EARLY_STOPPING_FROM,
        random_state=seed,
    ).fit(rows, target.astype(np.float32))
    return list(zip(fitted.coefs_, fitted.intercepts_, strict=True))


def _svm(rows: Features, target: Floats, options: WtpOptions, seed: int) -> list[tuple[Any, Any]]:
    from sklearn.svm import LinearSVR

    fitted = LinearSVR(random_state=seed, max_iter=options.max_iter).fit(rows, target)
    return [(fitted.coef_[:, None], np.atleast_1d(fitted.intercept_))]
