"""Avengers-Pro: clusters of tasks, and how well and how dearly each agent does each."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
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
    Outcomes,
    Predictions,
    Reader,
    Rows,
    TaskBatch,
    check_knob,
    choose_greatest,
    in_order_of_ids,
    one_thread,
    reason,
    same_width,
)

__all__ = ["AvengersProOptions", "AvengersProRouter", "fit_avengers_pro"]

_ALPHAS = tuple(round(step / 100, 2) for step in range(101))


@dataclass(frozen=True, kw_only=True, slots=True)
class AvengersProOptions:
    """How Avengers-Pro is fitted.

    Attributes:
        clusters: Most clusters; the authors have 32. Capped by the number of different tasks.
        restarts: Starts of k-means; the authors have 10.
        top_k: How many of the nearest clusters count for a task; the authors' code has 1.
        beta: Sharpness of the weights of these clusters.
        unit_centres: Whether centres are made as long as the embeddings, so that the nearest is that by the cosine
            (ours). The authors' code multiplies with the means as they are, which favours tight clusters.
        alphas: Values of the knob to try, ascending; empty for 0, 0.01, ... 1.
        value: The knob's first value; the authors' code has 0.7.

    Raises:
        OutcomesError: If a number is out of its range.
    """

    clusters: int = 32
    restarts: int = 10
    top_k: int = 1
    beta: float = 9.0
    unit_centres: bool = False
    alphas: tuple[float, ...] = ()
    value: float = 0.7

    def __post_init__(self) -> None:
        if min(self.clusters, self.restarts, self.top_k) < 1 or not 0.0 <= self.beta < np.inf:
            raise OutcomesError("Avengers-Pro: clusters, restarts and top_k must be at least 1, beta at least 0.")
        for each in (*self.alphas, self.value):
            check_knob("alpha", each, 1.0)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AvengersProRouter:
    """argmax over agents m of alpha * a_m + (1 - alpha) * c_m in the task's cluster.

    In a cluster, a_m = (acc_m - min acc) / (max acc - min acc), or 1 if all are equal, and
    c_m = 1 - cost_m / max cost, or 1 if all are free; acc is pass@1 and cost mean dollars of its
    training tasks. Source: Avengers-Pro. With top_k > 1 the scores of the nearest clusters are
    averaged with weights softmax(-beta * (1 - product with the centre)); the authors' code adds ranks there.

    Attributes:
        agents: The N agents.
        centres: (K, D) means of each cluster's embeddings, or these made unit vectors.
        correct: (K, N) pass@1 of each agent in each cluster.
        cost: (K, N) mean dollars.
        sizes: (K,) training tasks in each.
        dollars: (N,) mean dollars a task over all clusters; they break ties.
        top_k: Clusters that count.
        beta: Sharpness of their weights.
        grid: Values of alpha to try.
        value: alpha.
    """

    agents: tuple[str, ...]
    centres: NDArray[np.float32]
    correct: Floats
    cost: Floats
    sizes: Floats
    dollars: Floats
    top_k: int
    beta: float
    grid: tuple[float, ...]
    value: float

    name: ClassVar[str] = "avengers-pro"
    meaning: ClassVar[str] = "Weight of pass@1 against dollars in the task's cluster; 0 takes the cheapest, 1 the best."

    @property
    def knob(self) -> Knob:
        """The knob alpha."""
        return Knob(name="alpha", value=self.value, grid=self.grid, meaning=self.meaning)

    def at(self, value: float) -> Self:
        """The same fit with another alpha, from 0 to 1."""
        return replace(self, value=check_knob("alpha", value, 1.0))

    def choose(self, tasks: TaskBatch) -> Choices:
        """See `Router.choose`."""
        clusters, weights = self._nearest(tasks.features)
        scores = self._scores()
        utility = np.zeros((len(tasks), len(self.agents)))
        predictions = Predictions(correct=np.zeros_like(utility), dollars=np.zeros_like(utility))
        for near, weight in zip(clusters.T, weights.T, strict=True):
            utility += weight[:, None] * scores[near]
            predictions.correct[:] += weight[:, None] * self.correct[near]
            predictions.dollars[:] += weight[:, None] * self.cost[near]
        return choose_greatest(utility, self.dollars, predictions)

    def explain(self, tasks: TaskBatch, row: int) -> str:
        """See `Router.explain`."""
        clusters, weights = self._nearest(tasks.features[[row]])
        named = ", ".join(
            f"cluster {cluster} of {len(self.centres)} ({self.sizes[cluster]:.0f} training tasks, weight {weight:.2f})"
            for cluster, weight in zip(clusters[0], weights[0], strict=True)
        )
        basis = f"Utility is alpha * relative pass@1 + (1 - alpha) * relative saving in {named}."
        return reason(self.name, self.agents, self.knob, self.choose(tasks.take([row])), 0, basis)

    def _nearest(self, features: Features) -> tuple[Rows, Floats]:
        """(T, top_k) clusters, the nearest first, and their weights."""
        asked = same_width(features, self.centres.shape[1])
        # One product for each row: see Networks.predict.
        similar = np.matmul(asked[:, None, :], self.centres.T)[:, 0].astype(np.float64)
        if self.top_k == 1:
            return similar.argmax(axis=1)[:, None], np.ones((len(asked), 1))
        clusters = np.argsort(-similar, axis=1, kind="stable")[:, : self.top_k]
        near = np.take_along_axis(similar, clusters, axis=1)
        weights = np.exp(self.beta * (near - near[:, :1]))
        return clusters, weights / weights.sum(axis=1, keepdims=True)

    def _scores(self) -> Floats:
        """(K, N) alpha * a + (1 - alpha) * c."""
        low = self.correct.min(axis=1, keepdims=True)
        span = self.correct.max(axis=1, keepdims=True) - low
        good = np.where(span > 0, (self.correct - low) / np.where(span > 0, span, 1.0), 1.0)
        most = self.cost.max(axis=1, keepdims=True)
        saved = 1.0 - self.cost / np.where(most > 0, most, 1.0)
        return np.asarray(self.value * good + (1.0 - self.value) * saved, dtype=np.float64)

    def to_arrays(self) -> tuple[dict[str, Any], Arrays]:
        """See `Router.to_arrays`."""
        meta = {"version": VERSION, "agents": list(self.agents), "top_k": self.top_k, "beta": self.beta}
        meta |= {"grid": list(self.grid), "value": self.value}
        names = ("centres", "correct", "cost", "sizes", "dollars")
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
        centres = reader.features("centres", (None, None))
        shape = (len(centres), len(agents))
        return cls(
            agents=agents,
            centres=centres,
            correct=reader.array("correct", shape, low=0.0, high=1.0),
            cost=reader.array("cost", shape, low=0.0),
            sizes=reader.array("sizes", shape[:1], low=1.0),
            dollars=reader.array("dollars", shape[1:], low=0.0),
            top_k=reader.whole("top_k", 1, len(centres)),
            beta=reader.number("beta", 0.0),
            grid=reader.numbers("grid", 0.0, 1.0),
            value=reader.number("value", 0.0, 1.0),
        )


def fit_avengers_pro(
    outcomes: Outcomes, features: Features, *, options: AvengersProOptions, seed: int
) -> AvengersProRouter:
    """Fit Avengers-Pro. The order of rows makes no difference.

    Args:
        outcomes: Of T tasks by N agents.
        features: (T, D) unit embeddings of their texts.
        options: How.
        seed: Of k-means.
    """
    own, rows = in_order_of_ids(outcomes, features)
    member = _clusters_of(rows, options, seed)
    sizes = np.bincount(member).astype(np.float64)
    centres = _means(rows.astype(np.float64), member, sizes)
    if options.unit_centres:
        lengths = np.linalg.norm(centres, axis=1, keepdims=True)
        centres = centres / np.where(lengths > 0, lengths, 1.0)
    return AvengersProRouter(
        agents=own.agents,
        centres=np.ascontiguousarray(centres, dtype=np.float32),
        correct=np.clip(_means(own.correct, member, sizes), 0.0, 1.0),
        cost=_means(own.dollars, member, sizes),
        sizes=sizes,
        dollars=own.mean_dollars(),
        top_k=min(options.top_k, len(sizes)),
        beta=options.beta,
        grid=options.alphas or _ALPHAS,
        value=options.value,
    )


def _clusters_of(rows: Features, options: AvengersProOptions, seed: int) -> Rows:
    """(n,) the cluster of each task, numbered by first task, none empty."""
    from sklearn.cluster import KMeans
    from sklearn.exceptions import ConvergenceWarning

    count = min(options.clusters, len(np.unique(rows, axis=0)))
    with warnings.catch_warnings(), one_thread():
        # Different rows may be equal to k-means, which then finds fewer clusters.
        warnings.simplefilter("ignore", ConvergenceWarning)
        labels = KMeans(n_clusters=count, n_init=options.restarts, random_state=seed).fit(rows).labels_
    _, first, member = np.unique(labels, return_index=True, return_inverse=True)
    return np.asarray(np.argsort(np.argsort(first))[member], dtype=np.intp)


def _means(values: Floats, member: Rows, sizes: Floats) -> Floats:
    total = np.zeros((len(sizes), values.shape[1]))
    np.add.at(total, member, values)
    return np.asarray(total / sizes[:, None], dtype=np.float64)
