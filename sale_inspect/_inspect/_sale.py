"""The solvers: `sale` holds an auction for each sample, `single` runs one agent of the pool."""

from __future__ import annotations

from pathlib import Path

from inspect_ai.log import transcript
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import Tool
from inspect_ai.util import registry_create, span

from sale_inspect._errors import MissingRequirementError, PoolError
from sale_inspect._inspect._auction import Auction, AuctionOptions
from sale_inspect._inspect._bidders import Bidder, bidder, generate_config, pool_from_roles, register_prices
from sale_inspect._inspect._edge import clean_errors
from sale_inspect._inspect._executor import DEFAULT_AGENT, execute, make_agent
from sale_inspect._inspect._ledger import SampleLedger
from sale_inspect._inspect._memory_files import memory_choice
from sale_inspect._inspect._sale_options import defences_of, pool_without, switches_of
from sale_inspect._inspect._stores import write_record
from sale_inspect.auction import Weights, Winning, card, uniform_weights
from sale_inspect.checks import require_endpoints
from sale_inspect.embedding import require_embedder
from sale_inspect.pools import Pool, load_pool

__all__ = ["sale", "single"]

_WINNINGS: tuple[Winning, ...] = ("auction", "outcome")
_JURIES = ("individual", "panel")


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
    memory: str = "run",
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
    with clean_errors():
        given = None if pool is None else _usable(pool_without(load_pool(pool), without), pool, check, agent)
        if given is None and without is not None:
            raise PoolError("without: needs a pool file. With --model-role, leave the model out of the role.")
        if given is not None and len(given.agents) < 2:
            raise PoolError(
                f"Pool {pool!r} has one agent; an auction needs two. Add agents, or run it alone with the "
                f"solver sale_inspect/single -S agent={given.names[0]}."
            )
        chosen = memory_choice(memory, frozen)
        if winning not in _WINNINGS:
            raise PoolError(f"winning must be one of {', '.join(_WINNINGS)}, got {winning!r}.")
        if jury not in _JURIES:
            raise PoolError(f"jury must be one of {', '.join(_JURIES)}, got {jury!r}.")
        on = defences_of(defences)
        switches = switches_of(drop, judges, on, given)
        fitted = _fitted(weights, given, strategy_tokens)
        if memory_lag < 1 or strategy_tokens < 1 or neighbours < 1:
            raise PoolError("memory_lag, neighbours and strategy_tokens must be at least 1.")
        require_embedder(embedder)
        extra = _tools(tools)
    options = AuctionOptions(
        memory=chosen,
        memory_lag=memory_lag,
        neighbours=neighbours,
        embedder=embedder,
        strategy_tokens=strategy_tokens,
        call_timeout=call_timeout,
        seed=seed,
        winning="outcome" if winning == "outcome" else "auction",
        jury="panel" if jury == "panel" else "individual",
        switches=switches,
        defences=on,
    )

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        agents, bidders = _bidders(given)
        if len(bidders) < 2:
            raise PoolError("Role 'agents' has one model; an auction needs two. Add models to the role.")
        state.tools = [*state.tools, *extra]
        ledger = SampleLedger("sale", agents)
        auction = Auction(
            state=state,
            pool=agents.name,
            simulated=agents.simulated,
            bidders=bidders,
            prices=agents.blended_prices(),
            weights=fitted or uniform_weights(agents.names),
            options=options,
            ledger=ledger,
        )
        try:
            async with span("auction", type="auction"):
                record = await auction.run()
                transcript().info(card(record), source="sale")
                transcript().info(record.model_dump(mode="json"), source="sale record")
                write_record(record)
        finally:
            ledger.save()
        winner = next(bidder for bidder in bidders if bidder.name == record.winner)
        return await execute(
            state,
            generate,
            bidder=winner,
            agent=agent,
            strategy=record.winning_bid.strategy,
            ledger=ledger,
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
            _usable(given.model_copy(update={"agents": (given.agent(agent),)}), str(pool), check, executor)
            register_prices(given)
        extra = _tools(tools)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        agents, bidders = _bidders(given)
        _find(agents, agent)
        state.tools = [*state.tools, *extra]
        ledger = SampleLedger("single", agents)
        chosen = next(bidder for bidder in bidders if bidder.name == agent)
        return await execute(state, generate, bidder=chosen, agent=executor, strategy=None, ledger=ledger)

    return solve


def _usable(pool: Pool, given: str, check: bool, executor: str) -> Pool:
    """The pool, after everything was checked that can be checked before the first paid call."""
    for member in pool.agents:
        generate_config(member, given)
    register_prices(pool)
    if check:
        require_endpoints(pool, given)
    if executor != DEFAULT_AGENT:
        make_agent(executor, bidder(pool.agents[0], pool.name), [])
    return pool


def _fitted(path: str | None, pool: Pool | None, strategy_tokens: int) -> Weights | None:
    if path is None:
        return None
    if pool is None:
        raise PoolError("weights: a weights file belongs to a pool file. Give -S pool=FILE.")
    from sale_inspect.weights import load_weights

    return load_weights(Path(path), agents=pool.names, prices=pool.blended_prices(), strategy_tokens=strategy_tokens)


def _find(pool: Pool, agent: str) -> None:
    if agent not in pool.names:
        raise PoolError(f"Pool {pool.name!r} has no agent {agent!r}. Its agents: {', '.join(pool.names)}.")


def _bidders(pool: Pool | None) -> tuple[Pool, list[Bidder]]:
    roles = None
    if pool is None:
        pool, roles = pool_from_roles()
    return pool, [bidder(agent, pool.name, roles) for agent in pool.agents]


def _tools(names: str | list[str] | None) -> list[Tool]:
    if names is None:
        return []
    wanted = names.split(",") if isinstance(names, str) else names
    found = []
    for name in wanted:
        try:
            found.append(registry_create("tool", name.strip()))
        except LookupError as error:
            raise MissingRequirementError(f"No tool {name!r} is registered.") from error
    return found
