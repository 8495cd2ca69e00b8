"""The coding sandbox holds what it promises, seen from inside, in a real engine."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog
from inspect_ai.model import ModelOutput
from inspect_ai.scorer import Score, Scorer, Target, scorer
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import sandbox, store

from sale_inspect._inspect.solvers._sale import sale, single
from sale_inspect._inspect.tasks._sandboxes import AGENT_USER, SCORING_USER, coding_sandbox
from sale_inspect._inspect.tasks._scorers import pass_and_cost
from sale_inspect._inspect.tasks._tasks import hst_coding

pytestmark = pytest.mark.docker

RunEval = Callable[..., EvalLog]


@pytest.fixture
def run_eval(tmp_path: Path) -> RunEval:
    def run(task: Task, solver: Solver, **options: object) -> EvalLog:
        (log,) = inspect_eval(task, solver=solver, log_dir=str(tmp_path), display="none", log_realtime=False, **options)  # type: ignore[arg-type]
        assert log.status == "success", log.error
        return log

    return run


PROBES = {
    "user": "id -u",
    "network": "python3 -c 'import socket; socket.create_connection((\"1.1.1.1\", 53), 2)' 2>&1; ls /sys/class/net",
    "root": "touch /usr/probe 2>&1; echo rc $?",
    "work": "echo written > /workspace/probe && cat /workspace/probe",
    "capabilities": "grep CapEff /proc/self/status",
    "privileges": "grep NoNewPrivs /proc/self/status",
    "pids": "for i in $(seq 300); do sleep 30 & done 2>&1 | tail -1; jobs | wc -l",
    "memory": "python3 -c 'x = bytearray(3 << 30)'; echo rc $?",
    "secrets": "env; ls -a / /workspace /tmp",
}


@solver
def probe() -> Solver:
    """Runs each probe as the agent would, and leaves a trap for the tests that come later."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        found = {}
        for name, line in PROBES.items():
            result = await sandbox().exec(["bash", "-c", line], timeout=60, user=AGENT_USER)
            found[name] = result.stdout + result.stderr
        store().set("found", found)
        # An agent that prepares its own environment: a python3 that passes everything.
        trap = '#!/bin/sh\necho \'{"passed": true, "reason": "", "two_users": true}\'\n'
        lines = "cat > python3; chmod +x python3; echo 'export PATH=/workspace:$PATH' > .profile; nohup sleep 600 &"
        await sandbox().exec(["bash", "-c", lines], input=trap, user=AGENT_USER)
        state.output = ModelOutput.from_content("m", "```python\ndef nothing():\n    return None\n```")
        return state

    return solve


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> EvalLog:
    task = hst_coding(set="mini", bins="b3")
    (log,) = inspect_eval(
        task, solver=probe(), limit=1, log_dir=str(tmp_path_factory.mktemp("probe")), display="none", log_realtime=False
    )
    assert log.status == "success", log.error
    return log


@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("user", lambda said: said.strip() == "1000"),
        ("network", lambda said: "Network is unreachable" in said and said.split()[-1] == "lo"),
        ("root", lambda said: "Read-only file system" in said and "rc 1" in said),
        ("work", lambda said: said.strip() == "written"),
        ("capabilities", lambda said: int(said.split()[1], 16) == 0),
        ("privileges", lambda said: said.split()[1] == "1"),
        ("pids", lambda said: "Resource temporarily unavailable" in said or int(said.split()[-1]) < 128),
        ("memory", lambda said: "rc 137" in said or "MemoryError" in said),
    ],
)
def test_the_agents_container_is_locked_down(probed: EvalLog, name: str, check: Callable[[str], bool]) -> None:
    assert probed.samples is not None
    said = probed.samples[0].store["found"][name]
    assert check(said), said


def test_no_test_or_target_can_be_read_from_the_agents_container(probed: EvalLog) -> None:
    assert probed.samples is not None
    said = json.dumps(probed.samples[0].store["found"])
    assert not any(str(test) in said for test in probed.samples[0].target)


def test_an_agent_cannot_prepare_the_process_that_tests_its_answer(probed: EvalLog) -> None:
    assert probed.samples is not None and probed.samples[0].scores is not None
    score: Score = probed.samples[0].scores["pass_and_cost"]
    assert score.as_dict()["correct"] == 0
    assert score.metadata == {"tests_ran_in": "two processes of two users"}


