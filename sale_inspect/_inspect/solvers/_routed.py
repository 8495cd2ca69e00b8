"""The solver `routed`: a router picks the agent for each sample, or a cascade runs agents in turn."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import Any

from inspect_ai.log import transcript
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import span, store_as

from sale_inspect._errors import OutcomesError, PoolError
from sale_inspect._inspect.arguments import takes
from sale_inspect._inspect.solvers._embedding import embedded
from sale_inspect._inspect.solvers._executor import Executor, Start, execute
from sale_inspect._inspect.solvers._labels import labels_of
from sale_inspect._inspect.solvers._prepare import bidders_of, executor_of, given_tools, usable
from sale_inspect._inspect.solvers._replaced import tell_what_is_replaced
from sale_inspect._inspect.solvers._router_files import given_router
from sale_inspect._inspect.store import Bidder, RoutingStore, SampleLedger
from sale_inspect._inspect.view import sample_text, tools_in_use, unseen_parts
from sale_inspect.bench import unlearnt_bins
from sale_inspect.options import RoutedOptions
from sale_inspect.outcomes import cap_answer, clean
from sale_inspect.pools import Pool, load_pool
from sale_inspect.routers import (
    Cascade,
    Features,
    LiveRouter,
    Router,
    RoutingRecord,
    StepRecord,
    TaskBatch,
    answer_text,
    choice_fields,
    routing_card,
)

__all__ = ["routed"]


@solver
@takes(RoutedOptions)
def routed(options: RoutedOptions) -> Solver:
    """Let a router choose the agent for each sample; that agent executes, with the harness and ledger of `sale`.

    A router reads the task's text and nothing else. It costs no model call; its embedding runs on the CPU. A cascade
    (frugalgpt) runs agents in turn until it accepts an answer, and all of its runs are paid. Each of them starts from
    the same conversation; what an earlier one left in the sandbox stays.

    Returns:
        Solver that writes the router's record and the ledger to the sample's store.
    """
    executor = executor_of(options, options.agent)
    given_pool = None
    if options.pool is not None:
        given_pool = usable(load_pool(options.pool), options.pool, options.check, executor)
    chosen = given_router(options.router, given_pool, knob=options.knob, seed=options.seed)
    tools = given_tools(options.tools)
    labels = labels_of(f"router {chosen.name}", options)

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        pool, bidders = bidders_of(given_pool)
        _same_agents(chosen, pool)
        labels.put(pool)
        start = executor.begin(state)
        _require_text(chosen, state)
        routing = _Routing(
            router=chosen,
            pool=pool,
            bidders={bidder.name: bidder for bidder in bidders},
            ledger=SampleLedger(f"routed {chosen.name}", pool),
            executor=executor,
            start=start,
            bin=str(state.metadata.get("bin", "")),
        )
        async with tools_in_use(state, tools):
            tell_what_is_replaced(state, executor)
            if isinstance(chosen.router, Router):
                return await routing.one(state, generate)
            return await routing.in_turn(chosen.router, state, generate)

    return solve


@dataclass(frozen=True, kw_only=True, slots=True)
class _Routing:
    """The routing of one sample."""

    router: LiveRouter
    pool: Pool
    bidders: dict[str, Bidder]
    ledger: SampleLedger
    executor: Executor
    start: Start
    bin: str

    async def one(self, state: TaskState, generate: Generate) -> TaskState:
        """Choose an agent, then run it."""
        async with span("choice of an agent", type="routing"):
            tasks = TaskBatch(ids=(str(state.sample_id),), features=await self._embed([_text(state)]))
            (choice,) = self.router.choices(tasks)
            step = StepRecord(agent=choice.agent, accepted=True)
            self._save(self._record(steps=(step,), **choice_fields(choice)))
        return await self._run(choice.agent, state, generate)

    async def in_turn(self, cascade: Cascade, state: TaskState, generate: Generate) -> TaskState:
        """Run agents in turn until an answer is accepted."""
        text = _text(state)
        (task,) = await self._embed([text])
        before, messages = copy(state), list(state.messages)
        steps: list[StepRecord] = []
        for number, column in enumerate(cascade.order):
            name = cascade.agents[column]
            state = copy(before)
            state.messages = [message.model_copy(deep=True) for message in messages]
            state.output = before.output.model_copy(deep=True)
            state.completed = False
            state = await self._run(name, state, generate)
            (answer,) = await embedded(
                self.router.embedder, [answer_text(text, cap_answer(clean(state.output.completion)))]
            )
            verdict = cascade.accepts(number, task, answer)
            steps.append(
                StepRecord(
                    agent=name,
                    accepted=verdict.accept,
                    probability=verdict.probability,
                    threshold=verdict.threshold,
                )
            )
            self._save(self._record(chosen=name, steps=tuple(steps), explanation=_explained(steps)))
            if verdict.accept:
                break
        return state

    async def _run(self, name: str, state: TaskState, generate: Generate) -> TaskState:
        return await execute(
            state,
            generate,
            bidder=self.bidders[name],
            executor=self.executor,
            strategy=None,
            ledger=self.ledger,
            start=self.start,
        )

    async def _embed(self, texts: list[str]) -> Features:
        return await embedded(self.router.embedder, texts)

    def _record(self, **decision: Any) -> RoutingRecord:
        knob = self.router.router.knob
        return RoutingRecord(
            router=self.router.name,
            file=self.router.file,
            data=self.router.data,
            knob="" if knob is None else knob.name,
            value=None if knob is None else knob.value,
            agents=self.router.router.agents,
            embedder=self.router.embedder_name,
            pool=self.pool.name,
            simulated=self.pool.simulated,
            unlearnt_bin=self.bin if self.bin in unlearnt_bins(self.router.bins) else "",
            **decision,
        )

    def _save(self, record: RoutingRecord) -> None:
        transcript().info(routing_card(record), source="router")
        transcript().info(record.model_dump(mode="json"), source="router record")
        stored = store_as(RoutingStore)
        stored.router, stored.record = record.router, record.model_dump(mode="json")


def _text(state: TaskState) -> str:
    return sample_text(state.input, [choice.value for choice in state.choices])


def _require_text(router: LiveRouter, state: TaskState) -> None:
    """A router that reads the task's text is not asked about an empty one."""
    if router.embedder and not _text(state).strip():
        messages = [] if isinstance(state.input, str) else state.input
        unseen = unseen_parts(messages)
        raise OutcomesError(
            f"Sample {state.sample_id}: the task has no text{f', only {unseen}' if unseen else ''}, and router "
            f"{router.name} reads nothing else. Use the solver sale_inspect/single, or routed -S router=random."
        )


def _explained(steps: list[StepRecord]) -> str:
    *before, last = steps
    sentences = [
        f"{step.agent} ran; its answer is correct with predicted probability {step.probability:.2f}, below "
        f"{step.threshold:.2f}, so the next one runs."
        for step in before
    ]
    if not last.accepted:
        return " ".join([*sentences, f"{last.agent} ran; its answer is not accepted."])
    if last.threshold:
        sentences.append(
            f"{last.agent} ran; its answer is accepted ({last.probability:.2f}, at least {last.threshold:.2f})."
        )
    else:
        sentences.append(f"{last.agent} ran last, so its answer is taken.")
    return " ".join(sentences)


def _same_agents(router: LiveRouter, pool: Pool) -> None:
    if set(router.router.agents) != set(pool.names):
        raise PoolError(
            f"Router {router.name}: it routes among {', '.join(router.router.agents)}, but pool {pool.name!r} has "
            f"{', '.join(pool.names)}. Give the pool it was trained for, or train it for this one."
        )
