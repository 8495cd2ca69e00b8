"""Training a router by its name."""

from __future__ import annotations

from typing import Any

from sale_inspect.routers.kinds import router_kind
from sale_inspect.routers.parts import Features, Outcomes, Trained, train_kind

__all__ = ["train"]


def train(outcomes: Outcomes, features: Features, *, router: str, **choices: Any) -> Trained:
    """Choose options by inner folds, decide for held-out tasks by outer folds, then fit on all tasks.

    Args:
        outcomes: Of T tasks by N agents.
        features: (T, D) unit embeddings of their texts.
        router: Name in the catalog.
        choices: `grid`, `values`, `outer`, `inner`, `seed` and `answers` of `train_kind`.

    Raises:
        OutcomesError: If the name is unknown, the router cannot be trained, or the tasks are too few.
    """
    return train_kind(outcomes, features, kind=router_kind(router), **choices)
