"""Checks of versions and of model servers, the latter against a real server on this machine."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from sale_inspect import MissingRequirementError
from sale_inspect.checks import _endpoints, check_endpoints, require_endpoints, version_at_least
from sale_inspect.pools import Pool, parse_pool

PRICE = "{input: 1, output: 1, cache_read: 1, cache_write: 1, as_of: 2026-01-01, source: test}"


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("24.0.6", "24.0.6"),
        ("24.0.10", "24.0.6"),
        ("25.0", "24.0.6"),
        ("v2.21.0", "2.21.0"),
        ("24.0.7+dfsg1", "24.0.6"),
        ("2.29.1-desktop.1", "2.21.0"),
        ("28.3.3-rc1", "24.0.6"),
        ("24.0.7~ce", "24.0.6"),
        ("2.21", "2.21.0"),
    ],
)
def test_a_version_that_is_new_enough(found: str, wanted: str) -> None:
    assert version_at_least(found, wanted)


@pytest.mark.parametrize(
    ("found", "wanted"),
    [
        ("24.0.5", "24.0.6"),
        ("9.9.9", "24.0.6"),
        ("2.9.0", "2.21.0"),
        ("20.10.24+dfsg1", "24.0.6"),
        ("", "24.0.6"),
    ],
)
def test_a_version_that_is_too_old(found: str, wanted: str) -> None:
    assert not version_at_least(found, wanted)


class _Handler(BaseHTTPRequestHandler):
    """Answers /<status>/v1/models with that status, if the request is the one that a client makes."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append(self.path)
        self.server.keys.append(self.headers.get("Authorization", ""))
        _, status, *rest = self.path.split("/")
        self.send_response(int(status) if rest == ["v1", "models"] else 599)
        self.send_header("Content-Length", str(len(self.server.body)))
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


