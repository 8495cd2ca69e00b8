"""Scores an answer: the probability that it is correct, from its embedding and the task's."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts import Features, Floats, Reader, Rows

__all__ = ["AnswerScorer", "ScorerKind", "fit_scorer"]

ScorerKind = Literal["logistic", "mlp"]

_DECIMALS = 9
_MLP_ITERATIONS = 200


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class AnswerScorer:
    """A scorer for each of N agents: sigmoid(out . h + bias), h the input or relu(input . hidden + shift).

    The input is the task's embedding and the embedding of "query answer", F = D + D' numbers.

    Attributes:
        width: D, dimensions of the task's embedding.
        hidden: (N, F, H), or None for a logistic regression.
        shift: (N, H), or None.
        out: (N, H), or (N, F) for a logistic regression.
        bias: (N,).
    """

    width: int
    hidden: Floats | None
    shift: Floats | None
    out: Floats
    bias: Floats

    def probability(self, agent: int, tasks: Features, answers: Features) -> Floats:
        """(T,) probabilities that an agent's answers are correct, to 9 decimals.

        Each row is computed by itself, so it is the same alone and in any batch.

        Args:
            agent: Its column.
            tasks: (T, D).
            answers: (T, D').

        Raises:
            OutcomesError: If the dimensions are not those of the fit.
        """
        inputs = np.concatenate([tasks, answers], axis=1).astype(np.float64)
        wanted = self.out.shape[1] if self.hidden is None else self.hidden.shape[1]
        if tasks.shape[1] != self.width or inputs.shape[1] != wanted:
            raise OutcomesError(
                f"Cascade: embeddings of {tasks.shape[1]} (task) and {answers.shape[1]} (answer) dimensions; the fit "
                f"had {self.width} and {wanted - self.width}. Use the embedder of the fit."
            )
        if self.hidden is not None and self.shift is not None:
            layer, shift = self.hidden[agent], self.shift[agent]
            rows = [np.maximum(np.ascontiguousarray(row) @ layer + shift, 0.0) for row in inputs]
            inputs = np.array(rows).reshape(len(tasks), layer.shape[1])
        logit = (inputs * self.out[agent]).sum(axis=1) + self.bias[agent]
        return np.round(_sigmoid(logit), _DECIMALS)

    def to_arrays(self) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Plain values and arrays."""
        arrays: dict[str, NDArray[Any]] = {"scorer.out": self.out, "scorer.bias": self.bias}
        if self.hidden is not None and self.shift is not None:
            arrays |= {"scorer.hidden": self.hidden, "scorer.shift": self.shift}
        kind = "logistic" if self.hidden is None else "mlp"
        return {"scorer.kind": kind, "scorer.width": self.width}, arrays

    @classmethod
    def read(cls, reader: Reader, agents: int) -> AnswerScorer:
        """From checked values and arrays.

        Raises:
            OutcomesError: If one does not fit.
        """
        own = reader.under("scorer")
        kind, width = own.text("kind", ("logistic", "mlp")), own.whole("width", 1)
        out, bias = own.array("out", (agents, None)), own.array("bias", (agents,))
        hidden = own.array("hidden", (agents, None, out.shape[1])) if kind == "mlp" else None
        inputs = out.shape[1] if hidden is None else hidden.shape[1]
        if width >= inputs:
            own.fail("width", f"is {width}; it must be less than the {inputs} inputs")
        shift = None if hidden is None else own.array("shift", (agents, out.shape[1]))
        return cls(width=width, hidden=hidden, shift=shift, out=out, bias=bias)


def fit_scorer(
    correct: Floats, tasks: Features, answers: Features, *, kind: ScorerKind, c: float, hidden: int, seed: int
) -> AnswerScorer:
    """Fit a scorer for each agent on its own answers.

    A mean over epochs counts as a share of correct and a share of wrong rows (logistic), or as correct
    from 0.5 (mlp). An agent that is always right, or always wrong, gets its smoothed rate,
    (correct + 0.5) / (T + 1), whatever it answers.

    Source: FrugalGPT fits DistilBERT on the text "query answer"; a logistic regression or a network on
    frozen embeddings stands in for it (ours).

    Args:
        correct: (T, N).
        tasks: (T, D).
        answers: (T, N, D').
        kind: `logistic` or `mlp`.
        c: Inverse of the L2 penalty of `logistic`.
        hidden: Hidden units of `mlp`.
        seed: Of `mlp`.
    """
    count, inputs = correct.shape[1], tasks.shape[1] + answers.shape[2]
    units = inputs if kind == "logistic" else hidden
    out, bias = np.zeros((count, units)), np.zeros(count)
    layers, shifts = np.zeros((count, inputs, units if kind == "mlp" else 0)), np.zeros((count, units))
    for agent in range(count):
        rate = correct[:, agent]
        label = rate >= 0.5 if kind == "mlp" else rate
        if label.min() == label.max() and float(label[0]) in (0.0, 1.0):
            smoothed = (float(rate.sum()) + 0.5) / (len(rate) + 1)
            bias[agent] = np.log(smoothed / (1.0 - smoothed))
            continue
        rows = np.concatenate([tasks, answers[:, agent]], axis=1).astype(np.float64)
        if kind == "logistic":
            out[agent], bias[agent] = _logistic(rows, rate, c)
        else:
            layers[agent], shifts[agent], out[agent], bias[agent] = _network(rows, rate >= 0.5, hidden, seed)
    network = kind == "mlp"
    return AnswerScorer(
        width=tasks.shape[1],
        hidden=layers if network else None,
        shift=shifts if network else None,
        out=out,
        bias=bias,
    )


def _logistic(rows: Floats, rate: Floats, c: float) -> tuple[Floats, float]:
    from sklearn.linear_model import LogisticRegression

    some, rest = np.flatnonzero(rate > 0), np.flatnonzero(rate < 1)
    inputs = np.concatenate([rows[some], rows[rest]])
    labels: Rows = np.repeat([1, 0], [len(some), len(rest)])
    weights = np.concatenate([rate[some], 1.0 - rate[rest]])
    fitted = LogisticRegression(C=c, max_iter=1000).fit(inputs, labels, sample_weight=weights)
    return fitted.coef_[0], float(fitted.intercept_[0])


def _network(rows: Floats, label: NDArray[np.bool_], hidden: int, seed: int) -> tuple[Floats, Floats, Floats, float]:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    with warnings.catch_warnings():
        # Stopping at the most iterations is a stated part of the fit.
        warnings.simplefilter("ignore", ConvergenceWarning)
        fitted = MLPClassifier((hidden,), alpha=1e-3, max_iter=_MLP_ITERATIONS, random_state=seed).fit(rows, label)
    (first, last), (shift, bias) = fitted.coefs_, fitted.intercepts_
    return first, shift, last[:, 0], float(bias[0])


def _sigmoid(logit: Floats) -> Floats:
    small = np.exp(-np.abs(logit))
    return np.asarray(np.where(logit >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)
