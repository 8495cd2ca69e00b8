"""What crosses between tests and program: arguments changed in place, exceptions, iterators, nodes, objects."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sale_inspect._errors import RunnerError
from sale_inspect._inspect.tasks._judging import prove_here
from sale_inspect.bench import ProgramVerdict, job, read_verdict, runner_source

NODE = """
class ListNode:
    def __init__(self, val=0, next=None):
        self.val, self.next = val, next
def chain(values):
    head = None
    for value in reversed(values):
        head = ListNode(value, head)
    return head
def plain(node):
    values = []
    while node:
        values.append(node.val)
        node = node.next
    return values
"""
REVERSE = """
def f(head):
    before = None
    while head:
        head.next, before, head = before, head, head.next
    return before
"""


def run(
    program: str, *tests: str, setup: str = "", preamble: str = "", change: tuple[str, str] = ("", "")
) -> ProgramVerdict:
    work = job(program, entry_point="f", tests=tests, setup=setup, preamble=preamble, seconds=20.0, memory_mb=512)
    answer = subprocess.run(
        [sys.executable, "-I", "-c", runner_source()],
        input=work.replace(*change) if change[0] else work,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return read_verdict(answer.stdout, answer.returncode)


@pytest.mark.parametrize(
    ("program", "test"),
    [
        ("def f(x): x.sort()", "a = [3, 1, 2]\nf(a)\nassert a == [1, 2, 3]"),
        ("def f(x): x.append(x[0])\n", "a = [[1]]\nf(a)\na[0].append(2)\nassert a == [[1, 2], [1, 2]]"),
        ("def f(x):\n    x.sort()\n    return x", "a = [2, 1]\nassert f(a) is a and a == [1, 2]"),
        ("def f(x): x['k'] = x.pop('a')", "a = {'a': [1]}\nb = a['a']\nf(a)\nassert list(a) == ['k'] and a['k'] is b"),
        ("def f(x): x |= {4}", "a = {1}\nf(a)\nassert a == {1, 4}"),
        (
            "def f(x): x.appendleft(0)",
            "from collections import deque\na = deque([1], 9)\nf(a)\nassert a == deque([0, 1])",
        ),
        ("def f(x): x[0][0] = 5", "row = [0]\na = [row, row]\nf(a)\nassert a == [[5], [5]] and a[0] is row"),
        ("def f(x, *, key): return sorted(x, reverse=key)", "assert f([1, 2], key=True) == [2, 1]"),
        ("def f(x): return (n * n for n in x)", "assert list(f([1, 2])) == [1, 4]"),
        ("def f(x): return map(str, x)", "assert [*f(range(3))] == ['0', '1', '2']"),
        ("import itertools\ndef f(x): return itertools.count(x)", "i = f(5)\nassert next(i) == 5 and next(i) == 6"),
        ("def f(x): return sum(x)", "assert f(iter([1, 2])) == 3"),
        ("def f(x): raise KeyError('k')", "try: f(1)\nexcept KeyError as e: assert 'k' in str(e)\nelse: assert 0"),
        ("class E(ValueError): pass\ndef f(x): raise E('bad')", "try: f(1)\nexcept ValueError: pass\nelse: assert 0"),
        ("def f(x): return float('nan')", "assert f(1) != f(1)"),
        ("def f(x): return isinstance(x, int) and x", "assert f(10 ** 5000) == 10 ** 5000"),
        ("def f(x): return x", "assert f(int) is int and f((1, [2])) == (1, [2])"),
        ("def sum(x): return 0\ndef f(x): return sum(x)", "assert sum([1, 2]) == 3 and f([1]) == 0"),
    ],
)
def test_a_right_program_passes(program: str, test: str) -> None:
    assert run(program, test) == ProgramVerdict(passed=True)


def test_nodes_of_the_preamble_cross_both_ways_however_many() -> None:
    tests = (
        "assert plain(f(chain([1, 2, 3]))) == [3, 2, 1]",
        "a = chain(list(range(5000)))\nb = f(a)\nassert plain(b) == list(range(4999, -1, -1)) and plain(a) == [0]",
    )
    assert run(REVERSE, *tests, preamble=NODE) == ProgramVerdict(passed=True)


def test_objects_of_the_program_stay_there_and_can_be_handed_back() -> None:
    program = "class P:\n    def __init__(self, n): self.n = n\n    __eq__ = lambda s, o: True\ndef f(p): return p.n"
    setup = "one = P(3)\none.n = 4"
    assert run(program, "assert f(one) == 4 and one.n == 4", setup=setup) == ProgramVerdict(passed=True)
    reason = run(program, "assert one == 4", setup=setup).reason
    assert reason == "test 1 of 1: TypeError: an object of the program is no value that can be compared"


def test_the_setups_imports_are_the_programs_too() -> None:
    assert run("def f(x): return math.sqrt(x)", "assert f(4) == math.sqrt(4)", setup="import math").passed


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("class A: pass\ndef f(x): return A()", "the program's value cannot be tested: a value of the type `A`"),
        ("def f(x): return lambda: 1", "the program's value cannot be tested: a value of the type `function`"),
        ("def g(x): return 1", "NameError: name 'f' is not defined"),
    ],
)
def test_a_value_that_is_no_data_fails_with_the_reason(program: str, reason: str) -> None:
    assert run(program, "assert f(1) is not None").reason == f"test 1 of 1: {reason}"


def test_a_bare_except_in_a_test_hides_no_broken_program() -> None:
    test = "try:\n    f(1)\nexcept:\n    pass"
    assert not run("import os\ndef f(x): os._exit(0)", test).passed
    assert run("def f(x): raise ValueError", test).passed


def test_a_function_of_a_built_in_name_must_be_the_programs_own() -> None:
    work = job("x = 1", entry_point="sum", tests=("assert sum([1, 2]) == 3",), seconds=9.0, memory_mb=512)
    answer = subprocess.run([sys.executable, "-I", "-c", runner_source()], input=work, capture_output=True, text=True)
    verdict = read_verdict(answer.stdout, answer.returncode)
    assert verdict.reason == "test 1 of 1: NameError: name 'sum' is not defined"


def test_a_preamble_may_import_what_is_not_installed() -> None:
    """As LeetCodeDataset's does, and no task says so."""
    preamble = "import math\nfrom no_such_module import Sorted\nimport no_other.module\nLIMIT = 3"
    assert run("def f(x): return math.floor(x) + LIMIT", "assert f(1.5) == 4", preamble=preamble).passed
    reason = run("def f(x): return Sorted(x)", "assert f(1.5) == 4", preamble=preamble).reason
    assert reason == "test 1 of 1: NameError: name 'Sorted' is not defined"