class Server(HTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[str] = []
        self.keys: list[str] = []
        self.body = b'{"object": "list", "data": [{"id": "m0"}, {"id": "m1"}]}'

    def url(self, status: int) -> str:
        return f"http://127.0.0.1:{self.server_port}/{status}/v1"


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def pool(*services: str, more: str = "") -> Pool:
    agents = [
        f"  - {{name: a{number}, model: openai-api/{service}/m{number}, price: {PRICE}{more}}}\n"
        for number, service in enumerate(services)
    ]
    return parse_pool("name: mine\nagents:\n" + "".join(agents), "test.yaml")


def test_a_server_that_answers_is_fine(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_BOX_BASE_URL", server.url(200))
    monkeypatch.setenv("MY_BOX_API_KEY", "k1")
    (check,) = check_endpoints(pool("my-box"))
    assert (check.status, check.remedy) == ("ok", "")
    assert check.detail == f"{server.url(200)} answers, does not refuse the key and lists m0"
    assert server.keys == ["Bearer k1"]


@pytest.mark.parametrize(
    ("status", "body", "detail"),
    [
        (200, b'{"data": [{"id": "m00"}]}', "lists no m0; it lists m00"),
        (200, b'{"data": []}', "lists no m0; it lists nothing"),
        (200, b"<html>welcome</html>", "answers without a list of models"),
        (200, b"", "answers without a list of models"),
        (404, b"", "answers /models with HTTP 404: neither key nor model is checked"),
        (429, b"", "answers /models with HTTP 429: neither key nor model is checked"),
    ],
)
def test_a_model_that_no_list_names_is_not_called_fine(
    server: Server, monkeypatch: pytest.MonkeyPatch, status: int, body: bytes, detail: str
) -> None:
    server.body = body
    monkeypatch.setenv("BOX_BASE_URL", server.url(status))
    monkeypatch.setenv("BOX_API_KEY", "k1")
    (check,) = check_endpoints(pool("box"))
    assert check.status == "unchecked" and detail in check.detail and "--call" in check.remedy
    assert ("name m00" in check.remedy) is (b"m00" in body)
    require_endpoints(pool("box"), "mine.yaml")  # It may be an alias: a run is not stopped.


def test_a_provider_that_is_not_asked_is_not_called_fine() -> None:
    text = f"name: mine\nagents:\n  - {{name: g, model: google/gemini-x, price: {PRICE}}}\n"
    (check,) = check_endpoints(parse_pool(text, "test.yaml"))
    assert check.status == "unchecked" and "neither key nor model is checked" in check.detail


def test_the_pools_address_goes_before_the_variable(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOX_BASE_URL", server.url(500))
    monkeypatch.setenv("BOX_API_KEY", "k1")
    (check,) = check_endpoints(pool("box", more=f", base_url: '{server.url(200)}/'"))
    assert check.status == "ok"


def test_agents_of_one_server_ask_it_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOX_BASE_URL", server.url(200))
    monkeypatch.setenv("BOX_API_KEY", "k1")
    assert [check.status for check in check_endpoints(pool("box", "box"))] == ["ok", "ok"]
    assert server.asked == ["/200/v1/models"]


@pytest.mark.parametrize(
    ("status", "detail", "remedy"),
    [
        (401, "refuses the key in BOX_API_KEY (HTTP 401)", "export BOX_API_KEY=<a valid key>"),
        (403, "refuses the key in BOX_API_KEY (HTTP 403)", "export BOX_API_KEY=<a valid key>"),
        (
            500,
            "answers with HTTP 500",
            "start the model server, or correct BOX_BASE_URL (or `base_url` in the pool file)",
        ),
        (
            503,
            "answers with HTTP 503",
            "start the model server, or correct BOX_BASE_URL (or `base_url` in the pool file)",
        ),
    ],
)
def test_a_server_that_refuses_is_missing_with_a_remedy(
    server: Server, monkeypatch: pytest.MonkeyPatch, status: int, detail: str, remedy: str
) -> None:
    monkeypatch.setenv("BOX_BASE_URL", server.url(status))
    monkeypatch.setenv("BOX_API_KEY", "k1")
    (check,) = check_endpoints(pool("box"))
    assert (check.status, check.detail, check.remedy) == ("missing", f"{server.url(status)} {detail}", remedy)


def closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_server_that_is_not_there_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"http://127.0.0.1:{closed_port()}/v1"
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("BOX_BASE_URL", url)
    monkeypatch.setenv("BOX_API_KEY", "k1")
    (check,) = check_endpoints(pool("box"))
    assert check.status == "missing"
    assert check.detail == f"{url} does not answer (ConnectError)"


def test_a_server_that_is_busy_with_another_request_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and does not reply in time, as a server does that answers one request at a time."""
    monkeypatch.setattr(_endpoints, "_TIMEOUT", httpx.Timeout(0.2, connect=5.0))
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        monkeypatch.setenv("BOX_BASE_URL", f"http://127.0.0.1:{busy.getsockname()[1]}/v1")
        monkeypatch.setenv("BOX_API_KEY", "k1")
        (check,) = check_endpoints(pool("box"))
    assert check.status == "unchecked" and "busy" in check.detail


@pytest.mark.parametrize("address", ["127.0.0.1:8000/v1", "http://[bad", "nonsense"])
def test_an_address_that_is_no_address_is_a_finding_and_not_a_crash(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("BOX_BASE_URL", address)
    monkeypatch.setenv("BOX_API_KEY", "k1")
    (check,) = check_endpoints(pool("box"))
    assert check.status == "missing"
    assert address in check.detail


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BOX_BASE_URL", raising=False)
    monkeypatch.setenv("BOX_API_KEY", "k1")
    (check,) = check_endpoints(pool("box"))
    assert (check.status, check.detail) == ("missing", "BOX_BASE_URL is not set")
    assert check.remedy.startswith("export BOX_BASE_URL=")


@pytest.mark.parametrize("key", [None, ""])
def test_a_key_that_is_not_set_is_named_and_the_server_is_not_asked(
    server: Server, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    monkeypatch.setenv("BOX_BASE_URL", server.url(200))
    monkeypatch.delenv("BOX_API_KEY", raising=False)
    if key is not None:
        monkeypatch.setenv("BOX_API_KEY", key)
    (check,) = check_endpoints(pool("box"))
    assert (check.status, check.detail) == ("missing", "BOX_API_KEY is not set")
    assert server.asked == []


def test_a_simulated_agent_needs_no_server() -> None:
    text = f"name: mine\nagents:\n  - {{name: s, model: hst-sim/4b, price: {PRICE}}}\n"
    (check,) = check_endpoints(parse_pool(text, "test.yaml"))
    assert check.status == "ok"


def test_the_first_missing_server_stops_a_run_with_agent_and_remedy(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for service, status in (("good", 200), ("bad", 401), ("worse", 500)):
        monkeypatch.setenv(f"{service.upper()}_BASE_URL", server.url(status))
        monkeypatch.setenv(f"{service.upper()}_API_KEY", "k1")
    with pytest.raises(MissingRequirementError, match=r"Pool 'mine': model of a1 .*HTTP 401") as caught:
        require_endpoints(pool("good", "bad", "worse"), "mine.yaml")
    assert "Do this: export BAD_API_KEY=<a valid key>." in str(caught.value)
    assert "worse" not in str(caught.value)


def test_a_pool_whose_servers_answer_may_run(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOOD_BASE_URL", server.url(200))
    monkeypatch.setenv("GOOD_API_KEY", "k1")
    require_endpoints(pool("good"), "mine.yaml")
    assert server.asked
