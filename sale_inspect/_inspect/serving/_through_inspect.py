"""Agents of any other provider: requests and answers pass through Inspect's model API."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import uuid4

from inspect_ai.model import (
    GenerateConfig,
    Model,
    ModelOutput,
    StreamEvent,
    StreamRetryEvent,
    StreamTextEvent,
    messages_from_openai,
    messages_to_openai,
)
from inspect_ai.tool import ToolFunction, ToolInfo
from pydantic import ValidationError

from sale_inspect._inspect.serving._answers import UpstreamAnswer, UpstreamDown
from sale_inspect._inspect.serving._requests import ChatRequest, Refused
from sale_inspect._inspect.store import token_usage
from sale_inspect.money import TokenUsage, usage_fault
from sale_inspect.pools import Agent

__all__ = ["ThroughInspect"]

_FIELDS = {
    **{name: name for name in ("temperature", "top_p", "max_tokens", "frequency_penalty", "presence_penalty", "seed")},
    **{name: name for name in ("logprobs", "top_logprobs", "logit_bias", "reasoning_effort", "parallel_tool_calls")},
    "max_completion_tokens": "max_tokens",
    "n": "num_choices",
    "stop": "stop_seqs",
}
"""Fields of Inspect's generation config by OpenAI's parameters."""
_READ = {"model", "messages", "tools", "tool_choice", "stream", "stream_options", *_FIELDS}
_ENDS = {
    "max_tokens": "length",
    "model_length": "length",
    "tool_calls": "tool_calls",
    "content_filter": "content_filter",
}
_BROKEN = {"error": {"message": "The model's answer broke off.", "type": "server_error", "code": "upstream_broke_off"}}


class ThroughInspect:
    """An agent whose provider Inspect speaks to.

    Args:
        agent: The agent.
        model: Its model, with the pool's config.
        timeout: Longest time that an answer may take, seconds.
    """

    def __init__(self, agent: Agent, model: Model, timeout: float) -> None:
        self.agent, self._model, self._timeout = agent, model, timeout

    async def send(self, asked: ChatRequest, most_output: int | None) -> UpstreamAnswer:
        """See `Upstream.send`.

        Raises:
            Refused: If a message, tool or parameter cannot be read.
        """
        call = await self._call(asked, most_output)
        ignored = tuple(sorted(asked.body.keys() - _READ))
        if asked.stream:
            return await self._streamed(asked, call, ignored)
        try:
            output = await asyncio.wait_for(self._model.generate(**call), self._timeout)
        except Exception as error:
            raise _down(error, self._timeout) from error
        _check(output)
        body = json.dumps(await _completion(output)).encode()
        return UpstreamAnswer(body=body, usage=_usage(output), ignored=ignored)

    async def _call(self, asked: ChatRequest, most_output: int | None) -> dict[str, Any]:
        try:
            messages = await messages_from_openai(asked.body["messages"])
            tools = [_tool(each) for each in asked.body.get("tools") or ()]
            config = GenerateConfig(**_config(asked.body))
        except (ValidationError, ValueError, KeyError, TypeError, AttributeError) as error:
            line = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise Refused(400, "invalid_request", f"The request cannot be read: {line}.") from error
        if most_output is not None and config.max_tokens is None and self._model.config.max_tokens is None:
            config.max_tokens = most_output
        # What is down is the next agent's turn, so nothing is tried again here.
        config.max_retries = 0
        return {"input": messages, "tools": tools, "tool_choice": _tool_choice(asked.body), "config": config}

    async def _streamed(self, asked: ChatRequest, call: dict[str, Any], ignored: tuple[str, ...]) -> UpstreamAnswer:
        deltas: asyncio.Queue[str | ModelOutput | BaseException] = asyncio.Queue()

        async def on_stream(event: StreamEvent) -> None:
            if isinstance(event, StreamTextEvent):
                await deltas.put(event.text)
            elif isinstance(event, StreamRetryEvent):
                await deltas.put(RuntimeError("the provider began its answer anew"))

        async def generate() -> None:
            try:
                made = await asyncio.wait_for(self._model.generate(**call, on_stream=on_stream), self._timeout)
                _check(made)
                await deltas.put(made)
            except Exception as error:  # noqa: BLE001 - whatever it is, the reader of the queue is told
                await deltas.put(error)

        task = asyncio.create_task(generate())
        try:
            first = await deltas.get()
        except BaseException:
            task.cancel()
            raise
        if isinstance(first, BaseException):
            raise _down(first, self._timeout)

        async def close() -> None:
            task.cancel()

        answer = UpstreamAnswer(whole=False, ignored=ignored, close=close)
        answer.events = self._events(first, deltas, asked, answer)
        return answer

    async def _events(
        self,
        first: str | ModelOutput,
        deltas: asyncio.Queue[str | ModelOutput | BaseException],
        asked: ChatRequest,
        answer: UpstreamAnswer,
    ) -> AsyncIterator[bytes]:
        shared = {"id": f"chatcmpl-{uuid4().hex}", "object": "chat.completion.chunk", "created": int(time.time())}
        shared["model"] = self.agent.model
        told = False
        item: str | ModelOutput | BaseException = first
        while isinstance(item, str):
            delta = {"content": item} if told else {"role": "assistant", "content": item}
            told = True
            yield _event({**shared, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            item = await deltas.get()
        if not isinstance(item, ModelOutput):
            yield _event(_BROKEN)
            return
        completion = await _completion(item)
        for choice in completion["choices"]:
            message = {name: value for name, value in choice["message"].items() if value is not None}
            if told and choice["index"] == 0:
                message.pop("content", None)
                message.pop("role", None)
            for number, tool_call in enumerate(message.get("tool_calls") or ()):
                tool_call["index"] = number
            index, end = choice["index"], choice["finish_reason"]
            yield _event({**shared, "choices": [{"index": index, "delta": message, "finish_reason": end}]})
        answer.usage, answer.whole = _usage(item), True
        if asked.wants_usage:
            yield _event({**shared, "choices": [], "usage": completion.get("usage")})
        yield b"data: [DONE]\n\n"


def _event(value: Mapping[str, Any]) -> bytes:
    return b"data: " + json.dumps(value).encode() + b"\n\n"


def _down(error: BaseException, timeout: float) -> Exception:
    if isinstance(error, UpstreamDown | Refused):
        return error
    if isinstance(error, TimeoutError):
        return UpstreamDown(f"gave no answer in {timeout:g} s", billed=True)
    line = (str(error).strip().splitlines() or [""])[0]
    # What a provider does not accept costs nothing; of all else nobody knows.
    status = getattr(error, "status_code", None)
    billed = not (isinstance(status, int) and status >= 400)
    return UpstreamDown(f"{type(error).__name__}: {line}", billed=billed)


def _check(output: ModelOutput) -> None:
    if output.error:
        raise UpstreamDown(f"provider error: {output.error}", billed=True)
    if not output.choices:
        raise UpstreamDown("its answer has no choices", billed=True)
    if output.stop_reason == "model_length" and output.usage is None:
        # Inspect's providers turn "too long for this model" into a reply; a model with a longer context may take it.
        raise UpstreamDown(f"refused: {output.completion}", billed=False)


def _usage(output: ModelOutput) -> TokenUsage | None:
    usage = None if output.usage is None else token_usage(output.usage)
    return None if usage is None or usage_fault(usage) else usage


async def _completion(output: ModelOutput) -> dict[str, Any]:
    """The output as OpenAI's chat completion."""
    choices = []
    for index, choice in enumerate(output.choices):
        (message,) = await messages_to_openai([choice.message])
        logprobs = None if choice.logprobs is None else choice.logprobs.model_dump(mode="json")
        end = _ENDS.get(choice.stop_reason, "stop")
        choices.append({"index": index, "message": dict(message), "finish_reason": end, "logprobs": logprobs})
    body: dict[str, Any] = {
        "id": f"chatcmpl-{uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": output.model,
        "choices": choices,
    }
    usage = _usage(output)
    if usage is not None:
        read = usage.input + usage.cache_read + usage.cache_write
        body["usage"] = {
            "prompt_tokens": read,
            "completion_tokens": usage.output,
            "total_tokens": usage.total,
            "prompt_tokens_details": {"cached_tokens": usage.cache_read},
        }
    return body


def _config(body: Mapping[str, Any]) -> dict[str, Any]:
    fields = {ours: body[theirs] for theirs, ours in _FIELDS.items() if body.get(theirs) is not None}
    if isinstance(fields.get("stop_seqs"), str):
        fields["stop_seqs"] = [fields["stop_seqs"]]
    return fields


def _tool(raw: Mapping[str, Any]) -> ToolInfo:
    function = raw["function"]
    info: dict[str, Any] = {"name": function["name"], "description": function.get("description") or function["name"]}
    if function.get("parameters"):
        info["parameters"] = function["parameters"]
    return ToolInfo.model_validate(info)


def _tool_choice(body: Mapping[str, Any]) -> Any:
    choice = body.get("tool_choice")
    if isinstance(choice, Mapping):
        return ToolFunction(name=str(choice["function"]["name"]))
    return {"required": "any", "auto": "auto", "none": "none"}.get(str(choice))
