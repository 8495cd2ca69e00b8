"""Programs are graded by running their tests in a sandbox that the agent cannot reach."""

from __future__ import annotations

import hashlib

from inspect_ai.scorer import Target
from inspect_ai.solver import TaskState
from inspect_ai.util import StoreModel, sandbox

from sale_inspect._inspect.tasks._graded import Graded
from sale_inspect.bench import ProgramVerdict, extract_program, job, read_verdict, runner_source

__all__ = ["VerdictStore", "grade_function"]

_RUNNER_GRACE_SECONDS = 30


class VerdictStore(StoreModel):
    """The tests' verdict on a program, kept so that `inspect score` works without the sandbox."""

    program_sha256: str = ""
    passed: bool = False
    reason: str = ""
    where: str = ""


async def grade_function(state: TaskState, target: Target, seconds: float, memory_mb: int) -> Graded:
    """Run the unit tests on the submitted program, in a fresh process that the agent cannot reach.

    The process has a user of its own where the sample's metadata names one (`scorer_user`). The
    program and the tests are passed in through standard input, never through files. Where no sandbox
    is up any more (`inspect score`), the stored verdict on the same program is used.
    """
    program = extract_program(state.output.completion, str(state.metadata["entry_point"]))
    digest = hashlib.sha256(program.encode(errors="surrogatepass")).hexdigest()
    stored = state.store_as(VerdictStore)
    try:
        environment = sandbox()
    except (ProcessLookupError, LookupError):
        if stored.program_sha256 != digest:
            return Graded(correct=None, answer=program, explanation="No sandbox is up to run the tests in.")
        return _graded(program, ProgramVerdict(passed=stored.passed, reason=stored.reason), stored.where)
    user = state.metadata.get("scorer_user")
    where = f"a process of user {user}" if user else "a process of the agent's user"
    work = job(
        program,
        preamble=str(state.metadata.get("preamble", "")),
        setup=str(state.metadata.get("setup", "")),
        tests=tuple(target),
        seconds=seconds,
        memory_mb=memory_mb,
    )
    try:
        result = await environment.exec(
            ["python3", "-I", "-c", runner_source()],
            input=work,
            cwd="/",
            user=user,
            timeout=int(seconds) + _RUNNER_GRACE_SECONDS,
            timeout_retry=False,
        )
        verdict = read_verdict(result.stdout)
    except TimeoutError:
        verdict = ProgramVerdict(passed=False, reason="the test runner itself ran out of time")
    stored.program_sha256, stored.passed = digest, verdict.passed
    stored.reason, stored.where = verdict.reason, where
    return _graded(program, verdict, where)


def _graded(program: str, verdict: ProgramVerdict, where: str) -> Graded:
    said = "All tests passed." if verdict.passed else f"Failed: {verdict.reason}."
    return Graded(
        correct=verdict.passed,
        answer=program,
        explanation=f"{said}\n\n```python\n{program}\n```",
        metadata={"tests_ran_in": where},
    )
