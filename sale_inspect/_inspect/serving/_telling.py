"""What is told of a request: in the headers of its answer, at the end of a stream, and in the log."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from sale_inspect._inspect.serving._answers import UpstreamAnswer
from sale_inspect._inspect.serving._requests import ChatRequest
from sale_inspect.routers import AgentChoice
from sale_inspect.texts import id_of_text, without_secrets

__all__ = ["Served", "headers_of", "record_of", "stream_end"]

_LONGEST = 600


@dataclass(kw_only=True, slots=True)
class Served:
    """A request on its way.

    Attributes:
        id: Its mark, for feedback.
        asked: What came.
        choice: Whom the router chose, or the client.
        pinned: Whether the client named the agent.
        router: Name of the router.
        agent: Who answered; empty if nobody did.
        tried: Agents that gave no answer, with the reason.
        seconds: Time until the agent's answer, of a stream its first event.
        usd: Dollars of the answer; None if they are not known.
        status: HTTP status.
        finished: Whether it was booked and noted.
    """

    id: str
    asked: ChatRequest
    choice: AgentChoice
    pinned: bool
    router: str
    agent: str = ""
    tried: list[tuple[str, str]] = field(default_factory=list)
    seconds: float = 0.0
    usd: float | None = None
    status: int = 200
    finished: bool = False

    @property
    def reason(self) -> str:
        """Why this agent answered."""
        if not self.tried and self.agent not in ("", self.choice.agent):
            return f"{self.choice.agent} was down a moment ago. {self.choice.reason}"
        return self.choice.reason


def headers_of(served: Served, answer: UpstreamAnswer, *, whole: bool) -> dict[str, str]:
    """The headers of an answer.

    Args:
        served: The request.
        answer: The answer.
        whole: Whether its dollars are known by now.
    """
    choice, agent = served.choice, served.agent
    headers = {"x-sale-id": served.id, "x-sale-agent": agent, "x-sale-reason": served.reason}
    if whole:
        headers["x-sale-usd"] = _usd(served.usd)
    if agent in choice.dollars:
        headers["x-sale-usd-expected"] = f"{choice.dollars[agent]:.6g}"
    if agent in choice.probabilities:
        headers["x-sale-pass-expected"] = f"{choice.probabilities[agent]:.4f}"
    if agent != choice.agent:
        headers["x-sale-chosen"] = choice.agent
    if served.tried:
        headers["x-sale-fallback"] = "; ".join(f"{name}: {reason}" for name, reason in served.tried)
    if answer.ignored:
        headers["x-sale-ignored"] = ", ".join(answer.ignored)
    return {name: _plain(value) for name, value in headers.items()}


def stream_end(served: Served) -> bytes:
    """The dollars of a stream, as a comment that clients skip."""
    return f": x-sale-usd {_usd(served.usd)}\n\n".encode()


def record_of(served: Served, answer: UpstreamAnswer, *, keep_text: bool) -> dict[str, Any]:
    """The line of the log, without the format and the time.

    Args:
        served: The request.
        answer: The answer.
        keep_text: Whether the text is to be in it.
    """
    choice, usage, text = served.choice, answer.usage, served.asked.text
    record: dict[str, Any] = {
        "id": served.id,
        "task": id_of_text(text),
        "router": "" if served.pinned else served.router,
        "chosen": choice.agent,
        "agent": served.agent,
        "reason": served.reason,
        "pass_expected": choice.probabilities.get(served.agent),
        "usd_expected": choice.dollars.get(served.agent),
        "fallbacks": [{"agent": name, "reason": reason} for name, reason in served.tried],
        "status": served.status,
        "stream": served.asked.stream,
        "whole": answer.whole,
        "dollars": served.usd,
        "tokens": None if usage is None else usage.total,
        "input_tokens": None if usage is None else usage.input + usage.cache_read + usage.cache_write,
        "output_tokens": None if usage is None else usage.output,
        "seconds": served.seconds,
    }
    if keep_text:
        record["text"] = without_secrets(text)
    return record


def _usd(usd: float | None) -> str:
    return "unknown" if usd is None else f"{usd:.6g}"


def _plain(text: str) -> str:
    """The text in letters that a header can hold, on one line."""
    line = " ".join(text.split())
    escaped = "".join(letter if " " <= letter <= "~" else json.dumps(letter)[1:-1] for letter in line)
    return escaped if len(escaped) <= _LONGEST else f"{escaped[: _LONGEST - 3]}..."
