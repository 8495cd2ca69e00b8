"""What the fits of the predictive routers share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from sale_inspect._errors import OutcomesError
from sale_inspect.routers.parts._base import Features
from sale_inspect.routers.parts._outcomes import Floats, Outcomes

__all__ = ["Objective", "in_order_of_ids", "in_own_space", "minimum", "one_thread"]

Objective = Callable[[Floats], tuple[float, Floats]]


def in_order_of_ids(outcomes: Outcomes, features: Features) -> tuple[Outcomes, Features]:
    """Outcomes and features sorted by task id, so that a fit does not depend on the order of rows.

    Raises:
        OutcomesError: If there is no task, or the features are not one finite row for each task.
    """
    if len(outcomes) == 0:
        raise OutcomesError("Outcomes: no task. A router needs at least one to be trained on.")
    if features.ndim != 2 or len(features) != len(outcomes) or features.shape[1] == 0:
        raise OutcomesError(f"{len(outcomes)} tasks with features of shape {features.shape}: give one row for each.")
    if not np.isfinite(features).all():
        row = int(np.argwhere(~np.isfinite(features))[0, 0])
        raise OutcomesError(f"Features: the row of task {outcomes.tasks[row]!r} has a number that is not finite.")
    order = np.array(sorted(range(len(outcomes)), key=lambda row: outcomes.tasks[row]), dtype=np.intp)
    return outcomes.take(order), np.ascontiguousarray(features[order], dtype=np.float32)


def in_own_space(features: Floats) -> tuple[Floats, Floats]:
    """The rows of a matrix in as many numbers as there are rows, where that is fewer than it has columns.

    A penalty on the squares of a first layer's weights leaves nothing of what lies outside the space of the rows, and
    L-BFGS does the same in any orthonormal basis: a fit in these numbers ends where one in all of them would, with
    T in place of D numbers a unit (ours).

    Args:
        features: (T, D).

    Returns:
        The features (T, r) and the basis (D, r) with orthonormal columns, r = min(T, D): weights W' (r, h) of a fit are
        the weights basis @ W' (D, h) of the features.
    """
    rows, width = features.shape
    if rows >= width:
        return features, np.eye(width)
    with one_thread():
        basis, triangle = np.linalg.qr(features.T)
    return np.ascontiguousarray(triangle.T), np.asarray(basis, dtype=np.float64)


def minimum(function: Objective, start: Floats, max_iter: int) -> Floats:
    """Where scipy's L-BFGS ends, given a function that returns its value and gradient."""
    from scipy.optimize import minimize

    with one_thread():
        found = minimize(
            function,
            start,
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": max_iter, "maxfun": 2 * max_iter, "gtol": 1e-6},
        )
    return np.asarray(found.x, dtype=np.float64)


@contextmanager
def one_thread() -> Iterator[None]:
    """One thread for BLAS and OpenMP.

    Threads add up in another order, so that a fit would depend on their number. And on these sizes
    they wait for each other: on a busy machine, two took 10 times longer than one.
    """
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    with threadpool_limits(limits=1):
        yield
