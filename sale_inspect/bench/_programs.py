"""Programs that agents hand in: how they are found, tested and judged."""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice

__all__ = ["ProgramVerdict", "extract_program", "job", "read_verdict", "runner_source"]

_FENCE = re.compile(r"```[ \t]*+[\w+-]*+[ \t]*+\n(.*?)(?:\n[ \t]*+```|\Z)", re.DOTALL)

_CODE_LINE = re.compile(r"^(?:def |from |import |class |@|async def |\w+ *(?::[^=\n]+)?= *\S)", re.MULTILINE)

_METHOD = re.compile(r"(?P<owner>[A-Za-z_]\w*)\(\)\.(?P<name>[A-Za-z_]\w*)")

_MOST_STARTS = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgramVerdict:
    """What the tests said of a program.

    Attributes:
        passed: Every test passed.
        reason: Why not, in one line; empty if passed.
    """

    passed: bool
    reason: str = ""


def extract_program(answer: str, entry_point: str) -> str:
    """The program in an answer.

    That is the last fenced block that defines the entry point, else the last block, else the whole text
    from its first line of code on. For a method, a block with the class and the method comes before a
    block with the class alone. A bare method is handed on as it is, so it fails its tests.

    Args:
        answer: What the agent submitted.
        entry_point: What the tests call: the name of a function, or a method as `Class().method`.
    """
    blocks = [block.strip("\n") for block in _FENCE.findall(answer)]
    for wanted in _definitions(entry_point):
        defining = [block for block in blocks if all(pattern.search(block) for pattern in wanted)]
        if defining:
            return str(defining[-1])
    if blocks:
        return str(blocks[-1])
    if _parses(answer):
        return answer
    # Each try reads the rest of the answer, so a long text that never parses would take minutes without a bound.
    starts = [match.start() for match in islice(_CODE_LINE.finditer(answer), _MOST_STARTS)]
    return next(
        (answer[start:] for start in starts if _parses(answer[start:])), answer[starts[0] :] if starts else answer
    )


def _definitions(entry_point: str) -> tuple[tuple[re.Pattern[str], ...], ...]:
    """What a block must hold to define the entry point: the best choice first."""
    method = _METHOD.fullmatch(entry_point)
    if method is None:
        return ((re.compile(rf"^[ \t]*def\s+{re.escape(entry_point)}\b", re.M),),)
    owner = re.compile(rf"^class\s+{method['owner']}\b", re.M)
    return (owner, re.compile(rf"^[ \t]+(?:async\s+)?def\s+{method['name']}\b", re.M)), (owner,)


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            # An unknown escape in a string is the program's own affair.
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        # The last two are what a very deep expression gives.
        return False
    return True


def job(program: str, *, setup: str, tests: tuple[str, ...], seconds: float, memory_mb: int, preamble: str = "") -> str:
    """The text that the runner reads from its standard input.

    All four texts run in one module, so the program and the tests see the names of the preamble, and the
    program may define them anew.

    Args:
        program: The program to test.
        setup: Code that runs after the program and before the tests.
        tests: Assertions.
        seconds: Time for all of it together: preamble, program, setup and tests.
        memory_mb: Address space for them, MiB.
        preamble: Code that runs before the program: imports and helper classes.
    """
    return json.dumps(
        {
            "preamble": preamble,
            "program": program,
            "setup": setup,
            "tests": list(tests),
            "seconds": seconds,
            "memory_mb": memory_mb,
        }
    )


@cache
def runner_source() -> str:
    """Source of the runner, a script for `python3 -I -c` that needs only the standard library."""
    return files("sale_inspect.bench").joinpath("unit_test_runner.py").read_text(encoding="utf-8")


def read_verdict(output: str) -> ProgramVerdict:
    """The runner's last line of output as a verdict. Anything else is a failure, never a pass."""
    lines = output.strip().splitlines()
    try:
        data = json.loads(lines[-1])
        return ProgramVerdict(passed=data["passed"] is True, reason=str(data["reason"]))
    except (IndexError, ValueError, KeyError, TypeError):
        return ProgramVerdict(passed=False, reason="the test runner gave no verdict")
