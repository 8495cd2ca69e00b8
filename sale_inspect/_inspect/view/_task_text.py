"""What a bidder may know of a task: its text and its environment, never its target."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from inspect_ai.model import ChatMessage
from inspect_ai.solver import TaskState
from inspect_ai.tool import Tool, ToolDef

from sale_inspect.bench import parse_letter

__all__ = ["answer_choice", "conversation_text", "environment_text", "sample_text", "task_text", "with_choices"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def task_text(state: TaskState) -> str:
    """The user's text of the task, with lettered choices if the sample has any."""
    text = conversation_text(state.messages)
    return with_choices(text, [choice.value for choice in state.choices]) if len(state.choices) else text


def sample_text(input: str | Sequence[ChatMessage], choices: Sequence[str] | None) -> str:
    """The text of a sample as a dataset or a log gives it, before any solver changed it; what routers read.

    Args:
        input: The sample's input.
        choices: Its choices, if it has any.
    """
    text = input if isinstance(input, str) else conversation_text(input)
    return with_choices(text, choices) if choices else text


def conversation_text(messages: Sequence[ChatMessage], *, without: Collection[str] = ()) -> str:
    """All that the system and the user say.

    Args:
        messages: The conversation.
        without: Ids of messages to leave out.
    """
    said = [message for message in messages if message.role in ("system", "user") and message.id not in without]
    return "\n\n".join(message.text for message in said)


def with_choices(text: str, choices: Sequence[str]) -> str:
    """The text with lettered choices and the form of the answer."""
    lines = "\n".join(f"{_LETTERS[i]}) {choice}" for i, choice in enumerate(choices))
    return f"{text}\n\n{lines}\n\nEnd your answer with a line of the form: ANSWER: <letter>"


def environment_text(tools: Sequence[Tool]) -> str:
    """The tools of the task, one line each."""
    if not tools:
        return "No tools: the answer is written directly."
    lines = []
    for tool in tools:
        definition = ToolDef(tool)
        summary = " ".join(definition.description.split())
        parameters = ", ".join(definition.parameters.properties)
        lines.append(f"- {definition.name}({parameters}): {summary}")
    return "Tools:\n" + "\n".join(lines)


def answer_choice(state: TaskState) -> None:
    """Mark the chosen letter on the sample's choices, as Inspect's `choice()` scorer expects."""
    if len(state.choices) == 0:
        return
    letter = parse_letter(state.output.completion, len(state.choices))
    for index in range(len(state.choices)):
        state.choices.mark_choice(index, letter == _LETTERS[index])
