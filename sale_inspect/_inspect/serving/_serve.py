"""From what a user asks for to a server that runs until it is stopped."""

from __future__ import annotations

import socket
from collections.abc import Callable
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sale_inspect._errors import MissingRequirementError, OptionError

if TYPE_CHECKING:
    from starlette.applications import Starlette

__all__ = ["ServeRequest", "make_app", "serve"]

_GRACE_SECONDS = 10
_MOST_REQUESTS = 1_024


@dataclass(frozen=True, kw_only=True, slots=True)
class ServeRequest:
    """What a server is to be.

    Attributes:
        pool: The pool: a file, or the name of a packaged one.
        router: A file of `sale-inspect train`, or `random`, `cheapest` or `dearest`.
        knob: Another value of the router's knob; None for the file's.
        cap: Most US dollars of all requests, also of earlier runs with the same log; None for no cap.
        log: File to which decisions are added, a line of JSON each; None to keep nothing.
        keep_texts: Whether the texts of requests go into the log; without them no router can be trained on it.
        host: Address to listen on.
        port: Port to listen on; 0 for a free one.
        token: What callers must show as an API key; empty to ask for none, which needs a `host` of this machine.
        timeout: Longest time that an agent's answer may take, seconds.
        connect_timeout: Longest wait for a connection to an agent, seconds; then the next one is asked.
        most_tokens: With a cap: most tokens of an answer where neither the request nor the pool says.

    Raises:
        OptionError: If it would be open to others without a token.
    """

    pool: str
    router: str
    knob: float | None = None
    cap: float | None = None
    log: Path | None = None
    keep_texts: bool = False
    host: str = "127.0.0.1"
    port: int = 8790
    token: str = field(default="", repr=False)
    timeout: float = 600.0
    connect_timeout: float = 10.0
    most_tokens: int = 4096

    def __post_init__(self) -> None:
        from sale_inspect._inspect.serving._callers import is_loopback

        if not self.token and not is_loopback(self.host):
            raise OptionError(
                f"--host {self.host} is open to other machines, who would spend your money. Give a token (--token-file "
                "FILE, or the variable SALE_SERVE_TOKEN), or listen on 127.0.0.1."
            )
        if self.keep_texts and self.log is None:
            raise OptionError("--keep-texts is for --log, and none is given.")


def make_app(request: ServeRequest) -> Starlette:
    """The server as an ASGI application, to be run or mounted by whichever server.

        app = sale_inspect.make_app(ServeRequest(router="routers/wtp-knn.npz", pool="mine.yaml"))

    Args:
        request: What it is to be. `host` and `port` are the concern of who runs it.

    Raises:
        MissingRequirementError: If the extra `serve` is not installed.
        SaleError: If router, pool or log cannot be used.
    """
    _require()
    import httpx

    from sale_inspect._inspect.serving._app import RoutingServer
    from sale_inspect._inspect.serving._budget import ServedBudget
    from sale_inspect._inspect.serving._callers import Callers, is_loopback
    from sale_inspect._inspect.serving._decisions import DecisionLog
    from sale_inspect._inspect.serving._models import upstreams_of
    from sale_inspect._inspect.solvers import given_router
    from sale_inspect.pools import load_pool
    from sale_inspect.routers import Router

    pool = load_pool(request.pool)
    router = given_router(request.router, pool, knob=request.knob, seed=0)
    if not isinstance(router.router, Router):
        raise OptionError(
            f"--router {request.router}: {router.name} is a cascade, which needs the whole answers of several agents "
            "for one request. Serve a router that reads the task, such as wtp-knn."
        )
    client = httpx.AsyncClient(
        timeout=httpx.Timeout(request.timeout, connect=request.connect_timeout),
        limits=httpx.Limits(max_connections=_MOST_REQUESTS, max_keepalive_connections=_MOST_REQUESTS),
        follow_redirects=False,
    )
    upstreams = upstreams_of(pool, request.pool, client, request.timeout)
    # The embedder and its libraries are loaded before the first request.
    router.route("A first text.")
    log = DecisionLog(request.log)
    resources = AsyncExitStack()
    resources.push_async_callback(client.aclose)
    return RoutingServer(
        router,
        upstreams,
        budget=ServedBudget(request.cap, log.spent),
        log=log,
        callers=Callers(request.token, loopback=is_loopback(request.host)),
        most_output=request.most_tokens,
        keep_texts=request.keep_texts,
        timeout=request.timeout,
        resources=resources,
    ).app()


def serve(request: ServeRequest, on_ready: Callable[[str], None] = lambda address: None) -> None:
    """Answer requests until the process is told to stop (Ctrl-C), then let what runs end for 10 seconds.

    Args:
        request: What the server is to be.
        on_ready: Is told the address, as `http://127.0.0.1:8790`, once it listens.

    Raises:
        MissingRequirementError: If the extra `serve` is not installed.
        OptionError: If the address cannot be listened on.
        SaleError: If router, pool or log cannot be used.
    """
    _require()
    import uvicorn

    host = request.host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        listening = socket.create_server((host, request.port), family=family, backlog=_MOST_REQUESTS)
    except OSError as error:
        raise OptionError(
            f"--host {request.host} --port {request.port} cannot be listened on: {error.strerror or error}."
        ) from error
    with closing(listening):
        # Connections inherit it. asyncio sets it only for sockets that name TCP, and without it the second part of an
        # answer waits 40 ms for the first one's acknowledgement.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        config = uvicorn.Config(
            make_app(request),
            log_level="warning",
            access_log=False,
            server_header=False,
            limit_concurrency=_MOST_REQUESTS,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        shown = f"[{host}]" if ":" in host else host
        on_ready(f"http://{shown}:{listening.getsockname()[1]}")
        try:
            uvicorn.Server(config).run(sockets=[listening])
        except KeyboardInterrupt:
            # uvicorn has ended all by now and passes the signal on; to stop a server so is no fault.
            return


def _require() -> None:
    try:
        import httpx
        import prometheus_client
        import starlette
        import uvicorn
    except ImportError as error:
        raise MissingRequirementError(f"serve needs {error.name}. Run: pip install 'sale-inspect[serve]'.") from error
    del httpx, prometheus_client, starlette, uvicorn
