"""The pools of the endpoints' guide are valid, and `doctor` says of each what the page says."""

from __future__ import annotations

import http.server
import json
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sale_inspect.checks import check_endpoints
from sale_inspect.pools import parse_pool

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "endpoints.md"
SECTIONS = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
WORDS = {"ok": "fine", "unchecked": "not checked", "missing": "missing"}


@pytest.fixture
def server() -> Iterator[str]:
    """Lists the first model of every pool of the page, by the name after the provider's."""
    listed = ["gpt-small", "qwen/qwen3-8b", "Qwen/Qwen3-8B", "qwen3:4b"]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"data": [{"id": name} for name in listed]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    made = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{made.server_address[1]}"
    made.shutdown()
    made.server_close()
    thread.join()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda text: text.split()[0])
def test_each_endpoint_has_a_pool_and_what_doctor_says_of_it(
    section: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LITELLM", "OPENROUTER", "VLLM", "OLLAMA"):
        monkeypatch.setenv(f"{name}_BASE_URL", f"{server}/v1")
        monkeypatch.setenv(f"{name}_API_KEY", "a-key")
    (pool,) = re.findall(r"```yaml\n(.*?)```", section, re.S)
    first, second = check_endpoints(parse_pool(pool, "endpoints.md"))
    (promised,) = re.findall(r"^model of (\S+): ([^:]+): (.*)$", section, re.M)
    said = (first.name.split()[2], WORDS[first.status], first.detail)
    assert said == (promised[0], promised[1], promised[2].replace("{server}", server))
    # The other model is in no list, or nobody was asked: nothing is called fine that was not seen.
    assert WORDS[second.status] == "not checked"


def test_a_key_that_is_missing_is_named_where_one_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    (pool,) = (re.findall(r"```yaml\n(.*?)```", each, re.S)[0] for each in SECTIONS if each.startswith("OpenRouter"))
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)
    assert {check.status for check in check_endpoints(parse_pool(pool, "endpoints.md"))} == {"missing"}
