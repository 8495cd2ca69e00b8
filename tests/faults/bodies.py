"""Bodies that break a client after the call: what a server may answer with status 200."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

__all__ = ["BODIES", "THOUGHT", "thinking"]

Answer = dict[str, Any]
THOUGHT = 600
"""Tokens of the thought of `thinking`."""


def _said(answer: Answer, text: str) -> bytes:
    answer["choices"][0]["message"]["content"] = text
    return json.dumps(answer).encode()


def _with(answer: Answer, **fields: Any) -> bytes:
    return json.dumps({**answer, **fields}).encode()


def _usage(prompt: int, completion: int) -> dict[str, int]:
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


def _cached(answer: Answer) -> bytes:
    usage = answer["usage"]
    usage["prompt_tokens_details"] = {"cached_tokens": 3 * usage["prompt_tokens"]}
    return json.dumps(answer).encode()


BODIES: dict[str, Callable[[Answer], bytes]] = {
    "no choices": lambda answer: _with(answer, choices=[]),
    "null choices": lambda answer: _with(answer, choices=None),
    "surrogates": lambda answer: _said(answer, "First I read \ud800 the question \udfff, then I compute."),
    "long plan": lambda answer: _said(answer, "First I read. " + "blah blah 42 " * 170_000),
    "long word": lambda answer: _said(answer, "a" * 2_000_000),
    "negative usage": lambda answer: _with(
        answer, usage={"prompt_tokens": -9, "completion_tokens": -5, "total_tokens": -14}
    ),
    "absurd usage": lambda answer: _with(
        answer, usage={"prompt_tokens": 10**30, "completion_tokens": 10**17, "total_tokens": 10**30}
    ),
    "more cached than read": _cached,
    "html": lambda answer: b"<html>login please</html>",
    "stream": lambda answer: b"data: " + json.dumps(answer).encode() + b"\n\ndata: [DONE]\n\n",
    "null": lambda answer: b"null",
    "a list": lambda answer: b"[]",
    "an error": lambda answer: json.dumps(
        {"error": {"message": "quota exceeded", "code": "insufficient_quota"}}
    ).encode(),
    "nested": lambda answer: _said(answer, '{"rating": ' + "[" * 1500 + "]" * 1500 + "}"),
    "range": lambda answer: _said(answer, "Rating: 4-5"),
    "percent": lambda answer: _said(answer, "Rating: 5%"),
    "two ratings": lambda answer: _said(answer, '{"rating": 1, "rating": 5}'),
}
KINDS = {"html": "text/html", "stream": "text/event-stream"}


def thinking(answer: Answer, asked: dict[str, Any], *, field: bool) -> bytes:
    """The answer after a thought, cut at `max_tokens` as a server cuts it: first inside the thought.

    Args:
        answer: The completion without a thought.
        asked: The request.
        field: Whether the thought comes back in `reasoning_content`, as from a server with a reasoning parser.
    """
    quiet = not (asked.get("chat_template_kwargs") or {}).get("enable_thinking", True)
    message = answer["choices"][0]["message"]
    words = message["content"].split(" ")
    thought = [] if quiet else ["Rating: 0 "] * THOUGHT
    cap = asked.get("max_tokens") or asked.get("max_completion_tokens") or 10_000
    shown_thought, shown = thought[:cap], words[: max(0, cap - len(thought))]
    cut = len(thought) + len(words) > cap
    text = " ".join(shown)
    if field and thought:
        message.update(content=text, reasoning_content="".join(shown_thought))
    elif thought:
        message["content"] = (
            "<think>\n" + "".join(shown_thought) + ("</think>\n\n" + text if len(thought) < cap else "")
        )
    answer["choices"][0]["finish_reason"] = "length" if cut else "stop"
    answer["usage"]["completion_tokens"] = len(shown_thought) + len(shown)
    answer["usage"]["total_tokens"] = answer["usage"]["prompt_tokens"] + len(shown_thought) + len(shown)
    return json.dumps(answer).encode()
