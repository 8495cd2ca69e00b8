# ruff: noqa: E501 -- programs stand as they are run
"""No program passes by attacking its judge, here with both processes under one user."""

from __future__ import annotations

import ctypes
import json
import os
import subprocess
import sys

import pytest

from sale_inspect.bench import ProgramVerdict, job, read_verdict, runner_source
from tests.judge.attacks import ATTACKS, TESTS

SECONDS = 2.0

PR_CAPBSET_DROP, CAP_SYS_PTRACE = 24, 19


def as_an_ordinary_user() -> None:
    """Root may trace every process. What it executes from here on may not, as for any other user."""
    if os.geteuid() == 0 and sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0)


def judged(program: str, tests: tuple[str, ...] = TESTS) -> tuple[ProgramVerdict, subprocess.CompletedProcess[str]]:
    work = job(program, entry_point="f", tests=tests, seconds=SECONDS, memory_mb=512)
    command = [sys.executable, "-I", "-c", runner_source()]
    # As Inspect's local sandbox: a judge that is stopped is ended from outside.
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=as_an_ordinary_user,
    )
    try:
        stdout, stderr = process.communicate(work, timeout=SECONDS + 4)
    except subprocess.TimeoutExpired:
        process.kill()
        stdout, stderr = process.communicate()
    answer = subprocess.CompletedProcess(command, process.returncode, stdout, stderr)
    return read_verdict(answer.stdout, answer.returncode), answer


def test_the_tests_pass_for_a_program_that_knows_the_answers() -> None:
    """Else every attack would fail for another reason."""
    assert judged("def f(x): return {1: 73919, 2: 52847}.get(x) if type(x) is int else 'g'")[0].passed


@pytest.mark.parametrize("name", ATTACKS)
def test_a_program_that_attacks_its_judge_fails(name: str) -> None:
    verdict, answer = judged(ATTACKS[name])
    assert not verdict.passed
    assert verdict.reason
    # Neither may the program bring the judge to say that it is the judge who is broken, which would end the run.
    assert answer.returncode != 3
    assert "Traceback" not in answer.stderr


def test_nothing_of_the_tests_is_in_the_programs_process() -> None:
    """The program looks at all that a process has of its own and reports where it sees the answer."""
    program = (
        "import gc, os, sys\ndef f(x):\n    seen = []\n"
        "    for name in ('environ', 'cmdline'):\n        seen.append(open(f'/proc/self/{name}').read())\n"
        "    seen.append(sorted(os.readlink(f'/proc/self/fd/{n}').split(':')[0] for n in os.listdir('/proc/self/fd')[:-1]))\n"
        "    return seen\n"
    )
    shown = "import json\nassert 0, json.dumps(f(1))[-180:]"
    verdict, _ = judged(program, (shown, "assert f(1) == 73919"))
    files = json.loads("[" + verdict.reason.rpartition("[")[2].removesuffix("]"))
    assert files == ["/dev/null", "/dev/null", "/dev/null", "pipe", "pipe"]
    searched = f"def f(x):\n    text = open('/proc/self/environ').read() + open('/proc/self/cmdline').read()\n    return '{73900 + 19}' in text"
    assert judged(searched.replace("'73919'", "str(73900 + 19)"), ("assert f(73919) is False",))[0].passed


def test_the_judge_is_closed_to_other_processes_of_its_user() -> None:
    program = "import os\ndef f(x):\n    open(f'/proc/{os.getppid()}/fd/1', 'w')"
    assert "PermissionError" in judged(program)[0].reason
