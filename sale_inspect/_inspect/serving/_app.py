"""The server: OpenAI's chat completions in front of a pool, each request to the agent that the router chooses."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from time import perf_counter
from typing import Any
from uuid import uuid4

import anyio
import anyio.to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sale_inspect._bounds import json_value
from sale_inspect._inspect.serving._answers import Upstream, UpstreamAnswer, UpstreamDown
from sale_inspect._inspect.serving._budget import ServedBudget
from sale_inspect._inspect.serving._callers import Callers
from sale_inspect._inspect.serving._decisions import DecisionLog
from sale_inspect._inspect.serving._health import Health
from sale_inspect._inspect.serving._meters import Meters
from sale_inspect._inspect.serving._requests import MOST_BYTES, ChatRequest, Refused, error_body, read_chat
from sale_inspect._inspect.serving._telling import Served, headers_of, record_of, stream_end
from sale_inspect.money import TokenUsage, usd
from sale_inspect.routers import AgentChoice, LiveRouter

__all__ = ["RoutingServer"]

_BODY_SECONDS = 60.0
_TAKING_SECONDS = 60.0
_LONGEST_ID = 200
_INLINE = ("", "hashing")
"""Embedders that take less than a change of threads would."""


class RoutingServer:
    """What answers requests.

    Args:
        router: Chooses agents.
        upstreams: Where to ask each agent, in the order of the pool.
        budget: Of all requests.
        log: Where decisions go.
        callers: Who may ask.
        most_output: With a cap: most tokens of an answer where neither the request nor the pool says.
        keep_texts: Whether texts go into the log.
        timeout: Longest time that one agent's answer may take, seconds.
        resources: What is opened with the server and closed with it.
    """

    def __init__(
        self,
        router: LiveRouter,
        upstreams: Mapping[str, Upstream],
        *,
        budget: ServedBudget,
        log: DecisionLog,
        callers: Callers,
        most_output: int,
        keep_texts: bool,
        timeout: float,
        resources: AsyncExitStack,
    ) -> None:
        self.router, self.upstreams, self.budget, self.meters = router, upstreams, budget, Meters(budget)
        self._log, self._callers, self._most_output = log, callers, most_output
        self._keep_texts, self._resources, self._health = keep_texts, resources, Health()
        # Each wait has its own bound; this one is for a client that does not take its answer.
        self._longest = _BODY_SECONDS + len(upstreams) * (timeout + budget.wait) + _TAKING_SECONDS

    def app(self) -> Starlette:
        """The ASGI application."""
        routes = [
            Route("/v1/chat/completions", self._guarded(self._chat), methods=["POST"]),
            Route("/v1/models", self._guarded(self._models), methods=["GET"]),
            Route("/v1/feedback", self._guarded(self._feedback), methods=["POST"]),
            Route("/metrics", self._guarded(self._metrics), methods=["GET"]),
            Route("/health", self._healthy, methods=["GET"]),
        ]
        return Starlette(routes=routes, lifespan=self._lifespan, middleware=[Middleware(_Bounded, self._longest)])

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        try:
            async with self._resources:
                yield
        finally:
            self._log.close()

    def _guarded(self, answer: Callable[[Request], Any]) -> Callable[[Request], Any]:
        async def call(request: Request) -> Response:
            try:
                self._callers.check(request)
                with self.meters.running.track_inprogress():
                    response: Response = await answer(request)
                    return response
            except Refused as refused:
                self.meters.requests.labels("", str(refused.status)).inc()
                return JSONResponse(error_body(refused), status_code=refused.status)

        return call

    async def _healthy(self, request: Request) -> Response:
        return Response("ok")

    async def _metrics(self, request: Request) -> Response:
        text, kind = self.meters.text()
        return Response(text, headers={"content-type": kind})

    async def _models(self, request: Request) -> Response:
        names = [self.router.name, *(name for name in self.upstreams if name != self.router.name)]
        listed = [{"id": name, "object": "model", "created": 0, "owned_by": "sale-inspect"} for name in names]
        return JSONResponse({"object": "list", "data": listed})

    async def _feedback(self, request: Request) -> Response:
        """What became of an answer: `{"id": ..., "correct": 0 to 1}`."""
        given = await self._json(request)
        name, correct = given.get("id"), given.get("correct")
        if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_ID:
            raise Refused(400, "invalid_id", "Field `id` must be the x-sale-id of an answer.")
        if isinstance(correct, bool):
            correct = float(correct)
        if not isinstance(correct, int | float) or not 0 <= correct <= 1:
            raise Refused(400, "invalid_correct", "Field `correct` must be a number from 0 to 1.")
        self._log.write("feedback", {"id": name, "correct": correct})
        return JSONResponse({"id": name, "correct": correct})

    async def _chat(self, request: Request) -> Response:
        began = perf_counter()
        asked = read_chat(await _body(request))
        choice, pinned = await self._choose(asked)
        served = Served(id=uuid4().hex, asked=asked, choice=choice, pinned=pinned, router=self.router.name)
        for name in [choice.agent] if pinned else self._health.order(choice.order):
            upstream = self.upstreams[name]
            bound, most_output = self._bound(asked, upstream)
            await self.budget.reserve(bound)
            held = _Held(self.budget, bound)
            sent = perf_counter()
            if not served.tried:
                self.meters.own.observe(sent - began)
            try:
                answer = await upstream.send(asked, most_output)
            except UpstreamDown as down:
                held.settle(bound if down.billed else 0.0)
                self._health.failed(name)
                self.meters.fallbacks.labels(name).inc()
                served.tried.append((name, down.reason))
                continue
            except BaseException as error:
                # The client left, or this is a fault of ours: nobody knows what was billed.
                held.settle(0.0 if isinstance(error, Refused) else bound)
                raise
            self._health.worked(name)
            served.agent, served.seconds = name, perf_counter() - sent
            self.meters.upstream.labels(name).observe(served.seconds)
            return self._response(served, answer, held)
        served.status = 502
        self._finish(served, UpstreamAnswer(status=502), None)
        told = "; ".join(f"{name}: {reason}" for name, reason in served.tried)
        raise Refused(502, "no_agent_answered", f"No agent answered. {told}.")

    async def _choose(self, asked: ChatRequest) -> tuple[AgentChoice, bool]:
        """The choice, and whether the client made it."""
        if asked.model in self.upstreams and asked.model != self.router.name:
            return AgentChoice(agent=asked.model, reason="The client named the agent.", order=(asked.model,)), True
        if asked.model not in (self.router.name, "auto"):
            raise Refused(
                404,
                "model_not_found",
                f"No model {asked.model!r} here. Ask for {self.router.name!r}, or see /v1/models.",
            )
        text = asked.text
        if not text.strip():
            return self.router.without_text("The request has no text of a user."), False
        if self.router.embedder in _INLINE:
            return self.router.route(text), False
        return await anyio.to_thread.run_sync(self.router.route, text), False

    def _bound(self, asked: ChatRequest, upstream: Upstream) -> tuple[float, int | None]:
        """The most dollars that a call can cost, and the limit of its answer for that; 0 and None without a cap."""
        if self.budget.cap is None:
            return 0.0, None
        if asked.has_media:
            raise Refused(
                402,
                "unbounded",
                "With a budget, this server takes text alone: nobody can bound the tokens of the rest.",
            )
        stated = asked.most_output
        if stated is None:
            own = upstream.agent.config.get("max_tokens")
            stated = own if isinstance(own, int) else self._most_output
        price = upstream.agent.price
        dearest = max(price.input, price.cache_read, price.cache_write)
        return (asked.most_input * dearest + asked.answers * stated * price.output) / 1e6, stated

    def _response(self, served: Served, answer: UpstreamAnswer, held: _Held) -> Response:
        served.status = answer.status
        if answer.events is None:
            self._finish(served, answer, held)
            headers = headers_of(served, answer, whole=True)
            return Response(answer.body or b"", answer.status, headers, media_type="application/json")
        headers = {**headers_of(served, answer, whole=False), "cache-control": "no-cache"}
        stream = _Stream(self._streamed(served, answer, held), answer.status, headers, media_type="text/event-stream")

        async def end() -> None:
            self._finish(served, answer, held)
            if answer.close is not None:
                await answer.close()

        stream.end = end
        return stream

    async def _streamed(self, served: Served, answer: UpstreamAnswer, held: _Held) -> AsyncIterator[bytes]:
        events = answer.events
        assert events is not None  # noqa: S101 - who calls this has looked
        async for event in events:
            if event.removeprefix(b"data:").strip() != b"[DONE]":
                yield event
                continue
            self._finish(served, answer, held)
            yield stream_end(served) + event

    def _finish(self, served: Served, answer: UpstreamAnswer, held: _Held | None) -> None:
        """Book and note a request, once."""
        if served.finished:
            return
        served.finished = True
        if served.agent:
            self._book(served, answer)
        if held is not None:
            unknown = held.bound if answer.status < 300 else 0.0
            held.settle(unknown if served.usd is None else served.usd)
        self.meters.requests.labels(served.agent, str(served.status)).inc()
        self._log.write("request", record_of(served, answer, keep_text=self._keep_texts))

    def _book(self, served: Served, answer: UpstreamAnswer) -> None:
        usage = answer.usage
        if answer.status >= 300:
            usage = TokenUsage()
        if usage is None:
            return
        served.usd = usd(usage, self.upstreams[served.agent].agent.price.price())
        self.meters.dollars.labels(served.agent).inc(served.usd)
        for kind in ("input", "output", "cache_read", "cache_write"):
            self.meters.tokens.labels(served.agent, kind).inc(getattr(usage, kind))

    async def _json(self, request: Request) -> dict[str, Any]:
        try:
            given = json_value(await _body(request))
        except ValueError as error:
            raise Refused(400, "invalid_json", "The request is no JSON.") from error
        if not isinstance(given, dict):
            raise Refused(400, "invalid_request", "The request must be a JSON object.")
        return given


class _Bounded:
    """Ends a request that takes too long, whatever it waits for."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self._app, self._seconds = app, seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        with anyio.move_on_after(self._seconds):
            await self._app(scope, receive, send)


class _Stream(StreamingResponse):
    """A stream that is ended also where the client left before it began."""

    end: Callable[[], Awaitable[None]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            with anyio.CancelScope(shield=True):
                await self.end()


class _Held:
    """Dollars that are held for one call, to be settled once."""

    def __init__(self, budget: ServedBudget, bound: float) -> None:
        self._budget, self.bound, self._open = budget, bound, True

    def settle(self, spent: float) -> None:
        if self._open:
            self._open = False
            self._budget.settle(self.bound, spent)


async def _body(request: Request) -> bytes:
    """The body, if it comes in time and is not too long."""
    size, pieces = 0, []
    try:
        with anyio.fail_after(_BODY_SECONDS):
            async for piece in request.stream():
                size += len(piece)
                if size > MOST_BYTES:
                    raise Refused(413, "too_long", f"The request has more than {MOST_BYTES:,} bytes.")
                pieces.append(piece)
    except TimeoutError as error:
        raise Refused(408, "too_slow", f"The request was not there in {_BODY_SECONDS:g} s.") from error
    except ClientDisconnect as error:
        raise Refused(400, "gone", "The client left before its request was there.") from error
    return b"".join(pieces)
