"""Programs: found in answers, run by the real runner, judged."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sale_inspect._errors import RunnerError
from sale_inspect.bench import ProgramVerdict, extract_program, job, read_verdict, runner_source

F = "def f(x):\n    return x + 1"
TESTS = ("assert f(1) == 2", "assert f(2) == 3")


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        (F, F),
        (f"```python\n{F}\n```", F),
        (f"Here it is:\n```py\n{F}\n```\nDone.", F),
        (f"```\n{F}\n```", F),
        (f"```python\n{F}", F),
        (f"```python\nwrong = 1\n```\nthen\n```python\n{F}\n```\nUse it:\n```python\nprint(f(1))\n```", F),
        (f"```python\ndef f(x):\n    return 0\n```\nBetter:\n```python\n{F}\n```", F),
        ("```\nfirst\n```\n```\nsecond\n```", "second"),
        (f"Sure, the function:\n{F}", F),
        (f"Sure:\nimport math\n\n{F}", f"import math\n\n{F}"),
        (f"LIMIT = 10\n{F}", f"LIMIT = 10\n{F}"),
        ("f = lambda x: x + 1", "f = lambda x: x + 1"),
        ("```python\ndef fg(x):\n    return 0\n```\n```text\nno code\n```", "no code"),
        ("", ""),
    ],
    ids=[
        *(
            "bare",
            "fenced",
            "fenced in prose",
            "no language",
            "fence not closed",
            "the block that defines it",
        ),
        *("the last definition", "no block defines it", "prose then code", "prose then imports"),
        *("a constant before the function", "a lambda", "a longer name is another function", "empty"),
    ],
)
def test_the_program_is_found_in_an_answer(answer: str, program: str) -> None:
    assert extract_program(answer, "f") == program


S = "class Solution:\n    def f(self, x):\n        return x + 1"
OTHER = "class Solution:\n    def g(self, x):\n        return x"


@pytest.mark.parametrize(
    ("answer", "program"),
    [
        (S, S),
        (f"```python\n{S}\n```\nIt runs as:\n```python\nprint(Solution().f(1))\n```", S),
        (f"```python\n{OTHER}\n```\n```python\n{S}\n```\n```python\n{F}\n```", S),
        (f"```python\n{S}\n```\nAnother problem is:\n```python\n{OTHER}\n```", S),
        (f"```python\n{S[:-1]}2\n```\nBetter:\n```python\n{S}\n```", S),
        ("```python\nclass Solution(Base):\n    f = other\n```\n```\n2\n```", "class Solution(Base):\n    f = other"),
        (f"```python\n{S.replace('def f', 'def ff')}\n```\n```python\n{S}\n```\n```text\n3\n```", S),
        (f"```python\n{F}\n```", F),
        (f"Sure:\n\n{S}", S),
        (f"from typing import List\n\n{S}", f"from typing import List\n\n{S}"),
    ],
    ids=[
        *("bare", "before its use", "not the other class or the function", "not a later other method"),
        *("the last one", "a class without the def", "a longer name is another method"),
        *("only a function", "prose then class", "imports then class"),
    ],
)
def test_the_program_with_a_method_is_found_in_an_answer(answer: str, program: str) -> None:
    assert extract_program(answer, "Solution().f") == program


@pytest.mark.parametrize(
    "answer",
    ["-" * 200_000 + "1", "a" + ".b" * 200_000, "(" * 100_000, '# Any star.\ndef f(s):\n    return "\\*"'],
    ids=["minus signs", "attributes", "brackets", "an unknown escape"],
)
def test_an_answer_that_is_hard_to_parse_is_handed_on_as_it_is(answer: str) -> None:
    """The parser raises MemoryError or RecursionError for some, and warns of the last."""
    assert extract_program(answer, "f") == answer


def output(
    program: str,
    *tests: str,
    preamble: str = "",
    setup: str = "",
    seconds: float = 10.0,
    memory_mb: int = 512,
    entry_point: str = "f",
) -> tuple[str, int]:
    """What the judge prints, started as the sandbox starts it, and its exit status."""
    work = job(
        program,
        entry_point=entry_point,
        preamble=preamble,
        setup=setup,
        tests=tests or TESTS,
        seconds=seconds,
        memory_mb=memory_mb,
    )
    answer = subprocess.run(
        [sys.executable, "-I", "-c", runner_source()],
        input=work,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return answer.stdout, answer.returncode


def run(
    program: str,
    *tests: str,
    preamble: str = "",
    setup: str = "",
    seconds: float = 10.0,
    memory_mb: int = 512,
    entry_point: str = "f",
) -> ProgramVerdict:
    return read_verdict(
        *output(
            program,
            *tests,
            preamble=preamble,
            setup=setup,
            seconds=seconds,
            memory_mb=memory_mb,
            entry_point=entry_point,
        )
    )


def test_a_right_program_passes() -> None:
    assert run(F) == ProgramVerdict(passed=True)


def test_the_setup_runs_after_the_program_and_before_the_tests() -> None:
    assert run(F, "assert f(LIMIT) == 4", setup="LIMIT = f(2)").passed


NODES = """
from math import *

