"""Agents behind OpenAI's chat completions: requests and answers pass as they are, streams bit by bit."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Any

import anyio

from sale_inspect._bounds import json_value
from sale_inspect._inspect.serving._answers import UpstreamAnswer, UpstreamDown, usage_of, words
from sale_inspect._inspect.serving._requests import ChatRequest
from sale_inspect.pools import OPERATIONAL, Agent

if TYPE_CHECKING:
    import httpx
    from inspect_ai.model import Model

__all__ = ["PassThrough", "pass_through"]

_FIELDS = {
    **{name: name for name in ("temperature", "top_p", "max_tokens", "frequency_penalty", "presence_penalty", "seed")},
    **{name: name for name in ("logprobs", "top_logprobs", "logit_bias", "reasoning_effort", "parallel_tool_calls")},
    "stop_seqs": "stop",
    "num_choices": "n",
}
"""Parameters of OpenAI's by Inspect's fields of a generation config."""
_OWN_FAULTS = frozenset({400, 405, 406, 411, 413, 414, 415, 416, 422, 431})
"""Statuses that say that the request is wrong, for whichever agent: the client is told."""
_MOST_BYTES = 64 << 20
_BROKEN = {"error": {"message": "The model's answer broke off.", "type": "server_error", "code": "upstream_broke_off"}}


class PassThrough:
    """An agent behind an address that speaks OpenAI's chat completions.

    Args:
        agent: The agent.
        client: What sends requests.
        url: Address of its chat completions.
        headers: Headers with its key.
        model: The name that it knows its model by.
        defaults: Parameters of the pool, for requests that state none of their own.
        timeout: Longest time that an answer may take, seconds.
    """

    def __init__(
        self,
        agent: Agent,
        client: httpx.AsyncClient,
        *,
        url: str,
        headers: Mapping[str, str],
        model: str,
        defaults: Mapping[str, Any],
        timeout: float,
    ) -> None:
        self.agent = agent
        self._client, self._url, self._headers = client, url, dict(headers)
        self._model, self._defaults, self._timeout = model, dict(defaults), timeout
        # OpenAI's own newer models refuse the older name, and many other servers do not know the newer one.
        self._limit = "max_completion_tokens" if agent.model.startswith("openai/") else "max_tokens"
        if "max_tokens" in self._defaults:
            self._defaults[self._limit] = self._defaults.pop("max_tokens")

    async def send(self, asked: ChatRequest, most_output: int | None) -> UpstreamAnswer:
        """See `Upstream.send`."""
        deadline = anyio.current_time() + self._timeout
        request = self._client.build_request(
            "POST", self._url, content=self._content(asked, most_output), headers=self._headers
        )
        response = await self._opened(request, deadline)
        try:
            if response.status_code >= 300:
                return await self._refused(response, deadline)
            if not asked.stream:
                return await self._whole(response, deadline)
            answer = UpstreamAnswer(whole=False)
            events = self._events(response, asked, answer, deadline)
            # The first event before any header is sent: until then another agent can answer.
            first = await anext(events, None)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await response.aclose()
            raise
        if first is None:
            raise UpstreamDown("its stream was empty", billed=True)
        answer.events, answer.close = _after(first, events), response.aclose
        return answer

    def _content(self, asked: ChatRequest, most_output: int | None) -> bytes:
        body: dict[str, Any] = {**self._defaults, **asked.body, "model": self._model}
        if asked.most_output is not None and not {"max_tokens", "max_completion_tokens"} <= asked.body.keys():
            # The client's limit, by either name, stands in place of the pool's.
            for name in ("max_tokens", "max_completion_tokens"):
                if name not in asked.body:
                    body.pop(name, None)
        if most_output is not None and not {"max_tokens", "max_completion_tokens"} & body.keys():
            body[self._limit] = most_output
        if asked.stream:
            options = asked.body.get("stream_options")
            body["stream_options"] = {**(options if isinstance(options, dict) else {}), "include_usage": True}
        return json.dumps(body).encode()

    async def _opened(self, request: httpx.Request, deadline: float) -> httpx.Response:
        import httpx

        try:
            with anyio.fail_after(deadline - anyio.current_time()):
                return await self._client.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol) as error:
            raise UpstreamDown(f"cannot be reached ({type(error).__name__})", billed=False) from error
        except httpx.HTTPError as error:
            raise UpstreamDown(f"broke off ({type(error).__name__})", billed=True) from error
        except TimeoutError as error:
            raise UpstreamDown(f"gave no answer in {self._timeout:g} s", billed=True) from error

    async def _refused(self, response: httpx.Response, deadline: float) -> UpstreamAnswer:
        body = await self._read(response, deadline)
        if response.status_code in _OWN_FAULTS:
            return UpstreamAnswer(status=response.status_code, body=body)
        raise UpstreamDown(f"HTTP {response.status_code}{_told(body)}", billed=False)

    async def _whole(self, response: httpx.Response, deadline: float) -> UpstreamAnswer:
        body = await self._read(response, deadline)
        try:
            read = json_value(body)
        except ValueError as error:
            raise UpstreamDown("its answer is no JSON", billed=True) from error
        if not isinstance(read, dict) or not read.get("choices"):
            raise UpstreamDown(f"its answer has no choices{_told(body)}", billed=True)
        return UpstreamAnswer(body=body, usage=usage_of(read.get("usage")))

    async def _read(self, response: httpx.Response, deadline: float) -> bytes:
        pieces = [piece async for piece in self._pieces(response, deadline)]
        await response.aclose()
        return b"".join(pieces)

    async def _pieces(self, response: httpx.Response, deadline: float) -> AsyncIterator[bytes]:
        import httpx

        size, pieces = 0, response.aiter_bytes()
        try:
            while True:
                with anyio.fail_after(max(0.0, deadline - anyio.current_time())):
                    piece = await anext(pieces, None)
                if piece is None:
                    return
                size += len(piece)
                if size > _MOST_BYTES:
                    raise UpstreamDown(f"its answer has more than {_MOST_BYTES:,} bytes", billed=True)
                yield piece
        except httpx.HTTPError as error:
            raise UpstreamDown(f"broke off ({type(error).__name__})", billed=True) from error
        except TimeoutError as error:
            raise UpstreamDown(f"was not done in {self._timeout:g} s", billed=True) from error

    async def _events(
        self, response: httpx.Response, asked: ChatRequest, answer: UpstreamAnswer, deadline: float
    ) -> AsyncIterator[bytes]:
        """The events of a stream; tokens are noted, and passed on only to who asked for them."""
        begun = False
        try:
            async for line in _lines(self._pieces(response, deadline)):
                if not line.startswith(b"data:"):
                    continue
                if line[5:].strip() == b"[DONE]":
                    answer.whole = True
                elif b'"usage"' in line and _only_usage(line, answer) and not asked.wants_usage:
                    continue
                begun = True
                yield line + b"\n\n"
        except UpstreamDown:
            if not begun:
                raise
        if begun and not answer.whole and answer.usage is None:
            # Not every server ends with [DONE]; one that stated its tokens had come to the end.
            yield b"data: " + json.dumps(_BROKEN).encode() + b"\n\n"


async def _after(first: bytes, events: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield first
    async for event in events:
        yield event


async def _lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r")
    if rest:
        yield rest


def _only_usage(line: bytes, answer: UpstreamAnswer) -> bool:
    """Note the tokens that an event states; whether it states nothing else."""
    try:
        event = json_value(line[5:])
    except ValueError:
        return False
    if not isinstance(event, dict) or not isinstance(event.get("usage"), dict):
        return False
    answer.usage = usage_of(event["usage"])
    return not event.get("choices")


def _told(body: bytes) -> str:
    """What an error's body says, in its own words."""
    try:
        read = json_value(body)
    except ValueError:
        return ""
    error = read.get("error") if isinstance(read, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    return f": {words(message)}" if message else ""


def pass_through(agent: Agent, model: Model, client: httpx.AsyncClient, timeout: float) -> PassThrough | None:
    """The agent as a server to which requests pass as they are; None if only Inspect's provider can reach its model.

    Args:
        agent: The agent.
        model: Its model.
        client: What sends requests.
        timeout: Longest time that an answer may take, seconds.
    """
    from openai import AsyncAzureOpenAI, AsyncOpenAI

    api: Any = model.api
    own, name = getattr(api, "client", None), getattr(api, "service_model_name", None)
    if not isinstance(own, AsyncOpenAI) or isinstance(own, AsyncAzureOpenAI) or not callable(name):
        return None
    defaults = _defaults(agent)
    if defaults is None or getattr(api, "emulate_tools", False):
        return None
    if not own.api_key or getattr(own, "workload_identity", None) is not None:
        # A key that the client fetches anew for each call.
        return None
    headers = {name: value for name, value in own.default_headers.items() if isinstance(value, str)}
    kept = {key: value for key, value in headers.items() if not key.lower().startswith("x-stainless")}
    kept.setdefault("Authorization", f"Bearer {own.api_key}")
    return PassThrough(
        agent,
        client,
        url=f"{str(own.base_url).rstrip('/')}/chat/completions",
        headers={**kept, "Accept": "*/*", "Accept-Encoding": "identity"},
        model=str(name()),
        defaults=defaults,
        timeout=timeout,
    )


def _defaults(agent: Agent) -> dict[str, Any] | None:
    """The agent's config as parameters of OpenAI's; None if a field of it has none."""
    body: dict[str, Any] = {}
    for name, value in agent.config.items():
        if name in OPERATIONAL or value is None:
            continue
        if name == "extra_body" and isinstance(value, Mapping):
            body.update(value)
        elif name in _FIELDS:
            body[_FIELDS[name]] = value
        else:
            return None
    return body
