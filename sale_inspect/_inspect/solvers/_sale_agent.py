"""`sale_agent`: the auction as an Inspect agent, for use inside other scaffolds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from inspect_ai.agent import Agent, AgentState, agent
from inspect_ai.tool import mcp_connection

from sale_inspect._errors import OptionError
from sale_inspect._inspect.arguments import takes
from sale_inspect._inspect.solvers._accepting import accepting_of
from sale_inspect._inspect.solvers._escalate import Escalating
from sale_inspect._inspect.solvers._executor import execute_agent
from sale_inspect._inspect.solvers._fresh import keep_agent
from sale_inspect._inspect.solvers._prepare import GivenTools, prepare
from sale_inspect._inspect.solvers._run_auction import WinningBid, agents_of_sample, run_auction
from sale_inspect._inspect.solvers._work_folder import work_folder
from sale_inspect._inspect.view import view_of_conversation
from sale_inspect.options import Option, SaleOptions

__all__ = ["SaleAgentOptions", "sale_agent"]


@dataclass(frozen=True, kw_only=True, slots=True)
class SaleAgentOptions(SaleOptions):
    """The options of `sale`; the tools are all that the winner may use."""

    tools: Annotated[
        GivenTools,
        Option(
            "All that the winner may use: tools, or names of registered ones. An agent is not given the task's tools."
        ),
    ] = None


@agent(name="sale_agent", description="Holds an auction among several model agents; the winner does the task.")
@takes(SaleAgentOptions)
def sale_agent(options: SaleAgentOptions) -> Agent:
    """Hold a strategy auction for the conversation; the winner executes its own strategy.

    The task is all that the system and the user say in the conversation (ours). The options are those of
    the solver `sale`, with two differences. `tools` is all that the winner may use: an agent is not given the
    task's tools, so name or pass them. And of several auctions in one sample only the first takes part
    in the memory of the run or of a file; the others neither read nor write it, unless it is `frozen`.

    Source: SALE (arXiv 2602.02751); see docs/mechanism.md for what is the paper's and what is ours.

    Returns:
        Agent that adds the winner's work to the conversation. Each auction's record, and its ledger in dollars
        and tokens, go to the sample's store; what the scaffold's own model spends is not in the ledger.
    """
    if options.execute == "task":
        raise OptionError("sale_agent: execute=task is for solvers; an agent is not given the task's own solver.")
    if options.accept == "examples":
        raise OptionError("sale_agent: accept=examples is for solvers; an agent is not given the form of the task.")
    if options.score_steps:
        raise OptionError("sale_agent: score_steps is for solvers; an agent's answer need not be the sample's.")
    prepared = prepare(options, "SALE as an agent")
    accepting = accepting_of(prepared.options, prepared.pool)

    async def execute(state: AgentState) -> AgentState:
        """Hold the auction and let the winner do the task.

        Args:
            state: The conversation.
        """
        async with mcp_connection(prepared.tools):
            agents = agents_of_sample(prepared)
            task = await view_of_conversation(state, prepared.tools, first=agents.ledger.number == 0)

            async def work(won: WinningBid) -> AgentState:
                return await execute_agent(
                    state,
                    bidder=won.bidder,
                    executor=prepared.executor,
                    tools=prepared.tools,
                    strategy=won.strategy,
                    ledger=agents.ledger,
                )

            async def in_place(won: WinningBid) -> None:
                done = await work(won)
                if done is not state:
                    state.messages, state.output = done.messages, done.output

            if accepting is None:
                return await work(await run_auction(prepared, agents, task))
            judge = await accepting.of_sample(prepared, agents, task, None, task.text)
            folder = await work_folder(None)
            await run_auction(prepared, agents, task)
            await Escalating(
                accepting=accepting,
                judge=judge,
                agents=agents,
                plan=prepared.options.plan == "own",
                keep=lambda: keep_agent(state),
                run=in_place,
                folder=folder,
            ).work()
            return state

    return execute
