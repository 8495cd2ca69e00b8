"""Small networks as plain arrays, with a forward pass that is the same in any batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sale_inspect.routers.parts._base import Features
from sale_inspect.routers.parts._checked import Reader, same_width
from sale_inspect.routers.parts._outcomes import Floats

__all__ = ["Layer", "Networks", "logistic", "softmax", "stack"]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Layer:
    """One dense layer of B networks of the same shape.

    Attributes:
        weights: (B, inputs, outputs).
        biases: (B, outputs).
    """

    weights: NDArray[np.float32]
    biases: NDArray[np.float32]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Networks:
    """B networks with rectified hidden layers and linear outputs; with one layer, linear models.

    Attributes:
        layers: At least one. Their outputs are put side by side: C = B * outputs of the last.
        tasks: Number of tasks that they were trained on.
    """

    layers: tuple[Layer, ...]
    tasks: int

    def predict(self, features: Features) -> Floats:
        """(T, C) outputs.

        Each row is a matrix product of its own, of the same shape whatever the batch: BLAS rounds a
        row of a large product in another way than a row alone.

        Raises:
            OutcomesError: If the features are not those of the fit's embedder.
        """
        hidden = same_width(features, self.layers[0].weights.shape[1])[:, None, None, :]
        for number, layer in enumerate(self.layers):
            hidden = np.matmul(hidden, layer.weights) + layer.biases[:, None, :]
            if number + 1 < len(self.layers):
                hidden = np.maximum(hidden, 0)
        return hidden.reshape(len(features), hidden.shape[1] * hidden.shape[3]).astype(np.float64)

    def basis(self, feature: Features) -> str:
        """What a prediction rests on, in one sentence."""
        del feature
        hidden = " and ".join(str(layer.weights.shape[2]) for layer in self.layers[:-1])
        kind = f"{self._kind()} with {hidden} hidden units" if hidden else "A linear model of the embedding"
        return f"{kind}, trained on {self.tasks} tasks, predicts it."

    def _kind(self) -> str:
        count = len(self.layers[0].weights)
        return "A network" if count == 1 else "A network for each agent,"

    def to_arrays(self, prefix: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Plain values and arrays, their names after `prefix` and a dot."""
        meta = {f"{prefix}.kind": "networks", f"{prefix}.layers": len(self.layers), f"{prefix}.tasks": self.tasks}
        arrays: dict[str, NDArray[Any]] = {}
        for number, layer in enumerate(self.layers):
            arrays[f"{prefix}.weights{number}"] = layer.weights
            arrays[f"{prefix}.biases{number}"] = layer.biases
        return meta, arrays

    @classmethod
    def read(cls, reader: Reader, *, columns: int) -> Networks:
        """From checked values and arrays.

        Raises:
            OutcomesError: If one does not fit.
        """
        layers: list[Layer] = []
        count: int | None = None
        inputs: int | None = None
        for number in range(reader.whole("layers", 1, 8)):
            weights = reader.features(f"weights{number}", (count, inputs, None))
            count, _, inputs = weights.shape
            layers.append(Layer(weights=weights, biases=reader.features(f"biases{number}", (count, inputs))))
        if (count or 0) * (inputs or 0) != columns:
            reader.fail("layers", f"end in {(count or 0) * (inputs or 0)} outputs; there must be {columns}")
        return cls(layers=tuple(layers), tasks=reader.whole("tasks", 1))


def stack(networks: Sequence[Sequence[tuple[NDArray[Any], NDArray[Any]]]], tasks: int) -> Networks:
    """Networks of the same shape as one: for each network its (weights, biases) by layer."""
    layers = []
    for parts in zip(*networks, strict=True):
        weights = np.stack([np.asarray(weight, dtype=np.float32) for weight, _ in parts])
        biases = np.stack([np.asarray(bias, dtype=np.float32) for _, bias in parts])
        layers.append(Layer(weights=np.ascontiguousarray(weights), biases=biases))
    return Networks(layers=tuple(layers), tasks=tasks)


def logistic(values: Floats) -> Floats:
    """1 / (1 + exp(-values)), without overflow."""
    small = np.exp(-np.abs(values))
    return np.asarray(np.where(values >= 0, 1.0, small) / (1.0 + small), dtype=np.float64)


def softmax(values: Floats) -> Floats:
    """exp(values) by row, divided by their sum, without overflow."""
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)
