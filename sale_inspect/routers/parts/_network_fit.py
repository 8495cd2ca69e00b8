"""Networks fitted with losses that scikit-learn does not have: soft labels and fractional outcomes."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from sale_inspect.routers.parts._base import Features
from sale_inspect.routers.parts._fitting import Objective, in_own_space, minimum, one_thread
from sale_inspect.routers.parts._networks import logistic
from sale_inspect.routers.parts._outcomes import Floats

__all__ = ["Loss", "fit_network", "objective", "shapes_of"]

Loss = Literal["soft-label", "binary", "squared"]
Shapes = tuple[tuple[int, int], ...]


def fit_network(
    features: Features,
    targets: Floats,
    *,
    loss: Loss,
    hidden: tuple[int, ...],
    penalty: float,
    max_iter: int,
    seed: int,
) -> list[tuple[NDArray[Any], NDArray[Any]]]:
    """Minimise `objective` with scipy's L-BFGS; returns (weights, biases) of each layer.

    The loss is that of scikit-learn's LogisticRegression and MLPClassifier. These take hard labels;
    here a target may be a share, which equals hard labels with sample weights and costs N times
    less than writing each row N times.

    Args:
        features: (n, D).
        targets: (n, M).
        loss: See `objective`.
        hidden: Units of the hidden layers; empty for a linear model.
        penalty: See `objective`.
        max_iter: Most iterations.
        seed: Of the first weights (Glorot's uniform, as in MLPClassifier). A linear model starts at 0.
    """
    shapes = shapes_of(features.shape[1], hidden, targets.shape[1])
    rng = np.random.default_rng(seed)
    with one_thread():
        taken, basis = in_own_space(features.astype(np.float64))
        start = []
        for number, (rows, columns) in enumerate(shapes):
            bound = np.sqrt(6.0 / (rows + columns)) if hidden else 0.0
            drawn = rng.uniform(-bound, bound, size=(rows, columns))
            start += [(drawn if number else basis.T @ drawn).ravel(), np.zeros(columns)]
        own = shapes_of(taken.shape[1], hidden, targets.shape[1])
        function = objective(taken, targets, own, loss, penalty)
        (weights, biases), *others = _layers(minimum(function, np.concatenate(start), max_iter), own)
        return [(basis @ weights, biases), *others]


def shapes_of(inputs: int, hidden: tuple[int, ...], outputs: int) -> Shapes:
    """(inputs, outputs) of each layer."""
    sizes = (inputs, *hidden, outputs)
    return tuple(pairwise(sizes))


def objective(features: Floats, targets: Floats, shapes: Shapes, loss: Loss, penalty: float) -> Objective:
    """The mean loss plus penalty / 2 * sum of squared weights (not biases), with its gradient.

    Loss of a task with outputs o and targets y: `soft-label` is -sum(y * log softmax(o)); `binary`
    is sum(log(1 + exp(o)) - y * o); `squared` is sum((o - y)**2) / 2.
    """
    count = len(features)

    def value_and_gradient(flat: Floats) -> tuple[float, Floats]:
        layers = _layers(flat, shapes)
        inputs = [features]
        for weights, biases in layers[:-1]:
            inputs.append(np.maximum(inputs[-1] @ weights + biases, 0.0))
        value, back = _loss(inputs[-1] @ layers[-1][0] + layers[-1][1], targets, loss)
        value, back = value / count, back / count
        gradients: list[Floats] = []
        for number in range(len(layers) - 1, -1, -1):
            weights = layers[number][0]
            value += 0.5 * penalty * float((weights**2).sum())
            gradients = [(inputs[number].T @ back + penalty * weights).ravel(), back.sum(axis=0), *gradients]
            if number:
                back = (back @ weights.T) * (inputs[number] > 0)
        return value, np.concatenate(gradients)

    return value_and_gradient


def _layers(flat: Floats, shapes: Shapes) -> list[tuple[Floats, Floats]]:
    layers, place = [], 0
    for rows, columns in shapes:
        weights = flat[place : place + rows * columns].reshape(rows, columns)
        place += rows * columns
        layers.append((weights, flat[place : place + columns]))
        place += columns
    return layers


def _loss(outputs: Floats, targets: Floats, loss: Loss) -> tuple[float, Floats]:
    """The sum over tasks, and its gradient by output."""
    if loss == "squared":
        return 0.5 * float(((outputs - targets) ** 2).sum()), outputs - targets
    if loss == "binary":
        value = np.logaddexp(0.0, outputs) - targets * outputs
        return float(value.sum()), logistic(outputs) - targets
    shifted = outputs - outputs.max(axis=1, keepdims=True)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -float((targets * logs).sum()), np.exp(logs) * targets.sum(axis=1, keepdims=True) - targets
