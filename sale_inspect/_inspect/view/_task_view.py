"""The little that an auction needs of a task, from a solver's state or from an agent's conversation."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from inspect_ai.agent import AgentState
from inspect_ai.dataset import Sample
from inspect_ai.event import SampleInitEvent
from inspect_ai.log import transcript
from inspect_ai.model import ChatMessage
from inspect_ai.solver import TaskState
from inspect_ai.tool import Tool, ToolDef, ToolInfo, ToolSource, mcp_connection

from sale_inspect._errors import AuctionError
from sale_inspect._inspect.store import SamplePlace, current_sample, sample_book
from sale_inspect._inspect.view._media import Media, media_of
from sale_inspect._inspect.view._task_text import (
    conversation_text,
    environment_text,
    sample_text,
    task_text,
    unseen_parts,
    with_choices,
)
from sale_inspect.auction import Prompts

__all__ = [
    "TaskView",
    "Tools",
    "plain_tools",
    "tools_in_use",
    "view_of_call",
    "view_of_conversation",
    "view_of_state",
]

_FIRST_EVENTS = 50

Tools = Sequence[Tool | ToolDef | ToolSource]


@dataclass(frozen=True, kw_only=True, slots=True)
class TaskView:
    """A task as an auction sees it.

    Attributes:
        text: Its text, with lettered choices if it has any.
        tools: One line for each tool that the winner may use.
        epoch: From 1.
        uuid: Inspect's id of the sample's run; empty outside an evaluation.
        media: What of the task is no text: for the agents that take it; the others are told of it.
        first: No other auction of this sample began before. Only the first one has a place in the run's memory.
        sample: The text as a log has it, which calibrated fits and routers read.
        domain: The sample's domain; empty if none is stated, or to an agent.
        bin: The sample's complexity bin, likewise. Nothing decides by it.
    """

    text: str
    tools: str
    epoch: int
    uuid: str
    first: bool
    sample: str = ""
    domain: str = ""
    bin: str = ""
    media: Media = field(default_factory=Media)

    def environment(self, has_tools: bool = True) -> str:
        """The tools, as an agent is told that can call tools, or cannot."""
        return self.tools if has_tools else environment_text([])

    def prefix(self, prompts: Prompts, has_tools: bool = True) -> str:
        """The start of every prompt of an auction; the same text first, so that prefix caches hit.

        Args:
            prompts: The prompts.
            has_tools: Who is asked can call tools.
        """
        return prompts["task"].fill(task=self.text, environment=self.environment(has_tools))


def view_of_state(state: TaskState, *, first: bool = True, several_right: bool = False) -> TaskView:
    """The task of a solver's state, with its tools.

    Raises:
        AuctionError: If the task has no text, so that bidders would plan for nothing.
    """
    if not any(message.text.strip() for message in state.messages) and not state.choices:
        unseen = unseen_parts(state.messages)
        raise AuctionError(
            f"Sample {state.sample_id}: the task has no text{f', only {unseen}' if unseen else ''}, so there is "
            "nothing to plan for. Nothing was spent. Use the solver sale_inspect/single for such tasks."
        )
    return TaskView(
        text=task_text(state, several_right=several_right),
        tools=environment_text(state.tools),
        epoch=state.epoch,
        uuid=state.uuid,
        first=first,
        sample=sample_text(state.input, [choice.value for choice in state.choices]),
        domain=str(state.metadata.get("domain", "")),
        bin=str(state.metadata.get("bin", "")),
        media=media_of(state.messages),
    )


async def view_of_conversation(state: AgentState, tools: Tools, *, first: bool) -> TaskView:
    """The task of an agent's conversation: all that the system and the user say in it (ours).

    Messages that an earlier execution of this package added are no part of it. If the conversation holds
    the sample's own question and the sample has choices, they are added, also to the conversation.

    Raises:
        AuctionError: If nobody says anything, or if the sample's choices need marks.
    """
    added = sample_book().messages
    text = conversation_text(state.messages, without=added)
    spoken = [each for each in state.messages if each.role in ("system", "user") and each.id not in added]
    if not any(message.text.strip() for message in spoken):
        raise AuctionError("sale_agent: the conversation has no text of a user, so there is no task to bid for.")
    place = current_sample()
    if place.choices and _holds_the_question(state.messages):
        text = _ask_with_choices(state, text, place)
    return TaskView(
        text=text,
        tools=environment_text(await plain_tools(tools)),
        epoch=place.epoch,
        uuid=place.uuid,
        first=first,
        sample=text,
        media=media_of(state.messages),
    )


def view_of_call(
    messages: Sequence[ChatMessage], tools: Sequence[ToolInfo], sample: Sample, *, first: bool
) -> TaskView:
    """The task of a model's first call in a sample: all that the system and the user say in it (ours).

    Args:
        messages: The conversation of the call.
        tools: The tools of the call.
        sample: The sample in which it is made.
        first: No other auction of this sample began before.

    Raises:
        AuctionError: If nobody says anything.
    """
    text = conversation_text(messages)
    if not text.strip():
        raise AuctionError("The call has no text of a user, so there is no task to bid for. Nothing was spent.")
    place, about = current_sample(), sample.metadata or {}
    return TaskView(
        text=text,
        tools=environment_text(tools),
        epoch=place.epoch,
        uuid=place.uuid,
        first=first,
        sample=sample_text(sample.input, sample.choices),
        domain=str(about.get("domain", "")),
        bin=str(about.get("bin", "")),
        media=media_of(messages),
    )


@asynccontextmanager
async def tools_in_use(state: TaskState, tools: Tools) -> AsyncIterator[None]:
    """Add tools to a task. Those behind an MCP server share one session until the task is done."""
    async with mcp_connection(tools):
        state.tools = [*state.tools, *await plain_tools(tools)]
        yield


async def plain_tools(tools: Tools) -> list[Tool]:
    """The tools, with those behind sources."""
    found: list[Tool] = []
    async with mcp_connection(tools):
        for each in tools:
            if isinstance(each, ToolDef):
                found.append(each.as_tool())
            elif isinstance(each, ToolSource):
                found += await each.tools()
            else:
                found.append(each)
    return found


def _ask_with_choices(state: AgentState, text: str, place: SamplePlace) -> str:
    if place.marks_choices:
        raise AuctionError(
            "sale_agent: Inspect's scorer `choice` reads marks on the sample's choices, and an agent cannot set "
            "them. Use the solver sale_inspect/sale for this task."
        )
    if with_choices("", place.choices).strip() in text:
        return text
    text = with_choices(text, place.choices)
    last = max(i for i, message in enumerate(state.messages) if message.role == "user")
    # A copy, because after a handoff the messages are the supervisor's too.
    state.messages[last] = state.messages[last].model_copy()
    state.messages[last].text = text
    return text


def _holds_the_question(messages: Sequence[ChatMessage]) -> bool:
    """Whether a message is the sample's own, and not what somebody made of it."""
    began = transcript().history.events_from(0, _FIRST_EVENTS)
    start = next((event for event in began if isinstance(event, SampleInitEvent)), None)
    first = start.state.get("messages") if start is not None and isinstance(start.state, dict) else None
    given = first if isinstance(first, list) else []
    asked = {each.get("id") for each in given if isinstance(each, dict) and each.get("role") == "user"}
    return any(message.id in asked for message in messages if message.id is not None)
