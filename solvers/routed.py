"""File form of the packaged solver: `--solver solvers/routed.py`."""

from inspect_ai.solver import Solver, solver

from sale_inspect import routed as _routed


@solver
def routed(
    router: str,
    pool: str | None = None,
    knob: float | None = None,
    agent: str = "react",
    tools: str | list[str] | None = None,
    seed: int = 0,
    check: bool = True,
) -> Solver:
    """See `sale_inspect/routed`."""
    return _routed(router=router, pool=pool, knob=knob, agent=agent, tools=tools, seed=seed, check=check)
