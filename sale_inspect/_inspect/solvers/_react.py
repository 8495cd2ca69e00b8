"""Inspect's `react` as the executor, with an end for models that never come to one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspect_ai.agent import Agent, AgentState, AgentSubmit, react
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage, ChatMessageAssistant, ChatMessageTool, ChatMessageUser
from inspect_ai.tool import Tool, ToolDef, ToolSource

from sale_inspect._errors import OptionError
from sale_inspect._inspect.store import Bidder
from sale_inspect._inspect.view import Tools

__all__ = ["MAX_LOST_TURNS", "react_agent"]

MAX_LOST_TURNS = 20
"""Turns in a row whose tool calls all cannot be made (an unknown tool, arguments that cannot be read); then it ends."""

_SUBMIT_NAMES = ("submit", "submit_answer", "submit_final_answer")
_SET_BY_US = ("model", "tools", "submit", "on_continue", "prompt")


def react_agent(bidder: Bidder, tools: Tools, arguments: Mapping[str, Any] | None) -> Agent:
    """Inspect's `react` with the bidder's model and the task's tools.

    Args:
        bidder: Whose model it uses. One without tool calls answers in plain text.
        tools: The task's tools. If one of them is called `submit`, the answer is handed in under another name.
        arguments: Further arguments of `react`.

    Raises:
        OptionError: If an argument is ours, or `react` does not take it.
    """
    further = dict(arguments or {})
    ours = [name for name in further if name in _SET_BY_US]
    if ours:
        raise OptionError(f"agent_args: {ours[0]!r} of react is set by the auction and cannot be given.")
    further.setdefault("truncation", "auto")
    try:
        if not bidder.agent.tool_calls:
            return react(model=bidder.model, prompt=None, submit=False, **further)
        name = _submit_name(tools)
        return react(
            model=bidder.model,
            tools=tools,
            submit=AgentSubmit(name=name, answer_only=True),
            on_continue=_Continue(name),
            **further,
        )
    except TypeError as error:
        raise OptionError(f"agent_args: {error}.") from error


def _submit_name(tools: Tools) -> str:
    taken = {_name(tool) for tool in tools if not isinstance(tool, ToolSource)}
    return next(name for name in _SUBMIT_NAMES if name not in taken)


def _name(tool: Tool | ToolDef) -> str:
    return tool.name if isinstance(tool, ToolDef) else ToolDef(tool).name


class _Continue:
    """Whether the agent goes on after a turn, and what it is told."""

    def __init__(self, submit: str) -> None:
        self.reminder = f"If you have the answer, call {submit}() with it now. Otherwise go on with a tool."

    async def __call__(self, state: AgentState) -> bool | str:
        """A second text-only turn in a row ends the task, so a chatty model ends; both turns are the answer."""
        if state.output.message.tool_calls:
            if _lost_turns(state.messages) < MAX_LOST_TURNS:
                return True
            transcript().info(
                f"The execution ended: {MAX_LOST_TURNS} turns in a row called tools that do not exist, or with "
                "arguments that cannot be read.",
                source="sale",
            )
            return False
        match state.messages[-3:]:
            case [ChatMessageAssistant() as before, ChatMessageUser() as reminder, ChatMessageAssistant() as last] if (
                reminder.text == self.reminder
            ):
                state.output.completion = f"{before.text}\n\n{last.text}".strip()
                return False
        return self.reminder


def _lost_turns(messages: list[ChatMessage]) -> int:
    """Turns at the end of a conversation in which no tool call could be made."""
    lost = 0
    for message in reversed(messages):
        if isinstance(message, ChatMessageTool):
            if message.error is None or message.error.type != "parsing":
                return lost
        elif isinstance(message, ChatMessageAssistant) and message.tool_calls:
            lost += 1
        else:
            return lost
    return lost