# A machine on which programs cannot be tested

NO_LIMIT = (
    "def _refused(*_):\\n    raise ValueError('current limit exceeds maximum limit')\\nresource.setrlimit = _refused\\n"
)


def test_a_limit_that_cannot_be_set_is_an_error_and_no_failure_of_the_program() -> None:
    """As macOS answers for RLIMIT_AS."""
    with pytest.raises(RunnerError, match="cannot limit a program's memory to 512 MiB"):
        run("def f(x): return 1", "assert f(1) == 1", change=("class Host:", f"{NO_LIMIT}class Host:"))


def test_a_python_that_does_not_start_is_an_error() -> None:
    with pytest.raises(RunnerError, match="the interpreter for the program does not start"):
        run("def f(x): return 1", "assert f(1) == 1", change=("class Host:", "raise SystemExit(1)\\nclass Host:"))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise SystemExit(1)", "a right program fails: the judge was ended before its verdict"),
        ('print(\'{"passed": true, "reason": "", "two_users": false}\')', "a wrong program passes"),
        ('print(\'{"error": "no memory"}\')\nraise SystemExit(3)', "no memory"),
    ],
    ids=["it does not start", "it passes everything", "it says so"],
)
def test_a_machine_without_a_working_judge_is_named_with_its_remedy(
    monkeypatch: pytest.MonkeyPatch, source: str, reason: str
) -> None:
    monkeypatch.setattr("sale_inspect._inspect.tasks._judging.runner_source", lambda: source)
    prove_here.cache_clear()
    try:
        with pytest.raises(RunnerError, match=reason) as raised:
            prove_here()
        assert "-T sandbox=docker" in str(raised.value)
    finally:
        prove_here.cache_clear()


def test_this_machine_has_a_working_judge() -> None:
    prove_here()
