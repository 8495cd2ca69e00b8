"""What an upstream gives back, and how it fails: the interface of everything that a request can be passed to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from sale_inspect.money import TokenUsage, usage_fault, with_hidden_reasoning
from sale_inspect.pools import Agent
from sale_inspect.texts import visible, without_secrets

__all__ = ["Upstream", "UpstreamAnswer", "UpstreamDown", "usage_of", "words"]

_LONGEST = 200


class UpstreamDown(Exception):
    """An agent that gave no answer, so that another one may.

    Args:
        reason: Why, for the client: short, without a secret.
        billed: Whether its provider may have billed the call.
    """

    def __init__(self, reason: str, *, billed: bool) -> None:
        super().__init__(reason)
        self.reason, self.billed = words(reason), billed


def words(text: object) -> str:
    """What another program said, fit for a header: one short line of visible letters, without secrets."""
    line = " ".join(visible(without_secrets(str(text))).split())
    return line[:_LONGEST]


@dataclass(kw_only=True, slots=True)
class UpstreamAnswer:
    """An answer, whole or as a stream.

    Attributes:
        status: HTTP status.
        body: All of it; None if it is a stream.
        events: Its events as bytes; None if it is whole.
        usage: Tokens; of a stream, known when it has ended. None if they are not known.
        whole: Whether it came to its end.
        ignored: Parameters of the request that this agent cannot be given.
        close: Ends a stream, wherever it is; None if nothing is open.
    """

    status: int = 200
    body: bytes | None = None
    events: AsyncIterator[bytes] | None = None
    usage: TokenUsage | None = None
    whole: bool = True
    ignored: tuple[str, ...] = ()
    close: Callable[[], Awaitable[None]] | None = None


class Upstream(Protocol):
    """The model of one agent."""

    agent: Agent

    async def send(self, asked: Any, most_output: int | None) -> UpstreamAnswer:
        """Pass a request on.

        Args:
            asked: The `ChatRequest`.
            most_output: Most tokens of an answer, if the server bounds them; None to leave them as they are.

        Raises:
            UpstreamDown: If another agent should be asked.
        """
        ...


def usage_of(raw: object) -> TokenUsage | None:
    """The tokens that a chat completion states; None if it states none that can be."""
    if not isinstance(raw, Mapping):
        return None
    read, written = _count(raw, "prompt_tokens"), _count(raw, "completion_tokens")
    if read is None or written is None:
        return None
    cached = _count(raw.get("prompt_tokens_details"), "cached_tokens") or 0
    usage = with_hidden_reasoning(
        TokenUsage(input=read - cached, output=written, cache_read=cached),
        reasoning=_count(raw.get("completion_tokens_details"), "reasoning_tokens") or 0,
        total=_count(raw, "total_tokens") or 0,
    )
    return None if usage_fault(usage) else usage


def _count(raw: object, name: str) -> int | None:
    value = raw.get(name) if isinstance(raw, Mapping) else None
    return value if type(value) is int else None
