"""File form of the packaged solver: `--solver solvers/sale.py`."""

from typing import Any

from inspect_ai.solver import Solver, solver

from sale_inspect import sale as _sale
from sale_inspect._inspect.arguments import like


@solver
@like(_sale)
def sale(**options: Any) -> Solver:
    """See `sale_inspect/sale`."""
    return _sale(**options)
