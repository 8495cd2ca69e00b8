"""File form of the packaged solver: `--solver solvers/sale.py`."""

from inspect_ai.solver import Solver, solver

from sale_inspect import sale as _sale


@solver
def sale(
    pool: str | None = None,
    agent: str = "react",
    tools: str | list[str] | None = None,
    weights: str | None = None,
    jury: str = "individual",
    judges: str | list[str] = "all",
    drop: str | list[str] | None = None,
    without: str | list[str] | None = None,
    defences: str | list[str] = "quote,anonymous",
    memory: str | bool = "run",
    frozen: bool = False,
    memory_lag: int = 1,
    winning: str = "auction",
    neighbours: int = 8,
    embedder: str = "auto",
    strategy_tokens: int = 300,
    call_timeout: float = 300.0,
    seed: int = 0,
    check: bool = True,
) -> Solver:
    """See `sale_inspect/sale`."""
    return _sale(
        pool=pool,
        agent=agent,
        tools=tools,
        weights=weights,
        jury=jury,
        judges=judges,
        drop=drop,
        without=without,
        defences=defences,
        memory=memory,
        frozen=frozen,
        memory_lag=memory_lag,
        winning=winning,
        neighbours=neighbours,
        embedder=embedder,
        strategy_tokens=strategy_tokens,
        call_timeout=call_timeout,
        seed=seed,
        check=check,
    )