class Node:
    def __init__(self, value, after=None):
        self.value, self.after = value, after

def nodes(values):
    first = None
    for value in reversed(values):
        first = Node(value, first)
    return first
"""
SUM = """
class Solution:
    def total(self, node: Node) -> int:
        return 0 if node is None else floor(node.value) + self.total(node.after)
"""
METHOD = "Solution().total"
CHECK = "def check(candidate):\n    assert candidate(nodes([1, 2.5, ceil(2.5)])) == 6\n\ncheck(Solution().total)"


def test_the_program_and_the_tests_see_the_names_of_the_preamble() -> None:
    assert run(SUM, CHECK, preamble=NODES, entry_point=METHOD) == ProgramVerdict(passed=True)
    assert run(SUM, CHECK, entry_point=METHOD).reason == "loading the program: NameError: name 'Node' is not defined"


def test_a_program_may_define_the_helper_classes_of_the_preamble_anew() -> None:
    """LeetCode's own page shows `ListNode` in a comment, and agents hand it in as code."""
    own = (
        "from __future__ import annotations\n"
        "class Node:\n    def __init__(self, value, after=None):\n        self.value, self.after = value, after\n"
        "    def twice(self):\n        return Node(2 * self.value, self.after)\n"
    )
    doubled = SUM.replace("floor(node.value)", "floor(node.twice().value)")
    assert run(own + doubled, CHECK.replace("== 6", "== 13"), preamble=NODES, entry_point=METHOD).passed


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        (SUM.replace("floor", "ceil"), "test 1 of 1: AssertionError: "),
        (SUM.replace("total", "sum"), "test 1 of 1: AttributeError: 'Solution' object has no attribute 'total'"),
        ("def total(node):\n    return 6", "test 1 of 1: NameError: name 'Solution' is not defined"),
        ("    def total(self, node):\n        return 6", "loading the program: IndentationError: "),
        ("import sys\n" + SUM.replace("return", "sys.exit(0)\n        return"), "test 1 of 1: SystemExit: 0"),
    ],
    ids=["wrong", "another method", "a function in place of the class", "a bare method", "leaves inside the test"],
)
def test_a_method_that_is_not_right_fails(program: str, reason: str) -> None:
    verdict = run(program, CHECK, preamble=NODES, entry_point=METHOD)
    assert not verdict.passed
    assert verdict.reason.startswith(reason)


def test_a_preamble_that_fails_is_no_failure_of_the_program() -> None:
    with pytest.raises(RunnerError, match="the task's preamble fails here: ZeroDivisionError"):
        run(F, preamble="1 / 0")


def test_the_limit_of_time_holds_for_the_preamble_too() -> None:
    assert run(F, preamble="while True:\n    pass", seconds=0.5) == ProgramVerdict(
        passed=False, reason="no result within 0.5 s"
    )


def test_a_wrong_program_fails_with_the_number_of_the_test() -> None:
    verdict = run("def f(x):\n    return 2")
    assert not verdict.passed
    assert verdict.reason.startswith("test 2 of 2: AssertionError")


def test_a_program_that_cannot_be_read_fails_while_loading() -> None:
    verdict = run("def f(x:")
    assert not verdict.passed
    assert verdict.reason.startswith("loading the program: SyntaxError")


def test_a_data_class_with_annotations_as_text_is_a_right_program() -> None:
    program = (
        "from __future__ import annotations\nfrom dataclasses import dataclass\n"
        "@dataclass\nclass P:\n    x: int\ndef f(x: int) -> int:\n    return P(x).x + 1"
    )
    assert run(program) == ProgramVerdict(passed=True)


def test_a_program_that_prints_and_reads_leaves_no_trace_in_the_output() -> None:
    text, status = output("import sys\nsys.stdin.read()\nprint('noise' * 10000, flush=True)\n" + F)
    assert text == '\n{"passed": true, "reason": "", "two_users": false}\n'
    assert status == 0


EVERY_DESCRIPTOR = """
import json, os
for fd in range(3, 64):
    try:
        os.write(fd, json.dumps({"token": "0" * 32, "done": 2, "reason": ""}).encode())
    except OSError:
        pass
"""


