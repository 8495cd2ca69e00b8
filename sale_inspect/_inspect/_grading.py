"""How each kind of task is graded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from inspect_ai.model import ChatMessageUser, GenerateConfig, Model
from inspect_ai.scorer import Target
from inspect_ai.solver import TaskState
from inspect_ai.util import StoreModel

from sale_inspect._inspect._sandboxes import scoring_sandbox
from sale_inspect.bench import (
    Verdict,
    extract_program,
    job,
    matches_alias,
    parse_grade,
    parse_letter,
    read_verdict,
    runner_source,
    short_answer_prompt,
)

__all__ = ["Graded", "VerdictStore", "grade_choice", "grade_function", "grade_short_answer"]

_RUNNER_GRACE_SECONDS = 30


@dataclass(frozen=True, kw_only=True, slots=True)
class Graded:
    """A grade: correct, not correct, or None if it could not be found out."""

    correct: bool | None
    answer: str
    explanation: str
    metadata: dict[str, Any] = field(default_factory=dict)


class VerdictStore(StoreModel):
    """The tests' verdict on a program, kept so that `inspect score` works without the sandbox."""

    program_sha256: str = ""
    passed: bool = False
    reason: str = ""
    where: str = ""


def grade_choice(completion: str, count: int, target: str) -> Graded:
    """Compare the chosen letter with the target."""
    letter = parse_letter(completion, count)
    said = letter or "no letter could be read"
    return Graded(correct=letter == target, answer=letter or "", explanation=f"Chosen: {said}. Correct: {target}.")


async def grade_function(state: TaskState, target: Target, seconds: float, memory_mb: int) -> Graded:
    """Run the unit tests on the submitted program, in an environment that the agent cannot reach.

    The program and the tests are passed in through standard input, never through files. Where no
    sandbox is up any more (`inspect score`), the stored verdict on the same program is used.
    """
    program = extract_program(state.output.completion, str(state.metadata["entry_point"]))
    digest = hashlib.sha256(program.encode()).hexdigest()
    stored = state.store_as(VerdictStore)
    try:
        environment, where = scoring_sandbox()
    except (ProcessLookupError, LookupError):
        if stored.program_sha256 != digest:
            return Graded(correct=None, answer=program, explanation="No sandbox is up to run the tests in.")
        return _graded(program, Verdict(passed=stored.passed, reason=stored.reason), stored.where)
    work = job(
        program,
        setup=str(state.metadata.get("setup", "")),
        tests=tuple(target),
        seconds=seconds,
        memory_mb=memory_mb,
    )
    try:
        result = await environment.exec(
            ["python3", "-I", "-c", runner_source()],
            input=work,
            timeout=int(seconds) + _RUNNER_GRACE_SECONDS,
            timeout_retry=False,
        )
        verdict = read_verdict(result.stdout)
    except TimeoutError:
        verdict = Verdict(passed=False, reason="the test runner itself ran out of time")
    stored.program_sha256, stored.passed = digest, verdict.passed
    stored.reason, stored.where = verdict.reason, where
    return _graded(program, verdict, where)


def _graded(program: str, verdict: Verdict, where: str) -> Graded:
    said = "All tests passed." if verdict.passed else f"Failed: {verdict.reason}."
    return Graded(
        correct=verdict.passed,
        answer=program,
        explanation=f"{said}\n\n```python\n{program}\n```",
        metadata={"tests_ran_in": where},
    )


async def grade_short_answer(question: str, completion: str, accepted: list[str], grader: Model | None) -> Graded:
    """Compare with the accepted answers after normalisation; ask the grader only where that fails."""
    answer = completion.strip()
    if matches_alias(answer, accepted):
        return Graded(correct=True, answer=answer, explanation="Matches an accepted answer.", metadata={"by": "match"})
    if grader is None or not answer:
        return Graded(
            correct=False, answer=answer, explanation=f"Does not match: {accepted[0]}.", metadata={"by": "match"}
        )
    request = short_answer_prompt(question=question, target="; ".join(accepted), answer=answer)
    output = await grader.generate([ChatMessageUser(content=request)], config=GenerateConfig(temperature=0.0))
    grade = parse_grade(output.completion)
    return Graded(
        correct=grade,
        answer=answer,
        explanation=f"Graded by {grader}: {output.completion.strip()[:300]}",
        metadata={"by": f"grader {grader}"},
    )