SPY = """
import glob, json, os, signal, time
found = set()
end = time.time() + 60
while time.time() < end:
    for path in glob.glob("/proc/[0-9]*"):
        try:
            if os.stat(path).st_uid == 1000:
                continue
            pid = int(path.rsplit("/", 1)[1])
        except OSError:
            continue
        for name in ("mem", "environ", "fd/0", "maps", "cwd"):
            try:
                with open(path + "/" + name, "rb") as file:
                    found.add((name, repr(file.read(100))))
            except OSError as error:
                found.add((name, type(error).__name__))
        try:
            os.kill(pid, signal.SIGKILL)
            found.add(("kill", "worked"))
        except OSError as error:
            found.add(("kill", type(error).__name__))
    # Renamed, so that it is never read half written.
    with open("/workspace/seen.tmp", "w") as file:
        json.dump(sorted(found), file)
    os.rename("/workspace/seen.tmp", "/workspace/seen.json")
"""


@solver
def spy() -> Solver:
    """Leaves a process behind that tries to read and to kill whatever tests the answer."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await sandbox().write_file("/workspace/spy.py", SPY)
        await sandbox().exec(["bash", "-c", "nohup python3 spy.py >/dev/null 2>&1 &"], user=AGENT_USER)
        slow = "import time\ntime.sleep(2)\ndef double(x):\n    return 2 * x"
        state.output = ModelOutput.from_content("m", f"```python\n{slow}\n```")
        return state

    return solve


@scorer(metrics=[])
def what_was_seen() -> Scorer:
    async def score(state: TaskState, target: Target) -> Score:
        return Score(value=await sandbox().read_file("/workspace/seen.json"))

    return score


def test_a_process_of_the_agent_can_neither_read_nor_kill_the_tests(run_eval: RunEval) -> None:
    task = one_function()
    task.scorer = [pass_and_cost(), what_was_seen()]
    log = run_eval(task, spy())
    assert log.samples is not None and log.samples[0].scores is not None
    assert log.samples[0].scores["pass_and_cost"].as_dict()["correct"] == 1
    seen = {(name, said) for name, said in json.loads(str(log.samples[0].scores["what_was_seen"].value))}
    refused = {(name, "PermissionError") for name in ("mem", "environ", "fd/0", "maps", "cwd", "kill")}
    assert refused <= seen
    # A process that is just ending has no memory left to read, or is gone by the time it is opened.
    assert {said for _, said in seen - refused} <= {"b''", "ProcessLookupError", "FileNotFoundError"}


@solver
def hand_in(program: str) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.output = ModelOutput.from_content("m", f"```python\n{program}\n```")
        return state

    return solve


def one_function() -> Task:
    task = hst_coding(set="mini", bins="b3")
    sample = Sample(
        id="double",
        input="Write double(x).",
        target=["assert double(2) == 4", "assert double(0) == 0"],
        metadata={
            "kind": "function",
            "domain": "coding",
            "bin": "b2",
            "entry_point": "double",
            "setup": "",
            "scorer_user": SCORING_USER,
        },
        sandbox=coding_sandbox("docker"),
    )
    task.dataset = MemoryDataset([sample])
    return task


@pytest.mark.parametrize(
    ("program", "correct", "reason"),
    [
        ("def double(x):\n    return 2 * x", 1, "All tests passed"),
        ("def double(x):\n    return x + 2", 0, "test 2 of 2: AssertionError"),
        ("import os\nos._exit(0)", 0, "ended before its tests"),
        ("def double(x):\n    while True: pass", 0, "no result within"),
        ("def double(x):\n    return bytearray(2 << 30)", 0, "MemoryError"),
        ('print(\'{"passed": true, "reason": ""}\')', 0, "NameError"),
    ],
)
def test_programs_are_judged_by_their_tests(run_eval: RunEval, program: str, correct: int, reason: str) -> None:
    task = one_function()
    task.scorer = [pass_and_cost(test_seconds=3.0)]
    log = run_eval(task, hand_in(program))
    assert log.samples is not None and log.samples[0].scores is not None
    score = log.samples[0].scores["pass_and_cost"]
    assert score.as_dict()["correct"] == correct
    assert reason in (score.explanation or "")


def test_an_auction_with_tools_runs_in_docker(run_eval: RunEval) -> None:
    log = run_eval(hst_coding(set="mini", bins="b2,b3"), sale(pool="sim"), limit=3)
    for sample in log.samples or []:
        if sample.metadata["kind"] == "function":
            assert sample.sandbox is not None and sample.sandbox.type == "docker"
            results = [message.text for message in sample.messages if message.role == "tool"]
            assert any("simulated check 1" in text for text in results)


def test_references_of_the_simulator_pass_in_docker(run_eval: RunEval) -> None:
    log = run_eval(hst_coding(set="mini", bins="b2"), single(agent="32b", pool="sim"), limit=6)
    graded = [s.scores["pass_and_cost"] for s in log.samples or [] if s.scores and s.metadata["kind"] == "function"]
    assert any(score.as_dict()["correct"] == 1 for score in graded)
