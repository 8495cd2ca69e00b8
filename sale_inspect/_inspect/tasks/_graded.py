"""A grade, however it was found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

__all__ = ["Graded"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Graded:
    """A grade: correct, not correct, or None if it could not be found out, with Inspect's reason for that."""

    correct: bool | None
    answer: str
    explanation: str
    reason: str = "environment_error"
    metadata: dict[str, Any] = field(default_factory=dict)
