"""A client's request for a chat completion: read within bounds, and refused in the words of OpenAI's errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sale_inspect._bounds import json_value

__all__ = ["MOST_BYTES", "ChatRequest", "Refused", "error_body", "read_chat"]

MOST_BYTES = 32 << 20
"""Longest request that is read (ours): the longest contexts that are sold, with pictures."""

_LIMITS = ("max_completion_tokens", "max_tokens")
_TOKENS_A_MESSAGE = 64
"""What a chat template adds to a message, at most (ours): marks of its role, and a system text of its own."""


class Refused(Exception):
    """A request that is not passed on.

    Args:
        status: HTTP status.
        code: Short word for programs.
        message: One sentence for people.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


def error_body(refused: Refused) -> dict[str, Any]:
    """The refusal as OpenAI's clients read it."""
    kind = "server_error" if refused.status >= 500 else "invalid_request_error"
    return {"error": {"message": refused.message, "type": kind, "code": refused.code, "param": None}}


@dataclass(frozen=True, kw_only=True, slots=True)
class ChatRequest:
    """A request as it came.

    Attributes:
        body: The JSON object.
        size: Its length, bytes.
    """

    body: Mapping[str, Any]
    size: int

    @property
    def model(self) -> str:
        """Whom the client asks for."""
        return str(self.body["model"])

    @property
    def stream(self) -> bool:
        """Whether the answer is to come bit by bit."""
        return bool(self.body.get("stream"))

    @property
    def wants_usage(self) -> bool:
        """Whether a stream is to end with its tokens."""
        options = self.body.get("stream_options")
        return isinstance(options, Mapping) and bool(options.get("include_usage"))

    @property
    def text(self) -> str:
        """The text of the last user message: its text parts, one to a line, as Inspect joins those of a sample."""
        users = [message for message in self.body["messages"] if message.get("role") == "user"]
        if not users:
            return ""
        content = users[-1].get("content")
        if isinstance(content, str):
            return content
        return "\n".join(str(part.get("text") or "") for part in _parts(content) if part.get("type") == "text")

    @property
    def has_media(self) -> bool:
        """Whether a message has a part that is no text."""
        parts = (part for message in self.body["messages"] for part in _parts(message.get("content")))
        return any(part.get("type") not in ("text", "refusal") for part in parts)

    @property
    def most_output(self) -> int | None:
        """Most tokens that the client allows each answer; None if it does not say."""
        stated = [self.body[name] for name in _LIMITS if type(self.body.get(name)) is int]
        return max(stated) if stated else None

    @property
    def answers(self) -> int:
        """How many answers are asked for."""
        wanted = self.body.get("n")
        return wanted if type(wanted) is int and wanted > 0 else 1

    @property
    def most_input(self) -> int:
        """At least as many tokens as the request has: a token is one byte or more."""
        return self.size + _TOKENS_A_MESSAGE * (len(self.body["messages"]) + 1)


def _parts(content: object) -> Iterator[Mapping[str, Any]]:
    if isinstance(content, list):
        yield from (part for part in content if isinstance(part, Mapping))


def read_chat(content: bytes) -> ChatRequest:
    """The request in a body.

    Raises:
        Refused: If it is no JSON object with a model and messages.
    """
    try:
        body = json_value(content)
    except ValueError as error:
        raise Refused(400, "invalid_json", f"The request is no JSON: {error}.") from error
    if not isinstance(body, dict):
        raise Refused(400, "invalid_request", "The request must be a JSON object.")
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise Refused(400, "missing_model", "Field `model` must name a model; GET /v1/models lists them.")
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages or not all(isinstance(each, dict) for each in messages):
        raise Refused(400, "missing_messages", "Field `messages` must be a list of at least one message.")
    return ChatRequest(body=body, size=len(content))
