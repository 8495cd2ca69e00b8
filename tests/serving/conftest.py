"""A server of ours in front of a model server that can misbehave, each on a port of this machine."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from sale_inspect import ServeRequest, make_app
from tests.faults.server import ModelServer, model_server
from tests.routers.live_files import written

POOL = """
name: served
agents:
  - name: small
    model: openai-api/up/small
    base_url: {small}
    config: {{temperature: 0.2, max_tokens: 200}}
    price: {{input: 1, output: 2, cache_read: 0.1, cache_write: 1, as_of: 2026-11-30, source: a test}}
  - name: middle
    model: openai-api/up/middle
    base_url: {other}
    price: {{input: 10, output: 20, cache_read: 1, cache_write: 10, as_of: 2026-11-30, source: a test}}
  - name: large
    model: openai-api/up/large
    base_url: {usual}
    price: {{input: 100, output: 200, cache_read: 10, cache_write: 100, as_of: 2026-11-30, source: a test}}
"""
KEY = "sk-upstream-0123456789abcdef"
Start = Callable[..., str]


@pytest.fixture
def up() -> Iterator[ModelServer]:
    """The model server of the pool."""
    with model_server() as server:
        yield server


@pytest.fixture(scope="session")
def router(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A router that gives sums to `small` and proofs to `large`."""
    return written(tmp_path_factory.mktemp("routers"), "wtp-knn")


@contextmanager
def running(request: ServeRequest) -> Iterator[str]:
    """The address of a server that runs meanwhile."""
    listening = socket.create_server(("127.0.0.1", 0), backlog=1024)
    config = uvicorn.Config(make_app(request), log_level="warning", access_log=False, timeout_graceful_shutdown=2)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()


@pytest.fixture
def start(up: ModelServer, router: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Start]:
    """Starts a server of ours; options are those of a `ServeRequest`, `small` and `other` addresses of two agents."""
    opened: list[Any] = []
    monkeypatch.setenv("UP_API_KEY", KEY)
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)

    def begin(*, small: str = "", other: str = "", **options: Any) -> str:
        pool, usual = tmp_path / "pool.yaml", f"{up.url}/v1"
        pool.write_text(POOL.format(small=small or usual, other=other or usual, usual=usual), encoding="utf-8")
        run = running(ServeRequest(**{"router": str(router), "pool": str(pool), "connect_timeout": 60.0, **options}))
        opened.append(run)
        return run.__enter__()

    yield begin
    for run in reversed(opened):
        run.__exit__(None, None, None)
