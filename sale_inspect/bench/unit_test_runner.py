# inspect-evals-lint: ignore-file[IESC002] -- it is sent into the sandbox as text and runs there, never on the host
"""Tests one program. Runs inside a sandbox as `python3 -I -c <this file>`, with a job on standard input.

The program runs in a child process with its own limits of time and memory and without the
standard streams. The parent never runs any of it: it waits, kills the child's whole session at
the end, and prints one line of JSON. The child reports through a pipe with a token that is made
for this run, and only a report of every single test counts as a pass, so a program that exits
early, or prints what a passing run would print, fails.

What it cannot stop: program and tests share one process, as assertions on Python objects must, so a
program that reads the runner's own frames, or returns objects that claim to equal everything, can
forge a pass. Nothing that it does there reaches the agent or another task.
"""

import contextlib
import json
import os
import resource
import secrets
import select
import signal
import sys
import time
import types
from typing import Any


def _child(job: dict[str, Any], token: str, report: int) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    limit = int(job["memory_mb"]) << 20
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Given up before the report, which itself needs memory.
    spare = bytearray(8 << 20)
    done, reason, loading = 0, "", "loading the preamble"
    # A real module, because dataclasses look their annotations up in it.
    module = types.ModuleType("candidate")
    sys.modules["candidate"] = module
    space = module.__dict__
    try:
        # Each text is compiled alone: a program may still begin with `from __future__ import`.
        exec(compile(job["preamble"], "preamble.py", "exec"), space)
        loading = "loading the program"
        exec(compile(job["program"], "program.py", "exec"), space)
        exec(compile(job["setup"], "setup.py", "exec"), space)
        for number, test in enumerate(job["tests"], start=1):
            reason = f"test {number} of {len(job['tests'])}"
            exec(compile(test, f"test_{number}.py", "exec"), space)
            done += 1
    except BaseException as error:  # noqa: BLE001 - the program may raise anything, SystemExit too
        del spare
        where = reason or loading
        reason = f"{where}: {type(error).__name__}: {str(error)[:200]}"
    else:
        reason = ""
    os.write(report, json.dumps({"token": token, "done": done, "reason": reason}).encode() + b"\n")
    os._exit(0)


def _read(pipe: int, deadline: float) -> bytes | None:
    data = b""
    while True:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([pipe], [], [], left)[0]:
            return None
        part = os.read(pipe, 65536)
        data += part
        # The newline ends a report, whoever else may still hold the pipe open.
        if not part or data.endswith(b"\n"):
            return data


def main() -> None:
    job = json.load(sys.stdin)
    token = secrets.token_hex(16)
    pipe, report = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.setsid()
        os.close(pipe)
        _child(job, token, report)
    os.close(report)
    data = _read(pipe, time.monotonic() + float(job["seconds"]))
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    status = os.waitpid(pid, 0)[1]
    if data is None:
        passed, reason = False, f"no result within {job['seconds']:g} s"
    else:
        try:
            found = json.loads(data)
            if found["token"] != token:
                raise ValueError
            passed = found["done"] == len(job["tests"]) and not found["reason"]
            reason = found["reason"]
        except (ValueError, KeyError, TypeError):
            signalled = f" (signal {os.WTERMSIG(status)})" if os.WIFSIGNALED(status) else ""
            passed, reason = False, "the program ended before its tests did" + signalled
    sys.stdout.write("\n" + json.dumps({"passed": passed, "reason": reason}) + "\n")


main()
