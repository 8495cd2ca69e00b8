"""What of a task is no text (pictures, audio, video, documents), and which agents are given it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from inspect_ai.model import ChatMessage, ChatMessageUser, Content, ContentText

from sale_inspect._inspect.view._task_text import media_parts, part_kind, part_words

__all__ = ["Media", "media_of"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Media:
    """The parts of a task that are no text, in their order. Its text has a mark such as `[1 picture]` for them."""

    parts: tuple[Content, ...] = ()

    def __str__(self) -> str:
        """How many there are of each kind, for instance `2 pictures, 1 audio`; empty without any."""
        return part_words(self.parts)

    def for_inputs(self, inputs: Collection[str]) -> Media:
        """The parts that an agent takes.

        Args:
            inputs: What its pool entry says that it takes beside text.
        """
        return Media(parts=tuple(part for part in self.parts if part_kind(part) in inputs))

    def message(self, text: str, inputs: Collection[str]) -> ChatMessageUser:
        """A request to an agent: its text, then the parts that the agent takes.

        The text stands first, so that prompts of one task begin alike and caches of prefixes work.

        Args:
            text: The request.
            inputs: What the agent takes beside text.
        """
        taken = self.for_inputs(inputs)
        if not taken.parts:
            return ChatMessageUser(content=text)
        attached = ContentText(text=f"{text}\n\nAttached, in the order of the task: {taken}.")
        return ChatMessageUser(content=[attached, *taken.parts])

    def note(self, inputs: Mapping[str, Collection[str]]) -> tuple[str, ...]:
        """What the record says of who saw them: nothing, or one sentence.

        Args:
            inputs: What each agent takes beside text, by its name.
        """
        if not self.parts:
            return ()
        seen = {name: str(self.for_inputs(takes)) for name, takes in inputs.items()}
        if not any(seen.values()):
            return (f"Bidders and judges were told of {self} in the task, and did not see it.",)
        if set(seen.values()) == {str(self)}:
            return (f"Bidders and judges saw {self} of the task.",)
        each = "; ".join(f"{name} saw {words or 'none of it'}" for name, words in seen.items())
        return (f"The task has {self}. As bidders and judges {each}.",)


def media_of(messages: Sequence[ChatMessage]) -> Media:
    """The parts of a conversation that are no text."""
    return Media(parts=tuple(media_parts(messages)))
