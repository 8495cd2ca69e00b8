"""What a bidder may know of a task: its text and its environment, never its target."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from inspect_ai.model import ChatMessage, ChatMessageUser, Content, ContentReasoning, ContentText
from inspect_ai.solver import TaskState
from inspect_ai.tool import Tool, ToolDef, ToolInfo

from sale_inspect._inspect.view._choices import labelled_choices, parse_choices

__all__ = [
    "answer_choice",
    "ask_with_choices",
    "conversation_text",
    "environment_text",
    "media_parts",
    "part_kind",
    "part_words",
    "sample_text",
    "task_text",
    "unseen_parts",
    "with_choices",
]

_ROLES = {"system": "System", "user": "User", "assistant": "Assistant", "tool": "Tool"}
_PART_NAMES = {"image": "picture", "audio": "audio", "video": "video", "document": "document", "data": "data"}


def task_text(state: TaskState, *, several_right: bool = False) -> str:
    """The text of the task for bidders and judges: every turn, what they cannot see, and the choices with their labels.

    Args:
        state: The task.
        several_right: Say that several choices may be right.
    """
    text = turns_text(state.messages, media=True)
    choices = [choice.value for choice in state.choices]
    return with_choices(text, choices, several_right=several_right) if choices else text


def sample_text(input: str | Sequence[ChatMessage], choices: Sequence[str] | None) -> str:
    """The text of a sample as a dataset or a log gives it, before any solver changed it; what routers read.

    Args:
        input: The sample's input.
        choices: Its choices, if it has any.
    """
    text = input if isinstance(input, str) else turns_text(input, media=False)
    return with_choices(text, choices) if choices else text


def turns_text(messages: Sequence[ChatMessage], *, media: bool) -> str:
    """All turns of a conversation. Who speaks is said where it is not one user alone, after the system.

    Args:
        messages: The conversation.
        media: Say what parts of it are no text.
    """
    parted = [(message, _shown(message, media)) for message in messages]
    roles = [message.role for message in messages if message.role != "system"]
    if roles in ([], ["user"]):
        return "\n\n".join(text for _, text in parted)
    return "\n\n".join(f"{_ROLES[message.role]}: {text}" for message, text in parted)


def conversation_text(messages: Sequence[ChatMessage], *, without: Collection[str] = ()) -> str:
    """All that the system and the user say.

    Args:
        messages: The conversation.
        without: Ids of messages to leave out.
    """
    spoken = [message for message in messages if message.role in ("system", "user") and message.id not in without]
    return "\n\n".join(_shown(message, True) for message in spoken)


def unseen_parts(messages: Sequence[ChatMessage]) -> str:
    """Which parts of a conversation are no text, for instance `2 pictures, 1 audio`; empty if none."""
    return part_words(media_parts(messages))


def media_parts(messages: Sequence[ChatMessage]) -> list[Content]:
    """The parts of a conversation that are no text, in their order."""
    return [
        part
        for message in messages
        if not isinstance(message.content, str)
        for part in message.content
        if not isinstance(part, ContentText | ContentReasoning)
    ]


def part_words(parts: Iterable[Content]) -> str:
    """How many there are of each kind, for instance `2 pictures, 1 audio`; empty without any."""
    kinds = Counter(part_kind(part) for part in parts)
    plural = {"picture", "video", "document"}
    return ", ".join(f"{n} {kind}{'s' if n > 1 and kind in plural else ''}" for kind, n in kinds.items())


def part_kind(part: Content) -> str:
    """What a part is, as pool entries name it (`inputs`)."""
    return _PART_NAMES.get(part.type, part.type)


def with_choices(text: str, choices: Sequence[str], *, several_right: bool = False) -> str:
    """The text with labelled choices and the form of the answer."""
    return f"{text}\n\n{labelled_choices(list(choices), several_right=several_right)}"


def ask_with_choices(state: TaskState, *, several_right: bool) -> None:
    """Add the choices to the conversation's last user message; the turns before it stay as they are."""
    choices = [choice.value for choice in state.choices]
    if not choices:
        return
    last = next((message for message in reversed(state.messages) if isinstance(message, ChatMessageUser)), None)
    if last is None:
        state.messages.append(ChatMessageUser(content=labelled_choices(choices, several_right=several_right)))
    else:
        last.text = with_choices(last.text, choices, several_right=several_right)


def environment_text(tools: Sequence[Tool | ToolInfo]) -> str:
    """The tools of the task, one line each."""
    if not tools:
        return "No tools: the answer is written directly."
    lines = []
    for tool in tools:
        definition = tool if isinstance(tool, ToolInfo) else ToolDef(tool)
        summary = " ".join(definition.description.split())
        parameters = ", ".join(definition.parameters.properties)
        lines.append(f"- {definition.name}({parameters}): {summary}")
    return "Tools:\n" + "\n".join(lines)


def answer_choice(state: TaskState) -> None:
    """Mark the chosen choices on the sample, as Inspect's `choice()` scorer expects."""
    if len(state.choices) == 0:
        return
    chosen = parse_choices(state.output.completion, len(state.choices))
    for place in range(len(state.choices)):
        state.choices.mark_choice(place, place in chosen)


def _shown(message: ChatMessage, media: bool) -> str:
    unseen = unseen_parts([message]) if media else ""
    return "\n".join(part for part in (message.text, f"[{unseen}]" if unseen else "") if part)
