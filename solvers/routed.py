"""File form of the packaged solver: `--solver solvers/routed.py`."""

from typing import Any

from inspect_ai.solver import Solver, solver

from sale_inspect import routed as _routed
from sale_inspect._inspect.arguments import like


@solver
@like(_routed)
def routed(**options: Any) -> Solver:
    """See `sale_inspect/routed`."""
    return _routed(**options)
