"""A new user's way by docs/guides/study.md alone: a task and models of their own, from `study init` to the decision."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from sale_inspect.study import read_study
from tests.preloaded import commands

COLUMNS = 80
CHANCE = {"small": (0.9, 0.1), "medium": (0.95, 0.5), "large": (0.98, 0.95)}
# As users write it who also use the file without Inspect.
TASK = """
try:
    from inspect_ai import Task, task
    from inspect_ai.dataset import Sample
    from inspect_ai.scorer import includes
    from inspect_ai.solver import generate

    @task
    def sums(n: int = 30) -> Task:
        samples = [
            Sample(id=f"q{k}", input=f"{'Double' if k % 3 else 'Square'} {12 + k}.",
                   target=f"={2 * (12 + k) if k % 3 else (12 + k) ** 2}.")
            for k in range(n)
        ]
        return Task(dataset=samples, solver=generate(), scorer=includes())
except ImportError:
    pass
"""
AGENT = """
  - name: {name}
    model: openai-api/mine/{name}
    top_logprobs: 0
    tool_calls: false
    price: {{input: {price}, output: {price}, cache_read: 0, cache_write: 0, as_of: 2026-11-23, source: "my invoice"}}
"""


class Models(BaseHTTPRequestHandler):
    """Three models that double well and square as their size allows, and never rate a plan."""

    def log_message(self, *args: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        """Which models there are."""
        self._reply({"object": "list", "data": [{"id": name, "object": "model"} for name in CHANCE]})

    def do_POST(self) -> None:
        """Answer."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text = "\n".join(str(message.get("content")) for message in asked["messages"])
        kind, number = re.findall(r"(Double|Square) (\d+)\.", text)[0]
        value = 2 * int(number) if kind == "Double" else int(number) ** 2
        digest = hashlib.sha256(f"{asked['model']} {kind} {number}".encode()).hexdigest()
        right = int(digest, 16) % 1000 / 1000 < CHANCE[asked["model"]][kind == "Square"]
        answer = f"={value if right else value + 1}."
        usage = {"prompt_tokens": 900, "completion_tokens": 100, "total_tokens": 1000}
        choice = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": answer}}
        self._reply(
            {
                "id": "x", "object": "chat.completion", "created": 1, "model": asked["model"],
                "choices": [choice], "usage": usage,
            }
        )  # fmt: skip

    def _reply(self, said: object) -> None:
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("user")
    (folder / "sums.py").write_text(TASK, encoding="utf-8")
    agents = "".join(AGENT.format(name=name, price=price) for name, price in zip(CHANCE, (0.1, 1, 10), strict=True))
    (folder / "mine.yaml").write_text(f"name: mine\nagents:{agents}", encoding="utf-8")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Models)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MINE_BASE_URL", f"http://127.0.0.1:{server.server_address[1]}/v1")
        patch.setenv("MINE_API_KEY", "none")
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        patch.setenv("NO_COLOR", "1")
        for name in ("SALE_MINILM_DIR", "INSPECT_EVAL_MODEL", "COLUMNS"):
            patch.delenv(name, raising=False)
        yield folder
    server.shutdown()


def typed(folder: Path, *words: str) -> str:
    """What a terminal of 80 columns shows of a command that must end well."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, COLUMNS, 0, 0))
    command = [str(commands.folder() / "sale-inspect"), *words]
    process = subprocess.Popen(command, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs, env=dict(os.environ))
    os.close(theirs)
    shown = b""
    while True:
        try:
            piece = os.read(ours, 65536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        shown += piece
    os.close(ours)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown.decode("utf-8")).replace("\r\n", "\n")
    assert process.wait() == 0, text
    assert all(len(line) <= COLUMNS for line in text.split("\n")), [line for line in text.split("\n") if len(line) > 80]
    return text


def test_from_init_to_the_decision_in_a_terminal(user: Path) -> None:
    made = typed(user, "study", "init", "which.yaml", "sums.py@sums", "--pool", "mine.yaml", "--keep-pass", "0.9")
    assert "sale-inspect study which.yaml --forecast" in made
    assert read_study(user / "which.yaml").goal.keep_pass == 0.9
    forecast = typed(user, "study", "which.yaml", "--forecast")
    # Two lines a step: calls, tokens, dollars and hours, and their ranges.
    assert re.search(r"│ dev/small-alone +│ \d+ +│( +[\d.k<]+ │){4}\n│ +│ +│( +[\d.,kM<]+-[\d.,kM<]+ │){4}", forecast)
    assert "40 output tokens a second" in forecast
    ran = typed(user, "study", "which.yaml")
    words = " ".join(ran.split())
    # The money is spent and something did not work: that is said before the test steps, and at the end.
    silent = "no judge rated in"
    assert 0 < words.index(f"On dev: auctions: {silent}") < words.index("test/small-alone") < words.rindex(silent)
    assert re.search(r"Use [a-z -]+ alone\. It solves \d+\.\d%", words)
    assert "e-0" not in words
    assert (user / "which/report/report.html").exists() and "which/report/report.html" in ran
    decision = json.loads((user / "which/decision.json").read_text(encoding="utf-8"))
    assert decision["baseline"] == "large alone"
    status = typed(user, "study", "status", "which.yaml")
    assert "to do" not in status and "There is a decision." in status
    assert "follow from the data" in typed(user, "study", "verify", "which")