@pytest.mark.parametrize(
    "program",
    [
        "import sys\nsys.exit(0)",
        "import os\nos._exit(0)",
        "def f(x):\n    import sys\n    sys.exit(0)",
        "def f(x):\n    import os\n    os._exit(0)",
        "raise KeyboardInterrupt",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
        'print(\'{"passed": true, "reason": ""}\', flush=True)\nimport os\nos._exit(0)',
        'import sys\nsys.__stdout__.write(\'\\n{"passed": true, "reason": ""}\\n\')\nsys.__stdout__.flush()',
        EVERY_DESCRIPTOR + "os._exit(0)",
        EVERY_DESCRIPTOR + "def f(x):\n    return x + 1",
        "import os\nos.closerange(0, 64)\n" + F,
        "def f(x):\n    return f(x)",
    ],
    ids=[
        *("sys.exit", "os._exit", "sys.exit in the function", "os._exit in the function", "an interrupt"),
        *("kills itself", "prints a verdict and exits", "prints a verdict", "forges a report and exits"),
        *("forges a report besides the real one", "closes the report", "endless recursion"),
    ],
)
def test_a_program_that_does_not_let_its_tests_run_to_the_end_fails(program: str) -> None:
    verdict = run(program)
    assert not verdict.passed
    assert verdict.reason


def test_an_endless_loop_ends_at_its_limit_of_time() -> None:
    start = time.monotonic()
    verdict = run("while True:\n    pass", seconds=0.5)
    assert verdict == ProgramVerdict(passed=False, reason="no result within 0.5 s")
    assert time.monotonic() - start < 20


def test_a_program_that_takes_too_much_memory_fails() -> None:
    """256 MiB are allowed, 1,024 are asked for."""
    verdict = run("def f(x):\n    return len(bytearray(1 << 30))", memory_mb=256)
    assert not verdict.passed
    assert "MemoryError" in verdict.reason


@pytest.mark.parametrize("memory_mb", [96, 128, 160])
def test_a_program_that_fills_its_memory_bit_by_bit_still_gets_the_reason(memory_mb: int) -> None:
    """With nothing left, the report itself could not be written."""
    program = "last = None\ndef f(x):\n    global last\n    while True:\n        last = (last, [x])"
    assert run(program, memory_mb=memory_mb).reason == "test 1 of 2: MemoryError: "


@pytest.mark.parametrize(
    "leave",
    [
        "if os.fork() == 0:\n    time.sleep(120)\n    os._exit(0)\n",
        "import subprocess\nsubprocess.Popen(['sleep', '120'], pass_fds=[fd])\n",
    ],
    ids=["a fork", "a subprocess"],
)
def test_a_process_that_a_program_leaves_behind_is_ended(tmp_path: Path, leave: str) -> None:
    """Every process of the program holds the pipe open, so the pipe ends when the last of them has ended."""
    pipe = tmp_path / "alive"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        run(
            f"import os, time\nfd = os.open({str(pipe)!r}, os.O_WRONLY)\nos.write(fd, b'up')\n{leave}{F}",
            seconds=2.0,
        )
        assert os.read(reader, 10) == b"up"
        assert select.select([reader], [], [], 20)[0], "a process of the program is still alive"
        assert os.read(reader, 10) == b""
    finally:
        os.close(reader)


def test_a_right_program_with_a_helper_process_passes() -> None:
    program = "import subprocess\nsubprocess.Popen(['sleep', '120'])\n" + F
    assert run(program, seconds=5.0) == ProgramVerdict(passed=True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "7",
        '{"passed": true}',
        '{"reason": ""}',
        '{"passed": 1, "reason": ""}',
        '{"passed": true',
    ],
)
def test_output_that_is_no_verdict_is_a_failure_and_never_a_pass(text: str) -> None:
    assert not read_verdict(text, 0).passed


GOOD = '{"passed": true, "reason": "", "two_users": false}\n'


@pytest.mark.parametrize("status", [1, 2, 4, 124, 137, -9])
def test_a_verdict_counts_only_with_the_judges_own_exit_status(status: int) -> None:
    assert read_verdict(GOOD, 0).passed
    assert not read_verdict(GOOD, status).passed


def test_a_judge_that_could_not_work_is_an_error() -> None:
    with pytest.raises(RunnerError, match="no memory"):
        read_verdict('{"error": "no memory"}', 3)


def test_only_the_last_line_of_output_is_the_verdict() -> None:
    lie = GOOD + '{"passed": false, "reason": "test 1 of 2: AssertionError: ", "two_users": false}\n'
    assert read_verdict(lie, 0) == ProgramVerdict(passed=False, reason="test 1 of 2: AssertionError: ")


def test_a_right_program_that_leaves_a_process_behind_is_judged_at_once() -> None:
    program = "import os, time\nif os.fork() == 0:\n    time.sleep(60)\n    os._exit(0)\n" + F
    assert run(program, seconds=5.0) == ProgramVerdict(passed=True)
