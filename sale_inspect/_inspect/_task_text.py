"""What a bidder may know of a task: its text and its environment, never its target."""

from __future__ import annotations

from inspect_ai.solver import TaskState
from inspect_ai.tool import ToolDef

from sale_inspect.auction import prompt
from sale_inspect.bench import parse_letter

__all__ = ["answer_choice", "environment_text", "shared_prefix", "task_text"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def task_text(state: TaskState) -> str:
    """The user's text of the task, with lettered choices if the sample has any."""
    text = "\n\n".join(message.text for message in state.messages if message.role in ("system", "user"))
    if len(state.choices) == 0:
        return text
    choices = "\n".join(f"{_LETTERS[i]}) {choice.value}" for i, choice in enumerate(state.choices))
    return f"{text}\n\n{choices}\n\nEnd your answer with a line of the form: ANSWER: <letter>"


def environment_text(state: TaskState, has_tools: bool = True) -> str:
    """The tools of the task, one line each."""
    if not state.tools or not has_tools:
        return "No tools: the answer is written directly."
    lines = []
    for tool in state.tools:
        definition = ToolDef(tool)
        summary = " ".join(definition.description.split())
        parameters = ", ".join(definition.parameters.properties)
        lines.append(f"- {definition.name}({parameters}): {summary}")
    return "Tools:\n" + "\n".join(lines)


def shared_prefix(state: TaskState) -> str:
    """The start of every prompt of an auction; the same text first, so that prefix caches hit."""
    return prompt("task").fill(task=task_text(state), environment=environment_text(state))


def answer_choice(state: TaskState) -> None:
    """Mark the chosen letter on the sample's choices, as Inspect's `choice()` scorer expects."""
    if len(state.choices) == 0:
        return
    letter = parse_letter(state.output.completion, len(state.choices))
    for index in range(len(state.choices)):
        state.choices.mark_choice(index, letter == _LETTERS[index])
