"""File form of the packaged solver: `--solver solvers/single.py`."""

from typing import Any

from inspect_ai.solver import Solver, solver

from sale_inspect import single as _single
from sale_inspect._inspect.arguments import like


@solver
@like(_single)
def single(**options: Any) -> Solver:
    """See `sale_inspect/single`."""
    return _single(**options)
