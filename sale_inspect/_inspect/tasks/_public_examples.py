"""Checks a program against the examples in its task's text, where the task's programs are tested."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspect_ai.solver import TaskState
from inspect_ai.util import sandbox

from sale_inspect._errors import OptionError
from sale_inspect._inspect.tasks._judging import DEFAULT_MEMORY_MB, judged, memory_bound, proven
from sale_inspect._inspect.tasks._sandbox_state import SandboxBrokenByAgentError, SandboxStore
from sale_inspect.bench import ShownExamples, extract_program, job, shown_examples

__all__ = ["ExamplesVerdict", "check_examples", "examples_of"]

_SECONDS = 30.0
_FAILED = re.compile(r"test (\d+) of \d+\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class ExamplesVerdict:
    """What the examples say of an answer.

    Attributes:
        share: Share of the examples before the first that failed, 0 to 1.
        reason: Which failed and why; empty if all passed.
    """

    share: float
    reason: str


async def examples_of(state: TaskState, text: str) -> ShownExamples:
    """The examples that a task shows, after all was checked that can be before anything is paid.

    Args:
        state: The task. Of its metadata the entry point alone is read, which its text names.
        text: What the agents are given.

    Raises:
        OptionError: If the task shows none, or has no sandbox to run programs in.
        RunnerError: If programs cannot be tested there.
    """
    found = shown_examples(text, str(state.metadata.get("entry_point", "")))
    if found is None:
        raise OptionError(
            f"Sample {state.sample_id}: accept=examples, but the task's text shows no example of a call and its value. "
            "Nothing was spent. Choose tasks that do, or use accept=jury or accept=scorer:FILE."
        )
    try:
        sandbox()
    except (ProcessLookupError, LookupError) as error:
        raise OptionError(
            f"Sample {state.sample_id}: accept=examples runs programs in the task's sandbox, and it has none. Nothing "
            "was spent. Give the task a sandbox, or use accept=jury or accept=scorer:FILE."
        ) from error
    await proven(_place(state), DEFAULT_MEMORY_MB)
    return found


async def check_examples(state: TaskState, examples: ShownExamples, answer: str) -> ExamplesVerdict:
    """Run the examples on the program in an answer, by the judge that runs a task's tests.

    Raises:
        RunnerError: If programs cannot be tested in the sandbox, which says nothing about the program.
    """
    place = _place(state)
    work = job(
        extract_program(answer, examples.entry_point),
        entry_point=examples.entry_point,
        preamble=str(state.metadata.get("preamble", "")),
        tests=examples.tests,
        seconds=_SECONDS,
        memory_mb=memory_bound(place, DEFAULT_MEMORY_MB),
        two_users="scorer_user" in place,
    )
    try:
        verdict = await judged(work, place, _SECONDS, state.store_as(SandboxStore).container)
    except SandboxBrokenByAgentError as error:
        return ExamplesVerdict(share=0.0, reason=str(error))
    if verdict.passed:
        return ExamplesVerdict(share=1.0, reason="")
    failed = _FAILED.search(verdict.reason)
    passed = int(failed[1]) - 1 if failed else 0
    return ExamplesVerdict(share=passed / len(examples.tests), reason=verdict.reason)


def _place(state: TaskState) -> Mapping[str, Any]:
    """What the judge must know of the sandbox, and nothing that tests a program."""
    return {name: state.metadata[name] for name in ("sandbox_type", "scorer_user") if name in state.metadata}
