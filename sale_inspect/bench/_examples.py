"""Examples that a task's own text shows, as assertions; hidden tests play no part (ours)."""

from __future__ import annotations

import ast
import doctest
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

__all__ = ["ShownExamples", "shown_examples"]

_MOST = 20
_LONGEST = 4_000
_DEFINED = re.compile(r"^[ \t]*def[ \t]+([A-Za-z_]\w*)[ \t]*\(", re.MULTILINE)
_ASSERT = re.compile(r"^[ \t]*(?:>>> )?(assert\b.+)$", re.MULTILINE)
_PROMPTED = re.compile(r"^[ \t]*>>> .*$(?:\n[ \t]*(?!>>> |\"{3}|'{3}|`{3})\S.*$)*", re.MULTILINE)
_GIVEN = re.compile(r"\bInput:\**\s*(?P<given>[^\n]{1,2000}?)\s*\n+\s*\**Output:\**\s*(?P<out>[^\n]{1,2000})")
_JSON_WORDS = {"true": True, "false": False, "null": None}
# What the text writes as a list is a list of nodes there; a right program would fail such an example.
_NODES = re.compile(r"\b(?:ListNode|TreeNode)\b")


@dataclass(frozen=True, kw_only=True, slots=True)
class ShownExamples:
    """What a task's text shows of how a program must behave.

    Attributes:
        entry_point: The function, or `Class().method`, that the examples call.
        tests: One assertion each.
    """

    entry_point: str
    tests: tuple[str, ...]


def shown_examples(text: str, entry_point: str = "") -> ShownExamples | None:
    """The examples in a task's text; None if it shows none that can be checked.

    Read are sessions (`>>> f(1)` with the value below), lines that begin with `assert`, and LeetCode's `Input: x = 1`
    with `Output: 2`. An example counts if it calls the entry point and its value is a literal. Tasks on `ListNode` or
    `TreeNode` have no such pairs: their lists stand for nodes.

    Args:
        text: What the agent is given, and nothing else.
        entry_point: What programs are called by; if empty, the last function that the text defines.
    """
    if not entry_point:
        defined = _DEFINED.findall(text)
        if not defined:
            return None
        entry_point = defined[-1]
    tests = list(dict.fromkeys((*_sessions(text, entry_point), *_asserts(text, entry_point))))
    if not tests and not _NODES.search(text):
        tests = list(dict.fromkeys(_inputs(text, entry_point)))
    return ShownExamples(entry_point=entry_point, tests=tuple(tests[:_MOST])) if tests else None


def _sessions(text: str, entry_point: str) -> Iterator[str]:
    for block in _PROMPTED.findall(text):
        try:
            examples = doctest.DocTestParser().get_examples(textwrap.dedent(block) + "\n")
        except ValueError:
            continue
        for example in examples:
            call, value = example.source.strip(), _literal(example.want.strip().strip("`"))
            if value is not None and _calls(call, entry_point, "eval"):
                yield f"assert ({call}) == {value}"


def _asserts(text: str, entry_point: str) -> Iterator[str]:
    for line in _ASSERT.findall(text):
        if len(line) <= _LONGEST and _calls(line.strip(), entry_point, "exec"):
            yield line.strip()


def _inputs(text: str, entry_point: str) -> Iterator[str]:
    for match in _GIVEN.finditer(text):
        value = _literal(match["out"].strip(" *`"))
        call = f"{entry_point}({match['given'].strip(' *`')})"
        tree = _parsed(call, "eval")
        if value is None or not isinstance(tree, ast.Expression) or not isinstance(tree.body, ast.Call):
            continue
        named = [(each.arg, _literal(ast.unparse(each.value))) for each in tree.body.keywords]
        if named and not tree.body.args and all(name and text for name, text in named):
            yield f"assert {entry_point}({', '.join(f'{name}={text}' for name, text in named)}) == {value}"


def _literal(text: str) -> str | None:
    """The source of a literal, with JSON's words as Python's; None if it is none."""
    tree = _parsed(text, "eval") if text and len(text) <= _LONGEST else None
    if tree is None:
        return None
    try:
        source = ast.unparse(_Words().visit(tree))
        ast.literal_eval(source)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None
    return source


class _Words(ast.NodeTransformer):
    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(value=_JSON_WORDS[node.id]) if node.id in _JSON_WORDS else node


def _calls(source: str, entry_point: str, mode: str) -> bool:
    """Whether a source can be parsed and calls the entry point: by its whole name, or a method by its last part."""
    tree = _parsed(source, mode)
    name = entry_point.rpartition(".")[2]
    return tree is not None and any(
        isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name
        for node in ast.walk(tree)
    )


def _parsed(source: str, mode: str) -> ast.AST | None:
    try:
        return ast.parse(source, mode=mode)
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None
