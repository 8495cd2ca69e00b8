"""The winner carries out its own strategy, as an Inspect agent."""

from __future__ import annotations

from inspect_ai.agent import Agent, AgentState, AgentSubmit, as_solver, react
from inspect_ai.model import ChatMessageAssistant, ChatMessageUser
from inspect_ai.solver import Generate, TaskState
from inspect_ai.tool import Tool
from inspect_ai.util import registry_create, span

from sale_inspect._errors import MissingRequirementError
from sale_inspect._inspect._bidders import Bidder
from sale_inspect._inspect._ledger import SampleLedger, transcript_length, transcript_since
from sale_inspect._inspect._task_text import answer_choice, task_text
from sale_inspect.auction import prompt

__all__ = ["DEFAULT_AGENT", "execute", "make_agent"]

DEFAULT_AGENT = "react"

_REMINDER = "If you have the answer, call {submit}() with it now. Otherwise go on with a tool."


def make_agent(name: str, bidder: Bidder, tools: list[Tool]) -> Agent:
    """The agent that executes, with the bidder's model.

    Args:
        name: `react`, or the name of any registered agent that takes `model` (and maybe `tools`).
        bidder: Whose model it uses.
        tools: The task's tools.

    Raises:
        MissingRequirementError: If no agent of that name is registered or it takes no `model`.
    """
    if name == DEFAULT_AGENT:
        return _react(bidder, tools)
    for arguments in ({"model": bidder.model, "tools": tools}, {"model": bidder.model}):
        try:
            return registry_create("agent", name, **arguments)
        except LookupError as error:
            raise MissingRequirementError(
                f"No agent {name!r} is registered. Install the package that has it and use its full name, "
                "for instance -S agent=package/agent."
            ) from error
        except TypeError:
            continue
    raise MissingRequirementError(
        f"Agent {name!r} does not take a `model`, so the winner's model cannot be handed to it. "
        "Wrap it in an @agent with a `model` parameter."
    )


def _react(bidder: Bidder, tools: list[Tool]) -> Agent:
    if not bidder.agent.tool_calls:
        return react(model=bidder.model, prompt=None, submit=False, truncation="auto")
    return react(
        model=bidder.model,
        tools=tools,
        submit=AgentSubmit(answer_only=True),
        on_continue=_remind_once,
        truncation="auto",
    )


async def _remind_once(state: AgentState) -> bool | str:
    """A second text-only turn in a row ends the task, so a chatty model ends; both turns are the answer."""
    if state.output.message.tool_calls:
        return True
    said = [m for m in state.messages if isinstance(m, ChatMessageAssistant)]
    if len(said) >= 2 and not said[-2].tool_calls:
        state.output.completion = f"{said[-2].text}\n\n{said[-1].text}".strip()
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
        state.messages.append(ChatMessageUser(content=prompt("execute").fill(strategy=strategy)))
    ledger.agent = bidder.name
    runner = as_solver(make_agent(agent, bidder, state.tools))
    start = transcript_length()
    try:
        async with span(f"execute: {bidder.name}", type="execute"):
            state = await runner(state, generate)
    finally:
        ledger.add_events("execute", bidder, transcript_since(start))
        ledger.save()
    answer_choice(state)
    return state
