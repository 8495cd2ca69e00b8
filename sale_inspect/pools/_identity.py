"""What an agent is, by content and not by name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sale_inspect.pools._pool import Agent

__all__ = ["OPERATIONAL", "agent_identity"]

OPERATIONAL = frozenset(
    {
        *("max_retries", "timeout", "attempt_timeout", "max_connections", "adaptive_connections", "cache", "batch"),
        *("log_dir", "cache_prompt", "max_tool_output"),
        # What Inspect's mock model is told to answer.
        "custom_outputs",
    }
)
"""Settings of a model's calls, by Inspect's names, that do not change what it answers."""

_NOT_CONTENT = {"name", "price", "base_url", "config"}
_DIGITS = 16


def agent_identity(agent: Agent, config: Mapping[str, Any] | None = None) -> str:
    """A digest of an agent's model and of all in its pool entry that may change what it writes (ours).

    Two agents of one identity are the same agent, whatever their pools call them. Name, price and address are no part
    of it, nor are settings that only say how calls are made (`OPERATIONAL`): a server may move and a price may fall.

    Args:
        agent: The agent.
        config: Its generation config, where the pool entry does not have it (a model that was given by role).

    Returns:
        16 hexadecimal digits.
    """
    settings = agent.config if config is None else config
    content = agent.model_dump(mode="json", exclude=_NOT_CONTENT, exclude_defaults=True)
    content["model"] = agent.model
    content["config"] = {name: value for name, value in settings.items() if name not in OPERATIONAL}
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
