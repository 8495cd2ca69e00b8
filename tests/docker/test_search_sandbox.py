"""The deep-search sandbox: attachments arrive, and nothing leaves, in a real engine."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox, store

from sale_inspect._inspect.tasks._sandboxes import AGENT_USER, search_sandbox

pytestmark = pytest.mark.docker

# Every value of a byte, so that a text decoding on the way would show.
ATTACHED = bytes(range(256)) * 40

PROBES = {
    "user": "id -u",
    "folder": "pwd",
    "mode": "stat -c '%u %a' /workspace/table.xlsx",
    "bytes": "sha256sum /workspace/table.xlsx",
    "text": "cat '/workspace/a note.txt'",
    "write": "echo more >> '/workspace/result.txt' && cat /workspace/result.txt",
    "network": "python3 -c 'import socket; socket.create_connection((\"1.1.1.1\", 53), 2)' 2>&1; ls /sys/class/net",
    "root": "touch /usr/probe 2>&1; echo rc $?",
    "capabilities": "grep CapEff /proc/self/status",
    "privileges": "grep NoNewPrivs /proc/self/status",
    "pids": "for i in $(seq 300); do sleep 30 & done 2>&1 | tail -1; jobs | wc -l",
    "memory": "python3 -c 'x = bytearray(3 << 30)'; echo rc $?",
}


@solver
def probe() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        found = {}
        for name, line in PROBES.items():
            result = await sandbox().exec(["bash", "-c", line], timeout=60, user=AGENT_USER)
            found[name] = (result.stdout + result.stderr).strip()
        store().set("found", found)
        return state

    return solve


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder: Path = tmp_path_factory.mktemp("attachments")
    (folder / "table.xlsx").write_bytes(ATTACHED)
    (folder / "table.xlsx").chmod(0o600)
    (folder / "a note.txt").write_text("Grüße", encoding="utf-8")
    sample = Sample(
        id="attached",
        input="What is in the files?",
        files={
            "/workspace/table.xlsx": str(folder / "table.xlsx"),
            "/workspace/a note.txt": str(folder / "a note.txt"),
        },
        sandbox=search_sandbox("docker"),
    )
    log: EvalLog
    (log,) = inspect_eval(
        Task(dataset=MemoryDataset([sample])),
        solver=probe(),
        model="none",
        log_dir=str(tmp_path_factory.mktemp("logs")),
        display="none",
        log_realtime=False,
    )
    assert log.status == "success" and log.samples is not None, log.error
    answer: dict[str, str] = log.samples[0].store["found"]
    return answer


def test_an_attachment_arrives_byte_for_byte_and_the_agents_user_can_read_it(found: dict[str, str]) -> None:
    assert found["user"] == "1000"
    assert found["bytes"].split()[0] == hashlib.sha256(ATTACHED).hexdigest(), found["mode"]
    assert found["text"] == "Grüße"


def test_the_agent_works_and_writes_where_the_attachments_are(found: dict[str, str]) -> None:
    assert found["folder"] == "/workspace"
    assert found["write"] == "more"


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("network", lambda said: "Network is unreachable" in said and said.split()[-1] == "lo"),
        ("root", lambda said: "Read-only file system" in said and "rc 1" in said),
        ("capabilities", lambda said: int(said.split()[1], 16) == 0),
        ("privileges", lambda said: said.split()[1] == "1"),
        ("pids", lambda said: "Resource temporarily unavailable" in said or int(said.split()[-1]) < 128),
        ("memory", lambda said: "rc 137" in said or "MemoryError" in said),
    ],
)
def test_the_container_is_locked_down(found: dict[str, str], name: str, check: Callable[[str], bool]) -> None:
    assert check(found[name]), found[name]
