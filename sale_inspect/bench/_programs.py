"""Programs that agents hand in: how they are found, tested and judged."""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import dataclass
from itertools import islice

from sale_inspect._errors import RunnerError
from sale_inspect.bench.judge import JUDGE_USER, PROGRAM_USER, host_source, referee_source

__all__ = ["ProgramVerdict", "extract_program", "job", "read_verdict", "runner_source"]

_FENCE = re.compile(r"```[ \t]*+[\w+-]*+[ \t]*+\n(.*?)(?:\n[ \t]*+```|\Z)", re.DOTALL)

_CODE_LINE = re.compile(r"^(?:def |from |import |class |@|async def |\w+ *(?::[^=\n]+)?= *\S)", re.MULTILINE)

_METHOD = re.compile(r"(?P<owner>[A-Za-z_]\w*)\(\)\.(?P<name>[A-Za-z_]\w*)")

_MOST_STARTS = 50

BROKEN_STATUS = 3
"""Exit status of a judge that could not do its work."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ProgramVerdict:
    """What the tests said of a program.

    Attributes:
        passed: Every test passed.
        reason: Why not, in one line; empty if passed.
        two_users: The judge and the program ran as two users.
    """

    passed: bool
    reason: str = ""
    two_users: bool = False


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


def job(
    program: str,
    *,
    entry_point: str,
    tests: tuple[str, ...],
    seconds: float,
    memory_mb: int | None,
    setup: str = "",
    preamble: str = "",
    two_users: bool = False,
) -> str:
    """The text that the judge reads from its standard input.

    The preamble runs on both sides, in the judge's process and before the program in its own. Setup and tests run in
    the judge's process only, but for the setup's import statements, which the program sees too. A name in them is
    the entry point's first, then the judge's own (preamble, setup, built-in), then the program's.

    Args:
        program: The program to test.
        entry_point: What the tests call: the name of a function, or a method as `Class().method`.
        tests: Assertions.
        seconds: Time for all of it together: preamble, program, setup and tests.
        memory_mb: Address space for the program, MiB; None for no limit of it, on a system that cannot limit it.
        setup: Code that runs after the program is loaded and before the tests.
        preamble: Imports and helper classes.
        two_users: The judge is started as root and takes users for itself and for the program.
    """
    return json.dumps(
        {
            "preamble": preamble,
            "program": program,
            "entry_point": entry_point,
            "imports": _imports(setup),
            "setup": setup,
            "tests": list(tests),
            "seconds": seconds,
            "memory_mb": memory_mb,
            "users": [JUDGE_USER, PROGRAM_USER] if two_users else None,
            "host": host_source(),
        }
    )


def _imports(setup: str) -> str:
    try:
        nodes = [node for node in ast.parse(setup).body if isinstance(node, (ast.Import, ast.ImportFrom))]
    except SyntaxError:
        # The judge says so, where the setup runs.
        return ""
    return "\n".join(map(ast.unparse, nodes))


def runner_source() -> str:
    """Source of the judge, a script for `python3 -I -c` that needs only the standard library."""
    return referee_source()


def read_verdict(output: str, status: int) -> ProgramVerdict:
    """The judge's last line of output as a verdict.

    It counts only with the exit status 0. A judge that was killed, or that wrote anything else, is a failure of the
    program: only its program can have done that.

    Args:
        output: What the judge wrote to its standard output.
        status: Its exit status.

    Raises:
        RunnerError: If the judge says that it could not do its work (exit status 3).
    """
    lines = output.strip().splitlines()
    try:
        data = json.loads(lines[-1])
        if status == BROKEN_STATUS:
            raise RunnerError(str(data["error"]))
        if status == 0:
            return ProgramVerdict(
                passed=data["passed"] is True, reason=str(data["reason"]), two_users=data["two_users"] is True
            )
    except (IndexError, ValueError, KeyError, TypeError):
        pass
    return ProgramVerdict(passed=False, reason=f"the judge was ended before its verdict (exit status {status})")
