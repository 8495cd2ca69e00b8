"""A system that cannot limit memory (macOS): `sandbox=local` works there, with the other limits, and says so."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from inspect_ai import eval as inspect_eval
from inspect_ai.model import ModelOutput
from inspect_ai.solver import Generate, Solver, TaskState, solver

from sale_inspect._errors import RunnerError
from sale_inspect._inspect.tasks import _judging
from sale_inspect._inspect.tasks._judging import prove_here
from sale_inspect._inspect.tasks._tasks import hst_coding
from sale_inspect.bench import ProgramVerdict, _programs, job, read_verdict, runner_source
from sale_inspect.bench.judge import host_source

NO_MEMORY_LIMIT = """\
import resource
_setrlimit = resource.setrlimit
def _refused(what, limits):
    if what == resource.RLIMIT_AS:
        raise ValueError("current limit exceeds maximum limit")
    _setrlimit(what, limits)
resource.setrlimit = _refused
"""
"""As macOS does, before a script."""


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    host = host_source().replace("class Host:", f"{NO_MEMORY_LIMIT}\nclass Host:")
    monkeypatch.setattr(_programs, "host_source", lambda: host)
    monkeypatch.setattr(_judging, "_PROBE", NO_MEMORY_LIMIT + _judging._PROBE)
    caches = (prove_here, _judging._limits_memory_here)
    for each in caches:
        each.cache_clear()
    _judging._proven.clear()
    yield
    for each in caches:
        each.cache_clear()
    _judging._proven.clear()


@pytest.mark.usefixtures("macos")
def test_where_memory_cannot_be_limited_programs_are_tested_locally_and_it_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(2):
        prove_here()
        assert _judging.memory_bound({"sandbox_type": "local"}, 512) is None
    (said,) = [record.message for record in caplog.records if "cannot limit the memory" in record.message]
    assert "sandbox=local" in said and "sandbox=docker" in said
    # Other sandboxes have their limit, or an error as before.
    assert _judging.memory_bound({"sandbox_type": "docker"}, 512) == 512
    with pytest.raises(RunnerError, match="cannot limit a program's memory to 512 MiB"):
        verdict_of(512)
    # The other limits hold.
    limits = "import resource\ndef f(x): return resource.getrlimit(resource.RLIMIT_FSIZE)[0] == 64 << 20"
    verdict = verdict_of(None, limits)
    assert verdict.passed, verdict.reason


def verdict_of(memory_mb: int | None, program: str = "def f(x): return True") -> ProgramVerdict:
    work = job(program, entry_point="f", tests=("assert f(1) is True",), seconds=9.0, memory_mb=memory_mb)
    answer = subprocess.run(
        [sys.executable, "-I", "-c", runner_source()], input=work, capture_output=True, text=True, check=False
    )
    return read_verdict(answer.stdout, answer.returncode)


@solver
def answers_nothing() -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        state.output = ModelOutput.from_content("m", "```python\npass\n```")
        return state

    return solve


@pytest.mark.usefixtures("macos")
def test_an_evaluation_with_a_local_sandbox_works_there_and_its_scores_say_so(tmp_path: Path) -> None:
    (log,) = inspect_eval(
        hst_coding(set="mini", bins="b2", sandbox="local"),
        solver=answers_nothing(),
        model="none", sample_id="mini-coding-b2-04", log_dir=str(tmp_path), display="none", log_realtime=False,
    )  # fmt: skip
    assert log.status == "success" and log.samples, log.error
    score = (log.samples[0].scores or {})["pass_and_cost"]
    assert (score.metadata or {})["tests_ran_in"] == "two processes of one user, without a limit of memory"
