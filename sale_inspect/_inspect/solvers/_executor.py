"""The winner carries out its own strategy, as an Inspect agent or with the task's own solver."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from inspect_ai.agent import Agent, AgentState, as_solver
from inspect_ai.model import ChatMessageUser
from inspect_ai.solver import Generate, TaskState
from inspect_ai.util import span

from sale_inspect._errors import AuctionError
from sale_inspect._inspect.auction import memory_of
from sale_inspect._inspect.solvers._handing import registered_agent
from sale_inspect._inspect.solvers._internals import acts_as_main_model
from sale_inspect._inspect.solvers._react import react_agent
from sale_inspect._inspect.solvers._task_solver import generate_of, task_solver
from sale_inspect._inspect.store import Bidder, SampleLedger, require_money, transcript_length, transcript_since
from sale_inspect._inspect.view import Tools, answer_choice, ask_with_choices
from sale_inspect.auction import Prompt, prompt
from sale_inspect.options import REACT

__all__ = ["Executor", "Start", "execute", "execute_agent", "make_agent"]

_BEGIN = "Do the task above."


@dataclass(frozen=True, kw_only=True, slots=True)
class Start:
    """What held for a sample before anything of it was paid.

    Attributes:
        message_limit: The task's own message limit.
        usd: Dollars that Inspect had counted for the sample.
    """

    message_limit: int | None
    usd: float


@dataclass(frozen=True, kw_only=True, slots=True)
class Executor:
    """What carries out a task.

    Attributes:
        agent: `react`, or the name of a registered agent.
        arguments: Arguments of that agent.
        own_solver: The task's own solver executes, in place of an agent.
        several_right: Tell the agent that several choices may be right.
        asking: The prompt that hands the winner its plan.
    """

    agent: str = REACT
    arguments: Mapping[str, Any] | None = None
    own_solver: bool = False
    several_right: bool = False
    asking: Prompt = field(default_factory=lambda: prompt("execute"))

    def begin(self, state: TaskState) -> Start:
        """Check, before anything is paid, that there is money, and that the message limit leaves the agent a turn.

        Raises:
            AuctionError: If there is no room.
            SpendingCapError: If a study's dollars are spent.
        """
        known = memory_of(state.uuid)
        if known is None:
            require_money()
        else:
            require_money(known[0].key, (state.epoch, known[1]))
        limit = state.message_limit
        if limit is not None and limit <= len(state.messages):
            raise AuctionError(
                f"Sample {state.sample_id}: the task begins with {len(state.messages)} messages and its message limit "
                f"is {limit}, so no agent could answer. Nothing was spent. Raise --message-limit."
            )
        return Start(message_limit=limit, usd=state.cost_usage)


def make_agent(executor: Executor, bidder: Bidder, tools: Tools) -> Agent:
    """The agent that executes, with the bidder's model.

    Raises:
        MissingRequirementError: If no agent of that name is registered.
        OptionError: If an argument does not fit it.
    """
    if executor.agent == REACT:
        return react_agent(bidder, tools, executor.arguments)
    return registered_agent(executor.agent, bidder, tools, executor.arguments)


async def execute(
    state: TaskState,
    generate: Generate,
    *,
    bidder: Bidder,
    executor: Executor,
    strategy: str | None,
    ledger: SampleLedger,
    start: Start,
) -> TaskState:
    """Run the agent, or the task's own solver, on the task and book its calls to the phase `execute`.

    Args:
        state: The task.
        generate: Inspect's generate, bound to the evaluation's main model.
        bidder: The winner.
        executor: What executes.
        strategy: The winner's own plan, or None to run without one.
        ledger: Where its calls are booked, whatever happens.
        start: As `Executor.begin` gave it. What the harness adds to the conversation is added to the message limit.
    """
    try:
        return await _execute(state, generate, bidder, executor, strategy, ledger, start)
    finally:
        ledger.compare(state.cost_usage - start.usd)


async def _execute(
    state: TaskState,
    generate: Generate,
    bidder: Bidder,
    executor: Executor,
    strategy: str | None,
    ledger: SampleLedger,
    start: Start,
) -> TaskState:
    if executor.own_solver:
        solver = task_solver(state)
        async with _booked(bidder, ledger):
            return await solver(state, generate_of(bidder.model))
    before = len(state.messages)
    ask_with_choices(state, several_right=executor.several_right)
    if strategy is not None:
        state.messages.append(_asking(executor, strategy))
    elif not any(message.role == "user" for message in state.messages):
        # Providers refuse a conversation in which no user speaks, and agents wait for one.
        state.messages.append(ChatMessageUser(content=_BEGIN))
    if start.message_limit is not None:
        # With tools, react begins with a system message of its own, and handing the answer in has a reply.
        of_react = 2 if executor.agent == REACT and bidder.agent.tool_calls else 0
        state.message_limit = start.message_limit + len(state.messages) - before + of_react
    runner = as_solver(make_agent(executor, bidder, state.tools))
    async with _booked(bidder, ledger):
        state = await runner(state, generate)
    answer_choice(state)
    return state


async def execute_agent(
    state: AgentState, *, bidder: Bidder, executor: Executor, tools: Tools, strategy: str | None, ledger: SampleLedger
) -> AgentState:
    """The same for a conversation: the answer and what led to it are added to it.

    Args:
        state: The conversation.
        bidder: The winner.
        executor: What executes.
        tools: What it may use.
        strategy: The winner's own plan, or None to run without one.
        ledger: Where its calls are booked, whatever happens.
    """
    earlier_ids = {message.id for message in state.messages}
    if strategy is not None:
        state.messages.append(_asking(executor, strategy))
    runner = make_agent(executor, bidder, tools)
    try:
        async with _booked(bidder, ledger), span(executor.agent.rpartition("/")[2], type="agent"):
            state = await runner(state)
    finally:
        ledger.book.messages |= {message.id for message in state.messages if message.id is not None} - earlier_ids
    return state


def _asking(executor: Executor, strategy: str) -> ChatMessageUser:
    return ChatMessageUser(content=executor.asking.fill(strategy=strategy))


@asynccontextmanager
async def _booked(bidder: Bidder, ledger: SampleLedger) -> AsyncIterator[None]:
    """A span whose model calls are booked, except those that an auction inside it books itself.

    The bidder's model is Inspect's main model meanwhile.
    """
    ledger.agent = bidder.name
    start, span_id = transcript_length(), ""
    finished = False
    try:
        with acts_as_main_model(bidder.model):
            async with span(f"work of {bidder.name}", type="execute"):
                span_id = ledger.book.open_span()
                yield
        finished = True
    finally:
        events = ledger.book.events_of(span_id, transcript_since(start))
        calls = ledger.add_events("execute", bidder, events)
        if finished:
            ledger.note_workers(bidder, calls)
        ledger.save()
