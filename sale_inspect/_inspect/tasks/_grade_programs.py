"""Programs are graded by a judge in a sandbox, in a process that the program cannot reach."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from inspect_ai.scorer import Target
from inspect_ai.solver import TaskState
from inspect_ai.util import StoreModel, sandbox

from sale_inspect._inspect.tasks._graded import Graded
from sale_inspect._inspect.tasks._judging import judged, memory_bound, proven
from sale_inspect._inspect.tasks._sandbox_state import SandboxBrokenByAgentError, SandboxStore
from sale_inspect.bench import ProgramVerdict, extract_program, job

__all__ = ["VerdictStore", "grade_function"]


class VerdictStore(StoreModel):
    """The tests' verdict on a program, kept so that `inspect score` works without the sandbox."""

    program_sha256: str = ""
    passed: bool = False
    reason: str = ""
    where: str = ""


async def grade_function(state: TaskState, target: Target, seconds: float, memory_mb: int) -> Graded:
    """Run the unit tests on the submitted program, by a judge in a process of its own.

    Judge and program run as two users where the sample's metadata lets them (`scorer_user`). The program and the
    tests go in through standard input, never through files. Where no sandbox is up any more (`inspect score`), the
    stored verdict on the same program is used. A sandbox that the agent broke is the agent's failure.

    Raises:
        RunnerError: If programs cannot be tested in the sandbox, which says nothing about the program.
    """
    program = extract_program(state.output.completion, str(state.metadata["entry_point"]))
    digest = hashlib.sha256(program.encode(errors="surrogatepass")).hexdigest()
    stored = state.store_as(VerdictStore)
    try:
        sandbox()
    except (ProcessLookupError, LookupError):
        if stored.program_sha256 != digest:
            return Graded(correct=None, answer=program, explanation="No sandbox is up to run the tests in.")
        return _graded(program, ProgramVerdict(passed=stored.passed, reason=stored.reason), stored.where)
    memory = memory_bound(state.metadata, memory_mb)
    work = _job(program, state.metadata, tuple(target), seconds, memory)
    try:
        await proven(state.metadata, memory_mb)
        verdict = await judged(work, state.metadata, seconds, state.store_as(SandboxStore).container)
    except SandboxBrokenByAgentError as error:
        verdict = ProgramVerdict(passed=False, reason=str(error))
    where = "two processes of two users" if verdict.two_users else "two processes of one user"
    if memory is None:
        where += ", without a limit of memory"
    stored.program_sha256, stored.passed = digest, verdict.passed
    stored.reason, stored.where = verdict.reason, where
    return _graded(program, verdict, where)


def _job(
    program: str, metadata: Mapping[str, Any], tests: tuple[str, ...], seconds: float, memory_mb: int | None
) -> str:
    return job(
        program,
        entry_point=str(metadata["entry_point"]),
        preamble=str(metadata.get("preamble", "")),
        setup=str(metadata.get("setup", "")),
        tests=tests,
        seconds=seconds,
        memory_mb=memory_mb,
        two_users="scorer_user" in metadata,
    )


def _graded(program: str, verdict: ProgramVerdict, where: str) -> Graded:
    said = "All tests passed." if verdict.passed else f"Failed: {verdict.reason}."
    return Graded(
        correct=verdict.passed,
        answer=program,
        explanation=f"{said}\n\n```python\n{program}\n```",
        metadata={"tests_ran_in": where},
    )
