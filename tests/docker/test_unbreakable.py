# ruff: noqa: E501 -- lines stand as an agent would run them
"""What an agent does to its sandbox: the run goes on, the sandbox holds, or the answer fails with the reason."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.log import EvalLog, EvalSample
from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.util import OutputLimitExceededError, SandboxEnvironmentSpec, SandboxUnavailableError, sandbox, store

from sale_inspect._inspect.tasks._sandbox_state import SandboxStore, note_container
from sale_inspect._inspect.tasks._sandboxes import (
    AGENT_USER,
    SCORING_USER,
    coding_sandbox,
    compose_file,
    search_sandbox,
)
from sale_inspect._inspect.tasks._scorers import pass_and_cost

pytestmark = pytest.mark.docker

LINES = {
    "fork bomb": "bomb() { while :; do bomb & done; }; bomb",
    "memory": "python3 -c 'x = [bytearray(1 << 20) for _ in range(4000)]'; sleep 0.1; python3 -c 'bytearray(4 << 30)'",
    "output": "head -c 300000000 /dev/zero | tr '\\0' x",
    "kill all": "python3 -c 'import os; os.kill(-1, 9)'",
    "stop all": "kill -STOP -1; python3 -c 'import os; os.kill(-1, 19)'",
    "full disk": (
        "dd if=/dev/zero of=/workspace/x bs=1M count=2048 2>&1; dd if=/dev/zero of=/workspace/y bs=1M count=2048 2>&1;"
        "dd if=/dev/zero of=/tmp/x bs=1M count=2048 2>&1; dd if=/dev/zero of=/dev/shm/x bs=1M count=2048 2>&1;"
        "for i in $(seq 30000); do : > /workspace/f$i || break; done 2>&1 | tail -1;"
        "df -m --output=size /workspace /tmp /dev/shm | tail -3"
    ),
    "full log": "head -c 50000000 /dev/zero > /proc/1/fd/1; echo rc $?; head -c 50000000 /dev/zero > /proc/1/fd/2; echo rc $?",
}
"""As a tool call of an agent."""


def sandboxes() -> dict[str, SandboxEnvironmentSpec]:
    return {
        "coding": coding_sandbox("docker"),
        "search": search_sandbox("docker"),
        "human": SandboxEnvironmentSpec("docker", str(compose_file("human"))),
    }


@solver
def break_it() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await note_container(state)
        if state.sample_id == "engine":
            subprocess.run(["docker", "kill", state.store_as(SandboxStore).container], check=True, capture_output=True)
        else:
            try:
                line = LINES[str(state.sample_id)]
                result = await sandbox().exec(["bash", "-c", line], user=AGENT_USER, timeout=15, timeout_retry=False)
                store().set("seen", result.stdout[-2000:] + result.stderr[-2000:])
            except (TimeoutError, OutputLimitExceededError, SandboxUnavailableError) as error:
                store().set("seen", type(error).__name__)
        state.output = ModelOutput.from_content("m", "```python\ndef double(x):\n    return 2 * x\n```")
        return state

    return solve


def run(folder: Path, names: list[str]) -> EvalLog:
    samples = [
        Sample(
            id=name,
            input="Write double(x).",
            target=["assert double(2) == 4"],
            metadata={
                **{"kind": "function", "rule": "tests", "bin": "b2", "entry_point": "double"},
                **{"scorer_user": SCORING_USER, "sandbox_type": "docker"},
            },
            sandbox=coding_sandbox("docker"),
        )
        for name in names
    ]
    (log,) = inspect_eval(
        Task(dataset=MemoryDataset(samples), solver=break_it(), scorer=pass_and_cost(test_seconds=20.0)),
        model="none",
        log_dir=str(folder),
        display="none",
        log_realtime=False,
        max_samples=3,
        max_sandboxes=3,
        max_subprocesses=4,
    )
    return log


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, EvalSample]]:
    log = run(tmp_path_factory.mktemp("logs"), list(LINES))
    assert log.status == "success" and log.samples is not None, log.error
    yield {str(sample.id): sample for sample in log.samples}


def scored(sample: EvalSample) -> tuple[int, str]:
    assert sample.scores is not None
    score = sample.scores["pass_and_cost"]
    return int(score.as_dict()["correct"] or 0), score.explanation or ""


@pytest.mark.parametrize("name", LINES)
def test_the_run_goes_on_and_the_sample_has_a_score(broken: dict[str, EvalSample], name: str) -> None:
    assert broken[name].error is None
    correct, explanation = scored(broken[name])
    if name != "fork bomb":
        assert correct == 1, explanation


def test_a_fork_bomb_is_the_agents_failure_or_none(broken: dict[str, EvalSample]) -> None:
    correct, explanation = scored(broken["fork bomb"])
    assert correct == 1 or "used it up" in explanation or "ended before" in explanation, explanation


def test_disks_have_sizes(broken: dict[str, EvalSample]) -> None:
    seen = broken["full disk"].store["seen"]
    assert "No space left on device" in seen
    assert [int(line) for line in seen.split("\n") if line.strip().isdigit()][:3] == [256, 64, 16]


def test_the_log_of_the_container_is_closed_to_the_agent(broken: dict[str, EvalSample]) -> None:
    seen = broken["full log"].store["seen"]
    assert seen.count("rc 1") == 2 and "Permission denied" in seen


def test_what_the_engine_breaks_is_an_error_and_no_score(tmp_path: Path) -> None:
    log = run(tmp_path, ["engine"])
    assert log.status == "error" and log.error is not None
    assert "was ended from outside" in log.error.message
    assert "is exited (exit status 137)" in log.error.message


FOREIGN_LINES = {
    "kill all": "for i in 1 2 3; do python3 -c 'import os; os.kill(-1, 9)'; done; kill -9 -1",
    "kill one": "for n in $(seq 1 64); do kill -$n 1 2>/dev/null; done; sleep 0.2",
    "stop all": "kill -STOP 1; kill -STOP -1",
    "trace": (
        "python3 -c 'import ctypes; c = ctypes.CDLL(None, use_errno=True); print(c.ptrace(16, 1, 0, 0), ctypes.get_errno())'"
    ),
    "limits": (
        "python3 -c 'import resource; [resource.prlimit(1, n, (0, 0)) for n in "
        "(resource.RLIMIT_CPU, resource.RLIMIT_AS, resource.RLIMIT_NPROC)]'"
    ),
    "full log": "head -c 50000000 /dev/zero > /proc/1/fd/1; echo rc $?",
    "orphans": "for i in $(seq 50); do (sleep 0.05 &); done; sleep 0.5; grep -l 'State:.Z' /proc/[0-9]*/status 2>/dev/null | wc -l",
}
"""As a tool of another package that names no user runs it: as the user of the main process."""


@solver
def break_as_default() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await note_container(state)
        try:
            line = FOREIGN_LINES[str(state.metadata["line"])]
            result = await sandbox().exec(["bash", "-c", line], timeout=15, timeout_retry=False)
            store().set("seen", result.stdout[-2000:] + result.stderr[-2000:])
        except (TimeoutError, SandboxUnavailableError) as error:
            store().set("seen", type(error).__name__)
        after = await sandbox().exec(["python3", "-c", "import os; print('alive as', os.getuid())"], timeout=30)
        store().set("after", after.stdout + after.stderr)
        return state

    return solve


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, EvalSample]]:
    # The three compose files have one main process (tests/inspect/test_sandbox_files.py), run by two users.
    samples = [
        Sample(id=f"{place} {line}", input="Look.", sandbox=sandboxes()[place], metadata={"line": line})
        for place in ("coding", "human")
        for line in FOREIGN_LINES
    ]
    (log,) = inspect_eval(
        Task(dataset=MemoryDataset(samples)),
        solver=break_as_default(),
        model="none",
        log_dir=str(tmp_path_factory.mktemp("foreign")),
        display="none",
        log_realtime=False,
        max_samples=3,
        max_sandboxes=3,
    )
    assert log.status == "success" and log.samples is not None, log.error
    yield {str(sample.id): sample for sample in log.samples}


@pytest.mark.parametrize("line", FOREIGN_LINES)
@pytest.mark.parametrize(("place", "user"), [("coding", 1001), ("human", 1000)])
def test_not_even_the_main_processs_own_user_takes_a_sandbox_down(
    foreign: dict[str, EvalSample], place: str, user: int, line: str
) -> None:
    sample = foreign[f"{place} {line}"]
    assert sample.store["after"] == f"alive as {user}\n", sample.store["seen"]
    wanted = {"trace": "-1 1", "full log": "rc 1", "orphans": "0"}.get(line)
    assert wanted is None or sample.store["seen"].split("\n")[0] == wanted, sample.store["seen"]


def test_the_image_of_a_sandbox_is_in_the_log(foreign: dict[str, EvalSample]) -> None:
    for place in ("coding", "human"):
        kept = foreign[f"{place} trace"].store
        assert kept["SandboxStore:image_name"] == f"sale-inspect-{place}:2"
        known = subprocess.run(
            ["docker", "image", "inspect", "--format", "{{.Id}}", kept["SandboxStore:image"]],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        assert known.stdout.strip() == kept["SandboxStore:image"]


@solver
def look() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        await note_container(state)
        name = state.store_as(SandboxStore).container
        form = "{{json .HostConfig.LogConfig}} {{json .HostConfig.Ulimits}} {{json .HostConfig.PidsLimit}} {{.HostConfig.Memory}}"
        shown = subprocess.run(["docker", "inspect", "-f", form, name], check=True, capture_output=True, text=True)
        sizes = await sandbox().exec(["df", "-m", "--output=size", "/workspace", "/tmp", "/dev/shm"])
        store().set("seen", [shown.stdout, sizes.stdout])
        return state

    return solve


def test_the_disks_of_all_three_sandboxes_are_bounded(tmp_path: Path) -> None:
    samples = [Sample(id=name, input="Look.", sandbox=place) for name, place in sandboxes().items()]
    (log,) = inspect_eval(
        Task(dataset=MemoryDataset(samples)),
        solver=look(),
        model="none",
        log_dir=str(tmp_path),
        display="none",
        log_realtime=False,
    )
    assert log.status == "success" and log.samples is not None, log.error
    for sample in log.samples:
        limits, sizes = sample.store["seen"]
        assert '"max-size":"1m"' in limits and '"fsize"' in limits, sample.id
        assert sizes.split()[1:] == ["256", "64", "16"], sample.id
