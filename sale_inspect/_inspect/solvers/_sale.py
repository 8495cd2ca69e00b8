"""The solvers: `sale` holds an auction for each sample, `single` runs one agent of the pool."""

from __future__ import annotations

from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect._edge import clean_errors
from sale_inspect._errors import PoolError
from sale_inspect._inspect.solvers._executor import execute
from sale_inspect._inspect.solvers._hold import hold, open_hall
from sale_inspect._inspect.solvers._prepare import bidders_of, given_tools, prepare, usable
from sale_inspect._inspect.store import DEFAULT_AGENT, SampleLedger, register_prices
from sale_inspect._inspect.view import plain_tools, view_of_state
from sale_inspect.pools import Pool, load_pool

__all__ = ["sale", "single"]


@solver
def sale(
    pool: str | None = None,
    agent: str = DEFAULT_AGENT,
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
    """Hold a strategy auction for each sample; the winner executes its own strategy.

    Source: SALE (arXiv 2602.02751); see docs/mechanism.md for what is the paper's and what is ours.

    Args:
        pool: Pool file, or a packaged pool: sim, local, qwen3, openai, anthropic. Without it the
            models of `--model-role agents=...` bid, priced by `--model-cost-config`.
        agent: Inspect agent that executes: `react` or any registered agent that takes `model`.
        tools: Registered tools to add to the task's own, for tasks that give tools in their solver.
        weights: Weights file of `sale-inspect fit`; uniform weights by default.
        jury: `individual` (one call for each judge and plan, the paper's) or `panel` (one call a judge,
            who rates all plans, without names and in drawn order).
        judges: `all` rate every plan (the paper's), `peers` all but the bidder, `self` the bidder
            alone, or names of agents.
        drop: Terms to turn off: `price`, `length`, `entropy`, `jury`, `refinement`.
        without: Agents of the pool to leave out, as bidders and as judges.
        defences: What is on against strategic bids, of `quote`, `anonymous`, `normalise`, `checks`.
        memory: `run` (the auctions of this run so far), `off`, or a file that keeps the auctions of many
            runs; see `sale-inspect memory`.
        frozen: Only read the memory file; all of it is seen, and samples need not wait for each other.
        memory_lag: A sample sees the auctions at least this many places before it (1: strictly
            sequential, the paper's).
        winning: What makes a past plan a winning one: `auction` (it won) or `outcome` (it won and
            solved its task).
        neighbours: Past auctions to retrieve for a refinement (paper: 8).
        embedder: `auto`, `minilm` or `hashing`.
        strategy_tokens: Cap of a strategy, tokens.
        call_timeout: Seconds for one bid or rating, retries included; after that it is dropped.
        seed: Seed of everything that the auction draws.
        check: Ask the model servers whether they answer before the first paid call.

    Returns:
        Solver that writes the auction's record and the ledger to the sample's store.
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

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        hall = open_hall(prepared, "sale")
        state.tools = [*state.tools, *await plain_tools(prepared.tools)]
        won = await hold(prepared, hall, view_of_state(state, first=hall.ledger.number == 0))
        return await execute(
            state,
            generate,
            bidder=won.bidder,
            agent=agent,
            strategy=won.strategy,
            ledger=hall.ledger,
        )

    return solve


@solver
def single(
    agent: str,
    pool: str | None = None,
    executor: str = DEFAULT_AGENT,
    tools: str | list[str] | None = None,
    check: bool = True,
) -> Solver:
    """Run one agent of a pool on every sample, with the same harness and ledger as `sale`.

    Args:
        agent: Name of the agent in the pool.
        pool: Pool file or packaged pool; without it the models of `--model-role agents=...`.
        executor: Inspect agent that executes: `react` or any registered agent that takes `model`.
        tools: Registered tools to add to the task's own.
        check: Ask the model server whether it answers before the first paid call.

    Returns:
        Solver that writes the ledger to the sample's store.
    """
    with clean_errors():
        given = None if pool is None else load_pool(pool)
        if given is not None:
            _find(given, agent)
            usable(given.model_copy(update={"agents": (given.agent(agent),)}), str(pool), check, executor)
            register_prices(given)
        extra = given_tools(tools)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        agents, bidders = bidders_of(given)
        _find(agents, agent)
        state.tools = [*state.tools, *await plain_tools(extra)]
        ledger = SampleLedger("single", agents)
        chosen = next(bidder for bidder in bidders if bidder.name == agent)
        return await execute(state, generate, bidder=chosen, agent=executor, strategy=None, ledger=ledger)

    return solve


def _find(pool: Pool, agent: str) -> None:
    if agent not in pool.names:
        raise PoolError(f"Pool {pool.name!r} has no agent {agent!r}. Its agents: {', '.join(pool.names)}.")
