"""Prompts and parsers of the grader, a model in the role `grader` (all ours)."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from importlib.resources import files
from string import Template
from typing import Literal

__all__ = ["GRADER_VERDICTS", "GraderPrompt", "SimpleQaVerdict", "grader_prompt", "parse_verdict"]

GraderPrompt = Literal["short_answer", "simpleqa", "hle"]
SimpleQaVerdict = Literal["correct", "incorrect", "not_attempted"]

GRADER_VERDICTS: dict[GraderPrompt, tuple[SimpleQaVerdict, ...]] = {
    "short_answer": ("correct", "incorrect"),
    "simpleqa": ("correct", "incorrect", "not_attempted"),
    "hle": ("correct", "incorrect"),
}
"""Verdicts that each prompt allows."""

_WORD = r"(NOT[_ ]ATTEMPTED|INCORRECT|CORRECT)"
_MENTION = re.compile(rf"(?<![a-z])VERDICT[\W_]*{_WORD}(?![a-z])", re.IGNORECASE)
_ONLY = re.compile(rf"[\W_]*(?:VERDICT[\W_]*)?{_WORD}[\W_]*", re.IGNORECASE)
# Among other lines a quoted verdict may be the answer's own, so quotation marks are not allowed here.
_LINE = re.compile(rf"[\s*_#]*VERDICT[\s*_:=]*{_WORD}[\s*_.]*", re.IGNORECASE)


@cache
def _template(name: GraderPrompt) -> Template:
    text = files("sale_inspect.bench").joinpath("prompts", f"{name}.md").read_text(encoding="utf-8")
    return Template(text)


def grader_prompt(name: GraderPrompt, *, question: str, target: str, answer: str) -> str:
    """The request to the grader, with the answer between marks that it cannot contain.

    Args:
        name: Which prompt.
        question: The question.
        target: The right answer, or the accepted ones, one a line.
        answer: What the agent submitted.
    """
    mark = hashlib.sha256(f"{question}\0{target}\0{answer}".encode()).hexdigest()[:16]
    return _template(name).substitute(question=question, target=target, answer=answer, mark=mark).strip()


def parse_verdict(reply: str, name: GraderPrompt) -> SimpleQaVerdict | None:
    """The verdict of a reply, or None.

    Read are a reply that is one verdict, and a longer reply whose first or last line is "VERDICT: ..."
    and nothing else: a grader that quotes a verdict out of the answer does not give it. Different
    verdicts anywhere in one reply are none, and so is a verdict that the prompt does not allow.
    """
    lines = [line for line in reply.splitlines() if line.strip()]
    if not lines:
        return None
    pattern = _ONLY if len(lines) == 1 else _LINE
    given = [match[1] for line in (lines[0], lines[-1]) if (match := pattern.fullmatch(line))]
    if not given:
        return None
    verdicts = {each.upper().replace(" ", "_").lower() for each in (*given, *_MENTION.findall(reply))}
    allowed = [verdict for verdict in GRADER_VERDICTS[name] if verdict in verdicts]
    return allowed[0] if len(verdicts) == len(allowed) == 1 else None
