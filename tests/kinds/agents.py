"""Two agents that do as a test says, and what they were asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from inspect_ai.model import (
    ChatMessage,
    GenerateConfig,
    Model,
    ModelAPI,
    ModelCost,
    ModelInfo,
    ModelOutput,
    ModelUsage,
    get_model,
    modelapi,
    set_model_info,
)
from inspect_ai.tool import ToolChoice, ToolInfo

__all__ = ["Asked", "Script", "play", "pool_file", "scripted"]

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
            custom_outputs=_replies(name, turn, script),
        )
        script.models.append(model)
    return script


def _replies(name: str, turn: Turn, script: Script) -> Callable[..., ModelOutput]:
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


_playing: dict[str, tuple[Turn, Script]] = {}


def play(turn: Turn, script: Script | None = None) -> Script:
    """What the agents of `pool_file` do from now on, and the script that has what they are asked."""
    script = script or Script()
    _playing["now"] = turn, script
    return script


def pool_file(folder: Path, **inputs: list[str]) -> str:
    """A pool file of agents that do as the test says; the n-th pays n dollars per million tokens.

    Args:
        folder: Where it is written.
        inputs: What each agent takes beside text, by its name.
    """
    path = folder / "pool.yaml"
    agents = []
    for cost, (name, takes) in enumerate(inputs.items(), 1):
        price = {"input": cost, "output": cost, "cache_read": 0, "cache_write": 0, "as_of": "2026-11-01"}
        agents.append(
            {"name": name, "model": f"scripted/{name}", "price": {**price, "source": "a test"}, "inputs": takes}
        )
    path.write_text(yaml.safe_dump({"name": "mixed", "agents": agents}), "utf-8")
    return str(path)


class _Playing(ModelAPI):
    async def generate(
        self, input: list[ChatMessage], tools: list[ToolInfo], tool_choice: ToolChoice, config: GenerateConfig
    ) -> ModelOutput:
        turn, script = _playing["now"]
        return _replies(self.model_name, turn, script)(input, tools, tool_choice, config)


@modelapi(name="scripted")
def scripted_models() -> type[ModelAPI]:
    """The provider of the models of `pool_file`."""
    return _Playing
