"""What an execution changes of a sample, kept and put back, so that each execution begins like the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from inspect_ai.agent import AgentState
from inspect_ai.model import ChatMessage, ModelOutput
from inspect_ai.solver import TaskState
from inspect_ai.util import store

from sale_inspect._inspect.store import is_own_key

__all__ = ["Kept", "keep_agent", "keep_task", "take_over"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Kept:
    """A sample's conversation at one time.

    Attributes:
        answer: Its answer so far.
        put_back: Makes the conversation what it was.
    """

    answer: str
    put_back: Callable[[], None]


def keep_task(state: TaskState) -> Kept:
    """Keep a solver's state: conversation, output, choices, tools, metadata, and what others put into its store."""
    messages, output = _copies(state.messages), state.output.model_copy(deep=True)
    choices, metadata, tools = deepcopy(state.choices), deepcopy(state.metadata), list(state.tools)
    completed, tool_choice, limit = state.completed, state.tool_choice, state.message_limit
    stored = _stored()

    def put_back() -> None:
        # The limit first: Inspect compares it with the messages that are there.
        state.messages = _copies(messages)
        state.message_limit = limit
        state.output = output.model_copy(deep=True)
        state.choices, state.metadata, state.tools = deepcopy(choices), deepcopy(metadata), list(tools)
        state.completed, state.tool_choice = completed, tool_choice
        _store_again(stored)

    return Kept(answer=state.output.completion, put_back=put_back)


def keep_agent(state: AgentState) -> Kept:
    """Keep an agent's conversation and output, and what others put into the sample's store."""
    messages, stored = _copies(state.messages), _stored()
    # An output that was never set is made from the messages when it is asked for.
    output: ModelOutput = state.output.model_copy(deep=True)

    def put_back() -> None:
        state.messages = _copies(messages)
        state.output = output.model_copy(deep=True)
        _store_again(stored)

    return Kept(answer=state.output.completion, put_back=put_back)


def take_over(other: TaskState, state: TaskState) -> None:
    """Put what another state says into a state, unless they are one."""
    if other is not state:
        state.messages, state.output, state.completed = other.messages, other.output, other.completed
        state.choices, state.metadata, state.tools = other.choices, other.metadata, list(other.tools)


def _copies(messages: list[ChatMessage]) -> list[ChatMessage]:
    return [message.model_copy(deep=True) for message in messages]


def _stored() -> Mapping[str, Any]:
    """The store without the ledger and the records, which go on."""
    return {key: deepcopy(value) for key, value in store().items() if not is_own_key(key)}


def _store_again(kept: Mapping[str, Any]) -> None:
    where = store()
    for key in [key for key, _ in where.items() if not is_own_key(key) and key not in kept]:
        where.delete(key)
    for key, value in kept.items():
        where.set(key, deepcopy(value))
