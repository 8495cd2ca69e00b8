# ruff: noqa: E501 -- programs stand as they are run
"""No program passes by attacking its judge, in the real container as the sandbox's users."""

from __future__ import annotations

from pathlib import Path

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import store

from sale_inspect._errors import RunnerError
from sale_inspect._inspect.tasks._judging import judged
from sale_inspect._inspect.tasks._sandbox_state import SandboxStore, note_container
from sale_inspect._inspect.tasks._sandboxes import SCORING_USER, coding_sandbox
from sale_inspect.bench import job
from tests.judge.attacks import ATTACKS, TESTS

pytestmark = pytest.mark.docker

KNOWS = "def f(x): return {1: 73919, 2: 52847}.get(x) if type(x) is int else 'g'"

# Only here: it writes to the files of every process that it can see, and takes the judge for a process of its user.
PROGRAMS = {
    **ATTACKS,
    "verdicts into the files of every process": (
        "import os\nfor p in (p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()):\n"
        "    for fd in range(10):\n        try:\n            with open(f'/proc/{p}/fd/{fd}', 'w') as o:\n"
        '                o.write(\'{"passed": true, "reason": "", "two_users": true}\\n\')\n'
        "        except OSError: pass\ndef f(x): return None"
    ),
    "every process is killed": "import os\ndef f(x):\n    os.kill(-1, 9)\n    return None",
    "another user is taken": (
        "import os\ndef f(x):\n    for user in (0, 1000, 1001, 2000):\n        try: os.setuid(user)\n"
        "        except OSError: continue\n        return 73919 if x == 1 else 52847"
    ),
    "another user is taken through the system's programs": (
        "import glob, os\nfound = [p for p in glob.glob('/usr/bin/*') if os.path.exists(p) and os.stat(p).st_mode & 0o6000]\n"
        "import subprocess\ndef f(x):\n    for p in ('su', 'newgrp', 'passwd', 'mount'):\n"
        "        try: out = subprocess.run([p], input=b'', capture_output=True, timeout=1).returncode\n"
        "        except Exception: continue\n    return None"
    ),
}


@solver
def judge_each() -> Solver:
    """Judge the programs that the sample names, one after the other in its container."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await note_container(state)
        found = {}
        for name in state.metadata["names"]:
            program = KNOWS if name == "knows" else PROGRAMS[name]
            work = job(program, entry_point="f", tests=TESTS, seconds=2.0, memory_mb=512, two_users=True)
            try:
                verdict = await judged(work, state.metadata, 2.0, state.store_as(SandboxStore).container)
                found[name] = (verdict.passed, verdict.two_users, verdict.reason)
            except RunnerError as error:
                found[name] = (True, False, f"the judge says that it is broken: {error}")
        store().set("found", found)
        return state

    return solve


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bool, bool, str]]:
    names = list(PROGRAMS)
    samples = [
        Sample(
            id=f"part {part}",
            input="Judge.",
            metadata={
                "names": ["knows", *names[part::4]],
                "scorer_user": SCORING_USER,
                "sandbox_type": "docker",
            },
            sandbox=coding_sandbox("docker"),
        )
        for part in range(4)
    ]
    folder: Path = tmp_path_factory.mktemp("logs")
    (log,) = inspect_eval(
        Task(dataset=MemoryDataset(samples)),
        solver=judge_each(),
        model="none",
        log_dir=str(folder),
        display="none",
        log_realtime=False,
        max_samples=4,
        max_sandboxes=4,
        max_subprocesses=4,
    )
    assert log.status == "success" and log.samples is not None, log.error
    found: dict[str, tuple[bool, bool, str]] = {}
    for sample in log.samples:
        assert sample.store["found"]["knows"] == [True, True, ""]
        found |= sample.store["found"]
    return found


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_that_attacks_its_judge_fails_in_the_container(
    verdicts: dict[str, tuple[bool, bool, str]], name: str
) -> None:
    passed, _, reason = verdicts[name]
    assert not passed, reason
    assert reason


def test_the_program_never_runs_as_the_judges_user(verdicts: dict[str, tuple[bool, bool, str]]) -> None:
    """Every verdict that the judge itself gave says so; the others were no passes."""
    assert sum(two_users for _, two_users, _ in verdicts.values()) >= len(verdicts) - 5
