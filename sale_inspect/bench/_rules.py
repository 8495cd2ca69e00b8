"""The rules by which answers are graded, one for each way in which the sources grade theirs."""

from __future__ import annotations

from typing import Literal

__all__ = ["Rule", "rule_for"]

Rule = Literal["choice", "tests", "alias", "exact_match", "gaia", "simpleqa", "hle"]


def rule_for(kind: str) -> Rule:
    """The rule of a sample that names none: `mcq` by choice, `function` by tests, anything else by alias."""
    if kind == "mcq":
        return "choice"
    return "tests" if kind == "function" else "alias"
