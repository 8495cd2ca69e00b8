"""`sale_agent`: the auction as an Inspect agent, for use inside other scaffolds."""

from __future__ import annotations

from collections.abc import Sequence

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.tool import Tool, ToolDef, ToolSource

from sale_inspect._inspect.solvers._executor import execute_agent
from sale_inspect._inspect.solvers._hold import hold, open_hall
from sale_inspect._inspect.solvers._prepare import prepare
from sale_inspect._inspect.store import DEFAULT_AGENT
from sale_inspect._inspect.view import view_of_conversation

__all__ = ["sale_agent"]


@agent(name="sale_agent", description="Holds an auction among several model agents; the winner does the task.")
def sale_agent(
    pool: str | None = None,
    agent: str = DEFAULT_AGENT,
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
    """Hold a strategy auction for the conversation; the winner executes its own strategy.

    The task is all that the system and the user say in the conversation (ours). The arguments are those of
    the solver `sale`, with two differences. `tools` is all that the winner may use: an agent is not given the
    task's tools, so name or pass them. And of several auctions in one sample only the first takes part
    in the memory of the run or of a file; the others neither read nor write it, unless it is `frozen`.

    Source: SALE (arXiv 2602.02751); see docs/mechanism.md for what is the paper's and what is ours.

    Args:
        pool: As in `sale`.
        agent: As in `sale`.
        tools: The tools of the winner: tools, or names of registered ones.
        weights: As in `sale`.
        jury: As in `sale`.
        judges: As in `sale`.
        drop: As in `sale`.
        without: As in `sale`.
        defences: As in `sale`.
        memory: As in `sale`.
        frozen: As in `sale`.
        memory_lag: As in `sale`.
        winning: As in `sale`.
        neighbours: As in `sale`.
        embedder: As in `sale`.
        strategy_tokens: As in `sale`.
        call_timeout: As in `sale`.
        seed: As in `sale`.
        check: As in `sale`.

    Returns:
        Agent that adds the winner's work to the conversation. Each auction's record, and its ledger in dollars
        and tokens, go to the sample's store; what the scaffold's own model spends is not in the ledger.
    """
    prepared = prepare(
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

    async def execute(state: AgentState) -> AgentState:
        """Hold the auction and let the winner do the task.

        Args:
            state: The conversation.
        """
        hall = open_hall(prepared, "sale")
        task = await view_of_conversation(state, prepared.tools, first=hall.ledger.number == 0)
        won = await hold(prepared, hall, task)
        return await execute_agent(
            state,
            bidder=won.bidder,
            agent=prepared.agent,
            tools=prepared.tools,
            strategy=won.strategy,
            ledger=hall.ledger,
        )

    return execute
