"""What a model that thinks is asked for while it bids and rates: no thought, or one with a budget beside the cap."""

from __future__ import annotations

from typing import Any

from inspect_ai.model import GenerateConfig

from sale_inspect._errors import PoolError
from sale_inspect.pools import Agent

__all__ = ["check_thinking", "short_call"]

# How each of Inspect's providers switches thoughts off. A server behind the first ones reads Qwen's chat template
# argument; the others translate Inspect's own field.
_BY_TEMPLATE = ("openai-api", "sglang", "vllm")
_BY_EFFORT = ("anthropic", "deepseek", "google", "mistral", "openai", "openrouter")
# Providers that take the size of a thought; for the others only `max_tokens` bounds it.
_BY_TOKENS = ("anthropic", "google", "openrouter")


def _provider(agent: Agent) -> str:
    return agent.model.split("/", 1)[0]


def check_thinking(agent: Agent, where: str) -> None:
    """Refuse what this agent's provider cannot do, before anything is paid.

    Raises:
        PoolError: If thoughts cannot be switched off, or the config asks for a thought that the pool forbids.
    """
    if agent.thinking is None:
        return
    asked = [field for field in ("reasoning_tokens", "reasoning_effort") if agent.config.get(field)]
    if agent.thinking == "off" and "reasoning_tokens" in asked and _provider(agent) in _BY_TOKENS:
        raise PoolError(
            f"Pool {where}: agent {agent.name!r}: `thinking: off` and `config.reasoning_tokens` contradict each other "
            "for bids and ratings. Write `thinking: budget:N`, or leave out `config.reasoning_tokens`."
        )
    if agent.thinking == "off" and _provider(agent) not in (*_BY_TEMPLATE, *_BY_EFFORT):
        raise PoolError(
            f"Pool {where}: agent {agent.name!r}: thoughts of provider {_provider(agent)!r} cannot be switched off "
            "from here. Write `thinking: budget:2000` (tokens of thought beside a plan or a rating), or switch them "
            "off in `config` or `model_args` and leave out `thinking`."
        )


def short_call(agent: Agent, config: GenerateConfig, tokens: int) -> GenerateConfig:
    """What a bid or a rating adds to the agent's own config.

    Args:
        agent: The agent.
        config: Its model's config.
        tokens: Cap of the answer, tokens; a thought comes on top.
    """
    thought = agent.thought_tokens or config.reasoning_tokens or 0
    fields: dict[str, Any] = {"max_tokens": tokens + (0 if agent.thinking == "off" else thought)}
    if agent.thinking == "off":
        if _provider(agent) in _BY_TEMPLATE:
            body = dict(config.extra_body or {})
            template = {**body.get("chat_template_kwargs", {}), "enable_thinking": False}
            fields["extra_body"] = {**body, "chat_template_kwargs": template}
        else:
            fields["reasoning_effort"] = "none"
    elif agent.thinking is not None and _provider(agent) in _BY_TOKENS:
        fields["reasoning_tokens"] = thought
    return GenerateConfig(**fields)
