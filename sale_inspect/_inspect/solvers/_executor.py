"""The winner carries out its own strategy, as an Inspect agent."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from inspect_ai.agent import Agent, AgentState, AgentSubmit, as_solver, react
from inspect_ai.model import ChatMessageAssistant, ChatMessageUser
from inspect_ai.solver import Generate, TaskState
from inspect_ai.util import registry_create, span

from sale_inspect._errors import MissingRequirementError
from sale_inspect._inspect.store import Bidder, SampleLedger, transcript_length, transcript_since
from sale_inspect._inspect.view import Tools, answer_choice, task_text
from sale_inspect.auction import prompt
from sale_inspect.options import REACT

__all__ = ["execute", "execute_agent", "make_agent"]


_SUBMIT = "submit"
_REMINDER = f"If you have the answer, call {_SUBMIT}() with it now. Otherwise go on with a tool."


def make_agent(name: str, bidder: Bidder, tools: Tools) -> Agent:
    """The agent that executes, with the bidder's model.

    Args:
        name: `react`, or the name of any registered agent that takes `model` (and maybe `tools`).
        bidder: Whose model it uses.
        tools: The task's tools.

    Raises:
        MissingRequirementError: If no agent of that name is registered or it takes no `model`.
    """
    if name == REACT:
        return _react(bidder, tools)
    for arguments in ({"model": bidder.model, "tools": tools}, {"model": bidder.model}):
        try:
            return registry_create("agent", name, **arguments)
        except LookupError as error:
            raise MissingRequirementError(
                f"No agent {name!r} is registered. Install the package that has it and use its full name, "
                "for instance -S agent=package/agent."
            ) from error
        except TypeError as error:
            if "unexpected keyword argument" not in str(error):
                raise
    raise MissingRequirementError(
        f"Agent {name!r} does not take a `model`, so the winner's model cannot be handed to it. "
        "Wrap it in an @agent with a `model` parameter."
    )


def _react(bidder: Bidder, tools: Tools) -> Agent:
    if not bidder.agent.tool_calls:
        return react(model=bidder.model, prompt=None, submit=False, truncation="auto")
    return react(
        model=bidder.model,
        tools=tools,
        submit=AgentSubmit(name=_SUBMIT, answer_only=True),
        on_continue=_remind_once,
        truncation="auto",
    )


async def _remind_once(state: AgentState) -> bool | str:
    """A second text-only turn in a row ends the task, so a chatty model ends; both turns are the answer."""
    if state.output.message.tool_calls:
        return True
    match state.messages[-3:]:
        case [ChatMessageAssistant() as before, ChatMessageUser() as reminder, ChatMessageAssistant() as last] if (
            reminder.text == _REMINDER
        ):
            state.output.completion = f"{before.text}\n\n{last.text}".strip()
            return False
    return _REMINDER


async def execute(
    state: TaskState,
    generate: Generate,
    *,
    bidder: Bidder,
    agent: str,
    strategy: str | None,
    ledger: SampleLedger,
) -> TaskState:
    """Run the agent on the task and book its calls to the phase `execute`.

    Args:
        state: The task.
        generate: Inspect's generate, unused by agents but part of the solver's signature.
        bidder: The winner.
        agent: Name of the agent to run.
        strategy: The winner's own plan, or None to run without one.
        ledger: Where its calls are booked, whatever happens.
    """
    if len(state.choices) > 0:
        state.user_prompt.text = task_text(state)
    if strategy is not None:
        state.messages.append(_asking(strategy))
    runner = as_solver(make_agent(agent, bidder, state.tools))
    async with _booked(bidder, ledger):
        state = await runner(state, generate)
    answer_choice(state)
    return state


async def execute_agent(
    state: AgentState, *, bidder: Bidder, agent: str, tools: Tools, strategy: str, ledger: SampleLedger
) -> AgentState:
    """The same for a conversation: the answer and what led to it are added to it.

    Args:
        state: The conversation.
        bidder: The winner.
        agent: Name of the agent to run.
        tools: What it may use.
        strategy: The winner's own plan.
        ledger: Where its calls are booked, whatever happens.
    """
    earlier_ids = {message.id for message in state.messages}
    state.messages.append(_asking(strategy))
    runner = make_agent(agent, bidder, tools)
    try:
        async with _booked(bidder, ledger), span(agent.rpartition("/")[2], type="agent"):
            state = await runner(state)
    finally:
        ledger.book.messages |= {message.id for message in state.messages if message.id is not None} - earlier_ids
    return state


def _asking(strategy: str) -> ChatMessageUser:
    return ChatMessageUser(content=prompt("execute").fill(strategy=strategy))


@asynccontextmanager
async def _booked(bidder: Bidder, ledger: SampleLedger) -> AsyncIterator[None]:
    """A span whose model calls are booked, except those that an auction inside it books itself."""
    ledger.agent = bidder.name
    start, span_id = transcript_length(), ""
    try:
        async with span(f"execute: {bidder.name}", type="execute"):
            span_id = ledger.book.open_span()
            yield
    finally:
        ledger.add_events("execute", bidder, ledger.book.events_of(span_id, transcript_since(start)))
        ledger.save()
