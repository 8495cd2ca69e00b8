"""Two agents that do as a test says, and what they were asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    Model,
    ModelCost,
    ModelInfo,
    ModelOutput,
    ModelUsage,
    get_model,
    set_model_info,
)
from inspect_ai.tool import ToolInfo

__all__ = ["Asked", "Script", "replies", "scripted"]

NAMES = ("cheap", "dear")
_PLAN = "1. Read the question twice. 2. Work it out step by step. 3. Check it, then answer in the form that was asked."

Turn = Callable[[list[ChatMessage], list[ToolInfo]], tuple[str, dict[str, Any]] | str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """One call: for what, and what was sent."""

    agent: str
    phase: str
    messages: list[ChatMessage]
    tools: list[str]
    config: GenerateConfig

    @property
    def text(self) -> str:
        """All of the conversation's text."""
        return "\n".join(message.text for message in self.messages)


@dataclass(kw_only=True)
class Script:
    """The agents of a run, and their calls.

    Attributes:
        models: For the model role `agents`.
        asked: Every call, in order.
        rating: What a judge replies.
    """

    models: list[Model] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    rating: str = "Rating: 4"

    def of(self, phase: str) -> list[Asked]:
        """The calls of a phase: `bid`, `jury` or `execute`."""
        return [each for each in self.asked if each.phase == phase]


def scripted(turn: Turn, *, names: tuple[str, ...] = NAMES, config: Mapping[str, Any] | None = None) -> Script:
    """Agents that plan, rate each plan 4, and execute by `turn`.

    Args:
        turn: From the conversation and the tools to a text, or to the name and the arguments of a tool call.
        names: Names of the models; the n-th costs n dollars per million tokens.
        config: Generation config of the models.
    """
    script = Script()
    for number, name in enumerate(names, 1):
        cost = ModelCost(input=number, output=number, input_cache_read=0, input_cache_write=0)
        set_model_info(f"mockllm/{name}", ModelInfo(cost=cost))
        model = get_model(
            f"mockllm/{name}",
            config=GenerateConfig(**(config or {})),
            custom_outputs=replies(name, turn, script),
        )
        script.models.append(model)
    return script


def replies(name: str, turn: Turn, script: Script) -> Callable[..., ModelOutput]:
    """What an agent of a script replies to each call, which is added to the script's."""

    def reply(
        messages: list[ChatMessage], tools: list[ToolInfo], choice: object, config: GenerateConfig
    ) -> ModelOutput:
        text = messages[-1].text
        phase = (
            "bid"
            if "# Your bid" in text
            else "jury"
            if "# Your rating" in text or "not a rating" in text
            else "execute"
        )
        known = [tool.name for tool in tools]
        script.asked.append(
            Asked(agent=name, phase=phase, messages=list(messages), tools=known, config=config.model_copy())
        )
        made = _PLAN if phase == "bid" else script.rating if phase == "jury" else turn(messages, tools)
        if isinstance(made, str):
            output = ModelOutput.from_content(f"mockllm/{name}", made)
        else:
            output = ModelOutput.for_tool_call(f"mockllm/{name}", made[0], made[1])
        output.usage = ModelUsage(input_tokens=100, output_tokens=10, total_tokens=110)
        return output

    return reply
