"""The solvers: `sale` holds an auction for each sample, `single` runs one agent of the pool."""

from __future__ import annotations

from dataclasses import dataclass, replace

from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect._errors import PoolError
from sale_inspect._inspect.arguments import takes
from sale_inspect._inspect.solvers._accepting import Accepting, accepting_of, graded
from sale_inspect._inspect.solvers._escalate import Escalating
from sale_inspect._inspect.solvers._executor import Start, execute
from sale_inspect._inspect.solvers._fresh import keep_task, take_over
from sale_inspect._inspect.solvers._labels import labels_of
from sale_inspect._inspect.solvers._prepare import Prepared, bidders_of, executor_of, given_tools, prepare, usable
from sale_inspect._inspect.solvers._replaced import tell_what_is_replaced
from sale_inspect._inspect.solvers._run_auction import SampleAgents, WinningBid, agents_of_sample, run_auction
from sale_inspect._inspect.solvers._work_folder import work_folder
from sale_inspect._inspect.store import SampleLedger, register_prices
from sale_inspect._inspect.view import TaskView, sample_text, tools_in_use, view_of_state
from sale_inspect.options import SaleOptions, SingleOptions
from sale_inspect.pools import Pool, load_pool

__all__ = ["auction_solver", "sale", "single"]


@solver
@takes(SaleOptions)
def sale(options: SaleOptions) -> Solver:
    """Hold a strategy auction for each sample; the winner executes its own strategy.

    Every agent of the pool writes a plan and rates every plan. Price, plan length, entropy and ratings
    give each bid a cost and a value; the best one wins. If the winner is not the cheapest agent, cheaper
    agents may first refine their bids with plans from past auctions of this run.

    Source: SALE (arXiv 2602.02751); see docs/mechanism.md for what is the paper's and what is ours.

    Returns:
        Solver that writes the auction's record and the ledger to the sample's store.
    """
    return auction_solver(options)


def auction_solver(options: SaleOptions) -> Solver:
    """The solver `sale` with checked options."""
    prepared = prepare(options)
    accepting = accepting_of(prepared.options, prepared.pool)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        async with tools_in_use(state, prepared.tools):
            view = view_of_state(state, first=True, several_right=options.several_right)
            start = prepared.executor.begin(state)
            agents = agents_of_sample(prepared)
            task = replace(view, first=agents.ledger.number == 0)
            work = _Work(state=state, generate=generate, prepared=prepared, agents=agents, start=start)
            ready = None if accepting is None else await work.ready(accepting, task)
            won = await run_auction(prepared, agents, task)
            tell_what_is_replaced(state, prepared.executor)
            if ready is None:
                return await work.execute(won)
            await ready.work()
            return state

    return solve


@dataclass(frozen=True, kw_only=True, slots=True)
class _Work:
    """The executions of a sample."""

    state: TaskState
    generate: Generate
    prepared: Prepared
    agents: SampleAgents
    start: Start

    async def execute(self, won: WinningBid) -> TaskState:
        """Let an agent execute."""
        return await execute(
            self.state,
            self.generate,
            bidder=won.bidder,
            executor=self.prepared.executor,
            strategy=won.strategy,
            ledger=self.agents.ledger,
            start=self.start,
        )

    async def ready(self, accepting: Accepting, task: TaskView) -> Escalating:
        """Make ready for several executions, before anything is paid."""
        state = self.state
        text = sample_text(state.input, [choice.value for choice in state.choices])
        judge = await accepting.of_sample(self.prepared, self.agents, task, state, text)
        return Escalating(
            accepting=accepting,
            judge=judge,
            agents=self.agents,
            plan=self.prepared.options.plan == "own",
            keep=lambda: keep_task(state),
            run=self._in_place,
            folder=await work_folder(state),
            graded=(lambda: graded(state)) if self.prepared.options.score_steps else None,
        )

    async def _in_place(self, won: WinningBid) -> None:
        """Execute in the state that Inspect knows: a task's own solver may return another one."""
        take_over(await self.execute(won), self.state)


@solver
@takes(SingleOptions)
def single(options: SingleOptions) -> Solver:
    """Run one agent of a pool on every sample, with the same harness and ledger as `sale`.

    Returns:
        Solver that writes the ledger to the sample's store.
    """
    executor = executor_of(options, options.executor)
    given_pool = None if options.pool is None else load_pool(options.pool)
    if given_pool is not None:
        _require_agent(given_pool, options.agent)
        alone = given_pool.model_copy(update={"agents": (given_pool.agent(options.agent),)})
        usable(alone, str(options.pool), options.check, executor)
        register_prices(given_pool)
    tools = given_tools(options.tools)
    labels = labels_of(f"single {options.agent}", options)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        pool, bidders = bidders_of(given_pool)
        _require_agent(pool, options.agent)
        labels.put(pool)
        start = executor.begin(state)
        async with tools_in_use(state, tools):
            tell_what_is_replaced(state, executor)
            return await execute(
                state,
                generate,
                bidder=next(bidder for bidder in bidders if bidder.name == options.agent),
                executor=executor,
                strategy=None,
                ledger=SampleLedger("single", pool),
                start=start,
            )

    return solve


def _require_agent(pool: Pool, agent: str) -> None:
    if agent not in pool.names:
        raise PoolError(f"Pool {pool.name!r} has no agent {agent!r}. Its agents: {', '.join(pool.names)}.")
