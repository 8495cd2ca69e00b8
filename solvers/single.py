"""File form of the packaged solver: `--solver solvers/single.py`."""

from inspect_ai.solver import Solver, solver

from sale_inspect import single as _single


@solver
def single(
    agent: str,
    pool: str | None = None,
    executor: str = "react",
    tools: str | list[str] | None = None,
    check: bool = True,
) -> Solver:
    """See `sale_inspect/single`."""
    return _single(agent=agent, pool=pool, executor=executor, tools=tools, check=check)
