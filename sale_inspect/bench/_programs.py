"""Programs that agents hand in: how they are found, tested and judged."""

from __future__ import annotations

import ast
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

__all__ = ["Verdict", "extract_program", "job", "read_verdict", "runner_source"]

_FENCE = re.compile(r"```[ \t]*[\w+-]*[ \t]*\n(.*?)(?:\n[ \t]*```|\Z)", re.DOTALL)

_CODE_LINE = re.compile(r"^(?:def |from |import |class |@|async def |\w+ *(?::[^=\n]+)?= *\S)", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What the tests said of a program.

    Attributes:
        passed: Every test passed.
        reason: Why not, in one line; empty if passed.
    """

    passed: bool
    reason: str = ""


def extract_program(answer: str, entry_point: str) -> str:
    """The program in an answer.

    That is the last fenced block that defines the function, else the last block, else the whole text
    from its first line of code on.

    Args:
        answer: What the agent submitted.
        entry_point: Name of the function that the task asks for.
    """
    blocks = [block.strip("\n") for block in _FENCE.findall(answer)]
    defining = [block for block in blocks if re.search(rf"^\s*def\s+{re.escape(entry_point)}\b", block, re.M)]
    if defining or blocks:
        return str((defining or blocks)[-1])
    if _parses(answer):
        return answer
    starts = [match.start() for match in _CODE_LINE.finditer(answer)]
    return next(
        (answer[start:] for start in starts if _parses(answer[start:])), answer[starts[0] :] if starts else answer
    )


def _parses(text: str) -> bool:
    try:
        ast.parse(text)
    except (SyntaxError, ValueError):
        return False
    return True


def job(program: str, *, setup: str, tests: tuple[str, ...], seconds: float, memory_mb: int) -> str:
    """The text that the runner reads from its standard input.

    Args:
        program: The program to test.
        setup: Code that runs after the program and before the tests.
        tests: Assertions.
        seconds: Time for the program and all tests together.
        memory_mb: Memory for them, MiB.
    """
    return json.dumps(
        {"program": program, "setup": setup, "tests": list(tests), "seconds": seconds, "memory_mb": memory_mb}
    )


@cache
def runner_source() -> str:
    """Source of the runner, a script for `python3 -I -c` that needs only the standard library."""
    return files("sale_inspect.bench").joinpath("unit_test_runner.py").read_text(encoding="utf-8")


def read_verdict(output: str) -> Verdict:
    """The runner's last line of output as a verdict. Anything else is a failure, never a pass."""
    lines = output.strip().splitlines()
    try:
        data = json.loads(lines[-1])
        return Verdict(passed=data["passed"] is True, reason=str(data["reason"]))
    except (IndexError, ValueError, KeyError, TypeError):
        return Verdict(passed=False, reason="the test runner gave no verdict")
