"""File form of the packaged agent: `--solver solvers/sale_agent.py`."""

from __future__ import annotations

from collections.abc import Sequence

from inspect_ai.agent import Agent, agent
from inspect_ai.tool import Tool, ToolDef, ToolSource

from sale_inspect import sale_agent as _sale_agent


@agent(name="sale_agent")
def sale_agent(
    pool: str | None = None,
    agent: str = "react",
    tools: str | Sequence[str | Tool | ToolDef | ToolSource] | None = None,
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
) -> Agent:
    """See `sale_inspect/sale_agent`."""
    return _sale_agent(
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
