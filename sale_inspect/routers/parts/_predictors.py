"""What predicts for a router: neighbours or networks, behind one protocol."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from sale_inspect.routers.parts._base import Features
from sale_inspect.routers.parts._checked import Reader
from sale_inspect.routers.parts._neighbours import NeighbourMeans
from sale_inspect.routers.parts._networks import Networks
from sale_inspect.routers.parts._outcomes import Floats, Outcomes

__all__ = ["Predictor", "neighbours_of", "read_neighbours", "read_networks"]


class Predictor(Protocol):
    """C numbers for each task from its embedding, the same alone and in any batch."""

    def predict(self, features: Features) -> Floats:
        """(T, C) numbers."""
        ...

    def basis(self, feature: Features) -> str:
        """What the numbers for one task, of shape (D,), rest on, in one sentence."""
        ...

    def to_arrays(self, prefix: str) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
        """Plain values and arrays, their names after `prefix` and a dot."""
        ...


def neighbours_of(outcomes: Outcomes, features: Features, values: Floats, k: int) -> NeighbourMeans:
    """Neighbours among sorted tasks; k is capped by their number."""
    return NeighbourMeans(
        features=features,
        values=np.ascontiguousarray(values, dtype=np.float64),
        ids=outcomes.tasks,
        k=min(k, len(outcomes)),
    )


def read_neighbours(reader: Reader, *, columns: int, high: float = 1.0) -> NeighbourMeans:
    """The field `predictor` as neighbours with values from 0 to `high`."""
    own = reader.under("predictor")
    own.text("kind", ["neighbours"])
    return NeighbourMeans.read(own, columns=columns, low=0.0, high=high)


def read_networks(reader: Reader, *, columns: int) -> Networks:
    """The field `predictor` as networks."""
    own = reader.under("predictor")
    own.text("kind", ["networks"])
    return Networks.read(own, columns=columns)
